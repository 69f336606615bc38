//! Bytes from other systems to words, and back.
