//! Who stands behind a bundle: the one place where its lock is looked at before it may begin.
//!
//! - In: the bundle's folder, what `[rules]` of the configuration asks for, and what is in force.
//! - Out: the files, and the names of those who signed them.
//! - Never: lets a bundle pass that lacks what is asked for.

use super::proofs;
use crate::config::Signing;
use crate::exit::Problems;
use crate::{bundle, lock};
use anyhow::Result;
use bellwether_core::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;

/// A bundle that may begin.
pub(crate) struct Checked {
    /// Its files.
    pub(crate) files: BTreeMap<String, String>,
    /// Who signed, each once; nobody where nobody has to.
    pub(crate) signed_by: Vec<String>,
    /// The report of its proof, if it brings one that is about these files.
    pub(crate) proof: Option<String>,
}

/// Looks at a bundle's lock. `in_force` are name and version of the rules that decide now.
///
/// # Errors
/// What is wrong with the files, and what [`lock::verify`] says of the lock.
pub(crate) fn check(
    place: &Path,
    asked: &Signing,
    in_force: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<Checked> {
    let source = bundle::source(place)?;
    let Signing { signers, signatures, require_proof, .. } = asked;
    let wanted = lock::Wanted {
        signers,
        signatures: *signatures,
        require_proof: *require_proof,
        now,
        in_force,
    };
    let verified = lock::verify(&source, &wanted).map_err(Problems)?;
    let proof = source.proof.filter(|text| proofs::is_about(text, &source.files));
    Ok(Checked { files: source.files, signed_by: verified.signed_by, proof })
}
