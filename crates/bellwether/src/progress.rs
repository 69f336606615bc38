//! Progress on stderr: a bar where somebody is looking, nothing where output is piped.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that counts up to `of` things.
pub(crate) fn bar(of: u64, things: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::stderr());
    let style = "{bar:30} {human_pos}/{human_len} {msg} ({per_sec}, {eta} left)";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.with_message(things)
}

/// A counter for work whose end is not known.
pub(crate) fn counter(things: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} {msg} ({per_sec})") {
        bar.set_style(style);
    }
    bar.with_message(things)
}
