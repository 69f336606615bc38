//! Signing: checkpoints over what is committed, keys of the log, and proofs of single entries.

use super::{LogError, TileFault};
use crate::embedded::Embedded;
use crate::error::DriveError;
use bellwether_core::{Body, Duration, Origin, StreamId, Timestamp};
use bellwether_ledger::note::{Checkpoint as Text, Note, ProofFile, Scheme, Signature, Signer};
use bellwether_ledger::tree::{TileNodes, prove_consistency, prove_inclusion};
use bellwether_store::{Checkpoint, Epoch, LogKey, NewLogKey, View};

/// How long an old key of the log goes on signing beside the new one.
pub const OVERLAP: Duration = Duration::from_days(30);

impl Embedded {
    /// Signs the tree over everything that is committed, unless the newest checkpoint says the same.
    ///
    /// # Errors
    /// [`DriveError`] when it cannot be signed or stored; then nothing may be published.
    pub fn checkpoint(&mut self, at: Timestamp) -> Result<Checkpoint, DriveError> {
        self.commit()?;
        let epoch = self.store().epoch().map_err(LogError::from)?;
        let head = self.store().committed_head().map_err(LogError::from)?;
        let last = self.store().last_checkpoint(epoch.number).map_err(LogError::from)?;
        // Signing the same again would say nothing new, and lose who co-signed it.
        if let Some(last) = last.filter(|last| last.head == head) {
            return Ok(last);
        }
        let signers = self.signers(&epoch, at)?;
        let signers: Vec<&Signer> = signers.iter().collect();
        let note = Text::new(&epoch.origin, head).sign(&signers, at).map_err(LogError::from)?;
        self.keep_checkpoint(Checkpoint {
            epoch: epoch.number,
            head,
            note: note.to_string().into_bytes(),
            cosigned: 0,
            at,
        })
    }

    /// Adds signatures of witnesses, each of another one, to the newest checkpoint.
    ///
    /// # Errors
    /// [`DriveError`] when there is none, or it cannot be stored.
    pub fn add_signatures(
        &mut self,
        checkpoint: &Checkpoint,
        signatures: Vec<Signature>,
    ) -> Result<Checkpoint, DriveError> {
        let mut note = Note::parse(&checkpoint.note).map_err(LogError::from)?;
        let cosigned = checkpoint.cosigned.max(signatures.len() as u64);
        signatures.into_iter().for_each(|signature| note.add(signature));
        let note = note.to_string().into_bytes();
        self.keep_checkpoint(Checkpoint { note, cosigned, ..checkpoint.clone() })
    }

    fn keep_checkpoint(&mut self, checkpoint: Checkpoint) -> Result<Checkpoint, DriveError> {
        self.store_mut().put_checkpoint(&checkpoint)?;
        self.store().keys()?.put_signed(&checkpoint)?;
        Ok(checkpoint)
    }

    /// Lets another key sign the log. A leaf names both, and the old one goes on signing for
    /// [`OVERLAP`]; gives the new public key.
    ///
    /// # Errors
    /// [`DriveError`] when the leaf cannot be committed; the old key then stays.
    pub fn rotate_log_key(&mut self, at: Timestamp) -> Result<String, DriveError> {
        self.commit()?;
        let epoch = self.store().epoch()?;
        let keys = self.store().log_keys()?;
        let old = keys.into_iter().find(|key| key.until.is_none()).map(|key| key.vkey);
        let new = self.new_signer(&epoch, at)?.verifier().to_string();
        let body = Body::LogKeyRotated { new: new.clone(), old: old.unwrap_or_default() };
        self.give(StreamId::SYSTEM, &body, Origin::Live, at)?;
        // With the leaf or not at all: what the log says of its keys is so.
        self.batch().log_key = Some(begins(&epoch, &new, at));
        self.commit()?;
        self.checkpoint(at)?;
        Ok(new)
    }

