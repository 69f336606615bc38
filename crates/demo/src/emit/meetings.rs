//! Meetings: what stands in the calendars of our executives and sellers.
//!
//! - In: a stage or the staff, and a kind of meeting.
//! - Out: rows of `calendar.csv`.
//! - Never: two rows of one event with the same time of update.

use crate::rng::Rng;
use crate::sheet::{Export, Sheets, csv};
use crate::staff::{EXECUTIVES, Person};
use crate::stage::{Books, Cast, Stage};
use crate::time::{At, DAY, HOUR, MINUTE, working};

/// An entry in a calendar.
#[derive(Clone, Debug)]
pub(crate) struct Meeting {
    id: String,
    attendee: String,
    domain: String,
    executive: bool,
    offset: i64,
    pub(crate) starts: At,
    ends: At,
}

fn row(meeting: &Meeting, kind: &str, sheets: &mut Sheets, at: At) {
    let cells = csv(&[
        &meeting.id,
        &meeting.attendee,
        &meeting.domain,
        &meeting.starts.iso_local(meeting.offset),
        &meeting.ends.iso_local(meeting.offset),
        kind,
        if meeting.executive { "true" } else { "false" },
        &at.iso(),
    ]);
    sheets.add(Export::Calendar, at, cells);
}

fn meeting(books: &mut Books, person: &Person, domain: &str, starts: At, minutes: i64) -> Meeting {
    let number = books.number("meeting");
    Meeting {
        id: format!("evt{:05x}", number * 0x9d_2f1 % 0xf_ffff),
        attendee: person.email.clone(),
        domain: domain.to_owned(),
        executive: EXECUTIVES.contains(&person.role),
        offset: person.offset,
        starts,
        ends: starts.plus(minutes * MINUTE),
    }
}

/// A working hour on the half hour.
fn slot(rng: &mut Rng, day: i64, offset: i64) -> At {
    let at = working(rng, day, offset);
    At(at.0 - at.0.rem_euclid(30 * MINUTE))
}

impl Stage<'_> {
    /// Puts a meeting with this account into the calendar of somebody with this role.
    pub(crate) fn meets(&mut self, role: &str, kind: &str, ahead: (i64, i64)) -> Option<Meeting> {
        self.stamp();
        let person = if role == "account_executive" {
            self.cast.staff.by_email(&self.account.owner)
        } else {
            self.cast.staff.with_role(role, &mut self.rng)
        }?;
        let day = self.now.window_day() + self.rng.range(ahead.0, ahead.1).max(1);
        let starts = slot(&mut self.rng, day, person.offset);
        let minutes = if kind == "exec_brief" { 60 } else { 45 };
        let meeting = meeting(self.books, person, &self.account.domain, starts, minutes);
        row(&meeting, kind, &mut self.books.sheets, self.now);
        Some(meeting)
    }

    pub(crate) fn cancels(&mut self, meeting: &Meeting) {
        self.stamp();
        row(meeting, "cancelled", &mut self.books.sheets, self.now);
    }
}

/// Meetings among ourselves and days away, which decide who is free.
pub(crate) fn internal_calendar(cast: &Cast, books: &mut Books, rng: &mut Rng) {
    let busy = |person: &&Person| {
        EXECUTIVES.contains(&person.role) || matches!(person.role, "vp_sales" | "cs_lead")
    };
    for person in cast.staff.people.iter().filter(busy) {
        let weekly = if EXECUTIVES.contains(&person.role) { 5 } else { 2 };
        for _ in 0..(cast.days * weekly / 7).max(1) {
            let day = rng.range(1, (cast.days - 1).max(1));
            let away = rng.chance(60);
            let starts =
                if away { At::day(day).plus(6 * HOUR) } else { slot(rng, day, person.offset) };
            let minutes = if away { rng.range(1, 5) * 24 * 60 } else { rng.range(1, 4) * 30 };
            let entry = meeting(books, person, "", starts, minutes);
            let told = starts.plus(-rng.range(1, 9) * DAY - rng.range(0, 6) * HOUR);
            let told = told.max(At::day(0).plus(2 * HOUR + rng.range(0, 900)));
            let kind = if away { "out_of_office" } else { "internal" };
            row(&entry, kind, &mut books.sheets, told);
            if rng.chance(50) {
                row(&entry, "cancelled", &mut books.sheets, told.plus(rng.range(HOUR, 9 * HOUR)));
            }
        }
    }
}
