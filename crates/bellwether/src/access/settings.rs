//! What signing in needs to know, plain and checked.

use bellwether_core::{Code, Duration};
use openidconnect::url::Url;
use std::collections::BTreeMap;

use super::principal::Role;

/// How people and programs sign in.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The address that browsers use, such as `https://bellwether.example/`; without one only loopback
    /// addresses are served.
    pub(crate) base_url: Option<Url>,
    /// Whether the listener speaks TLS.
    pub(crate) tls: bool,
    /// A session that is not used for so long ends.
    pub(crate) idle: Duration,
    /// A session ends after so long whatever happens.
    pub(crate) longest: Duration,
    /// What cannot be taken back takes a proof that is not older than this.
    pub(crate) fresh: Duration,
    /// Sessions of the account for emergencies end after so long.
    pub(crate) emergency: Duration,
    /// The trail is kept for so long.
    pub(crate) trail: Duration,
    /// How much work a guess at a password costs.
    pub(crate) work: Work,
    /// Who gets a card when the account for emergencies is used.
    pub(crate) owner: Option<Code>,
    /// Signing in with the house's own provider.
    pub(crate) oidc: Option<OidcSettings>,
}

/// The parameters of Argon2id for new passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    /// KiB of memory.
    pub(crate) memory: u32,
    /// Passes over it.
    pub(crate) passes: u32,
}

/// An OpenID provider.
#[derive(Clone)]
pub(crate) struct OidcSettings {
    /// Its issuer, as its tokens name it.
    pub(crate) issuer: String,
    /// Our id there.
    pub(crate) client: String,
    /// Our secret there; without one PKCE alone guards the code.
    pub(crate) secret: Option<String>,
    /// Whether its host may have a private address.
    pub(crate) private: bool,
    /// The claim of ID tokens that lists groups.
    pub(crate) groups: String,
    /// Which role a group gives; of several the first that stands in [`Role::ALL`].
    pub(crate) roles: BTreeMap<String, Role>,
}

impl std::fmt::Debug for OidcSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OidcSettings({})", self.issuer)
    }
}

impl Default for Settings {
    fn default() -> Self {
        let minutes = |minutes: i64| Duration::from_micros(minutes * 60_000_000);
        Self {
            base_url: None,
            tls: false,
            idle: minutes(30),
            longest: minutes(12 * 60),
            fresh: minutes(5),
            emergency: minutes(60),
            trail: minutes(365 * 24 * 60),
            work: Work { memory: 19 * 1024, passes: 2 },
            owner: None,
            oidc: None,
        }
    }
}

impl Settings {
    /// Whether cookies go over TLS only.
    pub(crate) fn secure(&self) -> bool {
        self.tls || self.base_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// The address of a page, for somebody who is to open it.
    pub(crate) fn page(&self, listening: std::net::SocketAddr, page: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        match &self.base_url {
            Some(base) => format!("{base}{page}"),
            None => format!("{scheme}://{listening}/{page}"),
        }
    }

    /// What does not fit together, in words; nothing when all is well.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |wrong: bool, what: &str| {
            if wrong {
                faults.push(what.to_owned());
            }
        };
        if let Some(url) = &self.base_url {
            let loopback = url.host_str().is_some_and(is_loopback);
            fault(
                !(url.scheme() == "https" || (url.scheme() == "http" && loopback)),
                "the base address must begin with https://, unless it is a loopback address",
            );
            fault(url.path() != "/" || url.query().is_some(), "the base address must have no path");
            fault(self.tls && url.scheme() == "http", "with TLS the base address begins https://");
        }
        let zero = Duration::from_micros(0);
        let lengths = [self.idle, self.longest, self.fresh, self.emergency, self.trail];
        fault(lengths.iter().any(|length| *length <= zero), "every length of time must be above 0");
        fault(self.idle > self.longest, "a session cannot be idle for longer than it lasts");
        fault(
            self.work.memory < 8 || self.work.passes < 1,
            "Argon2 needs 8 KiB and one pass at the least",
        );
        if let Some(oidc) = &self.oidc {
            fault(self.base_url.is_none(), "OIDC needs the base address, to be called back");
            fault(oidc.client.is_empty(), "OIDC needs the client's id");
            fault(oidc.roles.is_empty(), "OIDC needs a role for at least one group");
            fault(
                oidc.roles.values().any(|role| *role == Role::Emergency),
                "no group may have the role `emergency`",
            );
            fault(
                !(oidc.issuer.starts_with("https://")
                    || (oidc.private && oidc.issuer.starts_with("http://"))),
                "the issuer must begin with https://, or with http:// and be private",
            );
        }
        faults
    }
}

/// Whether a host as it stands in an address or a `Host` header, without its port, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oidc() -> OidcSettings {
        OidcSettings {
            issuer: "https://id.example".to_owned(),
            client: "bellwether".to_owned(),
            secret: Some("canary-secret".to_owned()),
            private: false,
            groups: "groups".to_owned(),
            roles: BTreeMap::from([("staff".to_owned(), Role::Viewer)]),
        }
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let url = |text: &str| Some(text.parse::<Url>().unwrap());
        let good = Settings { base_url: url("https://b.example/"), ..Settings::default() };
        let with = |oidc| Settings { oidc: Some(oidc), ..good.clone() };
        for (settings, part) in [
            (Settings::default(), ""),
            (good.clone(), ""),
            (with(oidc()), ""),
            (Settings { base_url: url("http://127.0.0.1:7480/"), ..good.clone() }, ""),
            (Settings { base_url: url("http://b.example/"), ..good.clone() }, "https://"),
            (Settings { base_url: url("https://b.example/x"), ..good.clone() }, "no path"),
            (Settings { tls: true, base_url: url("http://localhost/"), ..good.clone() }, "TLS"),
            (Settings { idle: Duration::from_micros(0), ..good.clone() }, "above 0"),
            (Settings { longest: Duration::from_micros(9), ..good.clone() }, "idle"),
            (Settings { work: Work { memory: 1, passes: 1 }, ..good.clone() }, "Argon2"),
            (Settings { oidc: Some(oidc()), ..Settings::default() }, "base address"),
            (with(OidcSettings { roles: BTreeMap::new(), ..oidc() }), "a role"),
            (with(OidcSettings { client: String::new(), ..oidc() }), "client"),
            (with(OidcSettings { issuer: "http://id.example".to_owned(), ..oidc() }), "issuer"),
        ] {
            let faults = settings.faults();
            assert_eq!(faults.is_empty(), part.is_empty(), "{part}: {faults:?}");
            assert!(faults.iter().all(|fault| fault.contains(part)), "{part}: {faults:?}");
        }
        assert!(!format!("{:?}", with(oidc())).contains("canary"), "secrets are not printed");
    }

    #[test]
    fn loopback_is_told_from_what_looks_like_it() {
        for (host, here) in [
            ("127.0.0.1", true),
            ("localhost", true),
            ("[::1]", true),
            ("127.8.9.1", true),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(host), here, "{host}");
        }
    }
}
