//! The tree against published vectors, against the definition, and by itself; paths by tables.

use super::*;
use bellwether_core::Digest;
use std::cell::Cell;

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

fn hash(hex: &str) -> Digest {
    Digest::from_bytes(bytes(hex).try_into().unwrap())
}

fn hashes(hex: &[&str]) -> Vec<Digest> {
    hex.iter().map(|hex| hash(hex)).collect()
}

/// The leaves and roots that Certificate Transparency's own test programs use.
const CT: [(&str, &str); 8] = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
];

const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const F: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

fn ct_tree() -> MemoryTree {
    let mut tree = MemoryTree::default();
    for (leaf, _) in CT {
        tree.push(leaf_hash(&bytes(leaf)));
    }
    tree
}

fn numbered(size: u64) -> (Vec<Digest>, MemoryTree) {
    let leaves: Vec<_> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    let mut tree = MemoryTree::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    (leaves, tree)
}

/// RFC 6962, section 2.1, word for word.
fn defined(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            node_hash(&defined(&leaves[..middle]), &defined(&leaves[middle..]))
        }
    }
}

#[test]
fn roots_are_the_published_ones() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Edge::default().root(), hash(empty));
    let (mut edge, tree) = (Edge::default(), ct_tree());
    for (leaf, root) in CT {
        edge.push(leaf_hash(&bytes(leaf)), |_, _| {});
        assert_eq!(edge.root(), hash(root), "after {leaf}");
        assert_eq!(tree_root(&tree, edge.size()), Ok(hash(root)), "after {leaf}");
    }
}

#[test]
fn proofs_are_the_published_ones() {
    let tree = ct_tree();
    // (entry, size, proof); the published tables count entries from 1.
    let (first, third, fourth) = (CT[0].1, CT[1].1, CT[3].1);
    for (index, size, proof) in [
        (0, 1, vec![]),
        (0, 8, vec![A, B, C]),
        (5, 8, vec![D, E, fourth]),
        (2, 3, vec![third]),
        (1, 5, vec![first, B, D]),
    ] {
        let made = prove_inclusion(&tree, index, size).unwrap();
        assert_eq!(made, hashes(&proof), "entry {index} of {size}");
    }
    for (old, new, proof) in
        [(1, 1, vec![]), (1, 8, vec![A, B, C]), (6, 8, vec![F, E, fourth]), (2, 5, vec![B, D])]
    {
        let made = prove_consistency(&tree, old, new).unwrap();
        assert_eq!(made, hashes(&proof), "{old} to {new}");
    }
}

#[test]
fn every_small_tree_follows_the_definition() {
    let (leaves, tree) = numbered(530);
    for size in 0..=leaves.len() {
        let root = defined(&leaves[..size]);
        assert_eq!(Edge::over(&leaves[..size]).root(), root, "{size}");
        assert_eq!(tree_root(&tree, size as u64), Ok(root), "{size}");
    }
}

#[test]
fn an_edge_is_taken_up_where_it_was_left() {
    let (leaves, tree) = numbered(100);
    for size in 0..100 {
        let mut edge = edge_at(&tree, size).unwrap();
        assert_eq!(Ok(&edge), Edge::new(size, edge.peaks().to_vec()).as_ref());
        leaves[size as usize..].iter().for_each(|leaf| edge.push(*leaf, |_, _| {}));
        assert_eq!(&edge, tree.edge(), "from {size}");
    }
    assert_eq!(Edge::new(5, vec![empty_root()]).unwrap_err().code(), "log-edge");
}

