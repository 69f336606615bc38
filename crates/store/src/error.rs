//! What can go wrong with the data directory: a code, a sentence, and the next step.

use rusqlite::ErrorCode;

/// A failure of the store. Nothing of the call that returned it was kept, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the directory open for writing.
    #[error("another process holds the data directory `{dir}`")]
    Locked {
        /// The directory.
        dir: String,
    },
    /// There is no store in the directory.
    #[error("there is no store in `{dir}`")]
    Missing {
        /// The directory.
        dir: String,
    },
    /// A store was to be created where one is.
    #[error("there is a store in `{dir}` already")]
    Exists {
        /// The directory.
        dir: String,
    },
    /// The disk, or the limit set for the store, is full.
    #[error("the disk is full; nothing of the batch was kept")]
    Full {
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The store was opened for reading, or its files cannot be written.
    #[error("the store cannot be written")]
    ReadOnly,
    /// Stored bytes are not what was written.
    #[error("the store is damaged: {what}")]
    Corrupt {
        /// Where it shows.
        what: String,
    },
    /// The files belong to another program or to a newer version of this one.
    #[error("the file `{file}` has version {found}; this program knows up to {known}")]
    Version {
        /// The file.
        file: String,
        /// The version it carries; negative for a file of another program.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The operating system failed to read or write.
    #[error("the store failed to {doing}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system failed in the middle of a commit: only a reopening can tell what is on the disk.
    #[error("a commit failed half-way; the store takes no more until it is reopened")]
    Uncertain,
    /// Another connection kept the file busy for too long.
    #[error("another connection keeps the store busy")]
    Busy,
    /// A row contradicts one that is kept.
    #[error("a row contradicts what is kept: {what}")]
    Conflict {
        /// Which rule it breaks.
        what: String,
    },
    /// A row is larger than the store takes, or has more parts.
    #[error("{what}: {found}; at most {most} are taken")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much is taken.
        most: usize,
    },
    /// Events were to be trimmed before a base covers them.
    #[error(
        "events before position {pos} are needed: stream {stream} has no base that covers them"
    )]
    BaseMissing {
        /// Where trimming was to end.
        pos: u64,
        /// One of the streams that still need theirs.
        stream: String,
    },
}

impl StoreError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "store-locked",
            Self::Missing { .. } => "store-missing",
            Self::Exists { .. } => "store-exists",
            Self::Full { .. } => "store-full",
            Self::ReadOnly => "store-read-only",
            Self::Corrupt { .. } => "store-corrupt",
            Self::Version { .. } => "store-version",
            Self::Io { .. } => "store-io",
            Self::Uncertain => "store-uncertain",
            Self::Busy => "store-busy",
            Self::Conflict { .. } => "store-conflict",
            Self::TooLarge { .. } => "store-too-large",
            Self::BaseMissing { .. } => "store-base-missing",
        }
    }

    /// The next step for the person who reads it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "stop the other process, or name another directory with --data",
            Self::Missing { .. } => "run `bellwether init`, or name the directory with --data",
            Self::Exists { .. } => "name an empty directory, or use the store that is there",
            Self::Full { .. } => {
                "free space or run `bellwether privacy purge`; what was acknowledged is safe"
            }
            Self::ReadOnly => "check the owner and the mount of the data directory",
            Self::Corrupt { .. } => "stop, keep a copy, run `bellwether doctor`, then restore",
            Self::Version { .. } => "use the version of bellwether that wrote the directory",
            Self::Io { .. } => "look at the system's log; the disk or the mount is failing",
            Self::Uncertain => "restart the program; recovery keeps what reached the disk",
            Self::Busy => "wait and repeat; a backup or a reading may be running",
            Self::Conflict { .. } => "this is a fault of the program; report it with the code",
            Self::TooLarge { .. } => "split what is sent into smaller pieces",
            Self::BaseMissing { .. } => "write a base for each stream first, then trim",
        }
    }

    /// Damage that shows at a place.
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    /// A contradiction with what is kept.
    pub(crate) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict { what: what.into() }
    }

    /// A failure of the operating system outside SQLite.
    pub(crate) fn io(doing: &'static str, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly
            }
            _ => Self::Io { doing, source: Box::new(source) },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { source: error },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::corrupt(error.to_string())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ConstraintViolation) => Self::conflict(error.to_string()),
            Some(_) => Self::Io { doing: "read or write", source: Box::new(error) },
            None => match error {
                E::ToSqlConversionFailure(_) => Self::conflict("a number does not fit 63 bits"),
                // Everything else means that a stored value is not of the kind that was written.
                _ => Self::corrupt(error.to_string()),
            },
        }
    }
}
