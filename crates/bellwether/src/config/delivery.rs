//! `[delivery]`: how people are reached.
//!
//! - In: the section, and the channels that are configured.
//! - Out: [`Delivery`].
//! - Never: repeats an address that stands behind a channel's name.

use super::read::{Reading, count};
use super::{Delivery, Way};
use bellwether_core::authored::{Fields, Kind, Node};
use bellwether_core::{Personal, Problem};
use std::collections::BTreeMap;

/// Reads the section; `known` are the channels that are configured.
pub(super) fn read(reading: &mut Reading<'_>, node: &Node, known: &[&str]) -> Option<Delivery> {
    let mut fields = reading.fields(node);
    let mut channels = Vec::new();
    for (text, at) in fields.texts("channels") {
        check_channel(&mut fields, text, at, known);
        channels.push(text.to_owned());
    }
    let mut people = BTreeMap::new();
    for (key, node) in fields.entries("people") {
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut ways = Vec::new();
        for item in items {
            let Kind::Scalar { text, .. } = &item.kind else {
                fields.refuse("config-shape", item, "a way is `channel` or `channel:address`");
                continue;
            };
            let (channel, address) = match text.split_once(':') {
                Some((channel, address)) => (channel, Some(Personal::new(address.to_owned()))),
                None => (text.as_str(), None),
            };
            check_channel(&mut fields, channel, item, known);
            ways.push(Way { channel: channel.to_owned(), address });
        }
        people.insert(key.text.clone(), ways);
    }
    let workers = count(&mut fields, "workers", [1, 64]);
    let cap_per_day = count(&mut fields, "cap_per_day", [1, 10_000]);
    fields.finish();
    let small = |number: u64| u32::try_from(number).ok();
    Some(Delivery {
        channels,
        people,
        workers: workers.and_then(small)?,
        cap_per_day: cap_per_day.and_then(small),
    })
}

fn check_channel(fields: &mut Fields<'_>, name: &str, at: &Node, known: &[&str]) {
    if known.contains(&name) {
        return;
    }
    // What stands behind the colon is a person's; it is not repeated.
    let problem = Problem::new("config-no-channel", format!("there is no channel `{name}`"));
    let place = fields.place_of(at);
    let help = match known {
        [] => format!("add a section `[channels.{name}]`"),
        known => format!("configured are: {}", known.join(", ")),
    };
    let problem = problem.at(place).help(help).nearest(name, known.iter().copied());
    fields.problems().push(problem);
}
