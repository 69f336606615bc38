//! Cycles of a small graph, each found once.
//!
//! - In: how many nodes there are, and where each leads.
//! - Out: cycles that share no node, each as its nodes in order.
//! - Never: recursion; a graph may be as deep as it is large.

use std::collections::BTreeSet;

/// Peels off nodes that lead to no remaining node; what stays lies on a cycle or leads to one.
pub(crate) fn cycles(count: usize, leads_to: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    let mut left: BTreeSet<usize> = (0..count).collect();
    let mut found = Vec::new();
    loop {
        let before = left.len();
        let ends: Vec<usize> =
            left.iter().copied().filter(|at| next(&left, *at, &leads_to).is_none()).collect();
        for end in ends {
            left.remove(&end);
        }
        if left.len() < before {
            continue;
        }
        let Some(first) = left.first().copied() else { return found };
        let cycle = cycle_from(&left, first, &leads_to);
        for at in &cycle {
            left.remove(at);
        }
        found.push(cycle);
    }
}

fn next(
    left: &BTreeSet<usize>,
    at: usize,
    leads_to: &impl Fn(usize) -> Vec<usize>,
) -> Option<usize> {
    leads_to(at).into_iter().find(|to| left.contains(to))
}

/// Every node of `left` leads to another of them, so walking on must come back.
fn cycle_from(
    left: &BTreeSet<usize>,
    first: usize,
    leads_to: &impl Fn(usize) -> Vec<usize>,
) -> Vec<usize> {
    let mut walked = vec![first];
    let mut at = first;
    while let Some(to) = next(left, at, leads_to) {
        if let Some(start) = walked.iter().position(|seen| *seen == to) {
            return walked.split_off(start);
        }
        walked.push(to);
        at = to;
    }
    walked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cycle_is_found_once() {
        for (edges, expected) in [
            (vec![vec![1], vec![2], vec![]], vec![]),
            (vec![vec![0]], vec![vec![0]]),
            (vec![vec![1], vec![2], vec![1]], vec![vec![1, 2]]),
            (vec![vec![1, 3], vec![0], vec![3], vec![2]], vec![vec![0, 1], vec![2, 3]]),
            (vec![vec![], vec![0, 2], vec![0]], vec![]),
        ] {
            assert_eq!(cycles(edges.len(), |at| edges[at].clone()), expected, "{edges:?}");
        }
    }

    #[test]
    fn a_long_chain_is_no_trouble() {
        let count = 1_000;
        assert_eq!(cycles(count, |at| vec![(at + 1) % count]).len(), 1);
    }
}
