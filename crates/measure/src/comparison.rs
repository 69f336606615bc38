//! Comparison: what two versions of a policy decide about the same moments of a history.
//!
//! - In: for each moment, what each version [`Decided`]: by position, so that nothing is looked up.
//! - Out: a [`Comparison`]: how often decisions moved, from where to where, by rule and by account.
//! - Never: depends on the order of the moments, or on how they were shared out before
//!   [`Comparison::join`].

use bellwether_core::AccountId;
use std::collections::BTreeMap;

/// The names of one version's nodes and rules, by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Nodes: where decisions lead.
    pub nodes: Vec<String>,
    /// Rules, in the order in which they are asked.
    pub rules: Vec<String>,
}

/// What one version decided about a moment.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a> {
    /// The position of the node that was reached.
    pub node: usize,
    /// The position of the rule that decided.
    pub rule: Option<usize>,
    /// Which rules held: one bit a rule, lowest first.
    pub held: &'a [u64],
}

/// How often a rule did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// Moments at which it held.
    pub held: u64,
    /// Moments at which it decided.
    pub decided: u64,
}

/// How often decisions led from one node of the old version to one of the new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move<'a> {
    /// The node of the old version.
    pub from: &'a str,
    /// The node of the new version; equal names are the same node.
    pub to: &'a str,
    /// Moments; never zero.
    pub moments: u64,
}

/// Two versions over one history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    old: Side,
    new: Side,
    /// For each old node, the new one of the same name.
    same: Vec<Option<usize>>,
    /// Moments by old node, and within it by new node.
    moves: Vec<u64>,
    accounts: BTreeMap<AccountId, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Side {
    names: Version,
    counts: Vec<RuleCount>,
}

impl Comparison {
    /// Of nothing yet.
    pub fn new(old: Version, new: Version) -> Self {
        let same = |node: &String| new.nodes.iter().position(|other| other == node);
        Self {
            same: old.nodes.iter().map(same).collect(),
            moves: vec![0; old.nodes.len() * new.nodes.len()],
            accounts: BTreeMap::new(),
            old: Side::new(old),
            new: Side::new(new),
        }
    }

    /// Counts a moment of an account. Positions that the versions do not have are not counted.
    pub fn add(&mut self, account: AccountId, old: Decided<'_>, new: Decided<'_>) {
        self.old.add(old);
        self.new.add(new);
        let width = self.new.names.nodes.len();
        if new.node < width
            && let Some(moments) = self.moves.get_mut(old.node * width + new.node)
        {
            *moments += 1;
            if self.same.get(old.node) != Some(&Some(new.node)) {
                *self.accounts.entry(account).or_default() += 1;
            }
        }
    }

    /// Both together; nothing if the other one compares other versions.
    #[must_use]
    pub fn join(mut self, other: Self) -> Option<Self> {
        if (&self.old.names, &self.new.names) != (&other.old.names, &other.new.names) {
            return None;
        }
        self.old.join(&other.old);
        self.new.join(&other.new);
        self.moves.iter_mut().zip(other.moves).for_each(|(own, more)| *own += more);
        for (account, moments) in other.accounts {
            *self.accounts.entry(account).or_default() += moments;
        }
        Some(self)
    }

    /// Moments that were compared.
    pub fn moments(&self) -> u64 {
        self.moves.iter().sum()
    }

    /// Moments at which the versions lead to different nodes.
    pub fn changed(&self) -> u64 {
        self.accounts.values().sum()
    }

    /// Where decisions led under both versions, sorted by name; those that stayed included.
    pub fn moves(&self) -> Vec<Move<'_>> {
        let (old, new) = (&self.old.names.nodes, &self.new.names.nodes);
        let pairs = old.iter().flat_map(|from| new.iter().map(move |to| (from, to)));
        let moves = pairs.zip(&self.moves).filter(|(_, moments)| **moments > 0);
        let mut moves: Vec<_> =
            moves.map(|((from, to), moments)| Move { from, to, moments: *moments }).collect();
        moves.sort_unstable();
        moves
    }

    /// The old version's rules in their order.
    pub fn old_rules(&self) -> impl Iterator<Item = (&str, RuleCount)> {
        self.old.rules()
    }

    /// The new version's rules in their order.
    pub fn new_rules(&self) -> impl Iterator<Item = (&str, RuleCount)> {
        self.new.rules()
    }

    /// The accounts about which decisions changed, with how many did.
    pub fn accounts(&self) -> &BTreeMap<AccountId, u64> {
        &self.accounts
    }
}

impl Side {
    fn new(names: Version) -> Self {
        Self { counts: vec![RuleCount::default(); names.rules.len()], names }
    }

