//! Accounts: prospects and customers with their contacts, before anything happens to them.
//!
//! - In: how many, and a stream of chance.
//! - Out: companies with unique names, domains and ids, and people who write from them.
//! - Never: two accounts with one domain; a domain outside `.example`.

use std::collections::BTreeSet;

use crate::rng::Rng;
use crate::staff::Staff;
use crate::text::voices::Voice;
use crate::time::At;
use crate::words::companies::{family_firm, pieces};
use crate::words::countries::{COUNTRIES, Country, Culture};
use crate::words::names::names;
use crate::words::slug;

/// Somebody who works at an account.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) title: &'static str,
    pub(crate) voice: Voice,
}

impl Contact {
    pub(crate) fn first_name(&self) -> &str {
        self.name.split(' ').next().unwrap_or("")
    }
}

/// A company we know.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) number: usize,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The name without its legal form.
    pub(crate) short: String,
    pub(crate) domain: String,
    pub(crate) industry: &'static str,
    pub(crate) employees: i64,
    pub(crate) revenue: i64,
    pub(crate) country: &'static Country,
    pub(crate) tier: &'static str,
    pub(crate) strategic: bool,
    pub(crate) customer: bool,
    pub(crate) renewal: Option<At>,
    pub(crate) owner: String,
    pub(crate) contacts: Vec<Contact>,
    /// Weekly users of the portal, around which telemetry moves.
    pub(crate) users: i64,
}

const TITLES: &[&str] = &[
    "Maintenance Lead",
    "Purchasing",
    "Plant Manager",
    "Process Engineer",
    "Accounts Payable",
    "Head of Procurement",
    "IT Security",
    "Quality Manager",
    "Operations Director",
    "Shift Supervisor",
];
const CHIEFS: &[&str] = &["CFO", "COO", "Managing Director", "CTO"];

/// A record id in the shape of the CRM: a prefix, then letters and digits that never repeat.
pub(crate) fn crm_id(prefix: &str, number: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    // An odd factor below the modulus keeps the numbers apart while hiding their order.
    let size = LETTERS.len().pow(5);
    let mut left = (number * 48_271 + 104_729) % size;
    let mut body = String::new();
    for _ in 0..5 {
        let letter = LETTERS.get(left % LETTERS.len()).copied().unwrap_or(b'A');
        body.push(char::from(letter));
        left /= LETTERS.len();
    }
    format!("{prefix}5g00000{body}QAK")
}

const BRANCHES: &[&str] = &["Nord", "Sud", "West", "Holding", "International", "Services"];

struct Namer {
    domains: BTreeSet<String>,
}

impl Namer {
    /// A short name and the domain nobody else has.
    fn name(&mut self, culture: Culture, rng: &mut Rng) -> (String, String, &'static str) {
        let parts = pieces(culture);
        let mut tries = 0;
        loop {
            tries += 1;
            let trade = rng.pick(parts.trades).copied().unwrap_or(("Works", "machinery"));
            let short = if rng.chance(160) {
                let (_, family) = names(culture);
                let (one, two) = (rng.word(family), rng.word(family));
                match rng.below(3) {
                    0 if one != two => format!("{one}, {two} {}", rng.word(family_firm(culture))),
                    1 => format!("{one} {}", trade.0),
                    _ => format!("{one} {} {}", rng.word(family_firm(culture)), trade.0),
                }
            } else {
                let joined = format!("{}{}", rng.word(parts.first), rng.word(parts.second));
                match culture {
                    Culture::French | Culture::Italian => format!("{} {joined}", trade.0),
                    _ => format!("{joined} {}", trade.0),
                }
            };
            // Some cultures have few words here; large companies then open a branch.
            let short = match tries {
                0..60 => short,
                60..200 => format!("{short} {}", rng.word(BRANCHES)),
                _ => format!("{short} {tries}"),
            };
            let domain = format!("{}.example", slug(&short));
            if self.domains.insert(domain.clone()) {
                return (short, domain, trade.1);
            }
        }
    }
}

