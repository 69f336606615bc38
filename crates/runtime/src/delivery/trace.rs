//! W3C trace context: a delivery is a span below whatever caused it.

/// A span below another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Child {
    /// The trace, 32 hexadecimal digits.
    pub(super) id: String,
    /// The span above, 16 digits.
    pub(super) parent: String,
    /// The own span, 16 digits.
    pub(super) span: String,
    /// Whether somebody keeps the trace.
    pub(super) sampled: bool,
    /// What the receiver is told.
    pub(super) header: String,
}

/// A span of that number below a `traceparent`; `None` if that is none (version 00, or a later one by its
/// first four members).
pub(super) fn child(parent: &str, span: u64) -> Option<Child> {
    let mut parts = parent.split('-');
    let (version, id, above, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let set = |text: &str| text.bytes().any(|byte| byte != b'0');
    let fine = hex(version, 2) && version != "ff" && hex(id, 32) && set(id);
    if !(fine && hex(above, 16) && set(above) && hex(flags, 2)) {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
    let span = format!("{span:016x}");
    let header = format!("00-{id}-{span}-{flags}");
    Some(Child { id: id.to_owned(), parent: above.to_owned(), span, sampled, header })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_below_what_is_one() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let found = child(&format!("00-{id}-00f067aa0ba902b7-01"), 0xab).unwrap();
        assert_eq!(found.header, format!("00-{id}-00000000000000ab-01"));
        assert_eq!((found.id.as_str(), found.parent.as_str()), (id, "00f067aa0ba902b7"));
        assert!(found.sampled);
        for (flags, sampled) in [("00", false), ("02", false), ("03", true)] {
            let found = child(&format!("00-{id}-00f067aa0ba902b7-{flags}"), 1).unwrap();
            assert_eq!(found.sampled, sampled, "{flags}");
        }
        for wrong in [
            "",
            "00-x-y-z",
            &format!("00-{id}-0000000000000000-01"),
            &format!("ff-{id}-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(child(wrong, 1), None, "{wrong}");
        }
    }
}
