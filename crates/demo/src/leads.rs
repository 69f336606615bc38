//! Leads: new companies, known ones, known ones in disguise, and strangers who look like them.
//!
//! - In: the cast and a stream of chance.
//! - Out: rows of `leads.csv` and the truth about each.
//! - Never: a disguise without any evidence left, or a trap that carries an account's own domain.

use crate::accounts::{Account, Contact, crm_id};
use crate::rng::Rng;
use crate::sheet::{Export, csv, money};
use crate::stage::{Books, Cast};
use crate::time::{At, business_day, working};
use crate::truth::{LookAlike, Trap};
use crate::words::companies::pieces;
use crate::words::countries::{COUNTRIES, Country, Culture};
use crate::words::names::names;
use crate::words::slug;

const FREE_MAIL: &[&str] = &["postfach.example", "mailbox-home.example", "briefkasten.example"];
/// Sites that ride on a name they do not own.
const RIDERS: [(&str, &str); 4] =
    [("my", "Marketplace"), ("the", "Review"), ("all-about-", "Blog"), ("ex-", "Alumni")];
const SOURCES: &[&str] = &[
    "webform",
    "trade fair, hall 4",
    "webinar",
    "partner",
    "cold call",
    "referral",
    "list \"Q2 dairies\"",
];

/// What somebody typed about a lead.
struct Typed {
    company: String,
    domain: String,
    email: String,
    name: String,
}

/// Writes the row and returns its id.
fn lead(cast: &Cast, country: &Country, typed: &Typed, books: &mut Books, rng: &mut Rng) -> String {
    let id = crm_id("00Q", books.number("lead"));
    let day = business_day(rng, cast.days, country.region == "eu").min(cast.days - 3).max(0);
    let at = working(rng, day, country.offset).max(At::day(0).plus(3_600));
    let former = cast.staff.former_sellers();
    let gone = if rng.chance(45) { rng.pick(&former).copied() } else { None };
    let owner = gone.or_else(|| cast.staff.seller(rng));
    let row = csv(&[
        &id,
        &typed.company,
        &typed.domain,
        &typed.email,
        &typed.name,
        country.code,
        rng.word(SOURCES),
        &money(rng.range(3, 160) * 50_000),
        country.currency,
        owner.map_or("", |person| person.email.as_str()),
        &at.iso(),
    ]);
    let written = books.sheets.add(Export::Leads, at, row);
    if written && owner.is_some_and(|person| person.left.is_some()) {
        books.truth.ownerless_leads.push((id.clone(), typed.email.clone()));
    }
    id
}

/// All leads: as many disguises, traps, known and new ones, each about a seventh of the accounts.
pub(crate) fn generate(cast: &Cast, books: &mut Books, rng: &mut Rng) {
    let each = cast.accounts.len() * 15 / 100;
    let mut order: Vec<&Account> = cast.accounts.iter().collect();
    rng.shuffle(&mut order);
    for (position, account) in order.iter().take(each).enumerate() {
        let (kind, typed) = disguise(account, position, rng);
        let lead_id = lead(cast, account.country, &typed, books, rng);
        books.truth.look_alikes.push(LookAlike { lead_id, account_id: account.id.clone(), kind });
    }
    let domains: Vec<&str> = cast.accounts.iter().map(|a| a.domain.as_str()).collect();
    for (position, account) in order.iter().skip(each).take(each).enumerate() {
        let (kind, country, typed) = trap(account, position, &domains, rng);
        let lead_id = lead(cast, country, &typed, books, rng);
        books.truth.traps.push(Trap { lead_id, resembles: account.id.clone(), kind });
    }
    for account in order.iter().skip(2 * each).take(each) {
        if let Some(contact) = rng.pick(&account.contacts).cloned() {
            of_contact(cast, account, &contact, books, rng);
        }
    }
    for number in 0..each {
        let (country, typed) = stranger(number, &domains, rng);
        let lead_id = lead(cast, country, &typed, books, rng);
        books.truth.new_leads.push(lead_id);
    }
}

