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
use crate::serve::read::trial::act::{Judged, TriedAct, judged};
use crate::serve::read::trial::{Literal, Verdict, by_facts, known};
use anyhow::Result;
use bellwether_core::Timestamp;
use bellwether_engine::Rules;
use serde_json::json;
use std::collections::BTreeMap;
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
    confidence: Option<f64>,
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

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "write a ratio from 0 to 1, such as 0.9".to_owned())
}

pub(super) fn run(context: &Context, args: &TryArgs) -> Result<Exit> {
    let rules = bundle::load(&args.bundle)?;
    let (verdict, judged) = tried(&rules, args, args.at.unwrap_or_else(now))
        .map_err(|refused| Problems(vec![*refused.problem]))?;
    match context.format {
        Format::Json => println!("{}", json!({"verdict": verdict, "boundary": judged})),
        Format::Text => print!("{}", to_text(verdict.as_ref(), judged.as_ref())),
    }
    Ok(Exit::Fine)
}

fn tried(
    rules: &Rules,
    args: &TryArgs,
    at: Timestamp,
) -> Result<(Option<Verdict>, Option<Judged>), Refused> {
    let text = |(name, text): &(String, String)| (name.clone(), Literal::Text(text.clone()));
    let facts: BTreeMap<_, _> = args.facts.iter().map(text).collect();
    let graphs = rules.policy().graphs();
    let only = match graphs {
        [one] => one.name(),
        _ => "",
    };
    let graph = args.graph.as_deref().or_else(|| args.act.is_none().then_some(only));
    let slots = known(rules, &facts, at)?;
    let verdict = graph.map(|graph| by_facts(rules, graph, &slots, at)).transpose()?;
    let act = args.act.as_ref().map(|action| TriedAct {
        action: action.clone(),
        parameters: args.set.iter().map(text).collect(),
        approved: args.approved.clone(),
        confidence: args.confidence,
        calibrated: args.calibrated,
        tainted: args.tainted,
    });
    let judged = act.map(|act| judged(rules, &act, &slots)).transpose()?;
    Ok((verdict, judged))
}

fn to_text(verdict: Option<&Verdict>, judged: Option<&Judged>) -> String {
    let mut text = verdict.map(|verdict| verdict.text.clone()).unwrap_or_default();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in judged.iter().flat_map(|judged| judged.lines()) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::context::read_time;

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
            let slots = known(&rules, &BTreeMap::new(), at).ok().unwrap();
            let verdict = by_facts(&rules, "g", &slots, at).ok().unwrap();
            assert_eq!(verdict.path.last().map(String::as_str), Some(node), "{day}");
        }
    }
}
