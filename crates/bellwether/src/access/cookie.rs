//! Cookies: three names, and how they are set. `__Host-` binds a cookie to this host over TLS.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The session.
    Session,
    /// A sign-in with the provider that is under way.
    Provider,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-bellwether",
            (Self::Session, false) => "bellwether",
            (Self::Provider, true) => "__Host-bellwether-oidc",
            (Self::Provider, false) => "bellwether-oidc",
        }
    }

    /// The value that a request carries. Two of one name are none: one of them was planted.
    pub(crate) fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        let name = self.name(secure);
        let mut values = pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Sets it for so many seconds; 0 removes it. A value is base64url.
    pub(crate) fn set(self, value: &str, seconds: i64, secure: bool) -> Option<HeaderValue> {
        let name = self.name(secure);
        let only_tls = if secure { "; Secure" } else { "" };
        let line =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{only_tls}");
        HeaderValue::from_str(&line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_cookie_of_the_right_name_counts() {
        for (lines, secure, expected) in [
            (&["bellwether=a"][..], false, Some("a")),
            (&["x=1; bellwether=a; y=2"], false, Some("a")),
            (&["x=1", "bellwether=a"], false, Some("a")),
            (&["bellwether=a"], true, None),
            (&["__Host-bellwether=a; bellwether=b"], true, Some("a")),
            (&["bellwether=a; bellwether=b"], false, None),
            (&["bellwether=a", "bellwether=a"], false, None),
            (&["xbellwether=a"], false, None),
            (&["bellwether"], false, None),
            (&[], false, None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, line.parse().unwrap());
            }
            assert_eq!(Cookie::Session.read(&headers, secure), expected, "{lines:?}");
        }
    }

    #[test]
    fn how_cookies_are_set() {
        let set = |secure| Cookie::Session.set("abc", 60, secure).unwrap();
        assert_eq!(
            set(true),
            "__Host-bellwether=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(set(false), "bellwether=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    }
}
