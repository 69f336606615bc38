//! Images of a crash: the files as they were at some byte of the way. Every acknowledged batch must
//! be there, and the one that was under way wholly or not at all.

use super::*;
use std::path::PathBuf;

const FILES: [&str; 2] = ["data.db", "data.db-wal"];

/// The bytes of both files; what is missing is empty.
fn image(dir: &Path) -> [Vec<u8>; 2] {
    FILES.map(|file| std::fs::read(dir.join(file)).unwrap_or_default())
}

/// Opens a copy and checks that it holds whole batches: those acknowledged, and at most one more.
fn check(image: &[Vec<u8>; 2], acknowledged: &[u64], what: &str) {
    let dir = tempfile::tempdir().unwrap();
    for (file, bytes) in FILES.iter().zip(image) {
        let path: PathBuf = dir.path().join(file);
        std::fs::write(path, bytes).unwrap();
    }
    let store = reopen(dir.path());
    assert_eq!(store.integrity(Depth::Full).unwrap(), [""; 0], "{what}");
    let mut sizes = Vec::new();
    for row in scanned(&store, 1) {
        match u64::try_from(row.stream.id.bits()).unwrap() {
            batch if batch == sizes.len() as u64 => sizes.push(1),
            _ => *sizes.last_mut().unwrap() += 1,
        }
    }
    let last = sizes.len() as u64;
    assert!(sizes.len() >= acknowledged.len(), "{what}: acknowledged batches are missing");
    assert!(sizes.len() <= acknowledged.len() + 1, "{what}: more than one unacknowledged batch");
    assert_eq!(sizes[..acknowledged.len()], *acknowledged, "{what}: a batch is not whole");
    assert_eq!(store.slots_taken().unwrap(), last, "{what}: marks move with the batch");
}

/// A batch whose stream tells its number and whose size is random.
fn batch(dice: &mut Dice, nth: u64) -> Batch {
    let mut batch = Batch::new(at(nth as i64));
    for seq in 1..=dice.roll(6) + 1 {
        let event = dice.bytes(3000);
        batch.entries.push(Entry::new(stream(u128::from(nth)), seq, event, dice.bytes(900)));
    }
    batch.accounts = vec![account(nth + 1)];
    batch
}

#[test]
fn a_log_torn_anywhere_keeps_what_was_acknowledged() {
    for seed in 0..12 {
        let (dir, mut store) = fresh();
        let (mut dice, mut sizes) = (Dice(seed), Vec::new());
        for nth in 0..6 {
            let batch = batch(&mut dice, nth);
            let before = image(dir.path());
            store.commit(&batch).unwrap();
            let after = image(dir.path());
            for _ in 0..6 {
                // The log grew or was overwritten up to some byte; beyond it, old bytes or noise.
                let torn = dice.roll(after[1].len() as u64 + 1) as usize;
                let mut log = after[1][..torn].to_vec();
                let rest = before[1].get(torn..).unwrap_or_default();
                log.extend_from_slice(rest);
                if dice.roll(2) == 0 && rest.is_empty() {
                    log.extend(dice.bytes(9000));
                }
                let what = format!("seed {seed}, batch {nth}, torn at {torn}");
                check(&[before[0].clone(), log], &sizes, &what);
            }
            sizes.push(batch.entries.len() as u64);
            check(&after, &sizes, &format!("seed {seed}, after batch {nth}"));
            if dice.roll(3) == 0 {
                store.fold_log().unwrap();
            }
        }
    }
}

#[test]
fn a_checkpoint_cut_short_keeps_what_was_acknowledged() {
    for seed in 0..12 {
        let (dir, mut store) = fresh();
        let (mut dice, mut sizes) = (Dice(seed), Vec::new());
        for nth in 0..8 {
            let batch = batch(&mut dice, nth);
            store.commit(&batch).unwrap();
            sizes.push(batch.entries.len() as u64);
        }
        let before = image(dir.path());
        assert!(store.fold_log().unwrap());
        let after = image(dir.path());
        for cut in 0..6 {
            // Pages reach the file in any order; the log is cut only after all of them did.
            let mut file = before[0].clone();
            file.resize(after[0].len(), 0);
            for (nth, page) in after[0].chunks(8192).enumerate() {
                if dice.roll(2) == 0 {
                    file[nth * 8192..][..page.len()].copy_from_slice(page);
                }
            }
            check(&[file, before[1].clone()], &sizes, &format!("seed {seed}, cut {cut}"));
        }
        check(&after, &sizes, &format!("seed {seed}, folded"));
    }
}
