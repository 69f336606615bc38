//! `policy import-table`: a decision table from a spreadsheet, as rows of `thresholds.yaml`.
//!
//! - In: a CSV file in UTF-8, and the bundle that it is for.
//! - Out: the table in the bundle, or on stdout; or every problem, where it stands in the sheet.
//! - Never: writes a table with which the bundle would not load; changes anything else in the file.

use super::{check, counted};
use crate::cli::{Format, context::Context};
use crate::exit::{Exit, Problems};
use crate::{bundle, disk};
use anyhow::{Context as _, Result};
use bellwether_core::authored::Document;
use bellwether_core::{Place, Problem, Type};
use bellwether_engine::Rules;
use bellwether_expr::Scope;
use bellwether_policy::thresholds::put::{self, FILE, put};
use bellwether_policy::thresholds::sheet::{Head, Output, Sheet, Written, outputs, write};
use bellwether_policy::{Files, thresholds::Hit};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What to bring in, and where.
#[derive(clap::Args)]
pub(crate) struct TableArgs {
    /// The sheet: CSV in UTF-8. Columns are facts; `value` is what a row gives; `id` and `reason` are remarks.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// The bundle's folder. Without it the table is printed, and its facts are not checked.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// The name of the table: rules read it as `threshold.NAME`.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The type of its values; a table that is replaced has one.
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Option<Type>,
    /// What it is about; without it, what its columns are about.
    #[arg(long, value_name = "SCOPE", value_parser = scope)]
    scope: Option<Scope>,
    /// Who answers for it; the bundle's owner, if it is not said.
    #[arg(long, value_name = "HANDLE", required_unless_present = "bundle")]
    owner: Option<String>,
    /// Why there is such a table.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How rows are read: `first` (the first that fits) or `unique` (only one may fit).
    #[arg(long, value_name = "first|unique", value_parser = hit)]
    hit: Option<Hit>,
    /// Put it in the place of a table of its name.
    #[arg(long, requires = "bundle")]
    replace: bool,
    /// Print the table instead of writing it.
    #[arg(long)]
    print: bool,
}

fn kind(text: &str) -> Result<Type, String> {
    Type::from_word(text).ok_or_else(|| one_of(&Type::ALL.map(Type::as_str)))
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::from_word(text).ok_or_else(|| one_of(&Scope::ALL.map(Scope::as_str)))
}

fn hit(text: &str) -> Result<Hit, String> {
    Hit::from_word(text).ok_or_else(|| one_of(&Hit::ALL.map(Hit::as_str)))
}

fn one_of(words: &[&str]) -> String {
    format!("write one of {}", words.join(", "))
}

pub(super) fn run(context: &Context, args: &TableArgs) -> Result<Exit> {
    let cannot = || format!("cannot read {}", args.file.display());
    let mut bytes = Vec::new();
    let file = File::open(&args.file).with_context(cannot)?;
    file.take(MAX_SHEET + 1).read_to_end(&mut bytes).with_context(cannot)?;
    let found = read(&args.file.display().to_string(), &bytes).and_then(|sheet| {
        let columns = outputs(&sheet)?;
        Ok((sheet, columns))
    });
    let (sheet, columns) = match found {
        Ok(found) => found,
        Err(problems) => return Ok(findings(context, problems)),
    };
    let own = match &args.bundle {
        Some(folder) => bundle::source(folder)?.own,
        None => Files::new(),
    };
    let mut done = Tables { args, sheet: &sheet, own, put: Vec::new() };
    let mut problems = Vec::new();
    let before = done.before();
    for output in &columns {
        problems.extend(done.add(output, before.as_ref()).err().unwrap_or_default());
    }
    if !problems.is_empty() {
        return Ok(findings(context, problems));
    }
    done.find();
    let Some(folder) = &args.bundle else {
        done.print();
        eprintln!("note: facts and values were not checked; name the bundle with `--bundle`");
        return Ok(Exit::Fine);
    };
    match Rules::compose(bundle::with_own(folder, &done.own)?) {
        Err(problems) => return Ok(findings(context, done.led_back(problems, folder))),
        Ok(rules) => {
            let ours = rules.warnings().iter().filter(|one| done.origin(one).is_some()).cloned();
            let ours = done.led_back(ours.collect(), folder);
            ours.iter().for_each(|warning| eprintln!("{warning}"));
        }
    }
    if args.print {
        done.print();
        return Ok(Exit::Fine);
    }
    let file = folder.join(FILE);
    let text = done.own.get(FILE).map(String::as_str).unwrap_or_default();
    disk::write_whole(&file, text.as_bytes())
        .with_context(|| format!("cannot write {}", file.display()))?;
    done.tell(context, &file);
    Ok(Exit::Fine)
}

