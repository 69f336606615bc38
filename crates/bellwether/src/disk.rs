//! The disk: how much room is left, and files that appear when they are whole.

use std::path::Path;

/// Bytes that are left for this user on the disk that holds a path; `None` where that cannot be asked.
#[cfg(unix)]
pub(crate) fn free(path: &Path) -> Option<u64> {
    let said = rustix::fs::statvfs(path).ok()?;
    said.f_bavail.checked_mul(said.f_frsize)
}

/// As above.
#[cfg(not(unix))]
pub(crate) fn free(_: &Path) -> Option<u64> {
    None
}

/// Writes a file that appears when it is whole, in the place of an older one.
///
/// # Errors
/// The system's; then the older one is as it was.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut part = path.to_owned().into_os_string();
    part.push(".part");
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn room_is_known_where_a_folder_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(folder.path()).is_some_and(|free| free > 0));
        assert_eq!(free(&folder.path().join("none")), None);
    }
}