    /// Everybody who signs now, the newest last. The first key of an epoch is made here.
    fn signers(&mut self, epoch: &Epoch, at: Timestamp) -> Result<Vec<Signer>, DriveError> {
        let mut keys = self.store().log_keys().map_err(LogError::from)?;
        if !keys.iter().any(|key| key.epoch == epoch.number) {
            let signer = self.new_signer(epoch, at)?;
            let vkey = signer.verifier().to_string();
            self.store_mut().put_log_key(&begins(epoch, &vkey, at)).map_err(LogError::from)?;
            keys = self.store().log_keys().map_err(LogError::from)?;
        }
        keys.retain(|key| key.until.is_none_or(|until| at < until));
        // The newest is the one without an end.
        keys.sort_by_key(|key| (key.until.is_none(), key.epoch, key.since));
        let Some((newest, older)) = keys.split_last() else { return Ok(Vec::new()) };
        let mut signers = Vec::with_capacity(keys.len());
        for key in older {
            match self.signer_of(key) {
                Ok(signer) => signers.push(signer),
                // The newest one is enough; whoever trusts only the older one hears of it so.
                Err(error) => tracing::warn!(code = error.code(), "An older key cannot sign."),
            }
        }
        signers.push(self.signer_of(newest)?);
        Ok(signers)
    }

    fn signer_of(&mut self, key: &LogKey) -> Result<Signer, DriveError> {
        let name = key.vkey.split('+').next().unwrap_or_default();
        let secret = self.edge().vault().secret(&secret_name(&key.vkey))?;
        let seed = secret.as_ref().and_then(|secret| secret.first_chunk());
        let signer = seed.map(|seed| Signer::new(name, Scheme::Plain, seed));
        let signer = signer.transpose().map_err(LogError::from)?;
        let own = signer.filter(|signer| signer.verifier().to_string() == key.vkey);
        Ok(own.ok_or_else(|| LogError::KeyGone { key: key.vkey.clone() })?)
    }

    /// A new key, whose secret is durable in the key database; nothing names it yet.
    fn new_signer(&mut self, epoch: &Epoch, at: Timestamp) -> Result<Signer, DriveError> {
        let number = self.store().log_keys()?.len() as u64;
        let vault = self.edge().vault_mut();
        let seed = vault.fresh("log-key", number)?;
        let signer = Signer::new(&epoch.origin, Scheme::Plain, seed.bytes());
        let signer = signer.map_err(LogError::from)?;
        vault.keep_secret(&secret_name(&signer.verifier().to_string()), seed.bytes(), at)?;
        Ok(signer)
    }
}

/// A key that signs from here on; the ones before it go on for a while.
fn begins(epoch: &Epoch, vkey: &str, at: Timestamp) -> NewLogKey {
    let (vkey, since) = (vkey.to_owned(), epoch.size);
    let key = LogKey { vkey, epoch: epoch.number, since, until: None };
    NewLogKey { key, others_until: at.plus(OVERLAP) }
}

/// Under what the secret of a log's key is kept.
fn secret_name(vkey: &str) -> String {
    format!("log {vkey}")
}

/// The proof that an entry is under a checkpoint of its epoch.
///
/// # Errors
/// [`LogError::NotCovered`] where it came later; [`LogError`] when a tile cannot be read.
pub fn prove(
    view: &View,
    epoch: &Epoch,
    kept: &Checkpoint,
    index: u64,
) -> Result<ProofFile, LogError> {
    let size = kept.head.size;
    if index >= size {
        return Err(LogError::NotCovered { index, size });
    }
    let nodes = TileNodes::new(size, |tile| read(view, epoch, tile));
    let hashes = prove_inclusion(&nodes, index, size)?;
    Ok(ProofFile { extra: None, index, hashes, checkpoint: Note::parse(&kept.note)? })
}

/// The hashes that prove that the newest checkpoint continues a tree of `old` entries: what a witness
/// asks for.
///
/// # Errors
/// [`LogError`] when a tile cannot be read, or the log never had so many entries.
pub fn prove_growth(
    view: &View,
    epoch: &Epoch,
    old: u64,
) -> Result<Vec<bellwether_core::Digest>, LogError> {
    let kept = view.last_checkpoint(epoch.number)?.ok_or(LogError::NoCheckpoint)?;
    let nodes = TileNodes::new(kept.head.size, |tile| read(view, epoch, tile));
    Ok(prove_consistency(&nodes, old, kept.head.size)?)
}

fn read(
    view: &View,
    epoch: &Epoch,
    tile: bellwether_ledger::tree::Tile,
) -> Result<Vec<u8>, TileFault> {
    view.tile(epoch, tile)?.ok_or(TileFault::Missing(tile))
}