/// What is wrong is what the command is for, so it goes to stdout.
fn findings(context: &Context, problems: Vec<Problem>) -> Exit {
    match context.format {
        Format::Json => println!("{}", check::json(&problems)),
        Format::Text => println!("{}", Problems(problems)),
    }
    Exit::Findings
}

/// Tables that go into a bundle.
struct Tables<'a> {
    args: &'a TableArgs,
    sheet: &'a Sheet,
    /// The files of the folder, with the tables in them.
    own: Files,
    /// Each table, and where its name stands in the file.
    put: Vec<(Written, Place)>,
}

impl Tables<'_> {
    /// The rules as they are, if they load: what the columns are about.
    fn before(&self) -> Option<Rules> {
        let files = bundle::with_own(self.args.bundle.as_deref()?, &self.own).ok()?;
        Rules::compose(files).ok()
    }

    fn add(&mut self, output: &Output, before: Option<&Rules>) -> Result<(), Vec<Problem>> {
        let name = output.table.as_ref().unwrap_or(&self.args.name);
        let text = self.own.get(FILE).cloned().unwrap_or_default();
        let head = self.head(name, output, &text, before)?;
        let written = write(self.sheet, output, name, &head)?;
        let text = put(&text, &written, self.args.replace).map_err(|problems| {
            let folder = self.args.bundle.as_deref().unwrap_or(Path::new(""));
            problems.into_iter().map(|problem| below(folder, problem)).collect::<Vec<_>>()
        })?;
        self.own.insert(FILE.to_owned(), text);
        self.put.push((written, Place { file: FILE.to_owned(), line: 0, column: 0 }));
        Ok(())
    }

    /// Notes where each table stands, now that all of them do.
    fn find(&mut self) {
        let text = self.own.get(FILE).map(String::as_str).unwrap_or_default();
        let Ok(document) = Document::read(FILE, text) else { return };
        for (written, place) in &mut self.put {
            *place = put::place_of(&document, &written.name).unwrap_or_else(|| place.clone());
        }
    }

    /// What is said on the command line, else in the table that is replaced, else by the bundle.
    fn head(
        &self,
        name: &str,
        output: &Output,
        text: &str,
        before: Option<&Rules>,
    ) -> Result<Head, Vec<Problem>> {
        let document = Document::read(FILE, text)?;
        let known = if self.args.replace { put::said(&document, name) } else { Vec::new() };
        let known = |key: &str| {
            known.iter().find(|(known, _)| *known == key).map(|(_, value)| (*value).to_owned())
        };
        let args = self.args;
        let told = output.kind.clone().or_else(|| args.kind.map(|kind| kind.as_str().to_owned()));
        let Some(kind) = told.or_else(|| known("type")) else {
            let message = format!("nothing says of which type the values of `{name}` are");
            let types = Type::ALL.map(Type::as_str).join(", ");
            let help = format!("add `--type` with one of {types}");
            return Err(vec![Problem::new("table-columns", message).help(help)]);
        };
        let owner = args.owner.clone().or_else(|| known("owner"));
        let owner = owner.or_else(|| Some(before?.policy().meta().owner.clone()));
        let about = self.about(before).unwrap_or(Scope::Account);
        let scope = args.scope.map(|scope| scope.as_str().to_owned()).or_else(|| known("scope"));
        let hit = args.hit.map(|hit| hit.as_str().to_owned()).or_else(|| known("hit"));
        Ok(Head {
            kind,
            scope: scope.unwrap_or_else(|| about.as_str().to_owned()),
            owner: owner.unwrap_or_default(),
            reason: args.reason.clone().or_else(|| known("reason")).unwrap_or_default(),
            hit: hit.unwrap_or_default(),
            child: known("child").unwrap_or_default(),
        })
    }

    /// The scope of the columns that are not about the account.
    fn about(&self, before: Option<&Rules>) -> Option<Scope> {
        let catalogue = before?.catalogue();
        let facts = self.sheet.header.iter().filter_map(|name| {
            catalogue.slot(name).and_then(|slot| catalogue.fact(slot)).map(|fact| fact.scope)
        });
        facts.into_iter().find(|scope| *scope != Scope::Account)
    }

    /// Where in the sheet a problem of `thresholds.yaml` is from.
    fn origin(&self, problem: &Problem) -> Option<Place> {
        let place = problem.place.as_ref().filter(|place| place.file == FILE)?;
        self.put.iter().find_map(|(written, starts)| {
            let line = place.line.checked_sub(starts.line)?;
            let column = place.column.saturating_sub(starts.column - 1);
            let inside = (line as usize) < written.lines.len();
            let top = Place { file: self.sheet.file.clone(), line: self.sheet.top, column: 0 };
            inside.then(|| written.origin(self.sheet, line, column).unwrap_or(top))
        })
    }

    /// Problems with the places that the user knows. What a column's name got wrong is told once, at the header.
    fn led_back(&self, problems: Vec<Problem>, folder: &Path) -> Vec<Problem> {
        let again = |problem: &Problem| {
            problem.code == "threshold-column"
                && self.origin(problem).is_some_and(|place| place.line > self.sheet.top)
        };
        let place = |problem: Problem| match self.origin(&problem) {
            Some(place) => problem.at(place),
            None => below(folder, problem),
        };
        problems.into_iter().filter(|problem| !again(problem)).map(place).collect()
    }

    fn print(&self) {
        println!("thresholds:");
        for (written, _) in &self.put {
            written.lines.iter().for_each(|line| println!("  {}", line.text));
        }
    }

    fn tell(&self, context: &Context, file: &Path) {
        let names = self.put.iter().map(|(written, _)| format!("threshold.{}", written.name));
        let rows = self.sheet.rows.len();
        match context.format {
            Format::Json => {
                let tables: Vec<_> = names.collect();
                println!("{}", serde_json::json!({"tables": tables, "rows": rows}));
            }
            Format::Text => names.for_each(|name| {
                println!("{name}: {} in {}", counted(rows, "row"), file.display());
            }),
        }
    }
}

