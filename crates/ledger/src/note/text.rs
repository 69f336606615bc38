//! The few spellings that all these formats share.

use crate::tree::LARGEST_TREE;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bellwether_core::Digest;

/// Base 64 of RFC 4648, section 4, with padding.
pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Back from base 64; one spelling only.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A hash in base 64.
pub(crate) fn hash(text: &str) -> Option<Digest> {
    Some(Digest::from_bytes(from_base64(text)?.try_into().ok()?))
}

/// A size or an index: digits, no leading zeros, no larger than a tree can be.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let one_spelling = text == "0" || !text.starts_with('0');
    let number = text.parse().ok().filter(|number| *number <= LARGEST_TREE);
    number.filter(|_| digits && one_spelling)
}
