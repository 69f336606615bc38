//! `init`: a data directory with its keys, and the first bundle in force.

use super::context::{Context, now};
use crate::bundle;
use crate::exit::{Exit, Failure};
use anyhow::{Context as _, Result, bail};
use bellwether_runtime::embedded::{Embedded, Tenancy};
use bellwether_runtime::keys::FileKeys;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `init`.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    /// The bundle to put in force: a folder, or the name of a shipped one.
    #[arg(long, value_name = "DIR|NAME", default_value = "customer-escalation")]
    bundle: PathBuf,
    /// The tenant, as it stands in the log's origin.
    #[arg(long, default_value = "main")]
    tenant: String,
    /// The region that the data stays in.
    #[arg(long, default_value = "local")]
    region: String,
    /// Derive all keys and ids from this number instead of chance. For demos and tests: nothing in
    /// such a directory is secret.
    #[arg(long, value_name = "N")]
    seed_not_secret: Option<u64>,
}

pub(crate) fn run(context: &Context, args: &InitArgs) -> Result<Exit> {
    if context.data.join("data.db").exists() {
        bail!(
            "{} is a data directory already\n  help: choose another with `--data DIR`; \
             `bellwether features activate` puts another bundle in force",
            context.data.display()
        );
    }
    let rules = Arc::new(bundle::load(&args.bundle)?);
    std::fs::create_dir_all(&context.data)
        .with_context(|| format!("cannot create {}", context.data.display()))?;
    match args.seed_not_secret {
        Some(seed) => std::fs::write(context.seed_file(), format!("{seed}\n"))?,
        None if !context.keeps_its_key()? => {}
        None => {
            let made = FileKeys::create(context.key_file());
            made.map_err(|error| Failure::drive(error.into()))?;
        }
    }
    let tenancy = Tenancy { tenant: args.tenant.clone(), region: args.region.clone() };
    Embedded::create(&context.data, context.keys()?, &tenancy, Arc::clone(&rules), now())
        .map_err(Failure::drive)?;
    let meta = rules.policy().meta();
    eprintln!(
        "{}: ready, with {} {} in force ({} facts, {} graphs)",
        context.data.display(),
        meta.name,
        meta.version,
        rules.catalogue().len(),
        rules.policy().graphs().len()
    );
    if args.seed_not_secret.is_none() && context.keeps_its_key()? {
        eprintln!("keep a copy of {} apart from backups", context.key_file().display());
    }
    eprintln!("next: `bellwether import FILE --mapping NAME` reads your history");
    Ok(Exit::Fine)
}
