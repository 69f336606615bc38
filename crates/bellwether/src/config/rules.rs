//! `[rules]`: what a bundle must bring along before it comes into force.
//!
//! - In: the section.
//! - Out: [`Signing`].
//! - Never: reads a key file; the keys that stand here are public.

use super::read::{Reading, count};
use bellwether_core::Problem;
use bellwether_core::authored::Node;
use bellwether_ledger::note::{Scheme, VerifierKey};

/// Who must have signed the rules, and what else they must bring.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signing {
    /// Keys whose signatures count.
    pub(crate) signers: Vec<VerifierKey>,
    /// How many of them must have signed; 0 only where nobody is named.
    pub(crate) signatures: usize,
    /// Whether a proof without findings must stand in the lock.
    pub(crate) require_proof: bool,
    /// Whether proposer and approver must differ.
    pub(crate) four_eyes: bool,
}

/// Reads the section.
pub(super) fn read(reading: &mut Reading<'_>, node: &Node) -> Option<Signing> {
    let mut fields = reading.fields(node);
    let mut signers: Vec<VerifierKey> = Vec::new();
    for (text, at) in fields.texts("signers") {
        let key = text.parse().ok().filter(|key: &VerifierKey| key.scheme() == Scheme::Plain);
        match key {
            Some(key) if signers.iter().any(|known| known.is_same_secret(&key)) => {
                let message = format!("the key of `{}` stands here twice", key.name());
                fields.refuse("config-value", at, message);
            }
            Some(key) => signers.push(key),
            None => {
                let message = "this is no public key of a signer";
                let place = fields.place_of(at);
                let problem = Problem::new("note-key", message).at(place);
                let help = "`bellwether policy keygen` prints it: `name+1a2b3c4d+AW9...`";
                fields.problems().push(problem.help(help));
            }
        }
    }
    // More than are named is no mistake to load with: no bundle will ever have them.
    let signatures = match fields.node("signatures") {
        Some(_) => count(&mut fields, "signatures", [1, 32]),
        None => Some(signers.len().min(1) as u64),
    };
    let require_proof = fields.flag("require_proof").unwrap_or(false);
    let four_eyes = fields.flag("four_eyes").unwrap_or(false);
    fields.finish();
    let signatures = usize::try_from(signatures?).ok()?;
    Some(Signing { signers, signatures, require_proof, four_eyes })
}
