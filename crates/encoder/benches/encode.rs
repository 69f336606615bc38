//! What an encoded sentence costs: processor time one at a time, the slowest, and memory.
//!
//! The model is the folder that `BELLWETHER_ENCODER` names; the sentences are the column `text` of the
//! CSV file that `BELLWETHER_SENTENCES` names, or a few of our own. Sentences per processor second count the
//! thread's own time on the processor (Linux), whatever else the machine does; p50 and p99 are over the
//! sentences, each by the clock, the least of five.

use bellwether_encoder::{Encoder, Precision};
use std::path::Path;
use std::time::Instant;

const OWN: [&str; 4] = [
    "I ordered the spare part on Monday and it is still not here, can you look into it?",
    "please let me talk to a person",
    "thank you, that has solved it",
    "The invoice of October lists two licences that we gave back in August.",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("BELLWETHER_ENCODER") else {
        println!("skipped: BELLWETHER_ENCODER names no folder with a model");
        return Ok(());
    };
    let texts = sentences()?;
    for precision in [Precision::Int8, Precision::Float32] {
        let before = processor();
        let encoder = Encoder::from_folder(Path::new(&folder), precision)
            .map_err(|problem| problem.to_string())?;
        let loaded = processor() - before;
        let tokens: usize = texts.iter().map(|text| encoder.tokens(text).len()).sum();
        let before = processor();
        for text in &texts {
            std::hint::black_box(encoder.embed(text));
        }
        let total = processor() - before;
        let mut times: Vec<f64> = texts.iter().map(|text| least(&encoder, text)).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied();
        println!(
            "{precision:?}: {} sentences of {:.1} tokens; {:.0} per processor second; p50 {:.2} ms, p99 {:.2} ms; \
             loading {:.2} s; resident {} MB, at most {} MB",
            texts.len(),
            tokens as f64 / texts.len() as f64,
            texts.len() as f64 / total,
            at(0.50).unwrap_or_default() * 1e3,
            at(0.99).unwrap_or_default() * 1e3,
            loaded,
            memory("VmRSS:")? / 1024,
            memory("VmHWM:")? / 1024,
        );
    }
    Ok(())
}

/// Seconds on the clock for one text, the least of five.
fn least(encoder: &Encoder, text: &str) -> f64 {
    let time = |_| {
        let before = Instant::now();
        std::hint::black_box(encoder.embed(text));
        before.elapsed().as_secs_f64()
    };
    (0..5).map(time).fold(f64::INFINITY, f64::min)
}

fn sentences() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let Some(file) = std::env::var_os("BELLWETHER_SENTENCES") else {
        return Ok(OWN.iter().cycle().take(400).map(|text| (*text).to_owned()).collect());
    };
    let mut reader = csv::Reader::from_path(file)?;
    let column = reader.headers()?.iter().position(|name| name == "text").unwrap_or_default();
    let rows = reader.records().map(|row| Ok(row?.get(column).unwrap_or_default().to_owned()));
    rows.collect()
}

/// Seconds this thread has had a processor.
fn processor() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A row of the process's status, in KiB.
fn memory(row: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(row)).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
