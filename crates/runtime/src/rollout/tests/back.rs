//! The way back, and what happens to a canary when rules come into force beside it.

use super::Do::{Approve, Back, Propose};
use super::*;

const ALL: Mode = Mode::Enforce;

#[test]
fn each_step_back_goes_further_back() {
    let (new, agree) = (Propose("new", ALL, "ann"), Approve("new", "bob"));
    let (third, agree_too) = (Propose("third", ALL, "ann"), Approve("third", "bob"));
    let back = Back(None);
    let cases: [(&str, &[Do], &str); 4] = [
        (
            "there is nothing before the first",
            &[new, agree, back, back],
            "refused: rollout-never-in-force\nold: in force (-, -)\nnew: was in force (ann, bob)\n",
        ),
        (
            "two steps",
            &[new, agree, third, agree_too, back, back],
            "old: in force (-, -)\nnew: was in force (ann, bob)\nthird: was in force (ann, bob)\n",
        ),
        (
            "one step, which is not undone by the next",
            &[new, agree, third, agree_too, back],
            "old: was in force (-, -)\nnew: in force (ann, bob)\nthird: was in force (ann, bob)\n",
        ),
        (
            "to a version by name, and on from there",
            &[new, agree, third, agree_too, Back(Some("old")), Back(Some("third")), back],
            "old: in force (-, -)\nnew: was in force (ann, bob)\nthird: was in force (ann, bob)\n",
        ),
    ];
    for (name, steps, expected) in cases {
        assert_eq!(played(steps), expected, "{name}");
    }
}

#[test]
fn what_has_ended_waits_for_nobody() {
    let (small, large) = (Mode::Canary(10), Mode::Canary(50));
    let begun = [Propose("new", small, "ann"), Approve("new", "bob"), Propose("new", large, "bob")];
    let other = [Propose("third", small, "ann"), Approve("third", "bob")];
    let cases: [(&[Do], &str); 2] = [
        (&[Back(None)], "old: in force (-, -)\nnew: withdrawn (bob, -)\n"),
        (&other, "old: in force (-, -)\nnew: withdrawn (bob, -)\nthird: canary 10 % (ann, bob)\n"),
    ];
    for (ends, expected) in cases {
        let late = [Approve("new", "ann")];
        let steps: Vec<Do> = begun.iter().chain(ends).chain(&late).copied().collect();
        assert_eq!(played(&steps), format!("refused: rollout-not-proposed\n{expected}"));
    }
}

#[test]
fn rules_that_come_into_force_beside_a_canary_leave_it_as_the_log_says() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new, third) = (rules("1.0.0", 5), rules("1.1.0", 3), rules("1.2.0", 2));
    let names = [("old", &old), ("new", &new), ("third", &third)];
    let mut world = driver(dir.path(), &old);
    world.propose(&wanted(&new, Mode::Canary(30), "ann", false), at(2_000)).unwrap();
    world.commit().unwrap();
    let share = |world: &Embedded| world.canary().map(|canary| canary.share);
    let before = share(&world);
    assert!(before.is_some());
    for (rules, expected, still) in [
        (
            &third,
            "old: was in force (-, -)\nnew: canary 30 % (ann, -)\nthird: in force (-, -)\n",
            before,
        ),
        (
            &new,
            "old: was in force (-, -)\nnew: in force (ann, -)\nthird: was in force (-, -)\n",
            None,
        ),
    ] {
        world.activate(Arc::clone(rules), at(2_001)).unwrap();
        assert_eq!((status(&world, &names).as_str(), share(&world)), (expected, still));
        drop(world);
        world = Embedded::open(dir.path(), keys()).unwrap();
        assert_eq!((status(&world, &names).as_str(), share(&world)), (expected, still), "reopened");
    }
    assert_replays(&world);
}

#[test]
fn versions_are_followed_as_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (rules("1.0.0", 5), rules("1.1.0", 3));
    let mut world = driver(dir.path(), &old);
    let mut followed = Rollout::default();
    assert!(followed.follow(world.store()).unwrap());
    assert!(!followed.follow(world.store()).unwrap());
    world.take(&told(1, 4, 1_500), Origin::Live, at(1_500)).unwrap();
    world.commit().unwrap();
    assert!(!followed.follow(world.store()).unwrap(), "nothing about rules");
    for mode in [Mode::Shadow, Mode::Canary(9), ALL] {
        world.propose(&wanted(&new, mode, "ann", false), at(2_000)).unwrap();
        world.commit().unwrap();
        assert!(followed.follow(world.store()).unwrap());
        assert_eq!(followed, Rollout::read(world.store()).unwrap());
    }
    let before = [(at(1_000), old.digest()), (at(2_000), new.digest())];
    assert_eq!(followed.were_in_force(), before, "a canary was not in force for all");
}
