//! From the document to the configuration: every section in turn, every problem kept.

use super::{Access, Config, Intake, Oidc, SecretAt, Server, Telemetry, TlsFiles, Watch};
use super::{channels, sources};
use bellwether_core::authored::{Document, Fields, Key, Kind, Node};
use bellwether_core::{Duration, Ppm, Problem};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// What readers of parts need.
pub(super) struct Reading<'a> {
    pub(super) document: &'a Document,
    pub(super) base: &'a Path,
    pub(super) problems: &'a mut Vec<Problem>,
}

/// Reads everything. What it gives counts only if there is no problem.
pub(super) fn config(
    document: &Document,
    base: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    const SECTIONS: [&str; 9] = [
        "server",
        "intake",
        "sources",
        "channels",
        "rules",
        "delivery",
        "access",
        "telemetry",
        "watch",
    ];
    let mut fields = Fields::new(document, &document.root, &mut *problems);
    for name in SECTIONS {
        fields.node(name);
    }
    fields.finish();
    let [server, intake, sources, channels, rules, delivery, access, telemetry, watch] =
        SECTIONS.map(|name| document.root.get(name));
    let nothing = Node { kind: Kind::Null, line: 1, column: 1 };
    let reading = &mut Reading { document, base, problems };
    let sources = named(reading, sources, "source", sources::source);
    let channels = named(reading, channels, "channel", channels::channel);
    let server = read_server(reading, server.unwrap_or(&nothing));
    let intake = read_intake(reading, intake.unwrap_or(&nothing));
    let known: Vec<&str> = channels.keys().map(String::as_str).collect();
    let rules = super::rules::read(reading, rules.unwrap_or(&nothing));
    let delivery = super::delivery::read(reading, delivery.unwrap_or(&nothing), &known);
    let access = read_access(reading, access.unwrap_or(&nothing));
    let telemetry = read_telemetry(reading, telemetry.unwrap_or(&nothing));
    let watch = read_watch(reading, watch.unwrap_or(&nothing));
    Some(Config {
        server: server?,
        intake: intake?,
        sources,
        channels,
        rules: rules?,
        delivery: delivery?,
        access: access?,
        telemetry,
        watch: watch?,
    })
}

impl Reading<'_> {
    pub(super) fn fields<'b>(&'b mut self, node: &'b Node) -> Fields<'b> {
        Fields::new(self.document, node, self.problems)
    }
}

/// Sections with names of their own.
fn named<T>(
    reading: &mut Reading<'_>,
    node: Option<&Node>,
    what: &str,
    mut read: impl FnMut(&mut Reading<'_>, &str, &Node) -> Option<T>,
) -> BTreeMap<String, T> {
    let mut found = BTreeMap::new();
    let entries = match node.map(|node| (&node.kind, node)) {
        Some((Kind::Map(entries), _)) => entries.as_slice(),
        Some((_, node)) => {
            reading.fields(node).all();
            &[]
        }
        None => &[],
    };
    for (key, node) in entries {
        check_name(reading, key, what);
        if let Some(one) = read(reading, &key.text, node) {
            found.insert(key.text.clone(), one);
        }
    }
    found
}

/// Names stand in records, in addresses and in variables.
fn check_name(reading: &mut Reading<'_>, key: &Key, what: &str) {
    let fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !(1..=40).contains(&key.text.len()) || !key.text.bytes().all(fine) {
        let message = format!("a {what}'s name is 1 to 40 of a-z, 0-9 and `-`");
        let place = reading.document.place_of_key(key);
        let help = "name it for the system that it is, such as `crm-eu`";
        reading.problems.push(Problem::new("config-name", message).at(place).help(help));
    }
}

fn read_server(reading: &mut Reading<'_>, node: &Node) -> Option<Server> {
    let base = reading.base.to_owned();
    let mut fields = reading.fields(node);
    let listen = fields.parsed("listen", "an address and a port such as 127.0.0.1:7480", |text| {
        text.parse::<SocketAddr>().ok()
    });
    let public_url = url(&mut fields, "public_url");
    let cert = fields.text("tls_cert").map(|path| base.join(path));
    let key = fields.text("tls_key").map(|path| base.join(path));
    let behind_proxy = fields.flag("behind_proxy").unwrap_or(false);
    let tls = match (cert, key) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (None, None) => None,
        _ => {
            let at = fields.node("tls_cert").or(fields.node("tls_key")).unwrap_or(node);
            let message = "a certificate and its key belong together; one of them is missing";
            let place = fields.place_of(at);
            let help = "set both `tls_cert` and `tls_key`, or neither";
            fields.problems().push(Problem::new("config-tls-half", message).at(place).help(help));
            None
        }
    };
    let plain = listen.filter(|_| tls.is_none()).map(|listen| listen.ip());
    if let Some(ip) = plain.filter(|ip| !may_be_plain(*ip, behind_proxy)) {
        let at = fields.node("listen").unwrap_or(node);
        let place = fields.place_of(at);
        let problem = Problem::new(
            "config-open-address",
            format!("`{ip}` is reached from other machines, and there is no TLS"),
        );
        let help = if behind_proxy {
            "behind a proxy, listen on one private address such as 10.0.0.5; or set `tls_cert` and `tls_key`"
        } else {
            "set `tls_cert` and `tls_key`; or listen on 127.0.0.1; or, if a proxy of your own network ends \
             TLS, set `behind_proxy = true` and listen on a private address"
        };
        fields.problems().push(problem.at(place).help(help));
    }
    fields.finish();
    Some(Server { listen: listen?, public_url, tls, behind_proxy })
}

