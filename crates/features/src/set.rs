//! A compiled set of facts and features.
//!
//! - In: facts.yaml and features.yaml.
//! - Out: a catalogue of facts with their slots, plans for folding and reading, or every problem.
//! - Never: a definition that reads what is only known at the end.

use crate::draft::{self, Choice};
use crate::kinds::Kinds;
use crate::plan::{Presents, ScopePlan, SlotPlan};
use crate::state::DocState;
use crate::wire::StateError;
use bellwether_core::authored::{Document, Fields};
use bellwether_core::{Code, Digest, Place, Problem, Type};
use bellwether_expr::{Catalogue, Expr, Scope, Slot};

/// A definition, for people and for comparison between versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The fact's name.
    pub name: String,
    /// Changes when its number could: with the operation, what it reads, freshness or default.
    pub digest: Digest,
    /// Its type.
    pub kind: Type,
    /// What it is about.
    pub scope: Scope,
    /// Its slot.
    pub slot: Slot,
    /// What the author says about it.
    pub description: String,
    /// Where it was written.
    pub place: Place,
}

/// Facts and features, compiled.
#[derive(Debug)]
pub struct FeatureSet {
    pub(crate) catalogue: Catalogue,
    pub(crate) digest: Digest,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) kinds: Kinds,
    pub(crate) reads: Vec<crate::resolve::Read>,
    pub(crate) slots: Vec<SlotPlan>,
    pub(crate) scopes: [ScopePlan; 3],
    /// Expressions and completeness, each after what it reads.
    pub(crate) computed: Vec<(Slot, Option<Expr>)>,
    pub(crate) presents: Vec<(Code, Presents)>,
    /// Facts that are choices.
    pub(crate) choices: Vec<Slot>,
    /// Facts that are the kind of the present signal.
    pub(crate) kind_slots: Vec<Slot>,
    /// Facts of the present signal, of cases and deals: what another reading may not have.
    pub(crate) passing: Vec<Slot>,
    /// Facts that are not computed and grow stale.
    pub(crate) fresh: Vec<(Slot, i64)>,
    pub(crate) defaults: Vec<(Slot, i64)>,
    /// For each computed slot, the facts it rests on.
    pub(crate) inputs: Box<[Box<[Slot]>]>,
    pub(crate) completeness: Slot,
    pub(crate) now: Slot,
}

/// Compiles facts and features.
///
/// # Errors
/// Every problem of both files, with its place.
pub fn compile(facts: &Document, features: Option<&Document>) -> Result<FeatureSet, Vec<Problem>> {
    FeatureSet::compile(facts, features, &[])
}

impl FeatureSet {
    /// The same as [`compile`], with facts that are made outside of both files, such as thresholds.
    ///
    /// # Errors
    /// Every problem of both files and of the choices, with its place.
    pub fn compile(
        facts: &Document,
        features: Option<&Document>,
        choices: &[Choice],
    ) -> Result<Self, Vec<Problem>> {
        let (mut shape, mut problems) = (Vec::new(), Vec::new());
        let mut fields = Fields::new(facts, &facts.root, &mut shape);
        let (signals, raw) = (fields.entries("signals"), fields.entries("facts"));
        fields.finish();
        let mut kinds = Kinds::canonical();
        kinds.extend(facts, signals, &mut problems);
        let mut drafts = draft::read(facts, raw, true, &mut problems);
        let mut more = Vec::new();
        if let Some(document) = features {
            let mut fields = Fields::new(document, &document.root, &mut more);
            let section = fields.entries("features");
            fields.finish();
            drafts.extend(draft::read(document, section, false, &mut problems));
        }
        drafts.extend(choices.iter().map(Choice::draft));
        problems.extend(shape);
        problems.extend(more);
        crate::compile::compile(kinds, drafts, facts, problems)
    }

    /// Works out the choices that are not known yet from the facts that are: for cases that somebody made
    /// up, where no signal has come.
    pub fn choose(&self, slots: &mut bellwether_expr::Slots) {
        for (slot, expr) in self.computed.iter().filter(|(slot, _)| self.choices.contains(slot)) {
            if slots.get(*slot).is_none()
                && let Some(raw) = expr.as_ref().and_then(|expr| expr.eval(slots))
            {
                slots.set(*slot, raw);
            }
        }
    }

    /// All facts with their slots.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Changes when any definition or kind does.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// All definitions, in the order of their slots; without `completeness` and `now`.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The kinds of signals and their fields.
    pub fn schema(&self) -> &Kinds {
        &self.kinds
    }

    /// Every field that a feature reads: (kind, field, feature, place).
    pub fn reads(&self) -> Vec<(String, String, String, Place)> {
        self.reads.clone()
    }

    pub(crate) fn scope(&self, scope: Scope) -> &ScopePlan {
        let [account, case, deal] = &self.scopes;
        match scope {
            Scope::Account => account,
            Scope::Case => case,
            Scope::Deal => deal,
        }
    }

    /// The state of a document that has seen nothing yet; everything in it is complete.
    pub fn new_state(&self, scope: Scope) -> DocState {
        DocState::new(scope, self.scope(scope))
    }

    /// The state of a document whose first signals are no longer known: everything reads as missing
    /// until a folded state replaces it.
    pub fn forgotten_state(&self, scope: Scope) -> DocState {
        DocState::forgotten(scope, self.scope(scope))
    }

    /// Writes a state to the end of a buffer: the same bytes for the same signals in any order.
    pub fn encode(&self, state: &DocState, out: &mut Vec<u8>) {
        state.write(self.scope(state.scope), out);
    }

    /// Reads a state that this or another set has written. What this set defines and the bytes do not
    /// hold is incomplete, and reads as missing until a folded state replaces it.
    ///
    /// # Errors
    /// [`StateError`] when the bytes are damaged or of another scope.
    pub fn decode(&self, scope: Scope, bytes: &[u8]) -> Result<DocState, StateError> {
        DocState::read(scope, self.scope(scope), bytes)
    }
}
