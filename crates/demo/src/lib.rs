//! Demo: being written.
