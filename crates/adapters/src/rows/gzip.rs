//! Compressed files: recognised by their first two bytes, read as they come.

use bellwether_core::Problem;
use flate2::bufread::MultiGzDecoder;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read};

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A reader that unpacks gzip (also several members in one file) and passes anything else on.
pub struct Decompressed<R: BufRead>(Inner<R>);

enum Inner<R: BufRead> {
    Plain(R),
    Gzip(Box<BufReader<MultiGzDecoder<R>>>),
}

/// Why a compressed stream ended early. It travels inside the reader's error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damage {
    #[error("the compressed file ends early")]
    Truncated,
    #[error("the compressed file is damaged")]
    Corrupt,
}

/// Looks at the first bytes and unpacks what is gzip.
///
/// # Errors
/// What the reader itself reports when its first bytes are asked for.
pub fn decompress<R: BufRead>(mut reader: R) -> std::io::Result<Decompressed<R>> {
    let packed = reader.fill_buf()?.starts_with(&MAGIC);
    Ok(Decompressed(if packed {
        let unpacking = MultiGzDecoder::new(reader);
        Inner::Gzip(Box::new(BufReader::with_capacity(1 << 16, unpacking)))
    } else {
        Inner::Plain(reader)
    }))
}

impl<R: BufRead> Read for Decompressed<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match &mut self.0 {
            Inner::Plain(reader) => reader.read(into),
            Inner::Gzip(reader) => reader.read(into).map_err(damage),
        }
    }
}

impl<R: BufRead> BufRead for Decompressed<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        match &mut self.0 {
            Inner::Plain(reader) => reader.fill_buf(),
            Inner::Gzip(reader) => reader.fill_buf().map_err(damage),
        }
    }

    fn consume(&mut self, amount: usize) {
        match &mut self.0 {
            Inner::Plain(reader) => reader.consume(amount),
            Inner::Gzip(reader) => reader.consume(amount),
        }
    }
}

fn damage(error: Error) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => Error::new(error.kind(), Damage::Truncated),
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            Error::new(ErrorKind::InvalidData, Damage::Corrupt)
        }
        _ => error,
    }
}

/// What to say when a reader fails. The rows read before are good.
pub(crate) fn read_problem(error: &Error) -> Problem {
    let damage = error.get_ref().and_then(|inner| inner.downcast_ref::<Damage>());
    match damage {
        Some(Damage::Truncated) => {
            Problem::new("row-gzip-truncated", "the compressed file ends early: rows are missing")
                .help("copy or export the file again; the rows before this line are good")
        }
        Some(Damage::Corrupt) => {
            Problem::new("row-gzip-damaged", "the compressed file is damaged: rows are missing")
                .help("copy or export the file again; `gzip -t FILE` tests it")
        }
        None => Problem::new("row-read-failed", format!("reading failed: {}", error.kind()))
            .help("the rows before this line are good; read the file again"),
    }
}
