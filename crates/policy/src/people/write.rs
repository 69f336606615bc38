//! Writing `people.yaml` without names and addresses: what decisions rest on, and nothing of anybody.
//!
//! The kept rules of a record hold this text. Comments go too: they may name people.

use super::{Away, People, Person};
use bellwether_core::Timestamp;
use std::fmt::Write as _;

impl People {
    /// The file as decisions need it: handles, order, absences, departures, roles. Reading it gives the
    /// same people without names and addresses, and writing it again the same text. Roles are sorted by
    /// name, or stand `as_written` where their order decides whose approval is asked for.
    pub fn without_details(&self, as_written: bool) -> String {
        let mut text = String::from("people:\n");
        for person in &self.persons {
            let _ = writeln!(text, "  {}: {{{}}}", quoted(&person.key), times(person));
        }
        text.push_str("roles:\n");
        let written = self.order.iter().filter_map(|name| self.roles.get(name));
        let (written, sorted) =
            (written.filter(|_| as_written), self.roles.values().filter(|_| !as_written));
        for role in written.chain(sorted) {
            let members = role.members.iter().filter_map(|at| self.persons.get(*at));
            let members: Vec<_> = members.map(|person| quoted(&person.key)).collect();
            let _ = writeln!(text, "  {}: [{}]", quoted(&role.name), members.join(", "));
        }
        let _ = writeln!(text, "always: {}", quoted(&self.always));
        text
    }
}

fn times(person: &Person) -> String {
    let spans: Vec<_> = person.away.iter().map(span).collect();
    let away = (!spans.is_empty()).then(|| format!("away: [{}]", spans.join(", ")));
    let left = person.left.map(|left| format!("left: {left}"));
    let channels: Vec<_> = person.channels.iter().map(|channel| quoted(channel)).collect();
    let channels = (!channels.is_empty()).then(|| format!("channels: [{}]", channels.join(", ")));
    away.into_iter().chain(left).chain(channels).collect::<Vec<_>>().join(", ")
}

fn span(away: &Away) -> String {
    let from = (away.from != Timestamp::MIN).then(|| format!("from: {}", away.from));
    let to = (away.to != Timestamp::MAX).then(|| format!("to: {}", away.to));
    format!("{{{}}}", from.into_iter().chain(to).collect::<Vec<_>>().join(", "))
}

/// In double quotes, as YAML and JSON read them alike.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for symbol in text.chars() {
        match symbol {
            '"' | '\\' => quoted.extend(['\\', symbol]),
            symbol if symbol.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(symbol));
            }
            symbol => quoted.push(symbol),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::authored::Document;

    fn read(text: &str) -> People {
        let mut problems = Vec::new();
        let people =
            super::super::read(&Document::read("people.yaml", text).unwrap(), &mut problems);
        let errors: Vec<_> =
            problems.iter().filter(|one| one.code != "policy-single-person").collect();
        assert!(errors.is_empty(), "{errors:?}");
        people
    }

    #[test]
    fn what_is_written_decides_the_same_and_names_nobody() {
        let text = "
# Ask Maria Quill first.
always: desk
people:
  zoe-1: {name: Zoe Quill, email: zoe@us.example, left: 2026-06-30T12:00:00+02:00}
  'a:\"b\"': {name: Abel, away: [{from: 2026-08-03, to: 2026-08-14}, {to: 2020-01-01T10:00:00Z}]}
  42: {away: [{from: 2027-01-01}]}
  'null': {}
roles: {desk: ['null', 'a:\"b\"'], boss: [42, zoe-1]}
";
        let people = read(text);
        let written = people.without_details(false);
        expect_test::expect![[r#"
            people:
              "zoe-1": {left: 2026-06-30T10:00:00Z}
              "a:\"b\"": {away: [{from: 2026-08-03T00:00:00Z, to: 2026-08-15T00:00:00Z}, {to: 2020-01-01T10:00:00Z}]}
              "42": {away: [{from: 2027-01-01T00:00:00Z}]}
              "null": {}
            roles:
              "boss": ["42", "zoe-1"]
              "desk": ["null", "a:\"b\""]
            always: "desk"
        "#]].assert_eq(&written);
        let mut bare = people;
        for person in &mut bare.persons {
            (person.name, person.email) = (None, None);
        }
        assert_eq!(read(&bare.without_details(true)), bare);
        bare.order.sort();
        assert_eq!(read(&written), bare);
        assert_eq!(read(&written).without_details(false), written);
    }

    const SHIPPED: [&str; 4] = [
        include_str!("../../../../bundles/crm-pipeline/people.yaml"),
        include_str!("../../../../bundles/customer-escalation/people.yaml"),
        include_str!("../../../../bundles/incident-sla/people.yaml"),
        include_str!("../../../../bundles/prospect-to-cxo/people.yaml"),
    ];

    #[test]
    fn every_shipped_bundle_is_written_without_its_names() {
        let mut seen = 0;
        for text in SHIPPED {
            let people = read(text);
            let written = people.without_details(false);
            for person in &people.persons {
                for detail in [&person.name, &person.email].into_iter().flatten() {
                    let detail = detail.reveal(bellwether_core::Purpose::Show);
                    assert!(!written.contains(detail.as_str()), "{detail} in {written}");
                    seen += 1;
                }
            }
            assert_eq!(read(&written).without_details(false), written);
        }
        assert!(seen > 40, "{seen}");
    }
}
