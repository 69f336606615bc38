//! Entry bundles: each entry led by its length as a big-endian 16-bit number.

/// What the format can carry: a length has 16 bits.
pub const FORMAT_LIMIT: usize = 65_535;

/// What we write: larger payloads stand in the log as a commitment.
pub const LARGEST_ENTRY: usize = 16 << 10;

/// An entry that cannot go into the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// More than we write.
    #[error("the entry has {bytes} bytes; the log takes {LARGEST_ENTRY}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// More than the format can carry.
    #[error("the entry has {bytes} bytes; a bundle cannot hold more than {FORMAT_LIMIT}")]
    OverFormat {
        /// Its size.
        bytes: usize,
    },
}

impl EntryError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "log-entry-too-large",
            Self::OverFormat { .. } => "log-entry-over-format",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        "keep the payload beside the log and log its commitment"
    }
}

/// Bytes that are no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bundle breaks off within its entry {entry}")]
pub struct BundleError {
    /// The entry within the bundle, from 0, that is not whole.
    pub entry: usize,
}

impl BundleError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        "log-bundle-damaged"
    }
}

/// Writes an entry to the end of a bundle.
///
/// # Errors
/// [`EntryError`] when it is larger than we write, or than the format can carry.
pub fn write_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryError> {
    let bytes = entry.len();
    let length = u16::try_from(bytes).map_err(|_| EntryError::OverFormat { bytes })?;
    if bytes > LARGEST_ENTRY {
        return Err(EntryError::TooLarge { bytes });
    }
    bundle.extend(length.to_be_bytes());
    bundle.extend(entry);
    Ok(())
}

/// The entries of a bundle, and what is wrong with the rest where it does not end with an entry.
/// Entries of up to [`FORMAT_LIMIT`] bytes are read: whether they belong there, hashes tell.
pub fn read_bundle(bytes: &[u8]) -> (Vec<&[u8]>, Option<BundleError>) {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let whole = rest.split_first_chunk().and_then(|(length, after)| {
            after.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        });
        let Some((entry, after)) = whole else {
            let broken = BundleError { entry: entries.len() };
            return (entries, Some(broken));
        };
        entries.push(entry);
        rest = after;
    }
    (entries, None)
}
