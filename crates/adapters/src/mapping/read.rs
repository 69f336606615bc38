//! Reading a mapping's file: all problems at once, each with its place.

use super::check;
use super::condition::Condition;
use super::field::{Field, Source, Times};
use super::{Entry, Format, Gates, Hint, Mapping, Part, Path};
use bellwether_core::authored::{Document, Fields, Kind, Node};
use bellwether_core::{Currency, Digest, Problem, Trust, civil};
use jiff::tz::TimeZone;

/// What is known while a mapping is read.
pub(super) struct Reading {
    paths: Vec<Path>,
    flat: bool,
    zone: TimeZone,
    trust: Trust,
    pub(super) currency: Option<Currency>,
}

const PATHS: &str = "paths look like `a.b`, `^a`, `list[0]` or `list[key=value].b`";
const TRUST: [&str; 4] = ["customer", "partner", "operator", "system"];
const TIME_WORDS: [&str; 5] = ["iso", "epoch_s", "epoch_ms", "epoch_us", "rfc2822"];

pub(super) fn mapping(file: &str, text: &str) -> Result<Mapping, Vec<Problem>> {
    let document = Document::read(file, text)?;
    let mut problems = Vec::new();
    let mut fields = Fields::new(&document, &document.root, &mut problems);
    let mapping = top(&mut fields);
    fields.finish();
    match mapping {
        Some(mapping) if problems.is_empty() => Ok(mapping),
        _ => {
            problems.sort_by(|a, b| a.place.cmp(&b.place));
            Err(problems)
        }
    }
}

fn top(fields: &mut Fields<'_>) -> Option<Mapping> {
    let name = fields.required_text("mapping");
    let version = fields.required("version").and_then(|_| fields.int("version"));
    let description = fields.text("description").unwrap_or_default().to_owned();
    let source = fields.required_text("source");
    let known = Format::ALL.map(Format::as_str);
    let format =
        fields.required("format").and_then(|_| fields.word("format", &known, Format::from_word));
    let trust = fields.word("trust", &TRUST, Trust::from_word).unwrap_or(Trust::CustomerText);
    let currency = fields.parsed("currency", "three letters such as EUR", |it| it.parse().ok());
    let mut reading = Reading {
        paths: Vec::new(),
        flat: format.is_none_or(Format::is_flat),
        zone: zone(fields).unwrap_or(TimeZone::UTC),
        trust,
        currency,
    };
    let (rows, each) = (pointer(fields, &reading), each(fields, &reading));
    let delimiter = fields.parsed("delimiter", "one of , ; | or \\t", |text| match text {
        "," | ";" | "|" => text.bytes().next(),
        "\t" | "tab" => Some(b'\t'),
        _ => None,
    });
    let empty = fields.texts("empty").into_iter().map(|(text, _)| text.to_owned());
    let mut empty: Vec<_> = empty.collect();
    if !empty.iter().any(String::is_empty) {
        empty.push(String::new());
    }
    let own =
        fields.texts("own_domains").into_iter().map(|(text, _)| text.to_lowercase()).collect();
    let unknown = fields.word("unknown", &["keep", "drop"], |word| match word {
        "keep" => Some(true),
        "drop" => Some(false),
        _ => None,
    });
    let signals = fields.required("signals").map_or(&[][..], |_| fields.list("signals"));
    let entries: Vec<_> =
        signals.iter().filter_map(|node| entry(fields, node, &mut reading)).collect();
    check::types(fields, &entries);
    let gates = Gates::read(fields, &reading.paths, &entries);
    Some(Mapping {
        digest: Digest::ZERO,
        name: name?.to_owned(),
        version: version?,
        description,
        source: source?.to_owned(),
        format: format?,
        delimiter: delimiter.unwrap_or(b','),
        rows,
        each,
        empty,
        own,
        keeps_unlisted: unknown.unwrap_or(true),
        gates,
        paths: reading.paths,
        entries,
    })
}

