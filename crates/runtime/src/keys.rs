//! Keys: from one master key to the key of each subject.
//!
//! - In: a master key from a [`KeyProvider`], and a [`KeyStore`] that keeps wrapped keys.
//! - Out: tenant keys ([`TenantKeys`]) and, through the [`Vault`], the keys of subjects.
//! - Never: prints a key, writes one unwrapped, or hands a slot out before its key is durable.
//!
//! Master key -> tenant key -> {blind index, signal id, content, wrapping, document id} by HKDF
//! (RFC 5869). Subject keys are random, wrapped under the wrapping key, and can be destroyed one by
//! one: that is what erases a subject.

mod file;
mod given;
mod memory;
mod prf;
mod recent;
mod ring;
mod seeded;
mod tenant;
mod vault;

pub use file::FileKeys;
pub use given::{CREDENTIAL, CredentialKeys, EnvKeys, MASTER_KEY};
pub use memory::MemoryKeys;
pub(crate) use prf::{Message, Prf};
pub(crate) use recent::Recent;
pub use ring::{RingKey, Rotation, fingerprint, rotate};
pub use seeded::SeededKeys;
pub use tenant::TenantKeys;
pub use vault::{BLOCK, Vault};

use bellwether_core::{SubjectId, Timestamp};
use bellwether_ledger::note::{BadKey, Scheme, Signer};
use std::fmt;
use std::ops::Range;
use zeroize::Zeroizing;

/// The number under which a subject's key is kept. It says nothing about the subject.
pub type Slot = u64;

/// 32 secret bytes: wiped when dropped, hidden when printed.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Wraps secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The signer whose secret it is; the bytes stay in here.
    ///
    /// # Errors
    /// `note-key` for a name with spaces or pluses.
    pub fn signer(&self, name: &str, scheme: Scheme) -> Result<Signer, BadKey> {
        Signer::new(name, scheme, self.bytes())
    }

    /// The bytes, for deriving and for nothing else.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The bytes, to be filled.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Where the master key and fresh randomness come from.
pub trait KeyProvider {
    /// The master key.
    ///
    /// # Errors
    /// `key-file-*` when it cannot be had.
    fn master(&self) -> Result<Secret, KeyError>;

    /// Fresh secret bytes for something of a slot; a seeded provider gives the same ones again.
    ///
    /// # Errors
    /// `key-randomness` when the system has none.
    fn fresh(&self, what: &'static str, slot: Slot) -> Result<Secret, KeyError>;

    /// The master key that is to take over; the same one until [`KeyProvider::adopt`].
    ///
    /// # Errors
    /// `key-no-next` where there is none; `key-file-*`.
    fn next(&self) -> Result<Secret, KeyError> {
        Err(KeyError::NoNext)
    }

    /// The next master key is the master key from here on, as far as the provider can see to that.
    ///
    /// # Errors
    /// `key-file-*`.
    fn adopt(&self) -> Result<(), KeyError> {
        Ok(())
    }
}

/// A subject's key as the key database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// The subject's id, random.
    pub id: SubjectId,
    /// The wrapped key; `None` once it is destroyed.
    pub wrapped: Option<Vec<u8>>,
}

/// The key database, as far as the vault needs it. Slots count from 1 without gaps.
pub trait KeyStore {
    /// The slot that the next minted key gets.
    ///
    /// # Errors
    /// Whatever the database says.
    fn next_free_slot(&self) -> Result<Slot, StoreFault>;

    /// Keeps a block of keys, durable when it returns, under the slots that it gives back.
    ///
    /// # Errors
    /// Whatever the database says.
    fn mint_block(&mut self, block: &[(SubjectId, Vec<u8>)]) -> Result<Range<Slot>, StoreFault>;

    /// The key of a slot, if it was ever minted.
    ///
    /// # Errors
    /// Whatever the database says.
    fn key(&self, slot: Slot) -> Result<Option<StoredKey>, StoreFault>;

    /// Destroys a key for ever. Says whether there was one to destroy.
    ///
    /// # Errors
    /// Whatever the database says.
    fn destroy(&mut self, slot: Slot, at: Timestamp) -> Result<bool, StoreFault>;

    /// Every row of the ring.
    ///
    /// # Errors
    /// Whatever the database says.
    fn ring(&self) -> Result<Vec<RingKey>, StoreFault>;

    /// Keeps rows of the ring beside those that are there, all or none, durable when it returns.
    ///
    /// # Errors
    /// Whatever the database says.
    fn put_ring(&mut self, keys: &[RingKey], at: Timestamp) -> Result<(), StoreFault>;

    /// Keeps of the ring only what a master key opens in one version.
    ///
    /// # Errors
    /// Whatever the database says.
    fn keep_ring(&mut self, master: [u8; 8], version: u64) -> Result<(), StoreFault>;

    /// Every sealed secret, by name.
    ///
    /// # Errors
    /// Whatever the database says.
    fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, StoreFault>;

    /// Keeps sealed secrets, each in the place of the one that had its name, durable when it returns.
    ///
    /// # Errors
    /// Whatever the database says.
    fn put_secrets(
        &mut self,
        secrets: &[(String, Vec<u8>)],
        at: Timestamp,
    ) -> Result<(), StoreFault>;

