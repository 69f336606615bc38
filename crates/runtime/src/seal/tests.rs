//! Sealing: fixed vectors, every flipped bit, two subjects, erased subjects, random parts.

use super::*;
use crate::keys::{MemoryKeys, SeededKeys};
use bellwether_core::{AccountId, Id, Purpose, Timestamp};
use proptest::prelude::*;
use std::sync::{LazyLock, Mutex};

fn vault() -> Vault {
    let store = Box::new(MemoryKeys::default());
    Vault::open(Box::new(SeededKeys(7)), store, "acme", 1).unwrap()
}

fn stream(bits: u128) -> StreamId {
    StreamId::account(AccountId(Id::from_bits(bits)))
}

const WORDS: &[u8] = b"We will leave if nobody calls. Maria";

fn words(opened: Result<Personal<Vec<u8>>, SealError>) -> Vec<u8> {
    opened.unwrap().reveal(Purpose::Show).clone()
}

fn code<T>(result: Result<T, SealError>) -> &'static str {
    result.err().map_or("", |error| error.code())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What was sealed once must open for ever: these bytes change only with the version.
#[test]
fn the_format_is_fixed() {
    let sealer = Sealer::new(vec![2], &[Secret::new([1; 32])]);
    let at = Context { stream: stream(9), event: 0x0102, field: "body" };
    assert_eq!(hex(sealer.blinding(&at).bytes()), FIXED[0]);
    assert_eq!(hex(sealer.commit(&at, b"hello").as_bytes()), FIXED[1]);
    assert_eq!(hex(&sealer.seal(&at, b"hello").unwrap()), FIXED[2]);
    assert_eq!(hex(sealer.digest(b"hello").as_bytes()), FIXED[5]);
    let both = Sealer::new(vec![2, 3], &[Secret::new([1; 32]), Secret::new([2; 32])]);
    assert_eq!(hex(both.commit(&at, b"hello").as_bytes()), FIXED[3]);
    assert_eq!(hex(&both.seal(&at, b"hello").unwrap()), FIXED[4]);
}

/// Computed by a program of its own in another language, from the description in the head of `seal`.
const FIXED: [&str; 6] = [
    "fe4f5e2cb6801ec9510583ba4d3daf02c38ef0f22978bb779243bacd3918f223",
    "1898c1a4e14bd5f17e6736813d5752454bceaacf9bf51306df845d1a5d407895",
    "01010000000000000002d1afd65618c89bb99e8dfbae17517a4dade6c739f97cf04506b63d023606\
     e9ce70288aa0ae83a96b746d3e7310",
    "8cc5bc34f7411b6bd226d0ca899288072868db366c510c08af0a9ff2efb6c8e7",
    "010200000000000000020000000000000003c31681a5d17751ed6c7c33033866763d215163aef4d4\
     c1d9a946d8f88ba3c39e94b302ab417921382c46edb8d0",
    "0bbe7a53b8c41c96e6d6087586478eb446bc9bb5953b7b7af69659236edd0e89",
];

#[test]
fn a_commitment_is_what_the_design_says() {
    use hmac::{Hmac, KeyInit, Mac};
    let hmac = |key: &[u8], message: &[u8]| {
        let mut hmac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(key).unwrap();
        hmac.update(message);
        hmac.finalize().into_bytes()
    };
    let sealer = Sealer::new(vec![2], &[Secret::new([5; 32])]);
    let at = Context { stream: stream(9), event: 77, field: "subject" };
    let r = hmac(&[5; 32], &[&77u64.to_be_bytes()[..], b"subject"].concat());
    let c = hmac(&r, WORDS);
    assert_eq!(sealer.commit(&at, WORDS).as_bytes()[..], c[..]);
    assert_eq!(commitment(&sealer.blinding(&at), WORDS), sealer.commit(&at, WORDS));
}

#[test]
fn every_flipped_bit_and_every_other_place_is_refused() {
    let mut vault = vault();
    let at = Context { stream: stream(1), event: 5, field: "body" };
    let sealed = vault.sealer(&[4, 9]).unwrap().seal(&at, WORDS).unwrap();
    assert_eq!(words(open(&vault, &at, &sealed)), WORDS);
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(code(open(&vault, &at, &flipped)), "sealed-damaged", "bit {bit}");
    }
    for length in 0..sealed.len() {
        let cut = open(&vault, &at, &sealed[..length]);
        assert_eq!(code(cut), "sealed-damaged", "{length} bytes");
    }
    for elsewhere in [
        Context { stream: stream(2), ..at },
        Context { stream: StreamId { kind: bellwether_core::StreamKind::Team, ..at.stream }, ..at },
        Context { event: 6, ..at },
        Context { field: "bod", ..at },
    ] {
        assert_eq!(code(open(&vault, &elsewhere, &sealed)), "sealed-damaged");
    }
}

