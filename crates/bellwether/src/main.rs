//! The program: arguments in, a report out, and an exit code with a meaning.
//!
//! stdout carries data, stderr carries talk and progress, so that output can be piped.

mod bundle;
mod cli;
mod exit;
mod log;
mod progress;
mod report;
mod table;

use clap::Parser;
use exit::Exit;

fn main() -> Exit {
    let args = match cli::Cli::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let usage = error.use_stderr();
            drop(error.print());
            return if usage { Exit::Usage } else { Exit::Fine };
        }
    };
    log::start(args.verbose);
    match cli::run(args) {
        Ok(exit) => exit,
        Err(error) => {
            exit::print(&error);
            Exit::Failed
        }
    }
}
