//! Proofs for programs: properties, whether they hold, and the way that breaks them.
//!
//! - In: proofs of the policy and of the rules' trust.
//! - Out: JSON with clocks in seconds; as text they print themselves.
//! - Never: a name or an address; people are handles.

use bellwether_policy::proof::{Proof, Step};
use serde_json::{Value, json};

/// The proofs as a list.
pub(crate) fn json(proofs: &[Proof]) -> Value {
    let seconds = |span: bellwether_core::Duration| span.micros() / 1_000_000;
    let step = |step: &Step| json!({"after": seconds(step.after), "what": step.text});
    let one = |proof: &Proof| {
        json!({
            "property": proof.property.as_str(),
            "about": proof.about,
            "holds": proof.holds,
            "clock": proof.clock.map(seconds),
            "path": proof.path.iter().map(step).collect::<Value>(),
        })
    };
    proofs.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use crate::bundle::{SHIPPED, load};
    use bellwether_policy::proof::{prove, render};
    use std::path::Path;

    #[test]
    fn every_shipped_bundle_reaches_somebody() {
        for shipped in SHIPPED {
            let rules = load(Path::new(shipped.name)).unwrap();
            let proofs = prove(rules.policy());
            let kept = proofs.iter().all(|proof| proof.holds);
            assert!(kept && proofs.len() > 4, "{}:\n{}", shipped.name, render(&proofs));
            assert_eq!(super::json(&proofs).as_array().unwrap().len(), proofs.len());
        }
    }
}