/// `rows: /a/b` as its keys.
fn pointer(fields: &mut Fields<'_>, reading: &Reading) -> Vec<String> {
    let Some(node) = fields.node("rows") else { return Vec::new() };
    let text = fields.text("rows").unwrap_or_default();
    let fine = text.is_empty() || text.starts_with('/');
    if reading.flat || !fine {
        let message = "`rows` is the JSON pointer of a list, such as `/tickets`, for json only";
        check::refuse(
            "mapping-rows",
            fields,
            node,
            message,
            "write `rows: /a/b` for the list at key b of key a",
        );
    }
    text.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn each(fields: &mut Fields<'_>, reading: &Reading) -> Option<Path> {
    let node = fields.node("each")?;
    let text = fields.text("each")?;
    match Path::parse(text, false) {
        Ok(path) if !path.parent && !reading.flat => Some(path),
        _ => {
            let message = "`each` is the path of a list inside of a row, for json and jsonl only";
            check::refuse("mapping-rows", fields, node, message, "write `each: comments`");
            None
        }
    }
}

fn zone(fields: &mut Fields<'_>) -> Option<TimeZone> {
    let node = fields.node("timezone")?;
    let name = fields.text("timezone")?;
    let zone = civil::zone(name).ok();
    if zone.is_none() {
        let place = fields.place_of(node);
        let problem = Problem::new("mapping-timezone", format!("unknown time zone `{name}`"));
        let known: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let help = "time zones are named like Europe/Berlin or UTC";
        let problem = problem.at(place).help(help).nearest(name, known.iter().map(String::as_str));
        fields.problems().push(problem);
    }
    zone
}

fn entry(outer: &mut Fields<'_>, node: &Node, reading: &mut Reading) -> Option<Entry> {
    let document = outer.document();
    let mut fields = Fields::new(document, node, outer.problems());
    let kind = fields.required_text("kind");
    if let (Some(kind), Some(node)) = (kind, fields.node("kind")) {
        check::kind(&mut fields, node, kind);
    }
    let trust = fields.word("trust", &TRUST, Trust::from_word).unwrap_or(reading.trust);
    let when = conditions(&mut fields, reading);
    let at = fields.required("at").and_then(|node| reading.times(&mut fields, node));
    let known_at = fields.node("known_at").and_then(|node| reading.times(&mut fields, node));
    let account = hints(&mut fields, reading);
    let contact = reading.named_source(&mut fields, "contact");
    let owner = reading.named_source(&mut fields, "owner");
    let place = fields.place();
    let case = reading.named_source(&mut fields, "case");
    let deal = reading.named_source(&mut fields, "deal");
    let numbers = fields.text("numbers").map(str::to_owned);
    if let (Some(_), Some(_), Some(node)) = (&case, &deal, fields.node("deal")) {
        let message = "a signal belongs to a case or to a deal, not to both";
        check::refuse("mapping-document", &mut fields, node, message, "leave one of them out");
    }
    let personal = personal_parts(&mut fields, reading);
    let sealed = personal.iter().map(|(_, source)| source).chain(&contact).chain(&owner);
    let sealed: Vec<usize> = sealed.flat_map(|source| source.paths()).copied().collect();
    let sealed: Vec<usize> = sealed.into_iter().chain(addresses(&account)).collect();
    let id = parts(&mut fields, reading, &sealed);
    let typed = typed_fields(&mut fields, reading, &sealed);
    if owner.is_some() {
        check::stamped(&mut fields, &typed);
    }
    fields.finish();
    let kind = kind?.to_owned();
    let at = at?;
    let fields = typed;
    Some(Entry {
        kind,
        trust,
        when,
        id,
        at,
        known_at,
        account,
        contact,
        owner,
        place,
        case,
        deal,
        numbers,
        fields,
        personal,
    })
}

fn conditions(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<(usize, Condition)> {
    let mut found = Vec::new();
    for (key, node) in fields.entries("when") {
        let path = reading.path(fields, &key.text, node);
        found.extend(path.zip(Condition::read(fields, node)));
    }
    found
}

/// Reads the parts of the id; one that is `sealed` must be a digest.
fn parts(fields: &mut Fields<'_>, reading: &mut Reading, sealed: &[usize]) -> Vec<Part> {
    let Some(_) = fields.required("id") else { return Vec::new() };
    let mut found = Vec::new();
    for node in fields.list("id") {
        if matches!(&node.kind, Kind::Map(entries) if entries.iter().any(|(key, _)| key.text == "digest"))
        {
            let mut inner = Fields::new(fields.document(), node, fields.problems());
            let source = reading.named_source(&mut inner, "digest");
            inner.finish();
            found.extend(source.map(Part::Digest));
            continue;
        }
        let source = reading.source(fields, node);
        if source.paths().iter().any(|path| sealed.contains(path)) {
            let place = fields.place_of(node);
            let problem =
                Problem::new("mapping-personal-id", "this part of the id is personal here");
            fields.problems().push(problem.at(place).help("write it as `{digest: PATH}`"));
        }
        found.push(Part::Plain(source));
    }
    found
}

fn hints(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<Hint> {
    let mut found = Vec::new();
    for node in fields.list("account") {
        let mut hint = Fields::new(fields.document(), node, fields.problems());
        let mut path = |fields: &mut Fields<'_>, name| {
            let (node, text) = (fields.node(name)?, fields.text(name)?);
            reading.path(fields, text, node)
        };
        let external = path(&mut hint, "external");
        let (domain, domain_of) = (path(&mut hint, "domain"), path(&mut hint, "domain_of"));
        let (contact, name) = (path(&mut hint, "contact"), path(&mut hint, "name"));
        let system = external.and_then(|_| hint.required_text("system")).unwrap_or_default();
        let external = external.map(|id| Hint::External { system: system.to_owned(), id });
        let ways = [
            external,
            domain.map(Hint::Domain),
            domain_of.map(Hint::DomainOf),
            contact.map(Hint::Contact),
            name.map(Hint::Name),
        ];
        if ways.iter().flatten().count() != 1 {
            let message = "this is not one way to find an account";
            let help = "one of `external` with `system`, `domain`, `domain_of`, `contact`, `name`";
            check::refuse("mapping-account", &mut hint, node, message, help);
        }
        found.extend(ways.into_iter().flatten());
        hint.finish();
    }
    found
}

/// The paths of hints that are people's addresses.
fn addresses(hints: &[Hint]) -> impl Iterator<Item = usize> {
    let person = |hint: &&Hint| matches!(hint, Hint::DomainOf(_) | Hint::Contact(_));
    hints.iter().filter(person).map(Hint::path)
}

fn personal_parts(fields: &mut Fields<'_>, reading: &mut Reading) -> Vec<(String, Source)> {
    let mut found = Vec::new();
    for (key, node) in fields.entries("personal") {
        check::name(fields, key);
        found.push((key.text.clone(), reading.source(fields, node)));
    }
    found
}

/// Reads the fields; none may copy words out of a path that is `sealed`.
fn typed_fields(fields: &mut Fields<'_>, reading: &mut Reading, sealed: &[usize]) -> Vec<Field> {
    let mut found = Vec::new();
    for (key, node) in fields.entries("fields") {
        check::name(fields, key);
        let place = fields.document().place_of_key(key);
        let field = Field::read(&key.text, place.clone(), fields, node, reading);
        let Some(mut field) = field else { continue };
        field.personal = field.from.paths().iter().any(|path| sealed.contains(path));
        if field.copies_words() && field.personal {
            let message = format!("the field `{}` copies words that are personal here", key.text);
            let help =
                "list the words it may hold under `values` with `other: drop`, or leave it out";
            let problem = Problem::new("mapping-personal-field", message);
            fields.problems().push(problem.at(place).help(help));
        }
        check::constant(fields, &field);
        found.push(field);
    }
    found
}

impl Reading {
    /// The number of a path, which is kept once however often it is named.
    fn path(&mut self, fields: &mut Fields<'_>, text: &str, node: &Node) -> Option<usize> {
        match Path::parse(text, self.flat) {
            Ok(path) => Some(self.keep(path)),
            Err(wrong) => {
                let message = format!("`{text}` is no path: {wrong}");
                check::refuse("mapping-path", fields, node, message, PATHS);
                None
            }
        }
    }

    fn keep(&mut self, path: Path) -> usize {
        let known = self.paths.iter_mut().position(|known| known.text == path.text);
        if let Some(known) = known.and_then(|at| self.paths.get_mut(at)) {
            known.optional &= path.optional;
        }
        known.unwrap_or_else(|| {
            self.paths.push(path);
            self.paths.len() - 1
        })
    }

    /// A path, a list of paths of which the first with a value counts, or `{const: WORD}`.
    pub(super) fn source(&mut self, fields: &mut Fields<'_>, node: &Node) -> Source {
        let items = match &node.kind {
            Kind::Map(_) => {
                let mut inner = Fields::new(fields.document(), node, fields.problems());
                let constant = inner.required_text("const").unwrap_or_default().to_owned();
                inner.finish();
                return Source::Const(constant);
            }
            Kind::List(items) => items.as_slice(),
            Kind::Scalar { .. } | Kind::Null => std::slice::from_ref(node),
        };
        let mut paths = Vec::new();
        for item in items {
            match &item.kind {
                Kind::Scalar { text, .. } => paths.extend(self.path(fields, text, item)),
                other => {
                    let message = format!("expected a path, found {}", other.name());
                    check::refuse("mapping-path", fields, item, message, PATHS);
                }
            }
        }
        Source::First(paths)
    }

    fn named_source<'a>(&mut self, fields: &mut Fields<'a>, name: &'a str) -> Option<Source> {
        fields.node(name).map(|node| self.source(fields, node))
    }

    /// A path, or `{from: PATH, format: FORMAT, timezone: NAME}`.
    fn times(&mut self, fields: &mut Fields<'_>, node: &Node) -> Option<Times> {
        let long = matches!(&node.kind, Kind::Map(entries)
            if entries.iter().any(|(key, _)| key.text != "const"));
        if !long {
            let (from, zone) = (self.source(fields, node), self.zone.clone());
            return Some(Times { from, format: "iso".to_owned(), zone, order: None });
        }
        let mut inner = Fields::new(fields.document(), node, fields.problems());
        let from = inner.required("from").map(|node| self.source(&mut inner, node));
        let (format, zone) = self.written_time(&mut inner);
        let order = self.named_source(&mut inner, "order");
        inner.finish();
        Some(Times { from: from?, format, zone, order })
    }

    /// The `format` and `timezone` of a time.
    pub(super) fn written_time(&mut self, fields: &mut Fields<'_>) -> (String, TimeZone) {
        let format = fields.parsed("format", "a format", |text| Some(text.to_owned()));
        let format = format.unwrap_or_else(|| "iso".to_owned());
        if let Some(node) = fields.node("format")
            && !TIME_WORDS.contains(&format.as_str())
            && !format.contains('%')
        {
            let place = fields.place_of(node);
            let problem = Problem::new("mapping-time-format", format!("`{format}` is no format"));
            let help = format!("known: {}, or a pattern such as %d/%m/%Y", TIME_WORDS.join(", "));
            fields.problems().push(problem.at(place).help(help).nearest(&format, TIME_WORDS));
        }
        (format, zone(fields).unwrap_or_else(|| self.zone.clone()))
    }
}
