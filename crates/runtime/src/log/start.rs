//! The check at every start for work: what was signed must still be there, and lead to its root; and
//! what would be signed next must continue it.

use super::LogError;
use bellwether_core::Digest;
use bellwether_ledger::tree::{Edge, Head, TILE_HASHES, Tile, TileKind, read_tile};
use bellwether_store::{Epoch, Keys, View};

/// Compares the newest tree with the newest checkpoint that the data holds, and with the one that is
/// remembered beside the keys, which a copy of the data from before does not have.
///
/// # Errors
/// [`LogError::Root`] and [`LogError::RolledBack`]: then nothing may be written.
pub fn check_start(view: &View, keys: &Keys) -> Result<(), LogError> {
    let epoch = view.epoch()?;
    let newest = keys.signed()?.pop();
    if let Some(signed) = newest
        && (signed.epoch, signed.head.size) > (epoch.number, epoch.size)
    {
        return Err(LogError::RolledBack {
            epoch: epoch.number,
            found: epoch.size,
            signed_epoch: signed.epoch,
            signed: signed.head.size,
        });
    }
    let signed = check_signed(view, keys, &epoch)?;
    // What is stored above the leaves decides what is signed next.
    let tree = grow(view, &epoch, signed, epoch.size)?;
    let same = tree.is_some_and(|tree| Some(tree.head()) == view.log_head().ok());
    if same { Ok(()) } else { Err(LogError::Root { epoch: epoch.number, size: epoch.size }) }
}

/// Compares one epoch's tree with every checkpoint of it that is kept or remembered, and gives the tree
/// as it was at the largest of them. What was signed beyond the end of an epoch was lost before a restore
/// began the next one, whose first record says so.
///
/// # Errors
/// [`LogError::Root`], or what the store says.
pub fn check_signed(view: &View, keys: &Keys, epoch: &Epoch) -> Result<Edge, LogError> {
    let kept = view.last_checkpoint(epoch.number)?;
    let remembered = keys.signed()?.into_iter().filter(|one| one.epoch == epoch.number);
    let ended = view.epoch()?.number > epoch.number;
    let heads = kept.into_iter().chain(remembered).map(|one| one.head);
    let mut heads: Vec<Head> = heads.filter(|head| !ended || head.size <= epoch.size).collect();
    heads.sort_unstable_by_key(|head| head.size);
    let mut tree = Edge::default();
    for head in heads {
        let grown = grow(view, epoch, tree, head.size)?.filter(|tree| tree.head() == head);
        let differs = LogError::Root { epoch: epoch.number, size: head.size };
        tree = grown.ok_or(differs)?;
    }
    Ok(tree)
}

/// Grows a tree from stored leaf hashes; `None` where there are too few.
fn grow(view: &View, epoch: &Epoch, mut tree: Edge, size: u64) -> Result<Option<Edge>, LogError> {
    while tree.size() < size {
        let hashes = leaf_hashes(view, epoch, tree.size(), size)?;
        if hashes.is_empty() {
            return Ok(None);
        }
        hashes.into_iter().for_each(|hash| tree.push(hash, |_, _| {}));
    }
    Ok(Some(tree))
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
