//! Ctrl-C: the first one asks for a tidy end, the second one ends the program at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that Ctrl-C raises; `said` is told then. Whoever works looks at it between commits or rows, so
/// neither the first nor the second one loses anything.
pub(crate) fn flag(said: &'static str) -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let handler = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("{said}");
    });
    if handler.is_err() {
        tracing::debug!("Another handler for Ctrl-C stands already.");
    }
    stop
}