/// Whether a listener without TLS may have an address: this machine's own, or, behind a proxy, a private one.
pub(super) fn may_be_plain(ip: IpAddr, behind_proxy: bool) -> bool {
    ip.is_loopback() || (behind_proxy && bellwether_runtime::transport::is_own(ip))
}

/// `https://` or `http://`, a host, and no slash at the end. What is refused is not repeated: it may hold a
/// secret.
pub(super) fn url<'a>(fields: &mut Fields<'a>, name: &'a str) -> Option<String> {
    let text = fields.text(name)?;
    let fine = text.parse().is_ok_and(|uri: axum::http::Uri| {
        matches!(uri.scheme_str(), Some("https" | "http"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.query().is_none()
    });
    if fine && !text.contains('#') {
        return Some(text.trim_end_matches('/').to_owned());
    }
    let node = fields.node(name)?;
    let message = format!(
        "`{name}` is no address such as https://host.example, without a user, `?` and `#` in it"
    );
    fields.refuse("config-value", node, message);
    None
}

/// A count within bounds.
pub(super) fn count<'a>(
    fields: &mut Fields<'a>,
    name: &'a str,
    [least, most]: [u64; 2],
) -> Option<u64> {
    let expected = format!("a whole number from {least} to {most}");
    fields.parsed(name, &expected, |text| {
        let number: u64 = text.replace('_', "").parse().ok()?;
        (least..=most).contains(&number).then_some(number)
    })
}

/// A span within bounds.
pub(super) fn span<'a>(
    fields: &mut Fields<'a>,
    name: &'a str,
    [least, most]: [Duration; 2],
) -> Option<Duration> {
    let expected = format!("a span from {least} to {most}, such as 30s, 15m or 12h");
    fields.parsed(name, &expected, |text| {
        Duration::parse(text).filter(|span| (least..=most).contains(span))
    })
}

/// Where the secrets of a key stand: `NAME_file`, `NAME_env` and `NAME_credential`, each one or a list.
pub(super) fn secrets<'a>(
    fields: &mut Fields<'a>,
    base: &Path,
    [file, env, credential]: [&'a str; 3],
) -> Vec<SecretAt> {
    let mut found = Vec::new();
    found.extend(fields.texts(file).iter().map(|(text, _)| SecretAt::File(base.join(text))));
    found.extend(fields.texts(env).iter().map(|(text, _)| SecretAt::Env((*text).to_owned())));
    for (text, node) in fields.texts(credential) {
        if text.contains('/') || text.starts_with('.') {
            fields.refuse("config-value", node, "a credential is a name, not a path");
        }
        found.push(SecretAt::Credential(text.to_owned()));
    }
    found
}

/// One secret, or none.
pub(super) fn secret<'a>(
    fields: &mut Fields<'a>,
    base: &Path,
    names: [&'a str; 3],
) -> Option<SecretAt> {
    let mut found = secrets(fields, base, names);
    if found.len() > 1 {
        let [file, ..] = names;
        let place = fields.place();
        let message =
            format!("there are several secrets here, `{file}` among them, and one is used");
        let problem = Problem::new("config-secret-twice", message).at(place);
        fields.problems().push(problem.help("keep the one that is meant"));
    }
    found.pop()
}

