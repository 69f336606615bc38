//! Between rows and the words of core: what a column holds, checked when it is read.

use crate::StoreError;
use bellwether_core::{Digest, Id, StreamId, StreamKind, Timestamp};
use rusqlite::Row;

type Result<T> = std::result::Result<T, StoreError>;

/// The stored form of a stream's name: its kind in one byte, then its id.
pub(crate) type StreamKey = [u8; 17];

/// These numbers stand in data files: never change one.
const KINDS: [(StreamKind, u8); 5] = [
    (StreamKind::Account, 1),
    (StreamKind::Team, 2),
    (StreamKind::Population, 3),
    (StreamKind::Person, 4),
    (StreamKind::System, 5),
];

pub(crate) fn stream_key(stream: StreamId) -> StreamKey {
    let byte = KINDS.iter().find(|(kind, _)| *kind == stream.kind).map_or(0, |(_, byte)| *byte);
    let mut key = [byte; 17];
    for (to, from) in key.iter_mut().skip(1).zip(stream.id.to_bytes()) {
        *to = from;
    }
    key
}

pub(crate) fn stream_id(key: &[u8]) -> Result<StreamId> {
    let wrong = || StoreError::corrupt("a stream's name is not 17 bytes of a known kind");
    let (byte, id) = key.split_first().ok_or_else(wrong)?;
    let (kind, _) = KINDS.into_iter().find(|(_, known)| known == byte).ok_or_else(wrong)?;
    Ok(StreamId { kind, id: Id::from_bytes(id.try_into().map_err(|_| wrong())?) })
}

pub(crate) fn blob<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8]> {
    let wrong = || StoreError::corrupt(format!("column {column} is not bytes"));
    row.get_ref(column)?.as_blob().map_err(|_| wrong())
}

pub(crate) fn bytes<const N: usize>(row: &Row<'_>, column: usize) -> Result<[u8; N]> {
    let wrong = || StoreError::corrupt(format!("column {column} is not {N} bytes"));
    blob(row, column)?.try_into().map_err(|_| wrong())
}

pub(crate) fn digest(row: &Row<'_>, column: usize) -> Result<Digest> {
    bytes(row, column).map(Digest::from_bytes)
}

pub(crate) fn stream(row: &Row<'_>, column: usize) -> Result<StreamId> {
    stream_id(blob(row, column)?)
}

pub(crate) fn instant(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_micros(row.get(column)?))
}

/// Parts of a position share one integer key: the position, then 8 bits. So they append too.
pub(crate) const PARTS: usize = 256;

/// The key of a part of a position; `None` beyond [`PARTS`] or 55 bits.
pub(crate) fn part_key(pos: u64, part: usize) -> Option<i64> {
    let room = part < PARTS && pos < 1 << 55;
    room.then(|| i64::try_from(pos << 8 | part as u64).ok()).flatten()
}

pub(crate) const fn split_part(key: i64) -> (u64, u32) {
    ((key >> 8) as u64, (key & 0xff) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_names_survive_storage() {
        for (kind, _) in StreamKind::ALL {
            let stream = StreamId { kind, id: Id::from_bits(u128::MAX - 5) };
            assert_eq!(stream_id(&stream_key(stream)).unwrap(), stream);
        }
        for wrong in [&[][..], &[1; 16], &[0; 17], &[6; 17], &[1; 18]] {
            assert_eq!(stream_id(wrong).unwrap_err().code(), "store-corrupt", "{wrong:?}");
        }
    }

    #[test]
    fn parts_keep_the_order_of_positions() {
        assert!(part_key(1, 255) < part_key(2, 0));
        assert_eq!(part_key(1, 256), None);
        assert_eq!(part_key(1 << 55, 0), None);
        assert_eq!(part_key(7, 9).map(split_part), Some((7, 9)));
    }
}