/// A lead of somebody who works at an account, typed as it should be.
pub(crate) fn of_contact(
    cast: &Cast,
    account: &Account,
    contact: &Contact,
    books: &mut Books,
    rng: &mut Rng,
) {
    let typed = Typed {
        company: account.name.clone(),
        domain: account.domain.clone(),
        email: contact.email.clone(),
        name: contact.name.clone(),
    };
    let lead_id = lead(cast, account.country, &typed, books, rng);
    books.truth.known_leads.push((lead_id, account.id.clone()));
}

fn new_person(culture: Culture, domain: &str, rng: &mut Rng) -> (String, String) {
    let (given, family) = names(culture);
    let name = format!("{} {}", rng.word(given), rng.word(family));
    let email = format!("{}@{domain}", slug(&name).replacen('-', ".", 1));
    (name, email)
}

/// The legal form as people mistype it.
fn sloppy(account: &Account, rng: &mut Rng) -> String {
    let form = match account.country.culture {
        Culture::German => rng.word(&["Gmbh & Co KG", "gmbh", "G.m.b.H.", "Gmbh&Co.KG", ""]),
        Culture::English => rng.word(&["Limited", "ltd", "Inc", "incorporated", ""]),
        _ => rng.word(&["SA", "S A", "srl", ""]),
    };
    let joined = account.short.replace(", ", " & ");
    let name = match rng.below(3) {
        0 => joined.to_uppercase(),
        1 => joined.replace(' ', "-"),
        _ => joined.replace(" & ", " und ").to_lowercase(),
    };
    format!("{name} {form}").trim().to_owned()
}

/// The same company in other clothes. Each keeps one piece of evidence: domain, contact or name.
fn disguise(account: &Account, position: usize, rng: &mut Rng) -> (&'static str, Typed) {
    let domain = account.domain.clone();
    let known = account.contacts.first();
    let known_name = known.map(|c| c.name.clone()).unwrap_or_default();
    let known_email = known.map(|c| c.email.clone()).unwrap_or_default();
    let culture = account.country.culture;
    let (name, email) = new_person(culture, &domain, rng);
    let typed = |company: String, domain: String, email: String, name: String| Typed {
        company,
        domain,
        email,
        name,
    };
    match position % 8 {
        0 => {
            let (name, email) = new_person(culture, rng.word(FREE_MAIL), rng);
            ("legal_form", typed(sloppy(account, rng), String::new(), email, name))
        }
        1 => {
            let sub = format!("{}.{domain}", rng.word(&["mail", "de", "emea", "shop", "intern"]));
            let email = email.replace(&domain, &sub);
            ("subdomain", typed(account.short.clone(), sub, email, name))
        }
        2 => {
            let url = format!("https://www.{domain}/{}", rng.word(&["", "kontakt", "about-us"]));
            ("url", typed(sloppy(account, rng), url, email, name))
        }
        3 => {
            let loud = account.name.to_uppercase();
            ("upper_case", typed(loud, domain.to_uppercase(), email.to_uppercase(), name))
        }
        4 => {
            let tag = rng.word(&["+ospreyvale", "+fair", "+quotes"]);
            let plus = known_email.replacen('@', &format!("{tag}@"), 1);
            ("plus_address", typed(initials(&account.short), String::new(), plus, known_name))
        }
        5 => {
            let plain = slug(&account.short).replace('-', " ");
            let (name, email) = new_person(culture, rng.word(FREE_MAIL), rng);
            ("transliteration", typed(plain, String::new(), email, name))
        }
        6 => {
            let block =
                format!("{}\n{}", account.name, rng.word(&["Abt. Einkauf", "Dept. 4", "Werk 2"]));
            ("address_block", typed(block, format!(" {domain} "), email, name))
        }
        _ => {
            let vague = rng.word(&["Purchasing, plant 2", "Einkauf", "Achats", "the \"new\" site"]);
            let loud = known_email.to_uppercase();
            ("contact_only", typed(vague.to_owned(), String::new(), loud, known_name))
        }
    }
}