/// One secret that must be there.
pub(super) fn required_secret<'a>(
    fields: &mut Fields<'a>,
    base: &Path,
    names: [&'a str; 3],
) -> Option<SecretAt> {
    let found = secret(fields, base, names);
    if found.is_none() {
        let [file, env, credential] = names;
        let place = fields.place();
        let message = format!("`{file}` is missing here");
        let help = format!("add a line `{file} = ...`, or `{env}` or `{credential}`");
        fields.problems().push(Problem::new("config-secret-missing", message).at(place).help(help));
    }
    found
}

fn read_intake(reading: &mut Reading<'_>, node: &Node) -> Option<Intake> {
    let mut fields = reading.fields(node);
    let most_waiting = count(&mut fields, "most_waiting", [1, 100_000_000]);
    let per_second = count(&mut fields, "per_second", [1, 10_000_000]);
    fields.finish();
    Some(Intake { most_waiting: most_waiting?, per_second })
}

fn read_access(reading: &mut Reading<'_>, node: &Node) -> Option<Access> {
    let base = reading.base.to_owned();
    let document = reading.document;
    let mut fields = reading.fields(node);
    let most = [Duration::from_secs(300), Duration::from_secs(30 * 86_400)];
    let sessions = span(&mut fields, "sessions", most);
    let first_start = fields.flag("first_start").unwrap_or(true);
    let oidc = fields.node("oidc");
    let oidc = oidc.and_then(|node| read_oidc(document, &base, node, fields.problems()));
    fields.finish();
    Some(Access { sessions: sessions?, first_start, oidc })
}

fn read_oidc(
    document: &Document,
    base: &Path,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Oidc> {
    let mut fields = Fields::new(document, node, problems);
    fields.required("issuer");
    let issuer = url(&mut fields, "issuer");
    let client_id = fields.required_text("client_id").map(str::to_owned);
    let names = ["client_secret_file", "client_secret_env", "client_secret_credential"];
    let client_secret = secret(&mut fields, base, names);
    let claim = fields.text("claim").map(str::to_owned);
    let private = fields.flag("private").unwrap_or(false);
    let mut groups = BTreeMap::new();
    for (key, node) in fields.entries("groups") {
        match &node.kind {
            Kind::Scalar { text, .. } => drop(groups.insert(key.text.clone(), text.clone())),
            _ => fields.refuse("config-shape", node, "a group has one role"),
        }
    }
    fields.finish();
    Some(Oidc {
        issuer: issuer?,
        client_id: client_id?,
        client_secret,
        claim: claim?,
        groups,
        private,
    })
}

fn read_telemetry(reading: &mut Reading<'_>, node: &Node) -> Telemetry {
    let base = reading.base.to_owned();
    let mut fields = reading.fields(node);
    let otlp = url(&mut fields, "otlp");
    let headers = secret(&mut fields, &base, ["headers_file", "headers_env", "headers_credential"]);
    let sample = fields.parsed("sample", "a ratio from 0 to 1, such as 0.1 or 10%", |text| {
        Ppm::parse(text).filter(|ratio| (0..=1_000_000).contains(&ratio.get()))
    });
    let private = fields.flag("private").unwrap_or(false);
    fields.finish();
    Telemetry { otlp, headers, sample: sample.unwrap_or(Ppm::ONE), private }
}

fn read_watch(reading: &mut Reading<'_>, node: &Node) -> Option<Watch> {
    let mut fields = reading.fields(node);
    let latency =
        span(&mut fields, "latency", [Duration::from_micros(1000), Duration::from_secs(600)]);
    let owner = sources::owner(&mut fields);
    let disk_free = fields.parsed("disk_free", "bytes such as 500MB or 1GiB", bytes);
    fields.finish();
    Some(Watch { latency: latency?, owner, disk_free: disk_free? })
}

/// Reads `500MB`, `1GiB`, or bare bytes.
pub(super) fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 9] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("kB", 1000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("B", 1),
    ];
    let text = text.trim();
    let unit = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)));
    let (number, size) = unit.unwrap_or((text, 1));
    number.trim().replace('_', "").parse::<u64>().ok()?.checked_mul(size)
}
