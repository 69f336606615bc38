//! The solver: another program, spoken to in SMT-LIB over its standard input and output.
//!
//! - In: queries of the Cedar compiler.
//! - Out: what the program answers, or why there is no answer.
//! - Never: reads more than 4 MiB of an answer; leaves the program running when it is dropped.

use cedar_policy_symcc::SmtLibScript as _;
use cedar_policy_symcc::solver::{Decision, DecisionWithModel, Solver, SolverError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::io::{BufReader, BufWriter};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The longest answer that is read, in bytes: a model of a large schema has some hundred KiB.
const LONGEST: u64 = 4 << 20;

/// Where the solver is: as told, or `CVC5`, or `cvc5` of the PATH; `None` if it is nowhere.
pub(crate) fn find(told: Option<&Path>) -> Option<PathBuf> {
    let named = told.map(Path::to_owned).or_else(|| std::env::var_os("CVC5").map(PathBuf::from));
    if let Some(path) = named {
        return path.is_file().then_some(path);
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join("cvc5")).find(|path| path.is_file())
}

/// A running solver.
#[derive(Debug)]
pub(super) struct Process {
    /// Killed by its id when this is dropped.
    _child: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// How many answers it was asked for.
    pub(super) asked: u64,
}

impl Process {
    /// Starts the program. It is told the limit of a query, too; who asks does not rely on that.
    pub(super) fn start(path: &Path, limit: Duration) -> std::io::Result<Self> {
        let mut child = Command::new(path)
            .args(["--lang", "smt", &format!("--tlimit-per={}", limit.as_millis())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let piped = || std::io::Error::other("it has no input or output");
        let input = BufWriter::new(child.stdin.take().ok_or_else(piped)?);
        let output = BufReader::new(child.stdout.take().ok_or_else(piped)?);
        Ok(Self { _child: child, input, output, asked: 0 })
    }

    /// Its first line about itself, such as `cvc5 version 1.0.3`.
    pub(super) async fn version(path: &Path, limit: Duration) -> String {
        let output = Command::new(path)
            .arg("--version")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output();
        let said = match tokio::time::timeout(limit, output).await {
            Ok(Ok(output)) => output.stdout,
            _ => Vec::new(),
        };
        let said = String::from_utf8_lossy(&said);
        let line = said.lines().next().unwrap_or_default().trim();
        let line = line.strip_prefix("This is ").unwrap_or(line);
        let line = line.split(" [").next().unwrap_or_default();
        let fine = (1..=80).contains(&line.len()) && !line.contains(char::is_control);
        if fine { line.to_owned() } else { "unknown".to_owned() }
    }

    async fn line(&mut self, text: &mut String) -> Result<usize, SolverError> {
        let left = LONGEST.saturating_sub(text.len() as u64);
        let read = (&mut self.output).take(left).read_line(text).await?;
        if text.ends_with('\n') {
            return Ok(read);
        }
        let what = if left == read as u64 { "it says too much" } else { "it ended" };
        Err(SolverError::Solver(what.to_owned()))
    }
}

impl Solver for Process {
    fn smtlib_input(&mut self) -> &mut (dyn AsyncWrite + Unpin + Send) {
        &mut self.input
    }

    async fn enable_models(&mut self) -> Result<(), SolverError> {
        Ok(self.input.set_option("produce-models", "true").await?)
    }

    async fn check_sat(&mut self) -> Result<Decision, SolverError> {
        self.asked += 1;
        self.input.check_sat().await?;
        self.input.flush().await?;
        let mut said = String::new();
        self.line(&mut said).await?;
        match said.trim() {
            "sat" => Ok(Decision::Sat),
            "unsat" => Ok(Decision::Unsat),
            "unknown" | "timeout" => Ok(Decision::Unknown),
            _ => Err(SolverError::UnrecognizedSolverOutput(said.trim().chars().take(80).collect())),
        }
    }

    async fn check_sat_with_model(&mut self) -> Result<DecisionWithModel, SolverError> {
        match self.check_sat().await? {
            Decision::Unsat => return Ok(DecisionWithModel::Unsat),
            Decision::Unknown => return Ok(DecisionWithModel::Unknown),
            Decision::Sat => {}
        }
        self.input.get_model().await?;
        self.input.flush().await?;
        let mut model = String::new();
        self.line(&mut model).await?;
        if model.trim() != "(" {
            let said = model.trim().chars().take(80).collect();
            return Err(SolverError::UnrecognizedSolverOutput(said));
        }
        loop {
            let read = self.line(&mut model).await?;
            let line = model.get(model.len().saturating_sub(read)..).unwrap_or_default();
            if line.trim() == ")" {
                return Ok(DecisionWithModel::Sat { model });
            }
        }
    }
}
