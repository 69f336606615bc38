//! The vectors of a CSV file's column `text`, as rows of little-endian 32-bit floats.
//!
//! `cargo run --release -p bellwether-encoder --example vectors -- FOLDER|WHEEL int8|float32 IN.csv OUT.f32`
//! What it writes is what `tests/oracle.py compare` reads.

use bellwether_encoder::{Encoder, Precision};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, precision, input, output] = arguments.as_slice() else {
        return Err("give a model, a precision, a CSV file and where to write".into());
    };
    let precision = match precision.as_str() {
        "int8" => Precision::Int8,
        "float32" => Precision::Float32,
        _ => return Err("a precision is int8 or float32".into()),
    };
    let model = Path::new(model);
    let open = if model.is_dir() { Encoder::from_folder } else { Encoder::from_wheel };
    let encoder = open(model, precision).map_err(|problem| problem.to_string())?;
    let mut reader = csv::Reader::from_path(input)?;
    let column = reader.headers()?.iter().position(|name| name == "text");
    let column = column.ok_or("the file has no column `text`")?;
    let mut texts = Vec::new();
    for row in reader.records() {
        texts.push(row?.get(column).unwrap_or_default().to_owned());
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = encoder.embed_all(&texts);
    let bytes: Vec<u8> = vectors.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(output, bytes)?;
    println!("{} rows of {} by {}", texts.len(), encoder.dimensions(), encoder.digest());
    Ok(())
}
