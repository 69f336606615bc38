//! Traces: one thread from a signal to the effect that it had, as W3C Trace Context has it.
//!
//! - In: a `traceparent` as it was sent, or chance.
//! - Out: the same for whoever comes next, and [`Span`]s to whoever takes them.
//! - Never: believes a `traceparent` that is not exactly as the standard says; puts a word of a signal into
//!   a span.
//!
//! `tracestate` is not passed on: it is for vendors whose agents run along the way, and none does here.

use bellwether_core::{Ppm, Timestamp};
use std::fmt;

/// Where in which trace (W3C Trace Context, level 2, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The whole trace.
    pub trace: [u8; 16],
    /// The span.
    pub span: [u8; 8],
    /// Whether somebody keeps the trace.
    pub sampled: bool,
}

/// Something that took time within a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it was: a word of a closed list.
    pub name: &'static str,
    /// The span itself.
    pub context: TraceContext,
    /// The span that it belongs to; `None` where the trace begins here.
    pub parent: Option<[u8; 8]>,
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    /// What else there is to know: names and values of closed lists, and names of sources.
    pub members: Vec<(&'static str, String)>,
    /// Whether it went wrong.
    pub failed: bool,
}

/// Takes spans. It must not wait.
pub trait Spans: Send + Sync {
    /// A span has ended.
    fn ended(&self, span: Span);
}

impl TraceContext {
    /// Reads a `traceparent` header: `00-`, 32 and 16 lower-case hexadecimal digits that are not all zero,
    /// and two for flags. Later versions may say more behind that.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, '-');
        let version: [u8; 1] = hex(parts.next()?)?;
        let (trace, span) = (hex::<16>(parts.next()?)?, hex::<8>(parts.next()?)?);
        let [flags] = hex::<1>(parts.next()?)?;
        let more = parts.next().is_some();
        let fine =
            version != [0xff] && (version != [0] || !more) && trace != [0; 16] && span != [0; 8];
        fine.then_some(Self { trace, span, sampled: flags & 1 == 1 })
    }

    /// Begins a trace; a share of them is kept. `None` when the system has no randomness.
    pub fn begin(share: Ppm) -> Option<Self> {
        let (trace, span) = (random::<16>()?, random::<8>()?);
        let (_, last) = trace.split_last_chunk::<8>()?;
        // The last 56 bits are random by the standard; their first 32 are enough to draw by.
        let [_, a, b, c, d, ..] = *last;
        let drawn = (u64::from(u32::from_be_bytes([a, b, c, d])) * 1_000_000) >> 32;
        let sampled = i64::try_from(drawn).is_ok_and(|drawn| drawn < share.get());
        Some(Self { trace, span, sampled })
    }

    /// A span below this one.
    pub fn child(&self) -> Option<Self> {
        Some(Self { span: random()?, ..*self })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        self.trace.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("-")?;
        self.span.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", u8::from(self.sampled))
    }
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    // All zero means none; once in 2^64 that is drawn.
    (bytes != [0; N]).then_some(bytes)
}

/// Exactly so many bytes, in lower-case hexadecimal digits.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
impl Spans for std::sync::Mutex<Vec<Span>> {
    fn ended(&self, span: Span) {
        self.lock().unwrap().push(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_the_standard_says() {
        const FINE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for (text, read) in [
            (FINE.to_owned(), Some(true)),
            (FINE.replace("-01", "-00"), Some(false)),
            (FINE.replace("-01", "-03"), Some(true)),
            (FINE.replace("00-4b", "cc-4b"), Some(true)),
            (format!("{FINE}-what-the-future-brings").replace("00-4b", "cc-4b"), Some(true)),
            (format!("{FINE}.x").replace("00-4b", "cc-4b"), None),
            (format!("{FINE}-x"), None),
            (format!("{FINE}-"), None),
            (FINE.replace("00-4b", "ff-4b"), None),
            (FINE.replace("4bf9", "4BF9"), None),
            (FINE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)), None),
            (FINE.replace("00f067aa0ba902b7", &"0".repeat(16)), None),
            (FINE.replace("4bf9", "4bg9"), None),
            (FINE.replace("4bf9", "4b9"), None),
            (format!(" {FINE}"), None),
            (format!("0{FINE}"), None),
            (FINE.replace("-01", "-1"), None),
            (FINE.replace('-', ""), None),
            ("é".repeat(28), None),
            (String::new(), None),
        ] {
            let found = TraceContext::parse(&text);
            assert_eq!(found.map(|found| found.sampled), read, "{text}");
        }
        assert_eq!(TraceContext::parse(FINE).unwrap().to_string(), FINE);
    }

    #[test]
    fn a_trace_goes_on_and_a_share_is_kept() {
        let begun = TraceContext::begin(Ppm::ONE).unwrap();
        let child = begun.child().unwrap();
        assert!(begun.sampled && child.sampled && child.trace == begun.trace);
        assert_ne!(child.span, begun.span);
        assert_eq!(TraceContext::parse(&child.to_string()), Some(child));
        let kept =
            |share| (0..2000).filter(|_| TraceContext::begin(share).unwrap().sampled).count();
        assert_eq!(kept(Ppm::new(0)), 0);
        // Of 2000 at a tenth, outside of this once in more than 10^9 times.
        assert!((100..320).contains(&kept(Ppm::new(100_000))));
    }
}
