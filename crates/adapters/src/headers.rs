//! Headers of an HTTP request, as whoever holds the socket hands them over.

/// Names and values. A value that is not text is left out by the caller; names may have any case.
pub type Headers<'a> = [(&'a str, &'a str)];

/// The first value of a header, without the space around it.
pub fn header<'a>(headers: &Headers<'a>, name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim())
}

/// The media type of a `Content-Type`, lower case and without parameters; `None` where it names a
/// character set other than UTF-8.
pub(crate) fn media_type(value: &str) -> Option<String> {
    let mut parts = value.split(';');
    let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let other = |part: &str| {
        let (name, set) = part.split_once('=').unwrap_or_default();
        let set = set.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset")
            && !set.eq_ignore_ascii_case("utf-8")
            && !set.eq_ignore_ascii_case("us-ascii")
    };
    (!parts.any(other)).then_some(kind)
}

/// Whether a media type is JSON, by RFC 6839.
pub(crate) fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind == "text/json" || kind.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_whatever_their_case() {
        let headers = [("Content-Type", " a/b "), ("x", "1"), ("X", "2")];
        assert_eq!(header(&headers, "content-type"), Some("a/b"));
        assert_eq!(header(&headers, "x"), Some("1"));
        assert_eq!(header(&headers, "y"), None);
    }

    #[test]
    fn media_types() {
        for (value, expected) in [
            ("Application/JSON; charset=UTF-8", Some("application/json")),
            (
                "application/cloudevents+json;charset=\"utf-8\"",
                Some("application/cloudevents+json"),
            ),
            ("text/plain; boundary=x", Some("text/plain")),
            ("application/json; charset=latin1", None),
        ] {
            assert_eq!(media_type(value).as_deref(), expected, "{value}");
        }
        assert!(is_json("application/problem+json") && !is_json("application/xml"));
    }
}
