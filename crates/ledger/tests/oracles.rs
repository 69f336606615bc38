//! Roots, proofs and tiles compared with the crates `ct-merkle` and `tlog_tiles`.
//!
//! `tlog_tiles` writes the paths of Go's checksum database, which name the height of the tiles
//! (`tile/8/0/000`) and call bundles `data`; apart from that they are the same.

#![expect(clippy::unwrap_used, reason = "a test")]

use bellwether_core::Digest;
use bellwether_ledger::tree::{
    Head, MemoryTree, Tile, TileKind, check_consistency, check_inclusion, leaf_hash, new_tiles,
    prove_consistency, prove_inclusion, tree_root, write_tile,
};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

type Entries = Vec<Vec<u8>>;

/// The same sizes in every run; `PROPTEST_RNG_SEED` tries others, and a failure prints its case.
fn config(cases: u32) -> ProptestConfig {
    let seed = proptest::test_runner::RngSeed::Fixed(20_260_921);
    ProptestConfig { cases, rng_seed: seed, failure_persistence: None, ..ProptestConfig::default() }
}

fn ours(entries: &Entries) -> MemoryTree {
    let mut tree = MemoryTree::default();
    entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
    tree
}

fn flat(hashes: &[Digest]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// Hashes as `tlog_tiles` keeps them: one list, each subtree after the entry that completed it.
struct Theirs(Vec<tlog_tiles::Hash>);

impl tlog_tiles::HashReader for Theirs {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes
            .iter()
            .filter_map(|at| self.0.get(usize::try_from(*at).ok()?))
            .copied()
            .collect())
    }
}

fn theirs(entries: &Entries) -> Theirs {
    let mut stored = Theirs(Vec::new());
    for (at, entry) in entries.iter().enumerate() {
        let more = tlog_tiles::stored_hashes(at as u64, entry, &stored).unwrap();
        stored.0.extend(more);
    }
    stored
}

fn their_path(tile: &tlog_tiles::Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1).replacen("/data/", "/entries/", 1)
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn ct_merkle_agrees(
        entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..300),
        one: prop::sample::Index,
        two: prop::sample::Index,
    ) {
        let tree = ours(&entries);
        let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        entries.iter().for_each(|entry| oracle.push(entry.clone()));
        let (size, root) = (tree.edge().size(), tree.edge().root());
        let known = oracle.root();
        prop_assert_eq!(&root.as_bytes()[..], &known.as_bytes()[..]);

        let at = one.index(entries.len());
        let proof = prove_inclusion(&tree, at as u64, size).unwrap();
        let known = oracle.prove_inclusion(at);
        prop_assert_eq!(flat(&proof), known.as_bytes());
        prop_assert_eq!(check_inclusion(&leaf_hash(&entries[at]), at as u64, size, &root, &proof), Ok(()));

        let old = two.index(entries.len()) + 1;
        let proof = prove_consistency(&tree, old as u64, size).unwrap();
        let known = oracle.prove_consistency(entries.len() - old);
        prop_assert_eq!(flat(&proof), known.as_bytes());
        let before = tree_root(&tree, old as u64).unwrap();
        prop_assert_eq!(check_consistency(&Head { size: old as u64, root: before }, &Head { size, root }, &proof), Ok(()));
    }

    #[test]
    fn tlog_tiles_agrees(
        entries in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 1..1200),
        one: prop::sample::Index,
        two: prop::sample::Index,
    ) {
        let (tree, oracle) = (ours(&entries), theirs(&entries));
        let (size, root) = (tree.edge().size(), tree.edge().root());
        let known = tlog_tiles::tree_hash(size, &oracle).unwrap();
        prop_assert_eq!(root.as_bytes(), &known.0);

        let at = one.index(entries.len()) as u64;
        let proof = prove_inclusion(&tree, at, size).unwrap();
        let known = tlog_tiles::prove_record(size, at, &oracle).unwrap();
        prop_assert_eq!(flat(&proof), known.iter().flat_map(|hash| hash.0).collect::<Vec<_>>());

        let old = two.index(entries.len()) as u64 + 1;
        let proof = prove_consistency(&tree, old, size).unwrap();
        let known = tlog_tiles::prove_tree(size, old, &oracle).unwrap();
        prop_assert_eq!(flat(&proof), known.iter().flat_map(|hash| hash.0).collect::<Vec<_>>());

        // The tiles to write after growing from `old`: the same names, the same bytes.
        let hash_tiles = new_tiles(old, size).filter(|tile| tile.kind() != TileKind::Entries);
        let mut named: Vec<_> = hash_tiles.map(|tile| tile.to_string()).collect();
        let known = tlog_tiles::Tile::new_tiles(8, old, size);
        let mut expected: Vec<_> = known.iter().map(their_path).collect();
        named.sort();
        expected.sort();
        prop_assert_eq!(named, expected);
        for known in known {
            let tile: Tile = their_path(&known).parse().unwrap();
            prop_assert_eq!(write_tile(&tree, tile).unwrap(), known.read_data(&oracle).unwrap());
        }
    }

    #[test]
    fn tlog_tiles_spells_paths_alike(level in 0u8..64, index in 0u64..1 << 50, width in 1u16..=256) {
        let tile = Tile::new(TileKind::Hashes(level), index, width).unwrap();
        let known = tlog_tiles::Tile::new(8, level, index, u32::from(width), false);
        prop_assert_eq!(tile.to_string(), their_path(&known));
        let bundle = Tile::new(TileKind::Entries, index, width).unwrap();
        let known = tlog_tiles::Tile::new(8, 0, index, u32::from(width), true);
        prop_assert_eq!(bundle.to_string(), their_path(&known));
        prop_assert_eq!(bundle.to_string().parse(), Ok(bundle));
    }
}