    fn add(&mut self, decided: Decided<'_>) {
        for (word, bits) in self.counts.chunks_mut(64).zip(decided.held) {
            let mut bits = *bits;
            while bits != 0 {
                if let Some(count) = word.get_mut(bits.trailing_zeros() as usize) {
                    count.held += 1;
                }
                bits &= bits - 1;
            }
        }
        if let Some(count) = decided.rule.and_then(|rule| self.counts.get_mut(rule)) {
            count.decided += 1;
        }
    }

    fn join(&mut self, other: &Self) {
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            own.held += more.held;
            own.decided += more.decided;
        }
    }

    fn rules(&self) -> impl Iterator<Item = (&str, RuleCount)> {
        self.names.rules.iter().map(String::as_str).zip(self.counts.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_core::Id;
    use proptest::prelude::*;

    fn version(nodes: &str, rules: &str) -> Version {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        Version { nodes: words(nodes), rules: words(rules) }
    }

    fn nothing() -> Comparison {
        Comparison::new(version("decide cxo none", "A B"), version("decide none desk cxo", "B C"))
    }

    /// (account, old node, new node, bits of the old rules, bits of the new rules)
    type Moment = (u128, usize, usize, u64, u64);

    fn compared(moments: &[Moment]) -> Comparison {
        let mut comparison = nothing();
        for (account, old, new, held, other) in moments {
            let first = |held: u64| (held > 0).then_some(held.trailing_zeros() as usize);
            comparison.add(
                AccountId(Id::from_bits(*account)),
                Decided { node: *old, rule: first(*held), held: &[*held] },
                Decided { node: *new, rule: first(*other), held: &[*other] },
            );
        }
        comparison
    }

    #[test]
    fn nodes_are_the_same_by_name_and_not_by_place() {
        let told = compared(&[(7, 1, 3, 1, 0), (7, 2, 2, 3, 2), (8, 1, 1, 2, 3), (8, 2, 1, 0, 0)]);
        let moves: Vec<_> =
            told.moves().into_iter().map(|one| (one.from, one.to, one.moments)).collect();
        let expected =
            [("cxo", "cxo", 1), ("cxo", "none", 1), ("none", "desk", 1), ("none", "none", 1)];
        assert_eq!(moves, expected);
        assert_eq!((told.moments(), told.changed()), (4, 2));
        let accounts: Vec<_> = told.accounts().values().copied().collect();
        assert_eq!(accounts, [1, 1]);
        let count = |held, decided| RuleCount { held, decided };
        let old: Vec<_> = told.old_rules().collect();
        assert_eq!(old, [("A", count(2, 2)), ("B", count(2, 1))]);
        let new: Vec<_> = told.new_rules().collect();
        assert_eq!(new, [("B", count(1, 1)), ("C", count(2, 1))]);
    }

    #[test]
    fn what_a_version_does_not_have_is_not_counted() {
        let told = compared(&[(1, 1, 4, 4, 1 << 63), (1, 3, 0, 0, 0)]);
        assert_eq!((told.moments(), told.changed(), told.moves().len()), (0, 0, 0));
        assert!(told.old_rules().chain(told.new_rules()).all(|(_, c)| c == RuleCount::default()));
    }

    #[test]
    fn rules_beyond_the_first_word_are_counted() {
        let names: Vec<String> = (0..70).map(|nth| format!("R{nth}")).collect();
        let version = Version { nodes: vec!["end".to_owned()], rules: names };
        let mut comparison = Comparison::new(version.clone(), version);
        let decided = Decided { node: 0, rule: Some(69), held: &[1, 1 << 5] };
        comparison.add(AccountId(Id::from_bits(1)), decided, decided);
        let held: Vec<_> = comparison.new_rules().filter(|(_, count)| count.held > 0).collect();
        let count = |decided| RuleCount { held: 1, decided };
        assert_eq!(held, [("R0", count(0)), ("R69", count(1))]);
        assert_eq!(comparison.changed(), 0);
    }

    #[test]
    fn other_versions_do_not_join() {
        let other = Comparison::new(version("decide cxo", "A"), version("decide cxo", "A"));
        assert_eq!(nothing().join(other), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_401), ..ProptestConfig::default() })]

        #[test]
        fn shares_in_any_order_join_to_the_whole(
            moments in prop::collection::vec((0..5u128, 0..3usize, 0..4usize, 0..4u64, 0..4u64), 0..60),
            shares in 1..5usize,
        ) {
            let share = |own: usize| {
                let mine = moments.iter().enumerate().rev().filter(|(nth, _)| nth % shares == own);
                compared(&mine.map(|(_, moment)| *moment).collect::<Vec<_>>())
            };
            let joined = (0..shares).rev().map(share).try_fold(nothing(), Comparison::join);
            let whole = compared(&moments);
            prop_assert_eq!(whole.moments(), moments.len() as u64);
            prop_assert_eq!(joined, Some(whole));
        }
    }
}
