//! The configuration as it holds, for people: what was set, and the defaults of what was not.

use super::Loaded;

/// The configuration as TOML, each line with where it came from; of secrets, only that they are set.
pub(crate) fn show(_loaded: &Loaded) -> String {
    String::new()
}
