//! Ways to find an account: domains and addresses, made comparable.

use super::Hint;
use bellwether_core::Personal;
use bellwether_core::signal::AccountHint;

/// Domains whose addresses say nothing about a company.
const FREE_MAIL: [&str; 24] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.de",
    "yahoo.co.uk",
    "ymail.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "gmx.at",
    "web.de",
    "t-online.de",
    "mail.com",
    "mail.ru",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "163.com",
];

impl Hint {
    /// The path it reads.
    pub(super) fn path(&self) -> usize {
        match self {
            Self::External { id: path, .. }
            | Self::Domain(path)
            | Self::DomainOf(path)
            | Self::Contact(path)
            | Self::Name(path) => *path,
        }
    }

    /// The hint that a cell gives, if it gives one.
    /// `own` are our domains, which never lead to a customer.
    pub(super) fn of(&self, text: &str, own: &[String]) -> Option<AccountHint> {
        match self {
            Self::External { system, .. } => {
                Some(AccountHint::External(system.clone(), Personal::new(text.to_owned())))
            }
            Self::Domain(_) => by_domain(text, own),
            Self::DomainOf(_) => by_domain_of(text, own),
            Self::Contact(_) => by_contact(text, own),
            Self::Name(_) => by_name(text, own),
        }
    }
}

/// By a company's domain; ours lead nowhere.
pub(crate) fn by_domain(text: &str, own: &[String]) -> Option<AccountHint> {
    let domain = domain(text).filter(|_| !is_own(text, own))?;
    Some(AccountHint::Domain(Personal::new(domain)))
}

/// By the domain of somebody's address, unless anybody can have such an address.
pub(crate) fn by_domain_of(text: &str, own: &[String]) -> Option<AccountHint> {
    let address = address(text).filter(|_| !is_own(text, own))?;
    let (_, domain) = address.rsplit_once('@')?;
    let free = FREE_MAIL.contains(&domain);
    (!free).then(|| AccountHint::DomainOf(Personal::new(domain.to_owned())))
}

/// By somebody's address.
pub(crate) fn by_contact(text: &str, own: &[String]) -> Option<AccountHint> {
    let address = address(text).filter(|_| !is_own(text, own))?;
    Some(AccountHint::Contact(Personal::new(address)))
}

/// By a company's name as written.
pub(crate) fn by_name(text: &str, own: &[String]) -> Option<AccountHint> {
    (!is_own(text, own)).then(|| AccountHint::Name(Personal::new(text.to_owned())))
}

/// Whether an address or a domain is ours, or lies below one of ours.
pub(super) fn is_own(text: &str, own: &[String]) -> bool {
    if own.is_empty() {
        return false;
    }
    let address = address(text);
    let host = address.as_deref().and_then(|address| address.rsplit_once('@'));
    let host = host.map(|(_, host)| host.to_owned()).or_else(|| domain(text));
    host.is_some_and(|host| {
        let below =
            |own: &String| host.strip_suffix(own.as_str()).is_some_and(|h| h.ends_with('.'));
        own.iter().any(|own| *own == host || below(own))
    })
}

/// The bare domain of `https://www.Acme.example:8080/about`, lower case.
fn domain(text: &str) -> Option<String> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default().trim();
    let host = host.to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host).trim_end_matches('.');
    let fine = host.contains('.') && !host.contains(|c: char| c.is_whitespace() || c == '@');
    fine.then(|| host.to_owned())
}

/// The bare address of `Name <Name@acme.example>`, lower case.
pub(crate) fn address(text: &str) -> Option<String> {
    let bare = match text.rsplit_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
        None => text,
    };
    let bare = bare.trim().trim_start_matches("mailto:").to_lowercase();
    let fine = bare
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    (fine && !bare.contains(char::is_whitespace)).then_some(bare)
}
