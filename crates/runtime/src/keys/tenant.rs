//! Tenant keys: one for each use, so that no use can answer for another.

use super::{Prf, Secret};

/// Changing this changes every key: it is part of the format.
const SALT: &[u8; 32] = b"bellwether tenant keys, format 1";

/// The keys of one tenant, derived from the master key.
pub struct TenantKeys {
    /// For finding somebody by what they are called, without keeping what they are called.
    pub(crate) blind: Prf,
    /// For the keys of signals.
    pub(crate) signal: Prf,
    /// For telling whether a repeated signal says the same.
    pub(crate) content: Prf,
    /// For the ids of cases and deals.
    pub(crate) document: Prf,
    /// For telling guarded people again, once nothing else is kept of them.
    pub(crate) guard: Prf,
    /// For choosing the accounts of a canary.
    pub(crate) canary: Prf,
    /// For wrapping subject keys.
    pub(crate) wrapping: Secret,
}

impl TenantKeys {
    /// Derives a tenant's keys: HKDF-SHA-256 for the tenant, then one label for each use.
    pub fn derive(master: &Secret, tenant: &str) -> Self {
        Self::of_root(&root(master, tenant))
    }

    /// The keys below a tenant's root.
    pub(super) fn of_root(root: &Secret) -> Self {
        let salt = Secret::new(*SALT);
        let key = |label: &str| Prf::derive(&salt, &[root.bytes()], &[label.as_bytes()]);
        Self {
            blind: Prf::new(&key("blind-index")),
            signal: Prf::new(&key("signal-id")),
            content: Prf::new(&key("content")),
            document: Prf::new(&key("document-id")),
            guard: Prf::new(&key("guard")),
            canary: Prf::new(&key("canary")),
            wrapping: key("wrapping"),
        }
    }
}

/// What a tenant's keys are derived from, as long as the master key was never rotated.
pub(super) fn root(master: &Secret, tenant: &str) -> Secret {
    let salt = Secret::new(*SALT);
    Prf::derive(&salt, &[master.bytes()], &[b"tenant/", tenant.as_bytes()])
}

impl std::fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TenantKeys([secret])")
    }
}
