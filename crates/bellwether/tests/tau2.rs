//! The airline's and the bank's bundles against tasks with a ground truth.
//!
//! - In: the folder that `TAU2_DATA` names; without it only the bundles' own tests are run.
//! - Out: floors under the shares that agree, and under the permitted writes.
//! - Never: a forbidden write.

#[path = "../examples/tau2/mod.rs"]
mod tau2;

use std::path::PathBuf;
use tau2::{Folders, SETS, judge, ours, run};

#[test]
fn the_bundles_pass_their_own_tests() {
    for (name, _) in SETS {
        let judge = judge::Judge::read(&ours().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let (failed, all) = judge.own_tests();
        assert!(failed.is_empty(), "{name}: {failed:?}");
        assert!(all >= 5, "{name} has {all} tests");
    }
}

#[test]
fn decisions_agree_with_the_ground_truth() {
    let Some(data) = std::env::var_os("TAU2_DATA").map(PathBuf::from) else {
        println!("skipped: TAU2_DATA does not name the folder of the data sets");
        return;
    };
    let annotations = ours().join("annotations");
    let folders = Folders { tasks: data.clone(), data, annotations };
    for set in SETS {
        let total = run(&folders, set).unwrap_or_else(|error| panic!("{error:#}"));
        let total = total.unwrap_or_else(|| panic!("no tasks for {}", set.0));
        let table = total.table(false);
        let ((agreeing, tasks), (done, writes)) = (total.agreeing(), total.writes());
        assert!(agreeing * 100 >= tasks * 95, "{table}");
        assert!(done * 100 >= writes * 95, "{table}");
        assert_eq!(total.forbidden(), 0, "{table}");
    }
}
