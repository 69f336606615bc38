//! Guesses: who has every key but a destroyed one cannot tell whether a guess of the words is right.

use super::*;
use bellwether_core::signal::HiddenField;

/// The same master key and ids, and other subject keys.
#[derive(Clone, Copy)]
struct OtherSubjects(u64);

impl KeyProvider for OtherSubjects {
    fn master(&self) -> Result<crate::keys::Secret, KeyError> {
        SeededKeys(11).master()
    }

    fn fresh(&self, what: &'static str, slot: Slot) -> Result<crate::keys::Secret, KeyError> {
        SeededKeys(if what == "key" { self.0 } else { 11 }).fresh(what, slot)
    }
}

/// A ticket whose id and two fields are made of what people wrote.
fn hidden(id: &str) -> RawSignal {
    let mut raw = ticket(id);
    raw.hidden.id = vec![personal("maria@nordwind.example")];
    let fields = [("thread", false), ("writer", true)];
    let field = |(name, of_person): (&str, bool)| HiddenField {
        name: name.to_owned(),
        word: personal("maria"),
        personal: of_person,
    };
    raw.hidden.fields = fields.map(field).into();
    raw
}

/// The digests of the account's word and of the person's.
fn digests(taken: &Taken) -> [i64; 2] {
    let value = |name| signal(taken).field(bellwether_core::Code::of(name)).unwrap().raw();
    ["thread", "writer"].map(value)
}

#[test]
fn nothing_of_an_event_depends_on_words_and_the_tenants_keys_alone() {
    let plain = |mut raw: RawSignal| {
        raw.personal.clear();
        raw
    };
    let take = |keys, raw: &RawSignal| {
        Disk::default().edge_with(OtherSubjects(keys)).take(raw, stamp()).unwrap()
    };
    let [one, two] = [1, 2].map(|keys| take(keys, &hidden("1")));
    assert_eq!(signal(&one).contact, signal(&two).contact, "the ids are the same");
    assert_ne!(signal(&one).key, signal(&two).key);
    assert_ne!(signal(&one).content, signal(&two).content);
    let [ours, theirs] = [digests(&one), digests(&two)];
    assert!(ours[0] != theirs[0] && ours[1] != theirs[1]);
    let [one, two] = [1, 2].map(|keys| take(keys, &ticket("1")));
    assert_ne!(signal(&one).content, signal(&two).content);
    let [one, two] = [1, 2].map(|keys| take(keys, &plain(ticket("1"))));
    assert_eq!(signal(&one), signal(&two), "what holds no words needs no subject's key");
}

#[test]
fn no_plain_digest_of_a_word_stands_in_an_event() {
    let taken = Disk::default().edge().take(&hidden("1"), stamp()).unwrap();
    let text = String::from_utf8(taken.bytes).unwrap();
    for word in ["maria", "maria@nordwind.example", "Kündigung"] {
        let digest = Digest::of(word.as_bytes()).to_string();
        assert!(!text.contains(&digest) && !text.contains(word), "{word} in {text}");
    }
}

#[test]
fn a_repeated_row_is_the_same_and_another_one_is_not() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let first = edge.take(&hidden("1"), stamp()).unwrap();
    disk.write(std::slice::from_ref(&first));
    edge.commit();
    let mut again = signal(&disk.edge().take(&hidden("1"), stamp()).unwrap()).clone();
    again.matched_by = signal(&first).matched_by;
    assert_eq!(again, *signal(&first));
    let mut other = hidden("1");
    other.personal[0].1 = personal("Kündigung!");
    let other = edge.take(&other, stamp()).unwrap();
    assert_eq!(signal(&other).key, signal(&first).key);
    assert_ne!(signal(&other).content, signal(&first).content);
    let mut other = hidden("1");
    other.hidden.id = vec![personal("tom@nordwind.example")];
    assert_ne!(signal(&edge.take(&other, stamp()).unwrap()).key, signal(&first).key);
    // A field that is not personal is the same word for everybody of the account.
    let mut colleague = hidden("2");
    colleague.contact = Some(personal("tom@nordwind.example"));
    let colleague = edge.take(&colleague, stamp()).unwrap();
    let (ours, theirs) = (digests(&first), digests(&colleague));
    assert_eq!((ours[0] == theirs[0], ours[1] == theirs[1]), (true, false));
}

#[test]
fn a_link_changes_neither_key_nor_content() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let mut other = ticket("0");
    other.account = vec![AccountHint::External("erp".into(), personal("1"))];
    (other.case, other.contact) = (None, None);
    let batch = [edge.take(&hidden("1"), stamp()).unwrap(), edge.take(&other, stamp()).unwrap()];
    disk.write(&batch);
    edge.commit();
    disk.identities.link(batch[0].accounts[0].slot, batch[1].accounts[0].slot);
    let again = edge.take(&hidden("1"), stamp()).unwrap();
    assert_eq!(again.envelope.stream, batch[1].envelope.stream);
    let [first, again] = [&batch[0], &again].map(signal);
    assert_eq!((first.key, first.content), (again.key, again.content));
}

/// After an erasure nobody can say whether a repeated row says the same as before, so it is never
/// taken for a duplicate. Where its id names the person it is a new signal of somebody new; else its id
/// is known and its content is not, which is a conflict.
#[test]
fn after_an_erasure_a_repeated_row_is_no_duplicate() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let batch = [ticket("1"), hidden("2")].map(|raw| edge.take(&raw, stamp()).unwrap());
    disk.write(&batch);
    edge.commit();
    let contact = batch[0].payloads[0].slots[1];
    edge.vault_mut().destroy(contact, stamp().at).unwrap();
    disk.identities.forget(contact);
    edge.forget();
    let [named, hid] = [ticket("1"), hidden("2")].map(|raw| edge.take(&raw, stamp()).unwrap());
    assert_eq!(named.envelope.stream, batch[0].envelope.stream);
    assert_eq!(signal(&named).key, signal(&batch[0]).key);
    assert_ne!(signal(&named).content, signal(&batch[0]).content);
    assert_ne!(signal(&hid).key, signal(&batch[1]).key);
}

#[test]
fn unlisted_fields_are_sealed_and_change_nothing_else() {
    let disk = Disk::default();
    let mut edge = disk.edge();
    let with = |words: Option<&str>| {
        let mut raw = ticket("1");
        raw.contact = None;
        raw.personal.clear();
        raw.hidden.unknown = words.map(personal);
        raw
    };
    let bare = edge.take(&with(None), stamp()).unwrap();
    disk.write(std::slice::from_ref(&bare));
    edge.commit();
    assert!(bare.unlisted.is_none() && words(&bare).count() == 0);
    let known = edge.take(&with(None), stamp()).unwrap();
    let more = edge.take(&with(Some("{\"hobby\":\"Falkenstein\"}")), stamp()).unwrap();
    assert_eq!(more.bytes, known.bytes, "a source may add columns: the event stays the same");
    let part = more.unlisted.clone().unwrap();
    assert_eq!(show(&part, &edge, &more).as_deref(), Ok("{\"hobby\":\"Falkenstein\"}"));
    assert!(!String::from_utf8_lossy(&part.sealed).contains("Falkenstein"));
    edge.vault_mut().destroy(part.slots[0], stamp().at).unwrap();
    assert_eq!(show(&part, &edge, &more), Err("key-erased"));
}
