//! Which addresses may be connected to, decided on what a name resolved to, in the step that connects.

use super::Limits;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How many addresses of a name are tried.
const ADDRESSES: usize = 8;
/// What an address gets at least before the next one is tried.
const LEAST: Duration = Duration::from_millis(10);

/// Looks `host:port` up.
pub(super) type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync>;
/// Connects to one address within a time.
pub(super) type Dial = Arc<dyn Fn(SocketAddr, Duration) -> io::Result<TcpStream> + Send + Sync>;

/// Names to connections; an address that may not be connected to is dropped between the two.
#[derive(Clone)]
pub(super) struct Guarded {
    pub(super) lookup: Lookup,
    pub(super) dial: Dial,
    allowed: Allowed,
    limits: Limits,
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

impl Allowed {
    /// Without TLS a host must be private, and with it only if it may.
    pub(super) const fn new(tls: bool, private: bool) -> Self {
        match (tls, private) {
            (true, false) => Self::Public,
            (true, true) => Self::Both,
            (false, _) => Self::Private,
        }
    }
}

/// Why there is no connection: nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreached {
    /// No address of the name may be used.
    #[error("no address of the host may be connected to")]
    Refused,
    /// It took too long.
    #[error("it took too long")]
    Timeout,
    /// No name, nobody there, or no TLS.
    #[error("{0}")]
    Failed(String),
}

impl From<io::Error> for Unreached {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Self::Timeout,
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl Guarded {
    /// By the system's resolver and sockets.
    pub(super) fn new(allowed: Allowed, limits: Limits) -> Self {
        let lookup: Lookup = Arc::new(|name| Ok(name.to_socket_addrs()?.collect()));
        let dial: Dial = Arc::new(|address, most| TcpStream::connect_timeout(&address, most));
        Self { lookup, dial, allowed, limits }
    }

    fn allows(&self, address: IpAddr) -> bool {
        match self.allowed {
            Allowed::Public => is_public(address),
            Allowed::Private => is_own(address),
            Allowed::Both => is_public(address) || is_own(address),
        }
    }

    /// The addresses of `host:port` that may be connected to.
    fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, Unreached> {
        let (found, wanted) = mpsc::sync_channel(1);
        let (lookup, asked) = (Arc::clone(&self.lookup), name.to_owned());
        // The system's resolver takes no deadline: whoever waits gives up, and the thread ends later.
        let looking = std::thread::Builder::new().name("lookup".to_owned());
        looking.spawn(move || drop(found.send(lookup(&asked))))?;
        let found = wanted.recv_timeout(self.limits.connect).map_err(|_| Unreached::Timeout)??;
        let mut allowed = found;
        allowed.retain(|address| self.allows(address.ip()));
        allowed.truncate(ADDRESSES);
        if allowed.is_empty() { Err(Unreached::Refused) } else { Ok(allowed) }
    }

    /// A connection to one of these addresses; they share the time that connecting may take.
    pub(super) fn dial(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Unreached> {
        let until = Instant::now() + self.limits.connect;
        let mut last = Unreached::Refused;
        for (nth, address) in addresses.iter().enumerate() {
            let left = until.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(addresses.len() - nth).unwrap_or(1);
            match (self.dial)(*address, share.max(LEAST)) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    /// Looks `host:port` up, judges what was found, and connects to that.
    pub(super) fn connect(&self, name: &str) -> Result<TcpStream, Unreached> {
        self.dial(&self.addresses(name)?)
    }
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let Some(host) = uri.host() else { return Err(Error::HostNotFound) };
        let plain = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let name = format!("{host}:{}", uri.port_u16().unwrap_or(plain));
        let found = self.addresses(&name).map_err(|error| Error::Other(Box::new(error)))?;
        let mut allowed = self.empty();
        found.into_iter().for_each(|address| allowed.push(address));
        Ok(allowed)
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
