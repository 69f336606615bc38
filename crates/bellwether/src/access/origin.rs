//! Whether a request that changes something comes from a page of this server.
//!
//! Browsers say where a request comes from and no page can make them lie: `Sec-Fetch-Site`, and `Origin`
//! with every POST. What says neither is no browser, and has no cookie to lose.

use super::settings::{Settings, is_loopback};
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Whether the request was made by a page of this server.
pub(crate) fn is_own(headers: &HeaderMap, settings: &Settings) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return false;
    }
    match text(ORIGIN.as_str()) {
        Some(origin) => is_ours(origin, text(HOST.as_str()).unwrap_or_default(), settings),
        None => text("sec-fetch-site").is_some(),
    }
}

fn is_ours(origin: &str, host: &str, settings: &Settings) -> bool {
    if let Some(base) = &settings.base_url {
        return origin == base.origin().ascii_serialization();
    }
    // Any name can be made to resolve to this machine. Over TLS the certificate tells which is ours;
    // without, only loopback is.
    let scheme = if settings.tls { "https://" } else { "http://" };
    let bare = host.rsplit_once(':').map_or(host, |(bare, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { bare } else { host }
    });
    (settings.tls || is_loopback(bare)) && origin.strip_prefix(scheme) == Some(host)
}

/// Where to go after signing in: a path of this server, or the first page.
pub(crate) fn path_of_ours(wanted: &str) -> &str {
    let plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    match wanted.strip_prefix('/') {
        Some(rest) if plain && !rest.starts_with('/') && wanted.len() <= 1024 => wanted,
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_server_change_things() {
        let here = Settings::default();
        let named = Settings { base_url: "https://b.example/".parse().ok(), ..Settings::default() };
        let with_tls = Settings { tls: true, ..Settings::default() };
        for (settings, host, origin, site, own) in [
            (&with_tls, "b.example", Some("https://b.example"), None, true),
            (&with_tls, "b.example", Some("https://evil.example"), None, false),
            (&with_tls, "b.example", Some("http://b.example"), None, false),
            (&here, "127.0.0.1:7480", Some("http://127.0.0.1:7480"), Some("same-origin"), true),
            (&here, "127.0.0.1:7480", Some("http://127.0.0.1:7480"), None, true),
            (&here, "localhost:7480", Some("http://localhost:7480"), None, true),
            (&here, "[::1]:7480", Some("http://[::1]:7480"), None, true),
            (&here, "127.0.0.1:7480", None, Some("same-origin"), true),
            (&here, "127.0.0.1:7480", Some("http://127.0.0.1:9"), None, false),
            (&here, "127.0.0.1:7480", Some("https://127.0.0.1:7480"), None, false),
            (&here, "127.0.0.1:7480", Some("null"), None, false),
            (&here, "127.0.0.1:7480", Some("http://127.0.0.1:7480"), Some("same-site"), false),
            (&here, "127.0.0.1:7480", Some("http://127.0.0.1:7480"), Some("none"), false),
            (&here, "127.0.0.1:7480", None, Some("cross-site"), false),
            (&here, "127.0.0.1:7480", None, None, false),
            (&here, "evil.example:7480", Some("http://evil.example:7480"), None, false),
            (&named, "b.example", Some("https://b.example"), Some("same-origin"), true),
            (&named, "evil.example", Some("https://evil.example"), None, false),
            (&named, "b.example", Some("https://b.example.evil.example"), None, false),
            (&named, "b.example", Some("http://b.example"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            origin.map(|origin| headers.insert(ORIGIN, origin.parse().unwrap()));
            site.map(|site| headers.insert("sec-fetch-site", site.parse().unwrap()));
            assert_eq!(is_own(&headers, settings), own, "{host} {origin:?} {site:?}");
        }
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (wanted, expected) in [
            ("/profile", "/profile"),
            ("/a?b=c&d=%2F", "/a?b=c&d=%2F"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("/a b", "/"),
        ] {
            assert_eq!(path_of_ours(wanted), expected, "{wanted:?}");
        }
    }
}
