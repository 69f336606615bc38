//! Our own people: who owns accounts, who answers, who decides, and who has left.
//!
//! - In: how many account executives and agents the size of the company needs.
//! - Out: the directory, and who is asked for what.
//! - Never: an owner of an account who left before the window.

use crate::rng::Rng;
use crate::sheet::{Export, Sheets, csv};
use crate::time::{At, DAY, HOUR};
use crate::words::countries::Culture;
use crate::words::names::names;
use crate::words::products::OUR_DOMAIN;
use crate::words::slug;

/// One of our people.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: &'static str,
    manager: String,
    pub(crate) left: Option<At>,
    /// Hours from UTC of the office.
    pub(crate) offset: i64,
}

/// The directory.
#[derive(Debug)]
pub(crate) struct Staff {
    pub(crate) people: Vec<Person>,
}

/// Roles of the executive team; the calendar calls these attendees executives.
pub(crate) const EXECUTIVES: &[&str] = &["ceo", "cfo", "cto", "cro"];

const CULTURES: &[Culture] = &[
    Culture::German,
    Culture::English,
    Culture::English,
    Culture::Dutch,
    Culture::French,
    Culture::Nordic,
    Culture::Polish,
    Culture::Indian,
    Culture::Spanish,
];

/// Role, how many there are beside what the size needs, and the role they report to.
const CHART: &[(&str, usize, &str)] = &[
    ("ceo", 1, ""),
    ("cfo", 1, "ceo"),
    ("cto", 1, "ceo"),
    ("cro", 1, "ceo"),
    ("vp_sales", 4, "cro"),
    ("cs_lead", 4, "cro"),
    ("escalation_manager", 6, "cs_lead"),
    ("finance_analyst", 6, "cfo"),
    ("legal_counsel", 4, "ceo"),
    ("field_technician", 12, "cs_lead"),
    ("account_executive", 8, "vp_sales"),
    ("support_agent", 8, "cs_lead"),
];

impl Staff {
    pub(crate) fn hire(accounts: usize, rng: &mut Rng) -> Self {
        let mut staff = Self { people: Vec::new() };
        for (role, base, boss) in CHART {
            let more = match *role {
                "account_executive" => accounts / 55,
                "support_agent" => accounts / 80,
                _ => 0,
            };
            for _ in 0..base + more {
                staff.add(role, boss, rng);
            }
        }
        staff.part_with(accounts, rng);
        staff
    }

    fn add(&mut self, role: &'static str, boss: &str, rng: &mut Rng) {
        let manager = self.with_role(boss, rng).map(|person| person.email.clone());
        for _ in 0..40 {
            let culture = rng.pick(CULTURES).copied().unwrap_or(Culture::English);
            let (given, family) = names(culture);
            let name = format!("{} {}", rng.word(given), rng.word(family));
            let local = slug(&name).replacen('-', ".", 1);
            let email = format!("{local}@{OUR_DOMAIN}");
            if self.people.iter().all(|person| person.email != email) {
                let offset = if culture == Culture::English { 1 } else { 2 };
                let manager = manager.unwrap_or_default();
                self.people.push(Person { email, name, role, manager, left: None, offset });
                return;
            }
        }
    }

    /// Some sellers and agents leave: before the window, or in the middle of it.
    fn part_with(&mut self, accounts: usize, rng: &mut Rng) {
        let leavers = 2 + accounts / 600;
        let mut sellers: Vec<&mut Person> =
            self.people.iter_mut().filter(|p| p.role == "account_executive").collect();
        rng.shuffle(&mut sellers);
        for (position, person) in sellers.into_iter().take(leavers).enumerate() {
            let days = if position % 2 == 0 { -rng.range(3, 60) } else { rng.range(18, 55) };
            person.left = Some(At::day(days).plus(16 * HOUR));
        }
        let agent = self.people.iter_mut().rfind(|p| p.role == "support_agent");
        if let Some(agent) = agent {
            agent.left = Some(At::day(-rng.range(2, 20)).plus(16 * HOUR));
        }
    }

    /// Somebody with this role who is still here.
    pub(crate) fn with_role(&self, role: &str, rng: &mut Rng) -> Option<&Person> {
        let fit: Vec<&Person> =
            self.people.iter().filter(|p| p.role == role && p.left.is_none()).collect();
        rng.pick(&fit).copied()
    }

    /// Somebody to sell to an account: now and then one who will leave during the window.
    pub(crate) fn seller(&self, rng: &mut Rng) -> Option<&Person> {
        let start = At::day(0);
        let fit: Vec<&Person> = self
            .people
            .iter()
            .filter(|p| p.role == "account_executive" && p.left.is_none_or(|left| left > start))
            .collect();
        rng.pick(&fit).copied()
    }

    pub(crate) fn former_sellers(&self) -> Vec<&Person> {
        let former = |p: &&Person| p.role == "account_executive" && p.left.is_some();
        self.people.iter().filter(former).collect()
    }

    pub(crate) fn by_email(&self, email: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.email == email)
    }

    /// Writes the directory as it stands on the last day.
    pub(crate) fn record(&self, sheets: &mut Sheets) {
        for (position, person) in self.people.iter().enumerate() {
            let left = person.left.map(At::iso).unwrap_or_default();
            let active = if person.left.is_some() { "false" } else { "true" };
            let row =
                csv(&[&person.email, &person.name, person.role, &person.manager, active, &left]);
            let place = i64::try_from(position).unwrap_or(0);
            sheets.add(Export::People, At::day(0).plus(place - DAY), row);
        }
    }
}
