//! The desk: a witness's answer to one request, whoever carried it here.
//!
//! - In: the body of `add-checkpoint`, and what time it is.
//! - Out: a line to send back, or a refusal with its HTTP status.
//! - Never: signs before the tree is durable; prints or keeps anything that the log did not sign; says
//!   that a log contradicted itself because of what somebody else could have sent: only two notes of one
//!   size that the log signed do that. Old checkpoints, and such without a proof, are counted.

use crate::keys::{FileKeys, KeyError, KeyProvider as _};
use bellwether_core::Timestamp;
use bellwether_ledger::note::{BadKey, Checkpoint, Scheme, Signer, Trust, VerifierKey};
use bellwether_ledger::tree::Head;
use bellwether_ledger::witness::{Refusal, Request, consider};
use bellwether_store::{Cosigned, Fork, StoreError, WitnessState};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The secret key's file in a witness's folder.
const KEY_FILE: &str = "witness.key";

/// How often one request tries to replace the tree while others do.
const MOST_TRIES: usize = 16;

/// A witness at work.
#[derive(Debug)]
pub struct Desk {
    signer: Signer,
    state: Mutex<WitnessState>,
}

/// Why a witness does not co-sign, or cannot work.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The checkpoint may not be co-signed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The log is none of those that this witness co-signs for.
    #[error("this witness does not co-sign for that log")]
    UnknownLog,
    /// The state cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The secret key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The witness's name, or a log's key, is none.
    #[error(transparent)]
    BadKey(#[from] BadKey),
    /// The key file is another witness's.
    #[error("the key file is not the one of this witness, `{vkey}`")]
    OtherKey {
        /// The witness's key by its state.
        vkey: String,
    },
    /// A key that co-signs was given as a log's.
    #[error("`{name}` is a witness's key, not a log's")]
    NotALog {
        /// Its name.
        name: String,
    },
}

impl DeskError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::UnknownLog => "witness-unknown-log",
            Self::Store(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::BadKey(error) => error.code(),
            Self::OtherKey { .. } => "witness-other-key",
            Self::NotALog { .. } => "witness-not-a-log",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Refused(_) => "`bellwether witness status` shows what was co-signed and refused",
            Self::UnknownLog => "`bellwether witness trust --log VKEY` makes it known",
            Self::Store(StoreError::Missing { .. }) => {
                "`bellwether witness init` makes one; name its folder with --state"
            }
            Self::Store(StoreError::Exists { .. }) => "use the witness that is there",
            Self::Store(error) => error.help(),
            Self::Key(KeyError::Exists { .. }) => {
                "use the witness that is there, or name another folder with --state"
            }
            Self::Key(KeyError::Missing { .. }) => {
                "put the key file back; if it is lost, make a new witness under a new name"
            }
            Self::Key(error) => error.help(),
            Self::BadKey(_) => {
                "copy the whole line, name+id+base64; a name has no spaces and no `+`"
            }
            Self::OtherKey { .. } => "put back the key file that belongs to this folder",
            Self::NotALog { .. } => {
                "`bellwether log` and an export's `log.vkey` tell the log's key"
            }
        }
    }

    /// The status of the HTTP answer (c2sp.org/tlog-witness).
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused(refusal) => refusal.status(),
            Self::UnknownLog => 404,
            _ => 503,
        }
    }

    /// With status 409: the size that was co-signed last, the body of the answer.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Refused(Refusal::Rollback { stored, .. } | Refusal::Behind { stored, .. }) => {
                Some(*stored)
            }
            Self::Refused(Refusal::Fork { size }) => Some(*size),
            _ => None,
        }
    }
}

impl Desk {
    /// Makes a witness: a key of its own, readable by its owner only, and an empty state.
    ///
    /// # Errors
    /// `note-key` for the name, `store-exists`, `key-file-exists`, `key-randomness`, `store-io`.
    pub fn create(dir: &Path, name: &str, at: Timestamp) -> Result<Self, DeskError> {
        // The name is tried before anything is written.
        Signer::new(name, Scheme::Cosignature, &[0; 32])?;
        std::fs::create_dir_all(dir).map_err(|source| {
            let path = dir.display().to_string();
            DeskError::Key(KeyError::File { path, source })
        })?;
        // A key without its state has forgotten what it co-signed: it is never used again.
        let secret = FileKeys::create(dir.join(KEY_FILE))?.master()?;
        let signer = Signer::new(name, Scheme::Cosignature, secret.bytes())?;
        let state = WitnessState::create(dir, &signer.verifier().to_string(), at)?;
        Ok(Self { signer, state: Mutex::new(state) })
    }

