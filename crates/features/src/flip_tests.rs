//! Flips against a search by hand.
