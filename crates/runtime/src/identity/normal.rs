//! Making spellings comparable: domains, mail addresses and company names.
//!
//! Limits, on purpose: the list of public suffixes is short (`lists.rs`); internationalised domains
//! are compared as written, so `müller.example` and its `xn--` form are two; a dotted Gmail address
//! is another address; names in scripts without letter case need four characters too.

use super::lists;

/// The longest domain name (RFC 1035).
const LONGEST_DOMAIN: usize = 253;

/// A name with fewer letters than this is too common to find anybody.
const FEWEST_LETTERS: usize = 4;

/// A mail address, lower case, without what follows a plus.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Before the `@`.
    local: String,
    /// After it, without a trailing dot.
    host: String,
}

impl Address {
    /// What stands after the `@`.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The whole address.
    pub(crate) fn whole(&self) -> String {
        format!("{}@{}", self.local, self.host)
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

/// Mail addresses in a text, made comparable.
pub(crate) fn addresses(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let part = |letter: char| letter.is_alphanumeric() || "@.!#$%&'*+/=?^_`{|}~-".contains(letter);
    let words = text.split(|letter: char| !part(letter)).filter(|word| word.contains('@'));
    let trimmed = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    trimmed.filter_map(|word| Some(address(word)?.whole())).collect()
}

/// The registrable domain of a domain, host or web address; `None` for what is none, for addresses
/// of machines and for bare suffixes.
pub fn domain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let host = host.strip_suffix('.').unwrap_or(host);
    let host = host.strip_prefix("www.").unwrap_or(host);
    let labels: Vec<&str> = host.split('.').collect();
    let fine = |label: &&str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let machine = labels.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if host.len() > LONGEST_DOMAIN || machine || !labels.iter().all(fine) {
        return None;
    }
    let last = |count: usize| Some(labels.get(labels.len().checked_sub(count)?..)?.join("."));
    let two = last(2)?;
    if lists::SUFFIXES.hold(&two) { last(3) } else { Some(two) }
}

/// The registrable domain, unless anybody can have an address there.
pub fn company_domain(text: &str) -> Option<String> {
    domain(text).filter(|domain| !is_free_mail(domain))
}

fn is_free_mail(domain: &str) -> bool {
    let brand = domain.split('.').next().unwrap_or_default();
    lists::FREE_MAIL_BRANDS.contains(&brand) || lists::FREE_MAIL.hold(domain)
}

/// A mail address from `Name <local+tag@host>`, `mailto:` or the bare form.
pub fn address(text: &str) -> Option<Address> {
    let bare = match text.rsplit_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or_default(),
        None => text,
    };
    let bare = bare.trim().to_lowercase();
    let bare = bare.strip_prefix("mailto:").unwrap_or(&bare);
    let (local, host) = bare.rsplit_once('@')?;
    let local = local.split_once('+').map_or(local, |(local, _)| local);
    let host = host.strip_suffix('.').unwrap_or(host);
    let blank = |text: &str| text.is_empty() || text.contains(char::is_whitespace);
    if blank(local) || blank(host) || local.contains('@') || !host.contains('.') {
        return None;
    }
    Some(Address { local: local.to_owned(), host: host.to_owned() })
}

/// A company's name without case, accents, punctuation, legal form and the `and` between its words;
/// nothing for what is too short or too common to find anybody.
///
/// A name with umlauts comes in two forms, as people write it where they have no such keys: `Müller` is
/// `muller` and `mueller`.
pub fn names(text: &str) -> Vec<String> {
    let plain = name(&fold(text));
    let spelt = name(&fold(&spell_out(text))).filter(|spelt| plain.as_ref() != Some(spelt));
    plain.into_iter().chain(spelt).collect()
}

/// Umlauts as two letters.
fn spell_out(text: &str) -> String {
    text.to_lowercase()
        .replace('ä', "ae")
        .replace(['ö', 'ø'], "oe")
        .replace('ü', "ue")
        .replace('å', "aa")
}

fn name(folded: &str) -> Option<String> {
    let mut words = joined_initials(folded);
    while words.last().is_some_and(|last| lists::LEGAL_FORMS.hold(last)) {
        words.pop();
    }
    let letters = words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphabetic()).count();
    let common = words.iter().all(|word| lists::GENERIC.hold(word));
    (letters >= FEWEST_LETTERS && !common).then(|| words.join(" "))
}

/// Lower case, without accents; dots, slashes and apostrophes vanish, other punctuation parts words.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => folded.push(c),
            '.' | '/' | '\'' | '’' | '`' | '´' | '\u{300}'..='\u{36f}' | '\u{ad}' => {}
            _ if c.is_ascii() => folded.push(' '),
            _ => match lists::FOLDS.iter().find(|(_, letters)| letters.contains(c)) {
                Some((plain, _)) => folded.push_str(plain),
                None => folded.push(if c.is_alphanumeric() { c } else { ' ' }),
            },
        }
    }
    folded
}

/// Words without the `and` between them, where single letters in a row are one word: `s a` is `sa`, `h
/// and m` is `hm`.
fn joined_initials(folded: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut initials = false;
    let mut given = folded.split_whitespace().peekable();
    while let Some(word) = given.next() {
        if lists::AND.contains(&word) && !words.is_empty() && given.peek().is_some() {
            continue;
        }
        let single = word.chars().nth(1).is_none();
        match words.last_mut() {
            Some(last) if single && initials => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
        initials = single;
    }
    words
}
