//! The set as a whole: problems as people read them, any order, versions, freshness, contributions.

use crate::testing::{compiled, set, signal};
use crate::{Counted, DocState, FeatureSet};
use bellwether_core::{Code, Duration, Money, Ppm, Rates, Signal, Timestamp, Trust, Value};
use bellwether_expr::Scope;
use expect_test::expect;
use proptest::prelude::*;

const DAY: i64 = 86_400_000_000;

fn at(days: i64) -> Timestamp {
    Timestamp::from_micros(20_000 * DAY + days * DAY)
}

fn rates() -> Rates {
    let mut rates = Rates::new("EUR".parse().unwrap());
    rates.add("USD".parse().unwrap(), Timestamp::from_secs(0), 500_000);
    rates
}

fn fold(set: &FeatureSet, state: &mut DocState, signal: &Signal) -> Counted {
    set.fold(state, signal, signal.at, Duration::from_days(7), &rates())
}

fn fold_at(set: &FeatureSet, state: &mut DocState, one: &Signal, now: Timestamp) -> Counted {
    set.fold(state, one, now, Duration::from_days(7), &rates())
}

fn value(set: &FeatureSet, state: &mut DocState, name: &str, now: Timestamp) -> Option<i64> {
    let mut reading = set.reading();
    set.read(state, None, None, now, &rates(), &mut reading);
    reading.slots.get(set.catalogue().slot(name).unwrap())
}

const FACTS: &str = "
facts:
  tier: {type: code, values: [enterprise, smb], from: firmographics.updated.tier, freshness: 30d, required: true}
  amount: {from: [crm.deal.updated.amount, order.updated.amount], required: true, default: 5}
  severity: {type: int, current: severity, default: 0}
";

const FEATURES: &str = "
features:
  tickets: {count: ticket.opened, window: 7d}
  urgent: {count: [ticket.opened, ticket.updated], where: 'severity >= 3', window: 7d}
  all_tickets: {count: ticket.opened}
  spend: {sum: amount, of: order.updated, window: 30d}
  top: {max: amount, of: order.updated}
  low: {min: amount, of: order.updated, window: 3d}
  ever: {sum: amount, of: order.updated}
  talks: {distinct: conversation, of: [chat.message, email.received], window: 7d}
  talked: {distinct: conversation, of: chat.message}
  mood: {decayed_mean: sentiment, of: [chat.message, ticket.opened], half_life: 7d}
  stage: {last: stage, of: crm.deal.updated}
  before: {last: stage, of: crm.deal.updated, previous: true}
  silence: {time_since: [chat.message, ticket.opened]}
  pace: {rate: ticket.opened, window: 1d, baseline: 4d}
  worth: {expr: 'tickets > 1 ? amount * 2 : amount'}
";

