//! Days, counted.
//!
//! - In: dates as the databases write them: `2024-05-15`, `11/14/2025`.
//! - Out: days since 1970-01-01, whole years and whole days between them.
//! - Never: reads a clock. The policies say which day it is.

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    /// Reads a date; whatever follows it is not looked at.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let date = text.split(['T', ' ']).next()?;
        let parts: Vec<i64> =
            date.split(['-', '/']).map(str::parse).collect::<Result<_, _>>().ok()?;
        match parts.as_slice() {
            [year, month, day] if *year > 999 => Some(Self::of(*year, *month, *day)),
            [month, day, year] => Some(Self::of(*year, *month, *day)),
            _ => None,
        }
    }

    /// The day of a date of the Gregorian calendar (days_from_civil, H. Hinnant).
    fn of(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// Days from an earlier day to this one.
    pub(crate) fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Whether it is a Saturday or Sunday.
    pub(crate) fn is_weekend(self) -> bool {
        matches!((self.0 + 4).rem_euclid(7), 0 | 6)
    }
}
