//! The ground truth of a task: read only here, and only to score.
//!
//! - In: a task's `evaluation_criteria.actions`.
//! - Out: [`Truth`]: what was written, and whether a person was brought in.
//! - Never: anything that an annotation or a bundle could use.

use crate::tau2::data::Reading;
use crate::tau2::judge::Judge;
use serde_json::Value;

/// An action of the ground truth.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// The tool, by its own name.
    pub(crate) action: String,
    /// What it was called with.
    pub(crate) arguments: Value,
}

/// What should have happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    /// What is permitted, in order.
    pub(crate) writes: Vec<Write>,
    /// Whether a person takes it.
    pub(crate) transfer: bool,
}

impl Truth {
    /// Reads a task. Tools that only look something up, or prepare another call, are not writes.
    pub(crate) fn read(judge: &Judge, task: &Value) -> Self {
        let mut truth = Self::default();
        for action in task.at("evaluation_criteria").at("actions").items() {
            let (name, arguments) = unwrapped(action);
            truth.transfer |= name == "transfer_to_human_agents";
            if judge.is_write(&name) {
                truth.writes.push(Write { action: name, arguments });
            }
        }
        truth
    }
}

/// The tool behind a call through `call_discoverable_*_tool`, whose arguments are JSON in a string.
fn unwrapped(action: &Value) -> (String, Value) {
    let arguments = action.at("arguments");
    let inner = ["agent_tool_name", "discoverable_tool_name"]
        .iter()
        .find_map(|name| arguments.at(name).as_str());
    match inner {
        Some(name) if action.at("name").words().starts_with("call_") => {
            let text = arguments.at("arguments");
            let read = text.as_str().and_then(|text| serde_json::from_str(text).ok());
            (name.to_owned(), read.unwrap_or_else(|| text.clone()))
        }
        _ => (action.at("name").words(), arguments.clone()),
    }
}
