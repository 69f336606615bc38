//! The directory itself: whether it is there, who may read it, the room left, who works in it.

use super::finding::Finding;
use crate::disk;
use crate::table::thousands;
use std::fs::{File, Permissions, TryLockError};
use std::path::Path;

/// The store's lock; see `store::open`.
const LOCK_FILE: &str = "lock";

const MB: u64 = 1_000_000;

/// Below this, commits are about to fail.
const ROOM_NEEDED: u64 = 100 * MB;

/// Below this, somebody should make room in time.
const ROOM_WANTED: u64 = 2_000 * MB;

pub(super) fn look(dir: &Path) -> Vec<Finding> {
    let about = "data directory";
    let shown = dir.display().to_string();
    let Ok(there) = std::fs::metadata(dir) else {
        let mend = "`bellwether init --bundle NAME` makes one; `--data DIR` names another";
        let missing = Finding::broken(about, format!("there is none at {shown}"), mend);
        return vec![missing.code("data-missing")];
    };
    if !there.is_dir() {
        let mend = "name a folder with `--data DIR`";
        return vec![Finding::broken(about, format!("{shown} is no folder"), mend)];
    }
    let mut findings = vec![match probe(dir) {
        Err(error) => {
            let mend = "check the owner and the mount: the service user must be able to write";
            Finding::broken(about, format!("{shown} cannot be written: {error}"), mend)
                .code("store-read-only")
        }
        Ok(()) => open_to_others(about, &shown, &there.permissions())
            .unwrap_or_else(|| Finding::ok(about, format!("{shown}, writable"))),
    }];
    findings.push(room(dir));
    findings.extend(lock(&dir.join(LOCK_FILE)));
    findings
}

/// Whether a file can be made here.
fn probe(dir: &Path) -> std::io::Result<()> {
    let path = dir.join(format!(".doctor-{}", std::process::id()));
    File::options().write(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)
}

#[cfg(unix)]
fn open_to_others(about: &str, shown: &str, permissions: &Permissions) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = permissions.mode() & 0o777;
    (mode & 0o022 != 0).then(|| {
        let found = format!("{shown} can be written by others (mode {mode:03o})");
        Finding::look(about, found, format!("`chmod go-w {shown}`"))
    })
}

#[cfg(not(unix))]
fn open_to_others(_: &str, _: &str, _: &Permissions) -> Option<Finding> {
    None
}

fn room(dir: &Path) -> Finding {
    let about = "disk space";
    let Some(free) = disk::free(dir) else {
        let mend = "see for yourself that there is room: a full disk stops every commit";
        return Finding::look(about, "cannot be asked for here", mend);
    };
    let found = format!("{} MB left", thousands(free / MB));
    let mend = "free space, or run `bellwether privacy purge --dry-run` to see what may go";
    match free {
        ..ROOM_NEEDED => Finding::broken(about, found, mend).code("store-full"),
        ROOM_NEEDED..ROOM_WANTED => Finding::look(about, found, mend),
        ROOM_WANTED.. => Finding::ok(about, found),
    }
}

/// Whether another process works here. The lock is let go at once.
fn lock(path: &Path) -> Option<Finding> {
    let file = File::open(path).ok()?;
    let about = "lock";
    Some(match file.try_lock() {
        Ok(()) => Finding::ok(about, "free: nobody works here"),
        Err(TryLockError::WouldBlock) => Finding::ok(about, "held: another process works here"),
        Err(TryLockError::Error(error)) => {
            let mend = "look at the system's log; network mounts often cannot lock files";
            Finding::broken(about, format!("cannot be tried: {error}"), mend).code("store-io")
        }
    })
}
