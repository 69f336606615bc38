//! The program's own log: to stderr, sentences with fields, never personal data.

use tracing_subscriber::EnvFilter;

/// Starts the log. `BELLWETHER_LOG` sets the filter; `-v` asks for more.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter =
        EnvFilter::try_from_env("BELLWETHER_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    drop(log.with_target(false).try_init());
}
