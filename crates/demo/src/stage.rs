//! The stage: one account, one stretch of time, and the books into which everything is written.
//!
//! - In: the cast (accounts, staff) that does not change, and the books that do.
//! - Out: instants that only move forward, and facts for the texts.
//! - Never: moves back in time within one story.

use std::collections::BTreeMap;

use crate::accounts::{Account, Contact};
use crate::rng::Rng;
use crate::sheet::Sheets;
use crate::staff::Staff;
use crate::text::Facts;
use crate::time::{At, HOUR, MINUTE, working};
use crate::truth::Truth;
use crate::words::products::{BAD_SEAL, OUR_DOMAIN, PARTS, PROBES, PRODUCTS, PUMPS, Part};

/// Who is there.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) accounts: Vec<Account>,
    pub(crate) staff: Staff,
    pub(crate) days: i64,
}

/// What has been written so far.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) sheets: Sheets,
    pub(crate) truth: Truth,
    /// When an account stopped doing business with us.
    pub(crate) ended: BTreeMap<usize, At>,
    serials: BTreeMap<&'static str, usize>,
}

impl Books {
    pub(crate) fn new(days: i64) -> Self {
        Self {
            sheets: Sheets::new(At::day(days)),
            truth: Truth::default(),
            ended: BTreeMap::new(),
            serials: BTreeMap::new(),
        }
    }

    /// The next number of a kind of document.
    pub(crate) fn number(&mut self, kind: &'static str) -> usize {
        let serial = self.serials.entry(kind).or_default();
        *serial += 1;
        *serial
    }
}

/// One account on the stage.
pub(crate) struct Stage<'a> {
    pub(crate) cast: &'a Cast,
    pub(crate) account: &'a Account,
    pub(crate) books: &'a mut Books,
    pub(crate) rng: Rng,
    pub(crate) now: At,
    stamped: At,
    start: i64,
    length: i64,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(
        cast: &'a Cast,
        account: &'a Account,
        books: &'a mut Books,
        rng: Rng,
        (start, length): (i64, i64),
    ) -> Self {
        let now = At::day(start).plus(HOUR);
        let mut stage = Self { cast, account, books, rng, now, stamped: At(0), start, length };
        stage.now = working(&mut stage.rng, start, account.country.offset).max(now);
        stage
    }

    /// Moves to the working hours of a day within the story, given in thousandths of its length.
    pub(crate) fn beat(&mut self, permille: i64) -> At {
        self.until(self.start + self.length * permille / 1000)
    }

    /// Moves on by working days, at least a little.
    pub(crate) fn days(&mut self, low: i64, high: i64) -> At {
        let day = self.now.window_day() + self.rng.range(low, high);
        self.until(day)
    }

    fn until(&mut self, day: i64) -> At {
        let next = working(&mut self.rng, day, self.account.country.offset);
        let least = self.now.plus(self.rng.range(4, 55) * MINUTE);
        self.now = next.max(least);
        self.now
    }

    /// Moves on by minutes, as within one conversation.
    pub(crate) fn minutes(&mut self, low: i64, high: i64) -> At {
        self.now = self.now.plus(self.rng.range(low * MINUTE, high * MINUTE));
        self.now
    }

    /// The instant of the next row, a few seconds after the last one if nothing else moved it.
    pub(crate) fn stamp(&mut self) -> At {
        if self.now <= self.stamped {
            self.now = self.stamped.plus(self.rng.range(2, 50));
        }
        self.stamped = self.now;
        self.now
    }

    /// The next night, when nobody in this country is at work but the night shift.
    pub(crate) fn night(&mut self) -> At {
        let night = At::day(self.now.window_day() + 1)
            .plus((self.rng.range(0, 4) - self.account.country.offset) * HOUR)
            .plus(self.rng.range(0, 3_500));
        self.now = night.max(self.now);
        self.now
    }

    pub(crate) fn contact(&mut self) -> Contact {
        // Every account has contacts; the empty one only keeps this function total.
        self.rng.pick(&self.account.contacts).cloned().unwrap_or_else(|| Contact {
            name: "Reception".to_owned(),
            email: format!("office@{}", self.account.domain),
            phone: String::new(),
            title: "Reception",
            voice: crate::text::voices::Voice::Curt,
        })
    }

    /// The contact who decides: the last one hired carries a chief's title.
    pub(crate) fn chief(&mut self) -> Contact {
        self.account.contacts.last().cloned().unwrap_or_else(|| self.contact())
    }

    pub(crate) fn part(&mut self) -> &'static Part {
        self.rng.pick(PARTS).unwrap_or(&BAD_SEAL)
    }

    /// A part that touches the liquid, so that its failure can hurt somebody.
    pub(crate) fn wet_part(&mut self) -> &'static Part {
        let wet = |part: &&Part| matches!(part.number.chars().nth(3), Some('4' | '5' | '7'));
        let parts: Vec<&Part> = PARTS.iter().filter(wet).collect();
        self.rng.pick(&parts).copied().unwrap_or(&BAD_SEAL)
    }

    /// Facts for one matter between this contact and us.
    pub(crate) fn facts(&mut self, contact: &Contact, part: &Part) -> Facts {
        let products = match part.number.chars().nth(3) {
            Some('4' | '5' | '7') => PUMPS,
            Some('6') => PROBES,
            _ => PRODUCTS,
        };
        let (product, prefix) = self.rng.pick(products).copied().unwrap_or(("pump", "DL40"));
        let serial = format!("{prefix}-{}", self.rng.range(10_200, 39_900));
        Facts {
            product: product.to_owned(),
            part: part.number.to_owned(),
            partname: part.name.to_owned(),
            serial,
            date: self.now.plus(self.rng.range(3, 12) * 86_400).date(),
            days: self.rng.range(3, 9).to_string(),
            first: contact.first_name().to_owned(),
            ..Facts::default()
        }
    }

    /// The name and address of one of our people with this role; the help desk when there is none.
    pub(crate) fn colleague(&mut self, role: &str) -> (String, String) {
        self.cast.staff.with_role(role, &mut self.rng).map_or_else(
            || ("Help desk".to_owned(), format!("help@{}", OUR_DOMAIN)),
            |person| (person.name.clone(), person.email.clone()),
        )
    }
}
