//! Time of the fake company: plain seconds, the formats of its exports, and the rhythm of a working week.
//!
//! - In: seconds since 1970 and an offset from UTC.
//! - Out: ISO 8601, RFC 2822 and mbox texts; instants that fall where people work.
//! - Never: reads a clock or a time zone database; every offset is that of summer 2026.

use crate::rng::Rng;

/// Days from 1970-01-01 to the first day of the window, Monday 2026-06-01.
pub(crate) const FIRST_DAY: i64 = 20_605;
pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 86_400;

/// An instant in seconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At(pub(crate) i64);

struct Civil {
    year: i64,
    month: i64,
    day: i64,
}

/// Howard Hinnant's day algorithm, for dates after 1970.
fn civil(days: i64) -> Civil {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Civil { year, month, day: of_year - (153 * march_month + 2) / 5 + 1 }
}

const WEEKDAYS: &[&str] = &["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: &[&str] =
    &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn named(names: &[&'static str], number: i64) -> &'static str {
    usize::try_from(number).ok().and_then(|at| names.get(at)).copied().unwrap_or("")
}

impl At {
    /// Midnight UTC of a day of the window; negative days lie before it.
    pub(crate) fn day(day: i64) -> Self {
        Self((FIRST_DAY + day) * DAY)
    }

    pub(crate) fn plus(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }

    /// The day of the window, which may be negative.
    pub(crate) fn window_day(self) -> i64 {
        self.0.div_euclid(DAY) - FIRST_DAY
    }

    fn clock(self) -> String {
        let of_day = self.0.rem_euclid(DAY);
        format!("{:02}:{:02}:{:02}", of_day / HOUR, of_day / MINUTE % 60, of_day % 60)
    }

    /// `2026-06-01`
    pub(crate) fn date(self) -> String {
        let Civil { year, month, day } = civil(self.0.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `2026-06-01T09:30:00Z`
    pub(crate) fn iso(self) -> String {
        format!("{}T{}Z", self.date(), self.clock())
    }

    /// `2026-06-01T11:30:00+02:00`
    pub(crate) fn iso_local(self, offset_hours: i64) -> String {
        let local = self.plus(offset_hours * HOUR);
        let sign = if offset_hours < 0 { '-' } else { '+' };
        format!("{}T{}{sign}{:02}:00", local.date(), local.clock(), offset_hours.abs())
    }

    /// `Mon, 01 Jun 2026 11:30:00 +0200`
    pub(crate) fn rfc2822(self, offset_hours: i64) -> String {
        let local = self.plus(offset_hours * HOUR);
        let days = local.0.div_euclid(DAY);
        let Civil { year, month, day } = civil(days);
        let weekday = named(WEEKDAYS, (days + 4).rem_euclid(7));
        let month = named(MONTHS, month - 1);
        let sign = if offset_hours < 0 { '-' } else { '+' };
        let offset = offset_hours.abs();
        format!("{weekday}, {day:02} {month} {year} {} {sign}{offset:02}00", local.clock())
    }

    /// `Mon Jun  1 09:30:00 2026`, as the From_ line of an mbox has it.
    pub(crate) fn asctime(self) -> String {
        let days = self.0.div_euclid(DAY);
        let Civil { year, month, day } = civil(days);
        let weekday = named(WEEKDAYS, (days + 4).rem_euclid(7));
        format!("{weekday} {} {day:2} {} {year}", named(MONTHS, month - 1), self.clock())
    }
}

fn is_weekend(day: i64) -> bool {
    matches!((FIRST_DAY + day + 4).rem_euclid(7), 0 | 6)
}

/// How likely each local hour from six in the morning is, by what people do then.
const HOURS: &[usize] = &[1, 4, 13, 20, 22, 17, 8, 11, 19, 20, 16, 9, 4, 2, 2, 1];

/// An instant of that day when people in this offset work; weekends mostly move to Monday.
pub(crate) fn working(rng: &mut Rng, day: i64, offset_hours: i64) -> At {
    let mut day = day;
    if !rng.chance(70) {
        while is_weekend(day) {
            day += 1;
        }
    }
    let hour = 6 + i64::try_from(rng.weighted(HOURS)).unwrap_or(4);
    At::day(day).plus((hour - offset_hours) * HOUR + rng.range(0, 59) * MINUTE + rng.range(0, 59))
}

/// A day for ordinary business: fewer on Fridays, very few on weekends, fewer in European August.
pub(crate) fn business_day(rng: &mut Rng, days: i64, europe: bool) -> i64 {
    let mut day = 0;
    for _ in 0..6 {
        day = rng.range(0, days - 1);
        let weekday = (FIRST_DAY + day + 4).rem_euclid(7);
        let quiet = match weekday {
            0 | 6 => 930,
            5 => 350,
            3 | 4 => 120,
            _ => 0,
        };
        let holiday = if europe && (61..82).contains(&day) { 380 } else { 0 };
        if !rng.chance(quiet) && !rng.chance(holiday) {
            break;
        }
    }
    day
}

#[cfg(test)]
mod tests {
    use super::At;

    #[test]
    fn every_export_format_shows_the_same_instant() {
        let at = At::day(0).plus(9 * 3_600 + 61);
        assert_eq!(at.iso(), "2026-06-01T09:01:01Z");
        assert_eq!(at.iso_local(-4), "2026-06-01T05:01:01-04:00");
        assert_eq!(at.rfc2822(2), "Mon, 01 Jun 2026 11:01:01 +0200");
        assert_eq!(at.asctime(), "Mon Jun  1 09:01:01 2026");
        assert_eq!(At::day(89).date(), "2026-08-29");
    }
}
