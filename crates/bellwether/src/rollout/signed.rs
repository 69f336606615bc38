//! Who stands behind a bundle: the one place where its lock is looked at before it may begin.
//!
//! - In: the bundle's folder, what `[rules]` of the configuration asks for, and what is in force.
//! - Out: the files, and the names of those who signed them.
//! - Never: lets a bundle pass that lacks what is asked for.

use crate::bundle;
use crate::config::Signing;
use crate::exit::Problems;
use anyhow::Result;
use bellwether_core::{Problem, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;

/// A bundle that may begin.
pub(crate) struct Checked {
    /// Its files.
    pub(crate) files: BTreeMap<String, String>,
    /// Who signed, each once; nobody where nobody has to.
    pub(crate) signed_by: Vec<String>,
}

/// Looks at a bundle's lock. `in_force` are name and version of the rules that decide now.
///
/// # Errors
/// `rollout-unsigned` where signatures are asked for that it does not have, and what is wrong with the files.
pub(crate) fn check(
    place: &Path,
    asked: &Signing,
    in_force: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<Checked> {
    let _ = (in_force, now);
    let files = bundle::files(place)?;
    if asked.signatures > 0 || asked.require_proof {
        let (named, wanted) = (asked.signers.len(), asked.signatures);
        let message = format!(
            "the configuration asks for {wanted} of {named} signatures, and none of this bundle counts"
        );
        let problem = Problem::new("rollout-unsigned", message);
        let help = "let those whom `[rules] signers` names sign it";
        return Err(Problems(vec![problem.help(help)]).into());
    }
    Ok(Checked { files, signed_by: Vec::new() })
}