#[test]
fn everything_wrong_is_said_at_once() {
    let facts = "signals:\n  ticket.opened: {solved: {type: bool, known: close}}\nfacts:\n  \
                 a: {from: ticket.opnd.severity}\n  b: {from: ticket.opened.sevrity}\n  \
                 c: {type: money, from: ticket.opened.severity}\n  d: {current: nothing}\n  \
                 e: {unit: x}\n  f: {from: ticket.opened.solved}\n  g: {from: severity}\n  \
                 h: {type: code, values: [x], from: ticket.opened.category, default: y, pii: personal}\n";
    let features = "features:\n  i: {count: ticket.opened, sum: x}\n  j: {count: ticket.opened, where: 'solved'}\n  \
                    k: {count: ticket.opened, where: 'severty > 1', window: 0d}\n  l: {rate: ticket.opened, window: 1d}\n  \
                    m: {sum: category, of: ticket.opened}\n  n: {expr: 'o + 1'}\n  o: {expr: 'n + 1'}\n  \
                    p: {count: ticket.opened, scope: case}\n  q: {expr: 'p + 1'}\n  r: {expr: 'completeness > 0.5', required: true}\n  \
                    s: {expr: '1', type: money}\n";
    expect![[r#"
        facts.yaml:8:3: error[feature-operation]: `e` says neither `from` nor `current`
          help: add `from: kind.field`, or `current: field` for the present signal
        facts.yaml:10:13: error[feature-unknown-field]: `severity` names no field
          help: write the kind, a dot and the field: crm.deal.updated.amount
        facts.yaml:11:79: error[feature-personal]: a personal fact has no place in rules
          help: keep personal data in the sealed payload; rules may read what follows from it
        features.yaml:2:3: error[feature-operation]: `i` has more than one operation: count, sum
          help: make a feature of each
        features.yaml:4:59: error[yaml-value]: `window: 0d` cannot be read: expected a span such as 15m, 4h or 30d, longer than nothing
        features.yaml:5:6: error[yaml-missing-key]: `baseline` is missing here
          help: add a line `baseline: ...`
        facts.yaml:4:13: error[feature-unknown-kind]: there is no kind of signal `ticket.opnd`
          help: did you mean `ticket.opened`?
        facts.yaml:5:13: error[feature-unknown-field]: signals of kind `ticket.opened` have no field `sevrity`
          help: did you mean `severity`?
        facts.yaml:6:3: error[feature-type]: `c` is said to be money, and is int
          help: write `type: int` or leave it out
        facts.yaml:7:16: error[feature-unknown-field]: no kind of signal has a field `nothing`
        facts.yaml:9:13: error[feature-hindsight]: `f` reads `ticket.opened.solved`, which is known only when it is over
          help: a decision made earlier could not have known it; read another field
        features.yaml:3:37: error[feature-hindsight]: `j` reads `ticket.opened.solved`, which is known only when it is over
          help: a decision made earlier could not have known it; read another field
        features.yaml:4:37: error[expr-unknown-fact]: there is no fact `severty`
          help: did you mean `severity`?
        features.yaml:6:3: error[feature-type]: `sum` of a field of type code makes no sense
        features.yaml:7:3: error[feature-cycle]: `n` rests on itself, through o
          help: an expression may read other expressions as long as none leads back; say `type:` if that is what is missing
        features.yaml:8:3: error[feature-cycle]: `o` rests on itself, through n
          help: an expression may read other expressions as long as none leads back; say `type:` if that is what is missing
        features.yaml:10:14: error[feature-scope]: `q` is of the account, and reads `p`, which is of the case
          help: write `scope: case`
        features.yaml:12:14: error[feature-type]: `s` is said to be money, and is int
          help: write `type: int`"#]].assert_eq(&compiled(facts, features).unwrap_err());
    let facts =
        "facts:\n  h: {type: code, values: [x], from: ticket.opened.category, default: y}\n";
    let features = "features:\n  r: {expr: 'completeness > 0.5', required: true}\n  \
                    a: {expr: 'b + 1', type: int}\n  b: {expr: 'a + 1', type: int}\n";
    expect![[r#"
        facts.yaml:2:71: error[feature-default]: `default: y` is no code of `h`
          help: one of: x
        features.yaml:2:3: error[feature-cycle]: `r` rests on itself, through `completeness`, which counts it as required
          help: an expression may read other expressions as long as none leads back; say `type:` if that is what is missing
        features.yaml:3:3: error[feature-cycle]: `a` rests on itself, through `b`
          help: an expression may read other expressions as long as none leads back; say `type:` if that is what is missing
        features.yaml:4:3: error[feature-cycle]: `b` rests on itself, through `a`
          help: an expression may read other expressions as long as none leads back; say `type:` if that is what is missing"#]].assert_eq(&compiled(facts, features).unwrap_err());
}

fn given() -> impl Strategy<Value = Vec<Signal>> {
    let kinds = [
        "ticket.opened",
        "ticket.updated",
        "chat.message",
        "order.updated",
        "crm.deal.updated",
        "firmographics.updated",
        "unknown.kind",
        "email.received",
    ];
    let one = (0..kinds.len(), 0..40 * 24i64, -5i64..6, 0..6u8, any::<u64>());
    prop::collection::vec(one, 1..120).prop_map(move |given| {
        let signal_of = |(kind, hours, number, mask, key): (usize, i64, i64, u8, u64)| {
            let when = Timestamp::from_micros(at(0).micros() + hours * DAY / 24);
            let word = Value::Code(Code::from_raw(number.abs()));
            let money = Money::from_minor(
                number * 100,
                ["EUR", "USD", "GBP"][usize::from(mask % 3)].parse().unwrap(),
            );
            let mut fields = vec![
                ("severity", Value::Int(number)),
                ("amount", Value::Money(money)),
                ("stage", word),
                ("conversation", word),
                ("tier", word),
                ("sentiment", Value::Ratio(Ppm::new(number * 1000))),
            ];
            if mask & 2 != 0 {
                fields.remove(0);
            }
            if mask & 4 != 0 {
                fields.pop();
            }
            let mut made = signal(key, kinds[kind], when, &fields);
            made.trust = Trust::ALL[usize::from(mask % 4)];
            made
        };
        given.into_iter().map(signal_of).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_104), ..ProptestConfig::with_cases(120) })]

    #[test]
    fn order_never_changes_the_bytes(given in given(), turn in 0..50usize) {
        let set = set(FACTS, FEATURES);
        let mut other = given.clone();
        other.rotate_left(turn % given.len());
        let mut states = [given.clone(), other].map(|order| {
            let (mut state, mut now) = (set.new_state(Scope::Account), at(0));
            for signal in &order {
                now = now.max(signal.at);
                set.fold(&mut state, signal, now, Duration::from_days(100), &rates());
                value(&set, &mut state, "tickets", now);
            }
            state
        });
        let bytes = states.each_ref().map(|state| { let mut bytes = Vec::new(); set.encode(state, &mut bytes); bytes });
        prop_assert_eq!(&bytes[0], &bytes[1]);
        let now = given.iter().map(|signal| signal.at).max().unwrap();
        let refolded = set.refold(Scope::Account, &given, now, &rates());
        let mut again = Vec::new();
        set.encode(&refolded, &mut again);
        prop_assert_eq!(&bytes[0], &again);
        let mut decoded = set.decode(Scope::Account, &bytes[0]).unwrap();
        let (mut one, mut two) = (set.reading(), set.reading());
        set.read(&mut states[0], None, given.first(), now, &rates(), &mut one);
        set.read(&mut decoded, None, given.first(), now, &rates(), &mut two);
        prop_assert_eq!(&one.slots, &two.slots);
        let (first, second) = (set.origins(&states[0], None, &one), set.origins(&decoded, None, &two));
        for slot in 0..one.slots.len() as u16 {
            prop_assert_eq!(first.of(slot), second.of(slot));
        }
        again.clear();
        set.encode(&decoded, &mut again);
        prop_assert_eq!(&bytes[0], &again);
        for cut in 0..again.len() {
            let _ = set.decode(Scope::Account, &again[..cut]);
        }
    }

    #[test]
    fn contributions_make_the_number(given in given()) {
        let set = set(FACTS, FEATURES);
        let now = given.iter().map(|signal| signal.at).max().unwrap();
        let mut state = set.refold(Scope::Account, &given, now, &rates());
        let of = |name: &str| {
            set.contributions(set.catalogue().slot(name).unwrap(), &given, now, &rates())
        };
        for name in ["tickets", "urgent", "all_tickets"] {
            prop_assert_eq!(value(&set, &mut state, name, now), Some(of(name).len() as i64), "{}", name);
        }
        for name in ["spend", "top", "low", "ever", "talks", "talked", "mood", "stage", "silence", "worth"] {
            // Those that contribute make the same number without the others.
            let kept: Vec<Signal> = of(name).iter().map(|position| given[*position].clone()).collect();
            let mut alone = set.refold(Scope::Account, &kept, now, &rates());
            prop_assert_eq!(value(&set, &mut state, name, now), value(&set, &mut alone, name, now), "{}", name);
        }
    }
}

#[test]
fn a_new_definition_is_missing_until_it_is_folded() {
    let old = set(
        FACTS,
        "features:\n  tickets: {count: ticket.opened, window: 7d}\n  ever: {sum: amount, of: order.updated}\n",
    );
    let new = set(FACTS, FEATURES);
    let mut state = old.new_state(Scope::Account);
    let signals: Vec<_> = (0..5)
        .map(|n| signal(n, "ticket.opened", at(n as i64), &[("severity", Value::Int(3))]))
        .collect();
    for signal in &signals {
        fold(&old, &mut state, signal);
    }
    let mut bytes = Vec::new();
    old.encode(&state, &mut bytes);
    let mut state = new.decode(Scope::Account, &bytes).unwrap();
    let slot = |name: &str| new.catalogue().slot(name).unwrap();
    assert_eq!(value(&new, &mut state, "tickets", at(4)), Some(5));
    assert_eq!(value(&new, &mut state, "urgent", at(4)), None);
    assert!(new.complete(&state, slot("tickets")) && !new.complete(&state, slot("urgent")));
    // It stays missing although signals go on, and is there once folded anew.
    fold(&new, &mut state, &signal(9, "ticket.opened", at(5), &[("severity", Value::Int(4))]));
    assert_eq!(value(&new, &mut state, "urgent", at(5)), None);
    assert_eq!(value(&new, &mut state, "tickets", at(5)), Some(6));
    let mut state = new.refold(Scope::Account, &signals, at(5), &rates());
    assert_eq!(value(&new, &mut state, "urgent", at(5)), Some(5));
    // Another version of the same definition is another one.
    let version = FEATURES.replace(
        "{count: ticket.opened, window: 7d}",
        "{count: ticket.opened, window: 7d, version: 2}",
    );
    let third = set(FACTS, &version);
    assert_ne!(third.digest(), new.digest());
    bytes.clear();
    new.encode(&state, &mut bytes);
    let mut state = third.decode(Scope::Account, &bytes).unwrap();
    assert_eq!(value(&third, &mut state, "tickets", at(5)), None);
    assert_eq!(value(&third, &mut state, "urgent", at(5)), Some(5));
    assert!(third.decode(Scope::Case, &bytes).is_err());
}

#[test]
fn stale_is_missing_and_a_default_is_not_known() {
    let set = set(FACTS, FEATURES);
    let mut state = set.new_state(Scope::Account);
    let tier = signal(1, "firmographics.updated", at(0), &[("tier", Value::Code(Code::of("smb")))]);
    fold(&set, &mut state, &tier);
    let mut reading = set.reading();
    let slot = |name: &str| set.catalogue().slot(name).unwrap();
    for (days, known, stale, share) in
        [(0, true, false, 500_000), (29, true, false, 500_000), (30, false, true, 0)]
    {
        set.read(&mut state, None, None, at(days), &rates(), &mut reading);
        assert_eq!(reading.slots.get(slot("tier")).is_some(), known, "{days}");
        assert_eq!(reading.stale(slot("tier")), stale, "{days}");
        assert_eq!(reading.completeness().get(), share, "{days}");
        assert_eq!(reading.slots.get(slot("amount")), Some(500), "{days}");
        assert!(!reading.known(slot("amount")));
    }
    let origins = set.origins(&state, None, &reading);
    assert_eq!(origins.of(slot("tier")).as_of(), Some(at(0)));
    assert_eq!(reading.slots.get(set.catalogue().slot("now").unwrap()), Some(at(30).micros()));
    assert_eq!(origins.of(slot("tickets")).as_of(), None);
}

#[test]
fn doubt_and_bad_fields_are_counted() {
    let set = set(FACTS, FEATURES);
    let mut state = set.new_state(Scope::Account);
    let landed = fold(
        &set,
        &mut state,
        &signal(1, "ticket.opened", at(3), &[("severity", Value::Bool(true))]),
    );
    assert_eq!(landed, Counted::Applied { ignored: 1 });
    assert_eq!(set.doubtful(&state, set.catalogue().slot("urgent").unwrap()), 1);
    assert_eq!(value(&set, &mut state, "urgent", at(3)), Some(0));
    let pounds = Money::from_minor(100, "GBP".parse().unwrap());
    let order = signal(2, "order.updated", at(1), &[("amount", Value::Money(pounds))]);
    assert_eq!(
        set.fold(&mut state, &order, at(3), Duration::from_days(7), &rates()),
        Counted::Late { ignored: 1 }
    );
    assert_eq!(value(&set, &mut state, "spend", at(3)), Some(0));
    let dollars = Money::from_minor(100, "USD".parse().unwrap());
    let order = signal(3, "order.updated", at(3), &[("amount", Value::Money(dollars))]);
    assert_eq!(fold(&set, &mut state, &order), Counted::Applied { ignored: 0 });
    assert_eq!(value(&set, &mut state, "spend", at(3)), Some(50));
    let old = signal(4, "ticket.opened", at(-5), &[]);
    assert_eq!(
        set.fold(&mut state, &old, at(3), Duration::from_days(7), &rates()),
        Counted::TooLate
    );
    assert_eq!(value(&set, &mut state, "all_tickets", at(3)), Some(1));
}

#[test]
fn an_amount_without_a_rate_is_newer_than_one_with_a_rate() {
    let features = "features:\n  before: {last: amount, of: crm.deal.updated, previous: true}\n";
    let set = set(FACTS, features);
    let money = |minor, currency: &str| {
        let currency = currency.parse().unwrap();
        Value::Money(Money::from_minor(minor, currency))
    };
    let deal = |key, days, amount| signal(key, "crm.deal.updated", at(days), &[("amount", amount)]);
    let euros = deal(1, 1, money(700, "EUR"));
    let francs = deal(2, 2, money(900, "CHF"));
    let dollars = deal(3, 3, money(200, "USD"));
    let slot = set.catalogue().slot("amount").unwrap();
    for turn in [[&euros, &francs], [&francs, &euros]] {
        let mut state = set.new_state(Scope::Account);
        let ignored = turn.map(|one| fold_at(&set, &mut state, one, at(2)).ignored());
        assert_eq!(ignored.iter().sum::<u16>(), 1);
        assert_eq!(value(&set, &mut state, "amount", at(2)), None, "neither 7 euros nor a default");
        let cited = set.contributions(slot, &[euros.clone(), francs.clone()], at(2), &rates());
        assert_eq!(cited, [1], "it is missing because of the francs");
        let mut bytes = Vec::new();
        set.encode(&state, &mut bytes);
        let mut kept = set.decode(Scope::Account, &bytes).unwrap();
        assert_eq!(value(&set, &mut kept, "amount", at(2)), None);
        fold_at(&set, &mut state, &dollars, at(3));
        assert_eq!(value(&set, &mut state, "amount", at(3)), Some(100));
        let mut reading = set.reading();
        set.read(&mut state, None, Some(&dollars), at(3), &rates(), &mut reading);
        let before = set.catalogue().slot("before").unwrap();
        assert_eq!(reading.slots.get(before), None, "the amount before had no rate either");
    }
}

#[test]
fn a_case_is_read_beside_its_account() {
    let set = set(
        "facts:\n  tier: {from: firmographics.updated.tier}\n  severity: {from: ticket.opened.severity, scope: case, required: true}\n",
        "features:\n  touched: {count: [ticket.opened, ticket.updated], scope: case, window: 7d}\n  \
         rate: {rate: ticket.opened, window: 1d, baseline: 4d}\n  \
         hot: {expr: \"touched > 1 && tier == 'a'\", scope: case}\n",
    );
    let (mut account, mut case) = (set.new_state(Scope::Account), set.new_state(Scope::Case));
    let given = [
        signal(1, "firmographics.updated", at(0), &[("tier", Value::Code(Code::of("a")))]),
        signal(2, "ticket.opened", at(1), &[("severity", Value::Int(2))]),
        signal(3, "ticket.updated", at(2), &[]),
    ];
    for (one, of_case) in given.iter().zip([false, true, true]) {
        fold(&set, &mut account, one);
        if of_case {
            fold(&set, &mut case, one);
        }
    }
    let mut reading = set.reading();
    let slot = |name: &str| set.catalogue().slot(name).unwrap();
    set.read(&mut account, Some(&mut case), Some(&given[2]), at(2), &rates(), &mut reading);
    assert_eq!(reading.slots.get(slot("hot")), Some(1));
    assert_eq!(reading.completeness(), Ppm::ONE);
    // One in a day where a quarter would be usual.
    assert_eq!(reading.slots.get(slot("rate")), Some(0));
    let origins = set.origins(&account, Some(&case), &reading);
    assert_eq!(origins.of(slot("hot")).as_of(), Some(at(2)));
    set.read(&mut account, None, None, at(2), &rates(), &mut reading);
    assert_eq!(reading.slots.get(slot("hot")), None);
    let names: Vec<_> =
        set.definitions().iter().map(|definition| definition.name.as_str()).collect();
    assert_eq!(names, ["tier", "severity", "touched", "rate", "hot"]);
    assert!(set.reads().iter().any(|read| read.1 == "severity" && read.2 == "severity"));
}
