//! Forgeries: deliveries in which one thing is not as it was signed. None may pass.

use super::*;
use bellwether_testkit::Dice;

/// How one is altered. Each says what it did.
const WAYS: [&str; 10] = [
    "body",
    "body cut",
    "body longer",
    "signature",
    "signature cut",
    "time",
    "id",
    "secret",
    "old",
    "future",
];

/// A delivery that is altered so that its signature no longer covers it; `None` where the scheme does not
/// sign what the way would alter.
fn alter(delivery: &Delivery, way: &str, dice: &mut Dice) -> Option<Result<Verified, Rejected>> {
    let scheme = scheme(&delivery.scheme);
    let keyed = scheme.algorithm != Algorithm::None;
    let mut forged = delivery.clone();
    let (mut body, mut now) = (delivery.body.clone().into_bytes(), delivery.now);
    let mut secret = delivery.secret.clone();
    let flip = |dice: &mut Dice, bytes: &mut [u8]| {
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << dice.below(8);
    };
    match way {
        "body" | "body cut" | "body longer" if !keyed => return None,
        "body" => flip(dice, &mut body),
        "body cut" => body.truncate(dice.below(body.len() as u64) as usize),
        "body longer" => body.push(b'1'),
        "signature" | "signature cut" => {
            let names = scheme.signature.headers.iter();
            let name = names.rev().find(|name| forged.headers.contains_key(*name))?;
            let value = forged.headers.get_mut(name)?;
            alter_signature(value, &scheme.signature.prefix, way == "signature", dice)?;
        }
        "time" => {
            let at = &scheme.timestamp.as_ref()?.at;
            let value = forged.headers.get_mut(&at.headers[0])?;
            let digits: Vec<_> = value.match_indices(|c: char| c.is_ascii_digit()).collect();
            // Within a list the time stands first.
            let digits = &digits[..digits.len().min(10)];
            let (index, digit) = digits[dice.below(digits.len() as u64) as usize];
            let other = if digit == "9" { "1" } else { "9" };
            value.replace_range(index..=index, other);
        }
        "id" => {
            let at = scheme.id.as_ref().filter(|_| scheme.signed.contains(&Part::Id))?;
            forged.headers.get_mut(&at.headers[0])?.push('1');
        }
        "secret" => {
            // Not at its end: HMAC fills a key with zeros, so one more zero byte is the same key.
            let at = secret.len() / 2 + dice.below(secret.len() as u64 / 4) as usize;
            let other = if secret.as_bytes()[at] == b'A' { "B" } else { "A" };
            secret.replace_range(at..=at, other);
        }
        "old" | "future" => {
            let tolerance = scheme.tolerance()?.micros() / 1_000_000;
            let apart = tolerance + 10 + dice.below(1_000_000) as i64;
            now += if way == "old" { apart } else { -apart };
        }
        other => panic!("{other}"),
    }
    // What is signed of a form is its pairs, whatever their escapes.
    if scheme.signed.contains(&Part::Form)
        && same_form(&body, delivery.body.as_bytes())
        && body != delivery.body.as_bytes()
    {
        return None;
    }
    Some(forged.verify_with(&[&secret], &body, now))
}

/// Alters one character of the last signature in a header, or cuts it.
fn alter_signature(value: &mut String, prefix: &str, keep: bool, dice: &mut Dice) -> Option<()> {
    let start = match prefix {
        "" => 0,
        prefix => value.rfind(prefix)? + prefix.len(),
    };
    let end = value.get(start..)?.find(',').map_or(value.len(), |end| start + end);
    let mut text = value.get(start..end)?.as_bytes().to_vec();
    let at = dice.below(text.len() as u64) as usize;
    match keep {
        true => text[at] = if text[at] == b'4' { b'5' } else { b'4' },
        false => text.truncate(at),
    }
    value.replace_range(start..end, std::str::from_utf8(&text).ok()?);
    Some(())
}

fn same_form(a: &[u8], b: &[u8]) -> bool {
    let pairs = |body: &[u8]| {
        let mut pairs: Vec<_> = String::from_utf8_lossy(body)
            .split('&')
            .map(|item| {
                let (name, value) = item.split_once('=').unwrap_or((item, ""));
                let decode = |it: &str| {
                    percent_encoding::percent_decode_str(&it.replace('+', " ")).collect::<Vec<u8>>()
                };
                (decode(name), decode(value))
            })
            .filter(|pair| *pair != (Vec::new(), Vec::new()))
            .collect();
        pairs.sort();
        pairs
    };
    pairs(a) == pairs(b)
}

#[test]
fn no_forgery_passes() {
    let vectors = vectors();
    let mut tried: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 1..=20_000u64 {
        let dice = &mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let delivery = &vectors[dice.below(vectors.len() as u64) as usize];
        let way = WAYS[dice.below(WAYS.len() as u64) as usize];
        if let Some(found) = alter(delivery, way, dice) {
            assert!(found.is_err(), "seed {seed}: {} passed with another {way}", delivery.scheme);
            *tried.entry(way).or_default() += 1;
        }
    }
    assert!(tried.values().sum::<u32>() >= 10_000, "{tried:?}");
    assert!(WAYS.iter().all(|way| tried.get(way).is_some_and(|count| *count > 100)), "{tried:?}");
    for delivery in &vectors {
        assert!(delivery.verify().is_ok(), "{}: the original passes", delivery.scheme);
    }
}

#[test]
fn no_scheme_takes_what_another_signed() {
    for delivery in vectors() {
        for (name, _) in shipped() {
            let mut other = delivery.clone();
            other.scheme = (*name).to_owned();
            let scheme = scheme(name);
            let same = scheme.signed == super::scheme(&delivery.scheme).signed
                && scheme.signature == super::scheme(&delivery.scheme).signature;
            assert_eq!(other.verify().is_ok(), same, "{} as {name}", delivery.scheme);
        }
    }
}

/// The parts of a message cannot be moved into one another where something stands between them.
#[test]
fn an_address_is_signed_as_a_whole() {
    for name in ["twilio", "hubspot-v3"] {
        for delivery in vectors().iter().filter(|it| it.scheme == name) {
            let mut other = delivery.clone();
            other.url = other.url.replace("https://", "http://");
            assert_eq!(other.verify(), Err(Rejected::Forged), "{name}");
        }
    }
    let json = |it: &&Delivery| it.scheme == "twilio" && it.url.contains("bodySHA256");
    let delivery = vectors().iter().find(json).cloned().unwrap();
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        let mut other = delivery.clone();
        other.headers.insert("Content-Type".to_owned(), kind.to_owned());
        for body in [&b"{}"[..], b"", b"a=b"] {
            let found = other.verify_with(&[&delivery.secret], body, delivery.now);
            assert_eq!(found, Err(Rejected::Forged), "a body that the address does not name");
        }
    }
}