#[test]
fn every_proof_of_a_small_tree_checks_and_no_altered_one_does() {
    let (leaves, tree) = numbered(40);
    let other = leaf_hash(b"other");
    for size in 1..=40 {
        let root = tree_root(&tree, size).unwrap();
        for index in 0..size {
            let leaf = leaves[index as usize];
            let proof = prove_inclusion(&tree, index, size).unwrap();
            let check = |leaf, index, size, root, proof: &[_]| {
                check_inclusion(&leaf, index, size, &root, proof)
            };
            assert_eq!(check(leaf, index, size, root, &proof), Ok(()), "{index} of {size}");
            assert_eq!(check(other, index, size, root, &proof), Err(BadProof::Root));
            assert_eq!(check(leaf, index, size, other, &proof), Err(BadProof::Root));
            assert_eq!(check(leaf, size, size, root, &proof), Err(BadProof::Range));
            for wrong in altered(&proof, other) {
                assert!(check(leaf, index, size, root, &wrong).is_err(), "{index} of {size}");
            }
        }
        for old in 0..=size {
            let before = tree_root(&tree, old).unwrap();
            let proof = prove_consistency(&tree, old, size).unwrap();
            let check = |before, proof: &[_]| {
                check_consistency(&Head { size: old, root: before }, &Head { size, root }, proof)
            };
            assert_eq!(check(before, &proof), Ok(()), "{old} to {size}");
            assert!(check(other, &proof).is_err(), "{old} to {size}");
            for wrong in altered(&proof, other) {
                assert!(check(before, &wrong).is_err(), "{old} to {size}");
            }
        }
    }
}

/// A hash replaced, dropped, or added, everywhere.
fn altered(proof: &[Digest], other: Digest) -> Vec<Vec<Digest>> {
    let mut all = Vec::new();
    for at in 0..=proof.len() {
        let mut longer = proof.to_vec();
        longer.insert(at, other);
        all.push(longer);
        if at < proof.len() {
            let (mut replaced, mut shorter) = (proof.to_vec(), proof.to_vec());
            replaced[at] = other;
            shorter.remove(at);
            all.extend([replaced, shorter]);
        }
    }
    all
}

#[test]
fn what_cannot_be_proved_is_refused() {
    let (_, tree) = numbered(3);
    assert_eq!(prove_inclusion(&tree, 3, 3).unwrap_err().code(), "log-proof-range");
    assert_eq!(prove_consistency(&tree, 3, 2).unwrap_err().code(), "log-proof-range");
    assert_eq!(prove_inclusion(&tree, 0, LARGEST_TREE + 1).unwrap_err().code(), "log-proof-range");
    assert_eq!(prove_inclusion(&tree, 0, 9).unwrap_err().code(), "log-hash-unreadable");
    let other = leaf_hash(b"other");
    let huge = check_inclusion(&other, u64::MAX - 1, u64::MAX, &other, &[other; 64]);
    assert_eq!(huge.unwrap_err().code(), "log-proof-invalid");
    let empty =
        check_consistency(&Head { size: 0, root: other }, &Head { size: 3, root: other }, &[]);
    assert_eq!(empty, Err(BadProof::OldRoot), "an empty log has one root only");
}

#[test]
fn tiles_have_one_spelling() {
    use TileKind::{Entries, Hashes};
    for (kind, index, width, path) in [
        (Hashes(0), 0, 256, "tile/0/000"),
        (Hashes(0), 0, 1, "tile/0/000.p/1"),
        (Hashes(1), 999, 255, "tile/1/999.p/255"),
        (Hashes(2), 1000, 256, "tile/2/x001/000"),
        (Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (Hashes(63), 7, 256, "tile/63/007"),
        (Entries, 0, 256, "tile/entries/000"),
        (Entries, 1_234_067, 112, "tile/entries/x001/x234/067.p/112"),
        (Entries, u64::MAX >> 8, 256, "tile/entries/x072/x057/x594/x037/x927/935"),
    ] {
        let tile = Tile::new(kind, index, width).unwrap();
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse(), Ok(tile));
    }
}

#[test]
fn other_paths_are_refused() {
    for path in [
        "",
        "checkpoint",
        "tile/0",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/+1/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/8/0/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/entries/x999/x999/x999/x999/x999/x999/999",
        "tile/entries/x072/x057/x594/x037/x927/936",
    ] {
        let refused = path.parse::<Tile>().expect_err(path);
        assert_eq!(refused.code(), "tile-path");
    }
    assert_eq!(Tile::new(TileKind::Entries, 0, 0), None);
    assert_eq!(Tile::new(TileKind::Entries, 0, 257), None);
}

