//! `policy try`: facts in, verdict and boundary decision out.
//!
//! - In: a bundle, facts, and an action with its parameters.
//! - Out: the verdict of a graph, who would be asked, what the boundaries say, whose approval it takes.
//! - Never: an effect.

use crate::bundle;
use crate::cli::Format;
use crate::cli::context::{Context, now, read_time};
use crate::exit::{Exit, Problems};
use crate::serve::problem::Refused;
use crate::serve::read::trial::{Literal, Verdict, by_facts, known, unknown};
use anyhow::Result;
use bellwether_core::problem::nearest;
use bellwether_core::{Ppm, Timestamp};
use bellwether_engine::Rules;
use bellwether_engine::trial::{Judgement, judge};
use bellwether_expr::literal;
use bellwether_policy::{Act, Action, Judged};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What to try.
#[derive(clap::Args)]
pub(crate) struct TryArgs {
    /// The bundle: a folder, or the name of a shipped one.
    #[arg(value_name = "DIR|NAME")]
    bundle: PathBuf,
    /// The graph that decides; no graph without it, unless no action is tried and the bundle has only one.
    #[arg(long, value_name = "NAME")]
    graph: Option<String>,
    /// A fact; one that is not given is missing.
    #[arg(long = "fact", value_name = "NAME=VALUE", value_parser = pair)]
    facts: Vec<(String, String)>,
    /// The action that the boundaries are asked about.
    #[arg(long, value_name = "ACTION")]
    act: Option<String>,
    /// A parameter of the action.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair, requires = "act")]
    set: Vec<(String, String)>,
    /// A role that has approved.
    #[arg(long, value_name = "ROLE", requires = "act")]
    approved: Vec<String>,
    /// How sure the agent is, such as 0.9.
    #[arg(long, value_name = "RATIO", requires = "act", value_parser = ratio)]
    confidence: Option<Ppm>,
    /// The agent's confidence is calibrated.
    #[arg(long, requires = "act")]
    calibrated: bool,
    /// Somebody outside could have written what is used.
    #[arg(long, requires = "act")]
    tainted: bool,
    /// When; it tells who is there. Now, if it is not said.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    at: Option<Timestamp>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or_else(|| "write it as NAME=VALUE".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

fn ratio(text: &str) -> Result<Ppm, String> {
    let ratio = Ppm::parse(text).filter(|ratio| Ppm::probability(ratio.get()).is_some());
    ratio.ok_or_else(|| "write a ratio from 0 to 1, such as 0.9".to_owned())
}

pub(super) fn run(context: &Context, args: &TryArgs) -> Result<Exit> {
    let rules = bundle::load(&args.bundle)?;
    let (verdict, judged) = tried(&rules, args, args.at.unwrap_or_else(now))
        .map_err(|refused| Problems(vec![*refused.problem]))?;
    match context.format {
        Format::Json => {
            println!("{}", to_json(verdict.as_ref(), args.act.as_deref(), judged.as_ref()))
        }
        Format::Text => {
            print!("{}", to_text(verdict.as_ref(), args.act.as_deref(), judged.as_ref()))
        }
    }
    Ok(Exit::Fine)
}

fn tried(
    rules: &Rules,
    args: &TryArgs,
    at: Timestamp,
) -> Result<(Option<Verdict>, Option<Judgement>), Refused> {
    let facts = args.facts.iter().map(|(name, text)| (name.clone(), Literal::Text(text.clone())));
    let facts: BTreeMap<_, _> = facts.collect();
    let graphs = rules.policy().graphs();
    let only = match graphs {
        [one] => one.name(),
        _ => "",
    };
    let graph = args.graph.as_deref().or_else(|| args.act.is_none().then_some(only));
    let verdict = graph.map(|graph| by_facts(rules, graph, &facts, at)).transpose()?;
    let judged = match &args.act {
        None => None,
        Some(name) => judge(rules, &wish(rules, name, args)?, &known(rules, &facts, at)?),
    };
    Ok((verdict, judged))
}

/// The action as it was written.
fn wish(rules: &Rules, name: &str, args: &TryArgs) -> Result<Act, Refused> {
    let actions = rules.policy().actions();
    let Some(at) = actions.iter().position(|action| action.name == name) else {
        let names: Vec<_> = actions.iter().map(|action| action.name.as_str()).collect();
        let help = nearest(name, names.iter().copied()).map_or_else(
            || format!("known: {}", names.join(", ")),
            |close| format!("did you mean `{close}`?"),
        );
        return Err(unknown("act", format!("there is no action `{name}`"), help));
    };
    let parameters = actions.get(at).map(|action| parameters(action, &args.set)).transpose()?;
    let roles = || rules.policy().people().roles_as_written();
    if let Some(role) = args.approved.iter().find(|role| !roles().any(|known| known == *role)) {
        let known: Vec<_> = roles().collect();
        return Err(unknown("approved", format!("there is no role `{role}`"), known.join(", ")));
    }
    Ok(Act {
        action: at,
        parameters: parameters.unwrap_or_default(),
        approvals: args.approved.clone(),
        confidence: args.confidence.unwrap_or_default(),
        calibrated: args.calibrated,
        tainted: args.tainted,
    })
}

fn parameters(action: &Action, set: &[(String, String)]) -> Result<Vec<i64>, Refused> {
    let declared = &action.parameters;
    if let Some((name, _)) =
        set.iter().find(|(name, _)| !declared.iter().any(|one| one.name == *name))
    {
        let known: Vec<_> = declared.iter().map(|one| one.name.as_str()).collect();
        let message = format!("`{}` has no parameter `{name}`", action.name);
        return Err(unknown("set", message, known.join(", ")));
    }
    let value = |one: &bellwether_policy::Parameter| {
        let given = set.iter().find(|(name, _)| *name == one.name);
        let (_, text) = given.ok_or_else(|| {
            let help = format!("add `--set {}=VALUE`", one.name);
            unknown("set", format!("`{}` needs its parameter `{}`", action.name, one.name), help)
        })?;
        literal(text, one.kind, &[]).ok_or_else(|| {
            unknown("set", format!("this is no value of `{}`, which is {}", one.name, one.kind), "")
        })
    };
    declared.iter().map(value).collect()
}

fn to_text(verdict: Option<&Verdict>, act: Option<&str>, judged: Option<&Judgement>) -> String {
    let mut text = verdict.map(|verdict| verdict.text.clone()).unwrap_or_default();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let (Some(act), Some(judged)) = (act, judged) else { return text };
    // A string takes everything that is written to it.
    let _ = match judged.decision {
        Judged::Allow => writeln!(text, "{act}: allowed by {}", judged.by.join(", ")),
        Judged::Doubt => {
            let missing = judged.errors.join(", ");
            writeln!(text, "{act}: not asked, a person looks; not known: {missing}")
        }
        Judged::Approval | Judged::Deny => {
            let by = match judged.by.as_slice() {
                [] => "no permit allows it".to_owned(),
                by => format!("forbidden by {}", by.join(", ")),
            };
            let word = if judged.decision == Judged::Deny { "denied" } else { "needs approval" };
            writeln!(text, "{act}: {word}; {by}")
        }
    };
    for set in &judged.approvals {
        let _ = writeln!(text, "  with the approval of {}", set.join(" and "));
    }
    if judged.decision == Judged::Deny {
        for error in &judged.errors {
            let _ = writeln!(text, "  it could not be told: {error}");
        }
    }
    text
}

fn to_json(verdict: Option<&Verdict>, act: Option<&str>, judged: Option<&Judgement>) -> Value {
    let boundary = judged.map(|judged| {
        json!({
            "action": act, "decision": judged.decision.as_str(), "by": judged.by,
            "approvals": judged.approvals, "errors": judged.errors,
        })
    });
    json!({ "verdict": verdict, "boundary": boundary })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_acts_while_it_lasts() {
        let files = [
            ("bundle.yaml", "bundle: b\nversion: 1.0.0\nowner: o\ncurrency: EUR\n"),
            ("facts.yaml", "facts: {}\n"),
            (
                "people.yaml",
                "people: {ann: {}, bob: {}}\nroles: {desk: [ann], boss: [bob]}\nalways: desk\n",
            ),
            (
                "routing/g.yaml",
                "graph: g\nsubject: account\nowner: o\nstart: s\nnodes:\n  s: {kind: decide, unknown: low}\n  \
                 low: {kind: human, role: desk, ack: 1h}\n  high: {kind: human, role: boss, level: 2, ack: 1h}\n\
                 rules:\n  - {id: r0, from: s, to: high, when: has(completeness)}\n  - {id: r1, from: s, to: low, otherwise: true}\n",
            ),
            (
                "overrides/o.yaml",
                "overrides: {id: x, graph: g, route: high, from: 2026-01-01, until: 2026-02-01, reason: r, author: a, approver: b}\n",
            ),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let rules = Rules::compose(files.into()).unwrap_or_else(|problems| panic!("{problems:#?}"));
        for (day, node) in [("2026-01-15", "high"), ("2026-02-15", "low"), ("2025-12-15", "low")] {
            let at = read_time(day).unwrap();
            let verdict = by_facts(&rules, "g", &BTreeMap::new(), at).ok().unwrap();
            assert_eq!(verdict.path.last().map(String::as_str), Some(node), "{day}");
        }
    }
}