    /// Opens a witness to work, and checks that its key is the one of its state.
    ///
    /// # Errors
    /// `store-*`, `key-file-*`, `witness-other-key`.
    pub fn open(dir: &Path) -> Result<Self, DeskError> {
        let state = WitnessState::open(dir, false)?;
        let vkey = state.vkey()?;
        let secret = FileKeys::at(dir.join(KEY_FILE)).master()?;
        let known: VerifierKey = vkey.parse()?;
        let signer = Signer::new(known.name(), Scheme::Cosignature, secret.bytes())?;
        if *signer.verifier() != known {
            return Err(DeskError::OtherKey { vkey });
        }
        Ok(Self { signer, state: Mutex::new(state) })
    }

    /// What checks this witness's signatures.
    pub fn key(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    /// Answers a request: the co-signature as one line with its end, once the tree is durable.
    ///
    /// # Errors
    /// [`DeskError`]; a checkpoint that its log signed and that contradicts the one co-signed is kept,
    /// with that one.
    pub fn answer(&self, body: &[u8], at: Timestamp) -> Result<String, DeskError> {
        let request = Request::parse(body)?;
        let text = request.checkpoint.text().parse::<Checkpoint>();
        let text = text.map_err(|wrong| Refusal::Checkpoint(wrong.into()))?;
        // What is in memory is in the file, so a panic elsewhere left nothing half-done.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let trust = trust(&state, &text.origin)?;
        let mut tries = 0..MOST_TRIES;
        while tries.next().is_some() {
            let cosigned = state.cosigned(&text.origin)?;
            let stored = cosigned.as_ref().map(|known| Head { size: known.size, root: known.root });
            let new = |head: Head| Cosigned {
                origin: text.origin.clone(),
                size: head.size,
                root: head.root,
                note: request.checkpoint.to_string().into_bytes(),
                at,
            };
            match consider(&trust, stored, &request) {
                Ok(accepted) => {
                    let seen = stored.map(|head| (head.size, head.root));
                    if state.replace(seen, &new(accepted.head()))? {
                        return Ok(format!("{}\n", accepted.cosign(&self.signer, at)));
                    }
                }
                Err(refusal) => {
                    match (&refusal, cosigned) {
                        (Refusal::Fork { .. }, Some(Cosigned { note: cosigned, .. })) => {
                            state.keep_fork(&Fork { tree: new(text.head), cosigned })?;
                        }
                        (
                            Refusal::Fork { .. }
                            | Refusal::Rollback { .. }
                            | Refusal::Inconsistent(_),
                            _,
                        ) => state.count_refused(&text.origin, refusal.code(), at)?,
                        // How it was asked, not what the log says.
                        _ => {}
                    }
                    return Err(refusal.into());
                }
            }
        }
        Err(StoreError::Busy.into())
    }
}

fn trust(state: &WitnessState, origin: &str) -> Result<Trust, DeskError> {
    let keys = state.log_keys(origin)?;
    if keys.is_empty() {
        return Err(DeskError::UnknownLog);
    }
    let log_keys = keys.iter().map(|key| key.parse()).collect::<Result<_, BadKey>>()?;
    Ok(Trust { origin: origin.to_owned(), log_keys, witnesses: Vec::new(), needed: 0 })
}

/// Reads a log's key to be trusted or no longer trusted.
///
/// # Errors
/// `note-key`; `witness-not-a-log` for a key that co-signs.
pub fn log_key(vkey: &str) -> Result<VerifierKey, DeskError> {
    let key: VerifierKey = vkey.trim().parse()?;
    match key.scheme() {
        Scheme::Plain => Ok(key),
        Scheme::Cosignature => Err(DeskError::NotALog { name: key.name().to_owned() }),
    }
}
