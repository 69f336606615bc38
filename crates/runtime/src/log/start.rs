//! The check at every start for work: what was signed must still be there, and lead to its root.

use super::LogError;
use bellwether_core::Digest;
use bellwether_ledger::tree::{Edge, Head, TILE_HASHES, Tile, TileKind, read_tile};
use bellwether_store::{Checkpoint, Epoch, Keys, View};

/// Compares the tree with the newest checkpoint that the data holds, and with the newest one that is
/// remembered beside the keys, which a copy of the data from before does not have.
///
/// # Errors
/// [`LogError::Root`] and [`LogError::RolledBack`]: then nothing may be written.
pub fn check_start(view: &View, keys: &Keys) -> Result<(), LogError> {
    let epoch = view.epoch()?;
    let signed = keys.signed()?;
    if let Some(signed) = &signed
        && (signed.epoch, signed.head.size) > (epoch.number, epoch.size)
    {
        return Err(LogError::RolledBack {
            epoch: epoch.number,
            found: epoch.size,
            signed_epoch: signed.epoch,
            signed: signed.head.size,
        });
    }
    let mine = |checkpoint: &Checkpoint| checkpoint.epoch == epoch.number;
    let kept = view.last_checkpoint(epoch.number)?;
    let mut heads: Vec<Head> =
        kept.into_iter().chain(signed.filter(mine)).map(|checkpoint| checkpoint.head).collect();
    heads.sort_unstable_by_key(|head| head.size);
    check_roots(view, &epoch, &heads)
}

/// Grows the tree from its leaf hashes and compares at every size; sizes rise.
fn check_roots(view: &View, epoch: &Epoch, heads: &[Head]) -> Result<(), LogError> {
    let mut tree = Edge::default();
    for head in heads {
        let differs = LogError::Root { epoch: epoch.number, size: head.size };
        while tree.size() < head.size {
            let hashes = leaf_hashes(view, epoch, tree.size(), head.size)?;
            if hashes.is_empty() {
                return Err(differs);
            }
            hashes.into_iter().for_each(|hash| tree.push(hash, |_, _| {}));
        }
        if tree.head() != *head {
            return Err(differs);
        }
    }
    Ok(())
}

/// The leaf hashes from an entry on up to the end of its tile, or to `end` if that comes first.
fn leaf_hashes(view: &View, epoch: &Epoch, from: u64, end: u64) -> Result<Vec<Digest>, LogError> {
    let index = from / TILE_HASHES;
    let width = (end - index * TILE_HASHES).min(TILE_HASHES) as u16;
    let tile = Tile::new(TileKind::Hashes(0), index, width);
    let bytes = tile.map(|tile| view.tile(epoch, tile)).transpose()?.flatten();
    let hashes = read_tile(&bytes.unwrap_or_default());
    Ok(hashes.into_iter().skip((from % TILE_HASHES) as usize).collect())
}
