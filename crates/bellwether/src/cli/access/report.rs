//! What there is: accounts, tokens, emergencies, and the trail.

use super::{accounts, failure, names};
use crate::cli::Format;
use crate::cli::context::{Context, now, to_the_second};
use crate::exit::Exit;
use crate::table::Table;
use anyhow::Result;
use bellwether_core::{Purpose, Timestamp};
use serde_json::{Value, json};

fn when(at: Timestamp) -> String {
    to_the_second(at).to_string()
}

/// Prints rows: each name with its value, as a table or one JSON object a line.
fn print(context: &Context, titles: &[&str], rows: Vec<Vec<Value>>, nothing: &str) -> Exit {
    if context.format == Format::Json {
        for row in rows {
            let named = titles.iter().map(|title| title.replace(' ', "_")).zip(row);
            println!("{}", Value::Object(named.collect()));
        }
        return Exit::Fine;
    }
    let mut table = Table::new(titles);
    for row in rows {
        table.row(row.into_iter().map(|cell| match cell {
            Value::String(text) => text,
            Value::Null => "-".to_owned(),
            Value::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
            Value::Array(words) => {
                words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        }));
    }
    match table.is_empty() {
        true => println!("{nothing}"),
        false => print!("{}", table.render()),
    }
    Exit::Fine
}

pub(super) fn list(context: &Context) -> Result<Exit> {
    let users = accounts(context)?.users().map_err(failure)?;
    let names = if users.is_empty() { None } else { Some(names(context)?) };
    let rows = users.into_iter().map(|user| {
        let name = names.as_ref().and_then(|names| names.open(&user.id, &user.sealed));
        let name = name.map(|name| name.reveal(Purpose::Show).clone());
        vec![
            json!(user.id),
            json!(name),
            json!(user.kind),
            json!(user.role),
            json!(user.person),
            json!(user.enabled),
            json!(when(user.created)),
        ]
    });
    let titles = ["account", "name", "kind", "role", "person", "enabled", "made"];
    Ok(print(context, &titles, rows.collect(), "there is no account yet"))
}

pub(super) fn tokens(context: &Context) -> Result<Exit> {
    let now = now();
    let rows = accounts(context)?.tokens().map_err(failure)?.into_iter().map(|token| {
        let state = match token.revoked {
            Some(_) => "revoked",
            None if now >= token.ends => "ended",
            None => "holds",
        };
        vec![
            json!(token.id),
            json!(token.label),
            json!(token.scopes),
            json!(token.sources),
            json!(token.trust),
            json!(state),
            json!(when(token.ends)),
            json!(token.used.map(when)),
        ]
    });
    let titles = ["token", "label", "scopes", "sources", "trust", "state", "ends", "last used"];
    Ok(print(context, &titles, rows.collect(), "there is no token yet"))
}

pub(super) fn emergencies(context: &Context) -> Result<Exit> {
    let rows: Vec<_> = accounts(context)?
        .emergencies()
        .map_err(failure)?
        .into_iter()
        .map(|one| {
            let (reviewer, at) = one.reviewed.unzip();
            vec![
                json!(one.account),
                json!(when(one.at)),
                json!(when(one.until)),
                json!(reviewer),
                json!(at.map(when)),
            ]
        })
        .collect();
    let open = rows.iter().any(|row| row.last().is_some_and(Value::is_null));
    print(
        context,
        &["account", "from", "until", "looked at by", "looked at"],
        rows,
        "the account for emergencies was never used",
    );
    Ok(if open { Exit::Findings } else { Exit::Fine })
}

pub(super) fn log(context: &Context, most: u32) -> Result<Exit> {
    let rows = accounts(context)?.trail(most).map_err(failure)?.into_iter().map(|line| {
        vec![json!(when(line.at)), json!(line.what), json!(line.account), json!(line.actor)]
    });
    let titles = ["at", "what", "account", "by"];
    Ok(print(context, &titles, rows.collect(), "nothing was done yet"))
}
