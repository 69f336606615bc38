//! Where rows go: stdout, or a file that gets its name only when it is whole.

use super::Form;
use super::row::{COLUMNS, Row};
use anyhow::{Context as _, Result, anyhow};
use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

/// An export that is being written. Dropped before it is finished, it leaves nothing.
pub(super) struct Sink {
    rows: Rows,
    file: Option<Unfinished>,
}

enum Rows {
    Csv(Box<csv::Writer<Target>>),
    Jsonl(BufWriter<Target>),
}

type Target = Box<dyn Write>;

/// A file under a name that nobody asked for; removed unless it is renamed.
struct Unfinished {
    file: File,
    name: PathBuf,
    wanted: PathBuf,
}

impl Sink {
    /// Opens stdout for `-`, else a file beside the one that is wanted.
    pub(super) fn open(out: &Path, form: Form) -> Result<Self> {
        let direct = out.exists() && !out.is_file();
        let (target, file): (Target, _) = if out.as_os_str() == "-" {
            (Box::new(stdout().lock()), None)
        } else if direct {
            // A pipe or a device: there is nothing to rename over.
            let file = File::options().write(true).open(out);
            (Box::new(file.with_context(|| format!("cannot write {}", out.display()))?), None)
        } else {
            let file = Unfinished::create(out)?;
            (Box::new(file.file.try_clone()?), Some(file))
        };
        let rows = match form {
            Form::Csv => {
                let mut csv = csv::Writer::from_writer(target);
                csv.write_record(COLUMNS).map_err(plain)?;
                Rows::Csv(Box::new(csv))
            }
            Form::Jsonl => Rows::Jsonl(BufWriter::new(target)),
        };
        Ok(Self { rows, file })
    }

    /// Writes a row.
    pub(super) fn put(&mut self, row: &Row<'_>) -> Result<()> {
        match &mut self.rows {
            Rows::Csv(csv) => {
                csv.write_record(row.cells().map(safe)).map_err(plain)?;
            }
            Rows::Jsonl(lines) => {
                serde_json::to_writer(&mut *lines, &row.json()).map_err(std::io::Error::from)?;
                lines.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    /// Makes the file durable and gives it its name.
    pub(super) fn finish(mut self) -> Result<()> {
        match &mut self.rows {
            Rows::Csv(csv) => csv.flush()?,
            Rows::Jsonl(lines) => lines.flush()?,
        }
        match &self.file {
            None => Ok(()),
            Some(Unfinished { file, name, wanted }) => {
                file.sync_all()?;
                std::fs::rename(name, wanted)
                    .with_context(|| format!("cannot write {}", wanted.display()))
            }
        }
    }
}

impl Unfinished {
    fn create(wanted: &Path) -> Result<Self> {
        // Behind a link, the file that it leads to is replaced, not the link.
        let wanted = wanted.canonicalize().unwrap_or_else(|_| wanted.to_owned());
        let mut name = wanted.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let name = PathBuf::from(name);
        let file =
            File::create(&name).with_context(|| format!("cannot write {}", name.display()))?;
        Ok(Self { file, name, wanted })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the renaming there is nothing under this name.
        let _ = std::fs::remove_file(&self.name);
    }
}

/// The system's own error, so that a reader that left can be told from a full disk.
fn plain(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => anyhow!("a row cannot be written: {other:?}"),
    }
}

/// A cell that a spreadsheet would read as a formula gets a quote mark before it.
pub(super) fn safe(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell,
    }
}