    /// Replaces wrapped keys by the same keys under another wrapping; destroyed ones stay destroyed.
    ///
    /// # Errors
    /// Whatever the database says.
    fn rewrap(&mut self, block: &[(Slot, Vec<u8>)]) -> Result<(), StoreFault>;
}

/// A database failed; its own code and reason.
#[derive(Debug, thiserror::Error)]
#[error("the store failed")]
pub struct StoreFault {
    /// The store's own code, such as `store-busy`.
    pub reason: &'static str,
    /// What it said.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no key file.
    #[error("there is no key file `{path}`")]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// A key file was to be created where one is.
    #[error("there is a key file `{path}` already; it is never overwritten")]
    Exists {
        /// Which one.
        path: String,
    },
    /// Others than its owner may read or write the key file.
    #[error("the key file `{path}` is open to others (mode {mode:03o})")]
    Exposed {
        /// Which one.
        path: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file does not hold 32 bytes as base64url.
    #[error("the key file `{path}` does not hold one line of 43 base64url characters")]
    Malformed {
        /// Which one.
        path: String,
    },
    /// The system failed to read or write the key file.
    #[error("the key file `{path}` cannot be read or written")]
    File {
        /// Which one.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// The master key is not the one that the key database was made with.
    #[error("the key database was made with another master key")]
    WrongMaster,
    /// The key database knows fewer slots than the data names.
    #[error("the data names key slot {named}, the key database ends at {minted}")]
    Behind {
        /// The highest slot that the data names.
        named: Slot,
        /// The highest slot that the key database knows.
        minted: Slot,
    },
    /// The key database was made for other data under the same master key.
    #[error("the key of slot {slot} belongs to somebody else than the data says")]
    Foreign {
        /// Whose.
        slot: Slot,
    },
    /// A wrapped key does not open.
    #[error("the key of slot {slot} is damaged")]
    Damaged {
        /// Whose.
        slot: Slot,
    },
    /// A secret does not open.
    #[error("the secret `{what}` is damaged")]
    SecretDamaged {
        /// Its name.
        what: String,
    },
    /// A slot was never minted.
    #[error("there is no key for slot {slot}")]
    Unknown {
        /// Which one.
        slot: Slot,
    },
    /// The subject was erased.
    #[error("the subject of slot {slot} was erased")]
    Erased {
        /// Whose.
        slot: Slot,
    },
    /// There is no master key that could take over.
    #[error("there is no next master key to rotate to")]
    NoNext,
    /// The keys come from a seed, which has no next one.
    #[error("seeds cannot be rotated")]
    Seeded,
    /// The data is there, its keys are not.
    #[error("there is no key database beside the data")]
    DatabaseMissing,
    /// A variable or credential that holds the master key is missing.
    #[error("the master key was expected in {place}")]
    NotGiven {
        /// Where.
        place: String,
    },
    /// The key database failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl KeyError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "key-file-missing",
            Self::Exists { .. } => "key-file-exists",
            Self::Exposed { .. } => "key-file-exposed",
            Self::Malformed { .. } => "key-file-malformed",
            Self::File { .. } => "key-file-unreadable",
            Self::Randomness => "key-randomness",
            Self::WrongMaster => "key-wrong-master",
            Self::Behind { .. } => "key-database-behind",
            Self::Foreign { .. } => "key-database-other",
            Self::Damaged { .. } | Self::SecretDamaged { .. } => "key-damaged",
            Self::Unknown { .. } => "key-unknown",
            Self::Erased { .. } => "key-erased",
            Self::NoNext | Self::Seeded => "key-no-next",
            Self::DatabaseMissing => "key-database-missing",
            Self::NotGiven { .. } => "key-not-given",
            Self::Store(fault) => fault.reason,
        }
    }

    /// The next step for the person who reads it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "run `bellwether init`, or restore the key file from its backup"
            }
            Self::Exists { .. } => "use the key that is there, or name another data directory",
            Self::Exposed { .. } => "run `chmod 600` on it, and think about who may have read it",
            Self::Malformed { .. } => "restore the key file from its backup",
            Self::File { .. } => "check that the service user owns the key file and may read it",
            Self::Randomness => "repeat; if it stays, the system's random device is missing",
            Self::WrongMaster => "restore the key file that belongs to this data directory",
            Self::Behind { .. } => "restore the newest backup of the key database",
            Self::Foreign { .. } => "put the key database of this very directory back",
            Self::Damaged { .. } | Self::SecretDamaged { .. } => {
                "restore the key database from its backup, then run `doctor`"
            }
            Self::Unknown { .. } => "run `bellwether doctor`; data and key database may not match",
            Self::Erased { .. } => "nothing to mend: what was sealed for the subject is gone",
            Self::NoNext => {
                "give it as BELLWETHER_MASTER_KEY_NEXT or as the credential \
                 `bellwether-master-key-next`"
            }
            Self::Seeded => "start anew without a seed",
            Self::DatabaseMissing => {
                "restore the newest backup of keys.db; without it nothing that was sealed can be opened, \
                 while `replay --all` and `export decisions` still work"
            }
            Self::NotGiven { .. } => "set it to one line of 43 base64url characters",
            Self::Store(fault) => fault.help(),
        }
    }
}

#[cfg(test)]
mod tests;