#[test]
fn a_log_has_the_tiles_that_the_format_says() {
    let said = |old, new| new_tiles(old, new).map(|tile| tile.to_string()).collect::<Vec<_>>();
    // The example of the specification: 70,000 entries.
    let tiles = said(0, 70_000);
    assert_eq!(tiles.len(), 274 + 2 + 1 + 274);
    for path in
        ["tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    {
        assert!(tiles.iter().any(|tile| tile == path), "{path}");
    }
    assert_eq!(said(0, 0), [""; 0]);
    assert_eq!(said(0, 256), ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
    assert_eq!(
        said(255, 257),
        [
            "tile/0/000",
            "tile/0/001.p/1",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/001.p/1"
        ]
    );
    assert_eq!(said(256, 256), [""; 0]);
    assert_eq!(said(300, 301), ["tile/0/001.p/45", "tile/entries/001.p/45"]);
}

#[test]
fn proofs_from_tiles_are_the_same() {
    let size = 70_000;
    let (_, tree) = numbered(size);
    let reads = Cell::new(0);
    let from_tiles = |size| {
        TileNodes::new(size, |tile| {
            reads.set(reads.get() + 1);
            write_tile(&tree, tile)
        })
    };
    for (index, size) in [(0, 1), (0, 70_000), (69_999, 70_000), (65_535, 65_537), (300, 600)] {
        assert_eq!(
            prove_inclusion(&from_tiles(size), index, size).unwrap(),
            prove_inclusion(&tree, index, size).unwrap(),
            "{index} of {size}"
        );
        assert_eq!(tree_root(&from_tiles(size), size).unwrap(), tree_root(&tree, size).unwrap());
        for old in [1, index, index + 1, size] {
            assert_eq!(
                prove_consistency(&from_tiles(size), old, size).unwrap(),
                prove_consistency(&tree, old, size).unwrap(),
                "{old} to {size}"
            );
        }
    }
    reads.set(0);
    prove_inclusion(&from_tiles(size), 12_345, size).unwrap();
    assert!(reads.get() <= 5, "a proof reads each tile once, not {}", reads.get());
}

#[test]
fn a_tile_of_another_length_is_named() {
    let short = TileNodes::new(300, |_| Ok::<_, NotStored>(vec![0; 31]));
    let refused = tree_root(&short, 300).unwrap_err();
    assert_eq!(refused.code(), "tile-length");
    assert_eq!(refused.to_string(), "tile/1/000.p/1 has 31 bytes; its name says 32");
    let beyond = short.node(Node { level: 9, index: 0 }).unwrap_err();
    assert_eq!(beyond.code(), "log-proof-range");
}

#[test]
fn entries_go_into_bundles_and_come_back() {
    let largest = vec![7; LARGEST_ENTRY];
    let entries: [&[u8]; 4] = [b"one", b"", &largest, b"two"];
    let mut bundle = Vec::new();
    for entry in entries {
        write_entry(&mut bundle, entry).unwrap();
    }
    assert_eq!(read_bundle(&bundle), (entries.to_vec(), None));
    for cut in [1, 3, bundle.len() - 1] {
        let (whole, broken) = read_bundle(&bundle[..cut]);
        assert_eq!(broken, Some(BundleError { entry: whole.len() }), "cut at {cut}");
    }
    for (bytes, code) in [
        (LARGEST_ENTRY + 1, "log-entry-too-large"),
        (FORMAT_LIMIT, "log-entry-too-large"),
        (FORMAT_LIMIT + 1, "log-entry-over-format"),
    ] {
        let refused = write_entry(&mut bundle, &vec![0; bytes]).unwrap_err();
        assert_eq!(refused.code(), code, "{bytes} bytes");
    }
    let mut foreign = FORMAT_LIMIT.to_be_bytes()[6..].to_vec();
    foreign.resize(2 + FORMAT_LIMIT, 1);
    assert_eq!(read_bundle(&foreign).0.len(), 1, "others may write up to the limit of the format");
}
