//! How rules stood when a graph decided: clauses with what was found and by what margin.

use bellwether_expr::{Clause, Tri};
use bellwether_policy::{OtherNode, RuleAccount, Standing};
use serde::Serialize;
use utoipa::ToSchema;

/// A condition as it stood.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Clause)]
pub(crate) struct ToldClause {
    /// What was asked, as written.
    pub(crate) text: String,
    /// Whether it held: `true`, `false` or `unknown`.
    pub(crate) truth: &'static str,
    /// What was found.
    pub(crate) found: String,
    /// By how much it held or failed, where that has a meaning.
    pub(crate) margin: Option<String>,
    /// All of it as one sentence.
    pub(crate) sentence: String,
}

/// A rule and how it stood.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleStanding)]
pub(crate) struct ToldRule {
    /// Its id.
    pub(crate) rule: String,
    /// Its author's reason.
    pub(crate) reason: String,
    /// The node it leads to.
    pub(crate) to: String,
    /// How it stood: `decided`, `doubtful`, `failed`, `outranked`, `unread`, `not_needed`, `not_reached`.
    pub(crate) standing: &'static str,
    /// Its conditions, where they matter to how it stood.
    pub(crate) clauses: Vec<ToldClause>,
}

/// A node that was not reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OtherNode)]
pub(crate) struct ToldNode {
    /// Its name.
    pub(crate) node: String,
    /// What reaching it would have meant.
    pub(crate) outcome: String,
    /// The role it would have asked.
    pub(crate) role: Option<String>,
    /// The rules that lead to it.
    pub(crate) rules: Vec<ToldRule>,
}

/// The conditions of a rule.
pub(crate) fn clauses(rule: &RuleAccount) -> Vec<ToldClause> {
    let one = |clause: &Clause| ToldClause {
        text: clause.text.clone(),
        truth: match clause.truth {
            Tri::True => "true",
            Tri::False => "false",
            Tri::Unknown => "unknown",
        },
        found: clause.found.clone(),
        margin: clause.margin.clone(),
        sentence: clause.sentence.clone(),
    };
    rule.clauses.iter().map(one).collect()
}

pub(super) fn told_rule(rule: &RuleAccount) -> ToldRule {
    ToldRule {
        rule: rule.id.clone(),
        reason: rule.reason.clone(),
        to: rule.to.clone(),
        standing: match rule.standing {
            Standing::Decided => "decided",
            Standing::Doubtful => "doubtful",
            Standing::Failed => "failed",
            Standing::Outranked => "outranked",
            Standing::Unread => "unread",
            Standing::NotNeeded => "not_needed",
            Standing::NotReached => "not_reached",
        },
        clauses: clauses(rule),
    }
}

pub(super) fn told_node(node: &OtherNode) -> ToldNode {
    ToldNode {
        node: node.name.clone(),
        outcome: node.outcome.as_str().to_owned(),
        role: node.role.clone(),
        rules: node.rules.iter().map(told_rule).collect(),
    }
}
