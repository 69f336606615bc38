//! `bundle.yaml` and `rates.yaml`: who answers for a bundle, in which currency, at which rates.
//!
//! - In: the two documents.
//! - Out: [`Meta`] and the dated rates.
//! - Never: another currency than one with two decimals, because amounts in rules are written in it.

use crate::read::{AN_INSTANT, Word, check_handle, instant, required_word, word};
use bellwether_core::authored::{Document, Fields, Key, Kind, Node};
use bellwether_core::{Currency, Duration, Ppm, Problem, Timestamp};

/// What a bundle's decisions may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Decide and record; ask nobody.
    Shadow,
    /// Decide, record and ask.
    Enforce,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 2] = [Self::Shadow, Self::Enforce];

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Enforce => "enforce",
        }
    }

    /// The mode of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// What `bundle.yaml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The bundle's name.
    pub name: String,
    /// Its version, `major.minor.patch`.
    pub version: String,
    /// Who answers for it.
    pub owner: String,
    /// The currency of amounts in rules; it has two decimals.
    pub currency: Currency,
    /// How late a signal may come and still be counted; 7 days when not said.
    pub lateness: Duration,
    /// What decisions may do; `shadow` when not said, because that harms nobody.
    pub mode: Mode,
    /// How many approvals may be asked for on one way; 3 when not said.
    pub checkpoints: usize,
    /// Within which time of a decision somebody must hear of it although one is missing, where a node
    /// does not say.
    pub reach: Option<Duration>,
    /// What it is for.
    pub description: String,
}

/// Each approval makes people wait; more than these catch little.
pub(crate) const DEFAULT_CHECKPOINTS: usize = 3;

const DEFAULT_LATENESS: Duration = Duration::from_days(7);

/// Reads `bundle.yaml`; `None` when a key that must be there cannot be read.
pub(crate) fn read_meta(document: &Document, problems: &mut Vec<Problem>) -> Option<Meta> {
    let mut fields = Fields::new(document, &document.root, problems);
    let name = fields.required_text("bundle").map(str::to_owned);
    let version = required_word(&mut fields, "version");
    let owner = required_word(&mut fields, "owner");
    if let Some(Word { text, place }) = &owner {
        check_handle("the owner of a bundle", text, place, fields.problems());
    }
    let currency = required_word(&mut fields, "currency");
    let lateness = fields.duration("lateness").unwrap_or(DEFAULT_LATENESS);
    let reach = fields.parsed("reach", "a span above zero, such as 1h or 2d", |text| {
        Duration::parse(text).filter(|span| *span > Duration::ZERO)
    });
    let modes = Mode::ALL.map(Mode::as_str);
    let mode = fields.word("mode", &modes, Mode::from_word).unwrap_or(Mode::Shadow);
    let checkpoints = fields.parsed("checkpoints", "a whole number from 0 to 9", |text| {
        text.parse().ok().filter(|most| *most <= 9)
    });
    let checkpoints = checkpoints.unwrap_or(DEFAULT_CHECKPOINTS);
    let description = fields.text("description").unwrap_or_default().to_owned();
    // Where the parent stands; whoever reads the files has merged it by now.
    fields.text("parent");
    fields.finish();
    let version = version.filter(|word| {
        let fine = is_version(&word.text);
        if !fine {
            let message = format!("`{}` is not a version", word.text);
            let problem = Problem::new("policy-version", message).at(word.place.clone());
            problems.push(problem.help("write three numbers, such as `1.2.0`"));
        }
        fine
    });
    let currency = currency.and_then(|word| {
        let read = word.text.parse::<Currency>();
        let problem = match &read {
            Err(error) => Problem::new("policy-currency", error.to_string())
                .help("write the ISO 4217 code, such as `EUR`"),
            Ok(currency) if currency.decimals() != 2 => {
                let message = format!(
                    "amounts in rules have two decimals, {currency} has {}",
                    currency.decimals()
                );
                Problem::new("policy-currency", message)
                    .help("name a currency with two decimals and give rates in rates.yaml")
            }
            Ok(currency) => return Some(*currency),
        };
        problems.push(problem.at(word.place));
        None
    });
    let (name, version, owner) = (name?, version?.text, owner?.text);
    let currency = currency?;
    Some(Meta { name, version, owner, currency, lateness, mode, checkpoints, reach, description })
}

fn is_version(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let number = |part: &&str| {
        let padded = part.len() > 1 && part.starts_with('0');
        !padded && part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u32>().is_ok()
    };
    parts.len() == 3 && parts.iter().all(number)
}

/// A rate: the currency, from when on it holds, parts per million of the bundle's currency.
pub(crate) type Rate = (Currency, Timestamp, i64);

/// Reads `rates.yaml`. `into` is the bundle's currency, where that could be read.
pub(crate) fn read_rates(
    document: &Document,
    into: Option<Currency>,
    problems: &mut Vec<Problem>,
) -> Vec<Rate> {
    let mut rates = Vec::new();
    let mut fields = Fields::new(document, &document.root, problems);
    for (key, node) in fields.entries("rates") {
        let problems = fields.problems();
        let from = read_currency(document, key, into, problems);
        let dated = read_dated(document, key, node, problems);
        rates.extend(from.into_iter().flat_map(|from| dated.iter().map(move |d| (from, d.0, d.1))));
    }
    fields.finish();
    rates
}

fn read_currency(
    document: &Document,
    key: &Key,
    into: Option<Currency>,
    problems: &mut Vec<Problem>,
) -> Option<Currency> {
    let problem = match key.text.parse::<Currency>() {
        Err(error) => Problem::new("policy-currency", error.to_string())
            .help("write the ISO 4217 code, such as `USD`"),
        Ok(from) if Some(from) == into => {
            let message = format!("{from} is the bundle's own currency: it needs no rate");
            Problem::new("policy-rate", message).help("remove the entry")
        }
        Ok(from) => return Some(from),
    };
    problems.push(problem.at(document.place_of_key(key)));
    None
}

/// The dated rates of one currency. Without `since` a rate has always held.
fn read_dated(
    document: &Document,
    key: &Key,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Vec<(Timestamp, i64)> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut dated: Vec<(Timestamp, i64)> = Vec::new();
    for item in items {
        let mut fields = Fields::new(document, item, problems);
        let place = fields.place();
        let since = fields.parsed("since", AN_INSTANT, instant).unwrap_or(Timestamp::MIN);
        let rate = word(&mut fields, "rate");
        fields.finish();
        let ppm = rate.as_ref().and_then(|rate| Ppm::parse(&rate.text)).map_or(0, Ppm::get);
        if ppm <= 0 {
            let message = format!("the rate of {} must be a number above zero", key.text);
            let problem = Problem::new("policy-rate", message);
            let help = "write what one of it is worth in the bundle's currency: `rate: 0.92`";
            problems.push(problem.at(rate.map_or(place, |rate| rate.place)).help(help));
        } else if dated.iter().any(|(known, _)| *known == since) {
            let message = format!("two rates of {} hold from the same instant on", key.text);
            let problem = Problem::new("policy-rate", message).at(place);
            problems.push(problem.help("keep one of them, or give the later one its own `since`"));
        } else {
            dated.push((since, ppm));
        }
    }
    dated
}
