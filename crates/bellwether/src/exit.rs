//! How a command ends: exit codes that scripts may rely on, and errors with their next step.

use bellwether_core::{Problem, Severity};
use std::fmt;

/// 0 fine, 1 the program failed, 2 there are findings, 64 the arguments make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Fine = 0,
    Failed = 1,
    Findings = 2,
    Usage = 64,
}

impl std::process::Termination for Exit {
    fn report(self) -> std::process::ExitCode {
        std::process::ExitCode::from(self as u8)
    }
}

/// Several problems with something that a person wrote: shown one by one.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        let errors = self.0.iter().filter(|problem| problem.severity == Severity::Error).count();
        match self.0.len() - errors {
            0 => write!(f, "{errors} to mend"),
            warnings => write!(f, "{errors} to mend, {warnings} to look at"),
        }
    }
}

/// Prints an error with what led to it; what has a code shows it once, where it arose.
pub(crate) fn print(error: &anyhow::Error) {
    if let Some(problems) = error.downcast_ref::<Problems>() {
        eprintln!("{problems}");
        return;
    }
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

/// An error of the driver with its code and next step.
#[derive(Debug)]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
    help: &'static str,
}

impl Failure {
    /// From the driver's error.
    pub(crate) fn drive(error: bellwether_runtime::DriveError) -> Self {
        let causes =
            std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        let mut message = error.to_string();
        for cause in causes.map(ToString::to_string) {
            if !message.contains(&cause) {
                message = format!("{message}: {cause}");
            }
        }
        Self { code: error.code(), message, help: error.help() }
    }

    /// From the running driver's error.
    pub(crate) fn live(error: bellwether_runtime::live::LiveError) -> Self {
        Self { code: error.code(), message: error.to_string(), help: error.help() }
    }

    /// Never changes once released.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What went wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        self.help
    }

    /// With another next step.
    #[must_use]
    pub(crate) fn helped(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// From an error of access.
    pub(crate) fn access(error: &crate::access::AccessError) -> Self {
        Self { code: error.code(), message: error.to_string(), help: error.help() }
    }

    /// From a witness's error.
    pub(crate) fn witness(error: &bellwether_runtime::witness::DeskError) -> Self {
        Self { code: error.code(), message: error.to_string(), help: error.help() }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}\n  help: {}", self.code, self.message, self.help)
    }
}
