//! How fast a file is read: `cargo run --release --example rate -- MAPPING FILE`.

use bellwether_adapters::{Mapping, decompress, rows, shipped};
use std::fs::File;
use std::io::{BufReader, Error};
use std::time::Instant;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err(Error::other("give the name of a shipped mapping and a file"));
    };
    let text = shipped().iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let text = text.ok_or_else(|| Error::other("there is no such mapping"))?;
    let mapping =
        Mapping::parse(&name, text).map_err(|found| Error::other(format!("{found:?}")))?;
    let start = Instant::now();
    let reader = decompress(BufReader::new(File::open(&file)?))?;
    let rows = rows(reader, &file, mapping.format(), &mapping);
    let (mut read, mut signals, mut refused) = (0u64, 0u64, 0u64);
    for row in rows.map_err(|found| Error::other(format!("{found:?}")))? {
        read += 1;
        for signal in row.map_or_else(|refusal| vec![Err(refusal)], |row| mapping.map(&row)) {
            match signal {
                Ok(_) => signals += 1,
                Err(_) => refused += 1,
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{read} rows, {signals} signals, {refused} refused in {seconds:.3} s: {:.0} rows a second",
        read as f64 / seconds
    );
    Ok(())
}
