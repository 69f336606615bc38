//! `explain`: who was asked about somebody, and why, in half a minute.
//!
//! Finds the account by mail address, by the id in a source, or by stream; shows its decisions; and
//! derives one of them again to say which facts decided, by what margin, and from which signals, also
//! those that count through a link.

pub(crate) mod find;
mod list;
mod origins;
mod permits;
pub(crate) mod render;
pub(crate) mod staff;
pub(crate) mod stood;
pub(crate) mod told;

use super::names::{NameArgs, Names};
use super::{Format, context::Context};
use crate::exit::{Exit, Failure, Problems};
use anyhow::{Result, bail};
use bellwether_core::{DocKey, Problem, StreamId};
use bellwether_runtime::embedded::read_rules;
use bellwether_store::{Store, StoredEntry};
use find::Subject;
use origins::Origins;
use staff::Staff;
use std::ops::ControlFlow;
use told::Teller;

/// Arguments of `explain`.
#[derive(clap::Args)]
pub(crate) struct ExplainArgs {
    /// A stream or account, as records name it (`account:...` or `acc_...`); or use `--email` or `--id`.
    #[arg(required_unless_present_any = ["email", "id"])]
    subject: Option<Subject>,
    /// Whose account: a contact's mail address.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "subject")]
    email: Option<String>,
    /// What the account, case or deal is called in its source: `SOURCE=ID`, or just the id.
    #[arg(long, value_name = "[SOURCE=]ID", conflicts_with_all = ["subject", "email"])]
    id: Option<String>,
    /// Explain this record; without it, the newest one that asked somebody.
    #[arg(long)]
    seq: Option<u64>,
    /// List the decisions that changed, newest last, instead of explaining one.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    names: NameArgs,
}

pub(crate) fn run(context: &Context, args: &ExplainArgs) -> Result<Exit> {
    let found = match (&args.subject, &args.email, &args.id) {
        (Some(subject), _, _) => vec![(subject.stream(), None)],
        (None, Some(email), _) => find::by_email(context, email)?,
        (None, None, Some(id)) => find::by_id(context, id)?,
        (None, None, None) => bail!("name an account, `--email` or `--id`"),
    };
    if found.is_empty() {
        let message = "nothing is known of this subject";
        let help = "ids are kept only as keyed hashes: write it exactly as the source does, and name \
                    the source (`--id zendesk=12345`)";
        return Err(Problems(vec![Problem::new("explain-unknown", message).help(help)]).into());
    }
    let names = Names::open(context, &args.names)?;
    let store = context.read()?;
    let staff = Staff::read(context, &store);
    let mut shown = false;
    for (stream, doc) in found {
        shown |= show_stream(context, args, (&store, &names, &staff), stream, doc)?;
    }
    if !shown {
        eprintln!("nothing was decided about this subject yet");
    }
    Ok(Exit::Fine)
}

fn show_stream(
    context: &Context,
    args: &ExplainArgs,
    (store, names, staff): (&Store, &Names, &Staff),
    stream: StreamId,
    doc: Option<DocKey>,
) -> Result<bool> {
    let mut rows: Vec<StoredEntry> = Vec::new();
    let keep = |row: &bellwether_store::Row<'_>| {
        rows.push(row.to_owned());
        ControlFlow::Continue(())
    };
    store.stream_events(stream, 1, keep)?;
    let book = read_rules(store).map_err(Failure::drive)?;
    let changed = render::changed(&rows, doc);
    if args.list {
        let last = rows.last().map_or(0, |row| row.pos);
        let origins = Origins::read(store, stream, last)?;
        let rows = list::rows(store, &rows, doc)?;
        let listed = list::List { stream, origins: &origins, names, staff, rows };
        match context.format {
            Format::Text => print!("{}", listed.text()),
            Format::Json => println!("{}", listed.json()),
        }
        return Ok(!changed.is_empty());
    }
    let newest = || render::newest(&rows, &changed);
    let Some(seq) = args.seq.or_else(newest) else { return Ok(false) };
    let teller = Teller { view: store, book: &book, staff };
    let Some(told) = teller.tell(&rows, seq, doc, args.seq.is_some())? else {
        bail!("{stream} has no record {seq}");
    };
    match context.format {
        Format::Text => print!("{}", told.write(names)),
        Format::Json => println!("{}", serde_json::to_string(&told.with_names(names))?),
    }
    Ok(true)
}
