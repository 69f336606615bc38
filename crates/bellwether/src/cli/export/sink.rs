//! Where rows go: stdout, or a file that gets its name only when it is whole.

use super::Form;
use super::row::{COLUMNS, Row};
use anyhow::{Context as _, Result, bail};
use std::borrow::Cow;
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
        let (target, file): (Target, _) = if out.as_os_str() == "-" {
            (Box::new(stdout().lock()), None)
        } else {
            let file = Unfinished::create(out)?;
            (Box::new(file.file.try_clone()?), Some(file))
        };
        let rows = match form {
            Form::Csv => {
                let mut csv = csv::Writer::from_writer(target);
                csv.write_record(COLUMNS)?;
                Rows::Csv(Box::new(csv))
            }
            Form::Jsonl => Rows::Jsonl(BufWriter::new(target)),
        };
        Ok(Self { rows, file })
    }

    /// Writes a row.
    pub(super) fn put(&mut self, row: &Row<'_>) -> Result<()> {
        match &mut self.rows {
            Rows::Csv(csv) => csv.write_record(row.cells().map(safe).iter().map(|c| c.as_bytes()))?,
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
        if wanted.is_dir() {
            bail!("{} is a folder; name a file", wanted.display());
        }
        let mut name = wanted.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let name = PathBuf::from(name);
        let file = File::create(&name).with_context(|| format!("cannot write {}", name.display()))?;
        Ok(Self { file, name, wanted: wanted.to_owned() })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the renaming there is nothing under this name.
        let _ = std::fs::remove_file(&self.name);
    }
}

/// A cell that a spreadsheet would read as a formula gets a quote mark before it.
pub(super) fn safe(cell: Cow<'_, str>) -> Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{cell}")),
        false => cell,
    }
}
