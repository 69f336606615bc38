//! An explanation as plain text that is read in half a minute.
//!
//! - In: an [`Explanation`].
//! - Out: lines of at most about a hundred characters: what, because of what, and why nothing else.
//! - Never: more than [`MOST`] rules of one kind; the rest are counted.

use super::{Explanation, MOST, OtherNode, RuleAccount, Standing};
use bellwether_expr::{Clause, Tri};
use std::fmt::Write as _;

impl Explanation {
    /// Writes it for people.
    pub fn render(&self) -> String {
        let mut out = String::new();
        self.headline(&mut out);
        self.because(&mut out);
        if !self.before.is_empty() {
            line(&mut out, "\nBefore it, these rules did not hold:");
            for rule in self.before.iter().take(MOST) {
                line(&mut out, &format!("  {} -> {}: {}", rule.id, rule.to, lacks(rule)));
            }
            rest(&mut out, self.before_count);
        }
        if !self.others.is_empty() {
            line(&mut out, "\nWhy not:");
            self.others.iter().for_each(|other| self.why_not(other, &mut out));
        }
        out
    }

    fn headline(&self, out: &mut String) {
        let node = self.path.last().map_or("", String::as_str);
        line(out, &format!("{node} ({}), decided by {}", self.outcome.as_str(), self.graph));
        if let Some(asks) = &self.asks {
            let mut roles = asks.role.clone();
            for fallback in &asks.fallback {
                let _ = write!(roles, ", then {fallback}");
            }
            let act = asks.act.map_or_else(String::new, |act| format!(", movement within {act}"));
            line(out, &format!("  asks {roles}: answer within {}{act}", asks.ack));
        }
        if let Some((within, then)) = &self.discovers {
            line(out, &format!("  finds out more for {within}, then {then} decides"));
        }
        line(out, &format!("  way {}; owner {}", self.path.join(" -> "), self.owner));
    }

    fn because(&self, out: &mut String) {
        let Some(rule) = &self.decided else { return };
        let reason = match rule.reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        let verb = if self.doubt { "In doubt about" } else { "Because of" };
        line(out, &format!("\n{verb} {}{reason}", rule.id));
        if rule.clauses.is_empty() {
            line(out, "  no rule before it held");
        }
        for clause in &rule.clauses {
            line(out, &format!("  {} {clause}", mark(clause.truth)));
        }
    }

    fn why_not(&self, other: &OtherNode, out: &mut String) {
        let role = other.role.as_ref().map_or_else(String::new, |role| format!(", {role}"));
        let name = format!("  {} ({}{role})", other.name, other.outcome.as_str());
        if other.rules.is_empty() {
            line(out, &format!("{name}: only in doubt, or when a discovery is over"));
            return;
        }
        for rule in other.rules.iter().take(MOST) {
            line(out, &format!("{name}: {} {}", rule.id, self.stood(rule)));
        }
        rest(out, other.rule_count);
    }

    fn stood(&self, rule: &RuleAccount) -> String {
        match rule.standing {
            Standing::Decided => "decided, but the way went on".to_owned(),
            Standing::Doubtful => "could not be evaluated".to_owned(),
            Standing::Failed if rule.clauses.is_empty() => "did not hold (see above)".to_owned(),
            Standing::Failed => format!("did not hold: {}", lacks(rule)),
            Standing::Outranked => "holds too, but comes later".to_owned(),
            Standing::Unread => format!("comes later, and is unknown: {}", lacks(rule)),
            Standing::NotNeeded => "is for when no other rule holds".to_owned(),
            Standing::NotReached => format!("belongs to {}, which was not reached", rule.from),
        }
    }
}

/// The clauses that kept a rule from holding, on one line.
fn lacks(rule: &RuleAccount) -> String {
    sentences(&rule.missing())
}

/// Clauses on one line.
pub(super) fn sentences(clauses: &[&Clause]) -> String {
    clauses.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

const fn mark(truth: Tri) -> &'static str {
    match truth {
        Tri::True => "yes",
        Tri::False => "no ",
        Tri::Unknown => "?  ",
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn rest(out: &mut String, count: usize) {
    if count > MOST {
        line(out, &format!("  and {} more", count - MOST));
    }
}
