//! Which addresses may be connected to, decided on what a name resolved to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The system's resolver, whose refused addresses nobody gets to see.
pub(super) struct Guarded {
    inner: DefaultResolver,
    allowed: Allowed,
}

/// Where a host may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Allowed {
    /// In the public internet.
    Public,
    /// In the own network or on this machine.
    Private,
    /// Either.
    Both,
}

/// A name of which no address may be used.
#[derive(Debug, thiserror::Error)]
#[error("no address of the host may be connected to")]
pub(super) struct Refused;

impl Guarded {
    pub(super) fn new(allowed: Allowed) -> Self {
        Self { inner: DefaultResolver::default(), allowed }
    }

    fn allows(&self, address: IpAddr) -> bool {
        match self.allowed {
            Allowed::Public => is_public(address),
            Allowed::Private => is_own(address),
            Allowed::Both => is_public(address) || is_own(address),
        }
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in found.iter().filter(|found| self.allows(found.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() { Err(Error::Other(Box::new(Refused))) } else { Ok(allowed) }
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guarded({:?})", self.allowed)
    }
}

/// Whether an address is one of the public internet: not of this machine, a private network, a link,
/// a special purpose, and no IPv6 address that stands for such an IPv4 address (IANA's registries of
/// special-purpose addresses, RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

/// Only 2000::/3 is given out; inside it, what tunnels IPv4, protocols and documentation have.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, second, ..] => second > 0x01ff && second != 0x0db8,
        [0x2002, ..] => false,
        [0x3fff, second, ..] => second > 0x0fff,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// Whether an address is of this machine or a private network. Addresses of a link are not: cloud
/// machines hand out their secrets there.
pub fn is_own(address: IpAddr) -> bool {
    let address = match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback() || v4.is_private() || (a == 100 && (64..=127).contains(&b))
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            // fd00:ec2::/32 is where one large provider does so.
            v6.is_loopback() || (v6.is_unique_local() && (first, second) != (0xfd00, 0x0ec2))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_public_own_or_neither() {
        for (text, public, own) in [
            ("1.1.1.1", true, false),
            ("192.0.1.1", true, false),
            ("172.32.0.1", true, false),
            ("100.128.0.1", true, false),
            ("223.255.255.255", true, false),
            ("2606:4700::1111", true, false),
            ("2001:4860:4860::8888", true, false),
            ("127.0.0.1", false, true),
            ("127.255.0.9", false, true),
            ("10.1.2.3", false, true),
            ("172.16.0.1", false, true),
            ("192.168.7.7", false, true),
            ("100.64.0.1", false, true),
            ("::1", false, true),
            ("fd00::1", false, true),
            ("::ffff:10.0.0.1", false, true),
            ("0.0.0.0", false, false),
            ("169.254.169.254", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("192.0.0.192", false, false),
            ("198.18.0.1", false, false),
            ("224.0.0.1", false, false),
            ("255.255.255.255", false, false),
            ("::", false, false),
            ("::ffff:1.1.1.1", false, false),
            ("64:ff9b::a00:1", false, false),
            ("2002:7f00:1::", false, false),
            ("2001:0:7f00:1::", false, false),
            ("2001:db8::1", false, false),
            ("fe80::1", false, false),
            ("fec0::1", false, false),
            ("ff02::1", false, false),
            ("fd00:ec2::254", false, false),
        ] {
            let address = text.parse().unwrap();
            assert_eq!((is_public(address), is_own(address)), (public, own), "{text}");
        }
    }
}
