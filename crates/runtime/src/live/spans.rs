//! The span of a decision: below the one under which the signal was taken, above those of its effects.

use super::intake::Ready;
use crate::trace::{Span, TraceContext};
use bellwether_core::record::Status;

/// Begins a span where the trace of a signal is kept; it ends when the record is committed.
pub(super) fn decision(trace: &str, ready: &Ready, status: Status, effects: u64) -> Option<Span> {
    let parent = TraceContext::parse(trace).filter(|parent| parent.sampled)?;
    let members = vec![
        ("source", ready.parcel.source.clone()),
        ("status", status.as_str().to_owned()),
        ("effects", effects.to_string()),
    ];
    Some(Span {
        name: "decision",
        context: parent.child()?,
        parent: Some(parent.span),
        from: ready.at,
        until: ready.at,
        members,
        failed: status == Status::Conflict,
    })
}