#[test]
fn erasing_either_of_two_erases_what_names_both() {
    for gone in [4, 9] {
        let mut vault = vault();
        let at = Context { stream: stream(1), event: 5, field: "body" };
        let both = vault.sealer(&[9, 4, 9]).unwrap();
        assert_eq!(both.slots(), [4, 9]);
        let sealed = both.seal(&at, WORDS).unwrap();
        assert_eq!(slots_of(&sealed), Some(vec![4, 9]));
        let alone = vault.sealer(&[13 - gone]).unwrap();
        let own = alone.seal(&at, WORDS).unwrap();
        assert_ne!(alone.commit(&at, WORDS), both.commit(&at, WORDS));
        drop(both);
        assert!(vault.destroy(gone, Timestamp::from_micros(0)).unwrap());
        assert_eq!(code(open(&vault, &at, &sealed)), "key-erased");
        assert_eq!(words(open(&vault, &at, &own)), WORDS, "the other one keeps its own");
        vault.forget();
        assert_eq!(code(open(&vault, &at, &sealed)), "key-erased", "from the database too");
    }
}

#[test]
fn nothing_repeats_and_everything_can_be_repeated() {
    let mut vault = vault();
    let sealer = vault.sealer(&[2]).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for event in 0..20 {
        for field in ["a", "ab", "b"] {
            for words in [&b""[..], b"a", b"b"] {
                let at = Context { stream: stream(1), event, field };
                let sealed = sealer.seal(&at, words).unwrap();
                assert_eq!(sealed, sealer.seal(&at, words).unwrap());
                let nonce = sealed[10..34].to_vec();
                assert!(seen.insert(nonce), "{event} {field} {words:?}");
            }
        }
    }
    let here = Context { stream: stream(1), event: 1, field: "a" };
    let there = Context { stream: stream(2), ..here };
    let [one, two] = [here, there].map(|at| sealer.seal(&at, WORDS).unwrap()[10..34].to_vec());
    assert_ne!(one, two, "the same words elsewhere take another nonce");
}

#[test]
fn nothing_secret_is_printed() {
    let mut vault = vault();
    let sealer = vault.sealer(&[2]).unwrap();
    let at = Context { stream: stream(1), event: 1, field: "a" };
    let opened = sealer.open(&at, &sealer.seal(&at, WORDS).unwrap());
    let blinding = sealer.blinding(&at);
    assert_eq!(
        format!("{sealer:?} {opened:?} {blinding:?} {vault:?} {:?}", vault.tenant()),
        "Sealer { slots: [2] } Ok([personal]) [secret] Vault { next: 2, end: 1025 } \
         TenantKeys([secret])"
    );
}

/// Minting takes longer than a property.
static SHARED: LazyLock<Mutex<Vault>> = LazyLock::new(|| Mutex::new(vault()));

proptest! {
    #[test]
    fn what_is_sealed_opens_to_the_same(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        event: u64,
        id: u128,
        field in "[a-z0-9_.]{1,20}",
        slots in proptest::collection::vec(2u64..900, 1..4),
    ) {
        let mut vault = SHARED.lock().unwrap();
        let at = Context { stream: stream(id), event, field: &field };
        let sealer = vault.sealer(&slots).unwrap();
        let sealed = sealer.seal(&at, &bytes).unwrap();
        prop_assert_eq!(&words(open(&vault, &at, &sealed)), &bytes);
        prop_assert_eq!(sealed.len(), 2 + 8 * sealer.slots().len() + 24 + bytes.len() + 16);
        prop_assert_eq!(commitment(&sealer.blinding(&at), &bytes), sealer.commit(&at, &bytes));
    }

    #[test]
    fn rubbish_never_opens(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let vault = SHARED.lock().unwrap();
        let at = Context { stream: stream(1), event: 1, field: "a" };
        prop_assert!(open(&vault, &at, &bytes).is_err());
    }
}