fn voice(culture: Culture, rng: &mut Rng) -> Voice {
    let foreign = match culture {
        Culture::German => Some((Voice::German, 330)),
        Culture::French => Some((Voice::French, 380)),
        Culture::Spanish => Some((Voice::Spanish, 380)),
        _ => None,
    };
    if let Some((voice, permille)) = foreign
        && rng.chance(permille)
    {
        return voice;
    }
    let learned = if culture == Culture::English { 0 } else { 30 };
    match rng.weighted(&[24, 30, 5, 12, 14, learned]) {
        0 => Voice::Curt,
        1 => Voice::Polite,
        2 => Voice::Angry,
        3 => Voice::Rambling,
        4 => Voice::Typos,
        _ => Voice::Learned,
    }
}

/// A telephone number of the range kept for fiction.
pub(crate) fn phone(country: &Country, rng: &mut Rng) -> String {
    format!("{} 555-01{:02}", country.dial, rng.below(100))
}

fn contacts(domain: &str, country: &'static Country, many: i64, rng: &mut Rng) -> Vec<Contact> {
    let mut people: Vec<Contact> = Vec::new();
    let (given, family) = names(country.culture);
    for position in 0..many {
        let name = format!("{} {}", rng.word(given), rng.word(family));
        let parts = slug(&name);
        let local = match rng.below(3) {
            0 => parts.replacen('-', ".", 1),
            1 => match parts.split_once('-') {
                Some((given, family)) => format!("{}.{family}", given.get(..1).unwrap_or("x")),
                None => parts,
            },
            _ => parts.replace('-', ""),
        };
        let email = format!("{local}@{domain}");
        if people.iter().any(|person| person.email == email) {
            continue;
        }
        let titles = if position == many - 1 { CHIEFS } else { TITLES };
        let title = rng.word(titles);
        let voice = voice(country.culture, rng);
        people.push(Contact { name, email, phone: phone(country, rng), title, voice });
    }
    people
}

fn one(number: usize, namer: &mut Namer, staff: &Staff, rng: &mut Rng) -> Account {
    let weights: Vec<usize> = COUNTRIES.iter().map(|country| country.weight).collect();
    let country = COUNTRIES.get(rng.weighted(&weights)).unwrap_or(&FALLBACK);
    let (short, domain, industry) = namer.name(country.culture, rng);
    let (tier, employees, share) = match rng.weighted(&[9, 31, 60]) {
        0 => ("enterprise", rng.range(1_200, 24_000), rng.range(180, 320)),
        1 => ("mid", rng.range(150, 1_400), rng.range(150, 290)),
        _ => ("smb", rng.range(12, 240), rng.range(90, 240)),
    };
    let customer = rng.chance(600);
    let renewal = customer.then(|| At::day(rng.range(-20, 380)));
    let owner = staff.seller(rng).map(|person| person.email.clone()).unwrap_or_default();
    let many = match tier {
        "enterprise" => rng.range(5, 7),
        "mid" => rng.range(3, 5),
        _ => rng.range(2, 3),
    };
    Account {
        number,
        id: crm_id("001", number),
        name: format!("{short} {}", rng.word(country.legal)),
        contacts: contacts(&domain, country, many, rng),
        short,
        domain,
        industry,
        employees,
        revenue: employees * share * 100_000,
        country,
        tier,
        strategic: tier == "enterprise" && rng.chance(380) || tier == "mid" && rng.chance(60),
        customer,
        renewal,
        owner,
        users: (employees / 30).clamp(2, 180) + rng.range(0, 6),
    }
}

/// The country of an account when the table has none.
pub(crate) static FALLBACK: Country = Country {
    code: "DE",
    region: "eu",
    currency: "EUR",
    offset: 2,
    culture: Culture::German,
    legal: &["GmbH"],
    weight: 1,
    dial: "+49 30",
};

/// All accounts of the company.
pub(crate) fn found(many: usize, staff: &Staff, rng: &mut Rng) -> Vec<Account> {
    let mut namer = Namer { domains: BTreeSet::new() };
    (0..many).map(|number| one(number, &mut namer, staff, &mut rng.fork(number as u64))).collect()
}
