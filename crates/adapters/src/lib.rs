//! Adapters: bytes from other systems to words.
//!
//! - In: a [`Mapping`] (YAML that says what a row means) and the bytes of an export or a delivery.
//! - Out: one [`Row`] after another, and from each row its canonical signals; whatever cannot be
//!   understood is a [`Refusal`] with a code, a place and a mend, and the rest goes on.
//! - Never: opens a socket or a file, reads a clock, or lets a float near an amount. A refusal's
//!   message never quotes a cell: cells may be personal.
//!
//! One export is read like this: [`decompress`] the bytes, open them as [`rows`], and give each row
//! to [`Mapping::map`]. Memory is bounded by one row, whatever the size of the file.

pub mod channel;
pub mod channels;
pub mod cloudevents;
pub mod headers;
pub mod mapping;
pub mod rows;
pub mod webhook;

pub use mapping::shipped::shipped;
pub use mapping::{FieldSchema, Figures, Format, Gates, Mapping, Verdict};
pub use rows::gzip::decompress;
pub use rows::{MAX_DEPTH, MAX_ROW, MAX_UNLISTED, Refusal, Row, Rows, rows};
pub use webhook::shipped::schemes;
