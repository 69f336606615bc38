//! Who stands behind a bundle: the one place where its lock is looked at before it may begin.
//!
//! - In: a bundle that was read, and what `[rules]` of the configuration asks for.
//! - Out: the files, and the names of those who signed them.
//! - Never: lets a bundle pass that lacks what is asked for.

use super::proofs;
use crate::bundle::Source;
use crate::config::Signing;
use crate::lock;
use bellwether_core::{Problem, Timestamp};
use std::collections::BTreeMap;

/// A bundle that may begin.
pub(crate) struct Checked {
    /// Its files.
    pub(crate) files: BTreeMap<String, String>,
    /// Who signed, each once; nobody where nobody has to.
    pub(crate) signed_by: Vec<String>,
    /// The report of its proof, if it brings one that is about these files.
    pub(crate) proof: Option<String>,
}

/// Looks at a bundle's lock.
///
/// # Errors
/// What is wrong with the files, and what [`lock::verify`] says of the lock.
pub(crate) fn check(
    source: Source,
    asked: &Signing,
    now: Timestamp,
) -> Result<Checked, Vec<Problem>> {
    let Signing { signers, signatures, require_proof, .. } = asked;
    let wanted =
        lock::Wanted { signers, signatures: *signatures, require_proof: *require_proof, now };
    let verified = lock::verify(&source, &wanted)?;
    let proof = source.proof.filter(|text| proofs::is_about(text, &source.files));
    Ok(Checked { files: source.files, signed_by: verified.signed_by, proof })
}
