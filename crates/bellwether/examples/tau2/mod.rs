//! Decision boundaries of an airline and a bank, scored against ground truth that neither was written from.
//!
//! - In: the folder of the data sets; bundles and annotations in `tests/tau2`; other tasks, if given.
//! - Out: a [`Total`](score::Total) for each set.
//! - Never: shows an annotation or a bundle anything of a task's evaluation criteria.

pub(crate) mod airline;
pub(crate) mod banking;
pub(crate) mod data;
pub(crate) mod day;
pub(crate) mod gold;
pub(crate) mod judge;
pub(crate) mod score;
pub(crate) mod walk;

use airline::{Airline, Overlay};
use anyhow::{Context, Result, ensure};
use banking::Bank;
use data::{Reading, read};
use gold::Truth;
use judge::Judge;
use score::{Score, Total};
use serde_json::Value;
use std::path::{Path, PathBuf};
use walk::{World, walk};

/// The sets: the bundle's and the annotations' folder, and the data's.
pub(crate) const SETS: [(&str, &str); 2] =
    [("airline", "airline"), ("banking", "banking_knowledge")];

/// Bundles and annotations.
pub(crate) fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tau2")
}

/// Where things are.
pub(crate) struct Folders {
    /// Databases: `airline/`, `banking_knowledge/`.
    pub(crate) data: PathBuf,
    /// Tasks in the same folders: every `tasks*.json` and `tasks*.json.gz`.
    pub(crate) tasks: PathBuf,
    /// `airline/ID.yaml`, `banking/ID.yaml`.
    pub(crate) annotations: PathBuf,
}

/// Scores one set; nothing where its tasks are not there.
pub(crate) fn run(folders: &Folders, set: (&str, &str)) -> Result<Option<Total>> {
    let (name, folder) = set;
    let tasks = tasks(&folders.tasks.join(folder))?;
    if tasks.is_empty() {
        return Ok(None);
    }
    let judge = Judge::read(&ours().join(name))?;
    let (failed, _) = judge.own_tests();
    ensure!(failed.is_empty(), "the bundle's own tests fail: {failed:?}");
    let data = folders.data.join(folder);
    let airline = (name == "airline").then(|| Airline::read(&data)).transpose()?;
    let bank = match name {
        "banking" => {
            Some((read(&data.join("db.json.gz"))?, read(&ours().join("banking-products.yaml"))?))
        }
        _ => None,
    };
    let mut scores = Vec::new();
    for task in &tasks {
        let id = task.at("id").words();
        let file = folders.annotations.join(name).join(format!("{id}.yaml"));
        let annotation = read(&file).with_context(|| format!("the task {id} has no annotation"))?;
        let mut world = match (&airline, &bank) {
            (Some(airline), _) => World::Airline(airline, Overlay::default()),
            (None, Some((database, products))) => {
                World::Bank(Bank::of_task(database, products, task))
            }
            (None, None) => continue,
        };
        let steps =
            walk(&judge, &mut world, &annotation).with_context(|| format!("in the task {id}"))?;
        let truth = Truth::read(&judge, task);
        scores.push(Score::of(id, &judge, &world, steps, &truth));
    }
    Ok(Some(Total { set: name.to_owned(), scores }))
}

/// The tasks of a folder.
fn tasks(folder: &Path) -> Result<Vec<Value>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    let named = |path: &&PathBuf| {
        let name =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with("tasks") && (name.ends_with(".json") || name.ends_with(".json.gz"))
    };
    let mut tasks = Vec::new();
    for file in files.iter().filter(named) {
        tasks.extend(read(file)?.items().iter().cloned());
    }
    Ok(tasks)
}
