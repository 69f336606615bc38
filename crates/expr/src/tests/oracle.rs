//! The `cel` crate as oracle: on integers, booleans and words, with every fact known, both agree.

use super::{Random, place};
use crate::{Catalogue, Expr, FactDef, Slots};
use bellwether_core::{Code, Type};
use cel::{Context, Program, Value};

const INTS: [&str; 3] = ["i", "j", "k"];
const BOOLS: [&str; 2] = ["p", "q"];
const WORDS: [&str; 2] = ["s", "t"];
const VALUES: [&str; 3] = ["red", "green", "it\\'s"];

fn int(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return match random.below(3) {
            0 => random.pick(&["0", "1", "2", "7", "100", "9223372036854775807"]).to_owned(),
            _ => random.pick(&INTS).to_owned(),
        };
    }
    match random.below(8) {
        0 => format!("-{}", int(random, 0)),
        1 => {
            let (test, yes, no) =
                (condition(random, depth - 1), int(random, depth - 1), int(random, depth - 1));
            format!("({test} ? {yes} : {no})")
        }
        2 => int(random, 0),
        _ => {
            let sign = random.pick(&["+", "-", "*", "/", "%"]);
            let (a, b) = (int(random, depth - 1), int(random, depth - 1));
            let open = random.below(2) == 0;
            if open { format!("{a} {sign} {b}") } else { format!("({a} {sign} {b})") }
        }
    }
}

fn word(random: &mut Random) -> String {
    match random.below(2) {
        0 => random.pick(&WORDS).to_owned(),
        _ => format!("'{}'", random.pick(&VALUES)),
    }
}

fn condition(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return random.pick(&[BOOLS[0], BOOLS[1], "true", "false"]).to_owned();
    }
    let op = random.pick(&["==", "!=", "<", "<=", ">", ">="]);
    match random.below(7) {
        0 => format!("!({})", condition(random, depth - 1)),
        1 => format!("{} {op} {}", int(random, depth - 1), int(random, depth - 1)),
        2 => format!("{} in [{}, {}]", int(random, 1), int(random, 0), int(random, 1)),
        3 => format!("{} {} {}", word(random), random.pick(&["==", "!="]), word(random)),
        4 => format!("{} in [{}, {}]", word(random), word(random), word(random)),
        5 => format!("({} == {})", condition(random, depth - 1), condition(random, 0)),
        _ => {
            let sign = random.pick(&["&&", "||"]);
            let (a, b) = (condition(random, depth - 1), condition(random, depth - 1));
            let open = random.below(2) == 0;
            if open { format!("{a} {sign} {b}") } else { format!("({a} {sign} {b})") }
        }
    }
}

fn known(random: &mut Random, catalogue: &Catalogue) -> (Slots, Context<'static, 'static>) {
    let (mut slots, mut context) = (Slots::new(catalogue.len()), Context::default());
    for (slot, fact) in catalogue.iter() {
        let name = fact.name.clone();
        let raw = match fact.kind {
            Type::Int => {
                let value = random.pick(&[-3, -1, 0, 1, 2, 5, 100, i64::MAX, i64::MIN]);
                context.add_variable_from_value(name, value);
                value
            }
            Type::Bool => {
                let value = random.below(2) == 1;
                context.add_variable_from_value(name, value);
                value.into()
            }
            _ => {
                let value = random.pick(&VALUES).replace('\\', "");
                context.add_variable_from_value(name, value.clone());
                Code::of(&value).raw()
            }
        };
        slots.set(slot, raw);
    }
    (slots, context)
}

#[test]
fn cel_agrees() {
    agrees(0..3_000);
}

#[test]
#[ignore = "takes a minute: the full run"]
fn cel_agrees_at_length() {
    agrees(3_000..60_000);
}

fn agrees(seeds: std::ops::Range<u64>) {
    let facts = |names: &[&str], kind| {
        names.iter().map(|name| FactDef::new(name, kind, place())).collect::<Vec<_>>()
    };
    let facts = [facts(&INTS, Type::Int), facts(&BOOLS, Type::Bool), facts(&WORDS, Type::Code)];
    let catalogue = Catalogue::new(facts.concat()).unwrap();
    let runs = seeds.end - seeds.start;
    let mut defined = 0;
    for seed in seeds {
        let mut random = Random::new(seed);
        let text = match seed % 2 {
            0 => condition(&mut random, 4),
            _ => int(&mut random, 3),
        };
        // Written numbers that are added beyond 64 bits are refused here and an error there.
        let Ok(ours) = Expr::compile(&text, &catalogue, place()) else {
            assert!(text.contains("9223372036854775807"), "seed {seed}: {text}");
            continue;
        };
        let program = Program::compile(&text).unwrap();
        for _ in 0..4 {
            let (slots, context) = known(&mut random, &catalogue);
            let (value, theirs) = (ours.eval(&slots), program.execute(&context));
            let theirs = match theirs {
                Ok(Value::Int(number)) => Some(number),
                Ok(Value::Bool(flag)) => Some(flag.into()),
                Ok(other) => panic!("seed {seed}: {text} gave {other:?}"),
                // Theirs stops at an error that ours may survive: `err && false` is false.
                Err(_) => continue,
            };
            defined += 1;
            assert_eq!(value, theirs, "seed {seed}: {text} with {slots:?}");
        }
    }
    assert!(defined > runs, "only {defined} of {} had a value", runs * 4);
}
