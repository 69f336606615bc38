//! Effects as the outbox keeps them, read back.

use bellwether_core::effect::AskCause;
use bellwether_core::event::Note;
use bellwether_core::{Code, Effect, EffectKey};
use serde_json::Value;

/// The key and the effect of an outbox row's body; `None` if it is not one.
pub fn read_effect(body: &[u8]) -> Option<(EffectKey, Effect)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let code = |name: &str| text(name).and_then(code);
    let doc = || text("doc")?.parse().ok();
    let key = EffectKey(text("key")?.parse().ok()?);
    let (graph, person) = (code("graph"), code("person")?);
    let effect = match text("kind")? {
        "ask" => Effect::Ask {
            doc: doc()?,
            graph: graph?,
            opened: text("opened").map_or(Some(0), |seq| seq.parse().ok())?,
            node: code("node")?,
            person,
            cause: AskCause::from_word(text("cause")?)?,
        },
        "stand_down" => Effect::StandDown {
            doc: doc()?,
            graph: graph?,
            person,
            ask: EffectKey(text("ask")?.parse().ok()?),
        },
        "notice" => Effect::Notice { note: Note::from_word(text("note")?)?, person },
        _ => return None,
    };
    Some((key, effect))
}

/// A word, or the code of one that was unknown when it was written.
fn code(text: &str) -> Option<Code> {
    match text.strip_prefix('#') {
        Some(bits) => i64::from_str_radix(bits, 16).ok().map(Code::from_raw),
        None => Some(Code::of(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::{Digest, DocKey, Id};

    #[test]
    fn what_is_written_is_read_back() {
        let [graph, node, person] = ["case-desk", "lead", "ann"].map(Code::of);
        let (doc, key) = (DocKey::Case(Id::from_bits(7)), EffectKey(Digest::of(b"k")));
        let ask = |opened, cause| Effect::Ask { doc, graph, opened, node, person, cause };
        let mut effects: Vec<_> = AskCause::ALL.map(|cause| ask(9, cause)).into();
        effects.push(ask(0, AskCause::Undecided));
        effects.push(Effect::StandDown {
            doc: DocKey::Account,
            graph,
            person,
            ask: EffectKey(Digest::of(b"a")),
        });
        effects.extend(Note::ALL.map(|note| Effect::Notice { note, person }));
        for effect in effects {
            for words in [true, false] {
                let word = |code: Code| {
                    ["case-desk", "lead", "ann"].into_iter().find(|w| words && Code::of(w) == code)
                };
                let mut body = Vec::new();
                bellwether_ledger::write_effect(&key, &effect, &word, &mut body);
                assert_eq!(read_effect(&body), Some((key, effect.clone())));
            }
        }
        assert_eq!(read_effect(b"{}"), None);
    }
}
