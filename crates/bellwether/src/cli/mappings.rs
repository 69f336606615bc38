//! `mappings`: the shipped mappings, to be copied and changed.

use super::sources::read_mapping;
use super::{Format, context::Context};
use crate::exit::{Exit, Problems};
use crate::table::Table;
use anyhow::Result;
use bellwether_adapters::{Mapping, shipped};
use bellwether_core::Problem;
use bellwether_core::problem::nearest;

/// What to do with mappings.
#[derive(clap::Subcommand)]
pub(crate) enum MappingsCommand {
    /// The shipped mappings: what each reads.
    List,
    /// Print a shipped mapping as it is written, to copy and change it.
    Show {
        /// Its name, as `mappings list` shows it.
        name: String,
    },
    /// Check a mapping's file: every problem with line, column and nearest name.
    Check {
        /// The file, or the name of a shipped one.
        #[arg(value_name = "FILE|NAME")]
        mapping: String,
    },
}

pub(crate) fn run(context: &Context, command: &MappingsCommand) -> Result<Exit> {
    match command {
        MappingsCommand::List => Ok(list(context)),
        MappingsCommand::Show { name } => show(context, name),
        MappingsCommand::Check { mapping } => check(context, mapping),
    }
}

/// The shipped mappings, for people.
pub(crate) fn table() -> String {
    let mut table = Table::new(&["mapping", "reads", "what"]);
    for (name, text) in shipped() {
        if let Ok(mapping) = Mapping::parse(name, text) {
            table.row([name, mapping.format().as_str(), mapping.description()]);
        }
    }
    table.render()
}

fn list(context: &Context) -> Exit {
    if context.format == Format::Text {
        print!("{}", table());
        return Exit::Fine;
    }
    let parsed =
        shipped().iter().filter_map(|(name, text)| Some((name, Mapping::parse(name, text).ok()?)));
    let one = |(name, mapping): (&&str, Mapping)| {
        serde_json::json!({
            "mapping": name, "format": mapping.format().as_str(), "source": mapping.source(),
            "description": mapping.description(),
        })
    };
    println!("{}", serde_json::Value::from_iter(parsed.map(one)));
    Exit::Fine
}

fn show(context: &Context, name: &str) -> Result<Exit> {
    let Some((name, text)) = shipped().iter().find(|(known, _)| *known == name) else {
        let known = shipped().iter().map(|(known, _)| *known);
        let all = known.clone().collect::<Vec<_>>().join(", ");
        let help = match nearest(name, known) {
            Some(close) => format!("did you mean `{close}`? shipped are: {all}"),
            None => format!("shipped are: {all}"),
        };
        let message = format!("no mapping `{name}` is shipped");
        return Err(Problems(vec![Problem::new("import-no-mapping", message).help(help)]).into());
    };
    match context.format {
        Format::Text => print!("{text}"),
        Format::Json => println!("{}", serde_json::json!({"mapping": name, "text": text})),
    }
    Ok(Exit::Fine)
}

fn check(context: &Context, named: &str) -> Result<Exit> {
    match (read_mapping(named), context.format) {
        (Ok(mapping), Format::Text) => {
            let (source, format) = (mapping.source(), mapping.format().as_str());
            println!("{named}: fine (reads {format} of {source})");
            Ok(Exit::Fine)
        }
        (Ok(_), Format::Json) => {
            println!("[]");
            Ok(Exit::Fine)
        }
        (Err(problems), Format::Json) => {
            println!("{}", super::policy::problems_json(&problems));
            Ok(Exit::Findings)
        }
        (Err(problems), Format::Text) => {
            println!("{}", Problems(problems));
            Ok(Exit::Findings)
        }
    }
}
