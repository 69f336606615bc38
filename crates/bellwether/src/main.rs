//! The program: arguments in, a report out, and an exit code with a meaning.
//!
//! stdout carries data, stderr carries talk and progress, so that output can be piped.

mod access;
mod bundle;
mod cli;
mod config;
mod disk;
mod exit;
mod history;
mod http;
mod lock;
mod log;
mod progress;
mod prove;
mod report;
mod rollout;
mod serve;
mod table;
mod telemetry;

use exit::Exit;

/// A reader that has seen enough (`| head`) closes the pipe; that is no fault, and nothing to report.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let said = info.payload().downcast_ref::<String>();
        if said.is_some_and(|said| said.contains("Broken pipe")) {
            std::process::exit(0);
        }
        usual(info);
    }));
}

fn main() -> Exit {
    end_quietly_when_nobody_reads();
    let args = match cli::Cli::read() {
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