fn below(folder: &Path, mut problem: Problem) -> Problem {
    problem.place = problem.place.map(|place| super::below(folder, place));
    problem
}

/// The largest sheet, in bytes.
const MAX_SHEET: u64 = 4 << 20;

/// Cuts a file into cells.
fn read(file: &str, bytes: &[u8]) -> Result<Sheet, Vec<Problem>> {
    let at = |line: usize| {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Place { file: file.to_owned(), line, column: 0 }
    };
    if bytes.len() as u64 > MAX_SHEET {
        let problem = Problem::new("table-too-large", "a sheet above 4 MiB is no decision table");
        return Err(vec![problem.at(at(1)).help("keep the rows that decide, and no others")]);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        let problem = Problem::new("row-not-utf8", "this row is not UTF-8").at(at(line + 1));
        let help = "save it as \"CSV UTF-8\", or convert it: `iconv -f WINDOWS-1252 -t UTF-8`";
        vec![problem.help(help)]
    })?;
    Ok(cut(file, text.strip_prefix('\u{feff}').unwrap_or(text)))
}

fn cut(file: &str, text: &str) -> Sheet {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .flexible(true)
        // Lines are counted right only if the end of a line is one byte; `\r` is cut off with blanks.
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let mut sheet = Sheet { file: file.to_owned(), ..Sheet::default() };
    let (mut headed, mut lines) = (false, Lines { text, at: 0, line: 1 });
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let byte = record.position().map_or(0, csv::Position::byte);
        let line = lines.of(usize::try_from(byte).unwrap_or(usize::MAX));
        if headed {
            sheet.rows.push((line, cells));
        } else {
            (sheet.header, sheet.top, headed) = (cells, line, true);
        }
    }
    sheet
}

/// The lines of a text, asked for in order.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line on which the row stands that was looked for from this byte on: blank lines before it are not it.
    fn of(&mut self, byte: usize) -> u32 {
        let bytes = self.text.as_bytes().iter().enumerate().skip(self.at);
        for (at, one) in bytes {
            if at >= byte && !matches!(one, b'\n' | b'\r') {
                break;
            }
            (self.at, self.line) = (at + 1, self.line + u32::from(*one == b'\n'));
        }
        self.line
    }
}

/// The mark that parts the most names of the header; names have none of them.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |mark: u8| header.bytes().filter(|byte| *byte == mark).count();
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|mark| count(*mark))
        .filter(|mark| count(*mark) > 0)
        .unwrap_or(b',')
}