fn initials(name: &str) -> String {
    name.split([' ', '-'])
        .filter_map(|word| word.chars().next())
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// One letter of the first word becomes another, as in the name of a neighbour.
fn misspelt(short: &str) -> String {
    let swap = |letter: char| match letter {
        'i' => 'y',
        'e' => 'a',
        'o' => 'u',
        'a' => 'o',
        'u' => 'i',
        other => other,
    };
    let mut done = false;
    let changed = short.chars().enumerate().map(|(position, letter)| {
        let new = if done || position == 0 { letter } else { swap(letter) };
        done |= new != letter;
        new
    });
    changed.collect()
}

/// Another company that tempts a careless matcher.
fn trap(
    account: &Account,
    position: usize,
    domains: &[&str],
    rng: &mut Rng,
) -> (&'static str, &'static Country, Typed) {
    let country = account.country;
    let legal = rng.word(country.legal);
    let stem = account.short.split([' ', ',']).next().unwrap_or("Nord");
    let base = account.domain.trim_end_matches(".example");
    let (kind, country, company, domain) = match position % 6 {
        0 => {
            let near = misspelt(&account.short);
            ("typo_domain", country, format!("{near} {legal}"), format!("{}.example", slug(&near)))
        }
        1 => {
            let trade = rng.word(&["Bakery", "Yachts", "Immobilien", "Films", "Dental", "Tours"]);
            let name = format!("{stem} {trade}");
            ("same_stem", country, format!("{name} {legal}"), format!("{}.example", slug(&name)))
        }
        2 => {
            let (word, rest) = rng.pick(&RIDERS).copied().unwrap_or(("my", "Market"));
            let company = format!("{word}{stem} {rest}");
            ("suffix_domain", country, company, format!("{word}{base}.example"))
        }
        3 => {
            let host = rng.word(&["hosting-berg.example", "sites-for-all.example"]);
            (
                "prefix_host",
                country,
                "Hosting customer".to_owned(),
                format!("{base}.example.{host}"),
            )
        }
        4 => {
            let other = COUNTRIES.iter().find(|c| c.culture != country.culture).unwrap_or(country);
            let foreign = COUNTRIES.iter().rfind(|c| c.culture != country.culture).unwrap_or(other);
            let company = format!("{} {}", account.short, rng.word(foreign.legal));
            let code = foreign.code.to_lowercase();
            ("same_name_abroad", foreign, company, format!("{base}-{code}.example"))
        }
        _ => {
            let town = rng.word(&["Altona", "Beauvoir", "Corbeck", "Dunmore", "Eastlea"]);
            let name = format!("{town} Consulting {}", position / 6 + 1);
            ("same_person", country, name.clone(), format!("{}.example", slug(&name)))
        }
    };
    // A stranger may not own a known domain, however alike the names are.
    let taken = domains.contains(&domain.as_str());
    let domain = if taken { format!("group-{position}-{domain}") } else { domain };
    let (mut name, mut email) = new_person(country.culture, &domain, rng);
    if let ("same_person", Some(contact)) = (kind, account.contacts.first()) {
        name.clone_from(&contact.name);
        email = format!("{}@{domain}", slug(&name).replacen('-', ".", 1));
    }
    (kind, country, Typed { company, domain, email, name })
}

/// A company nobody here has heard of.
fn stranger(number: usize, domains: &[&str], rng: &mut Rng) -> (&'static Country, Typed) {
    let weights: Vec<usize> = COUNTRIES.iter().map(|country| country.weight).collect();
    let country = COUNTRIES.get(rng.weighted(&weights)).unwrap_or(&crate::accounts::FALLBACK);
    let trade = rng.pick(pieces(country.culture).trades).map_or("Works", |trade| trade.0);
    let first =
        rng.word(&["Aster", "Bracken", "Cinder", "Delta", "Ember", "Fenn", "Gallow", "Hazel"]);
    let second = rng.word(&["loch", "stone", "works", "path", "line", "thorpe", "cliff"]);
    let short = format!("{first}{second} {trade}");
    let mut domain = format!("{}.example", slug(&short));
    if domains.contains(&domain.as_str()) {
        domain = format!("n{number}-{domain}");
    }
    let (name, email) = new_person(country.culture, &domain, rng);
    let company = format!("{short} {}", rng.word(country.legal));
    (country, Typed { company, domain, email, name })
}
