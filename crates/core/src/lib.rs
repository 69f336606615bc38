//! Core: the words that every room shares, and the lifecycles they move through.
//!
//! - In: nothing but its own constructors; every type here refuses what it cannot mean.
//! - Out: plain values: ids, money, time, signals, events, records, effects, problems.
//! - Never: reads a clock, a file, the environment or randomness; never prints personal data.
//!
//! Facts and signal fields are carried as numbers ([`Value`]): money in minor units, time in
//! microseconds, ratios in parts per million, short words as a [`Code`]. That keeps decisions exact,
//! ordered and free of text.

pub mod authored;
pub mod civil;
pub mod code;
pub mod digest;
pub mod effect;
pub mod escalation;
pub mod event;
pub mod id;
pub mod money;
pub mod personal;
pub mod problem;
pub mod rates;
pub mod ratio;
pub mod record;
pub mod signal;
pub mod splitmix;
pub mod time;
pub mod trust;
pub mod value;

pub use code::Code;
pub use digest::Digest;
pub use effect::{Effect, EffectKey};
pub use escalation::{Escalation, EscalationEvent, IllegalMove};
pub use event::{Body, DocKey, Envelope, Origin, StreamId, StreamKind};
pub use id::{AccountId, Id, SubjectId};
pub use money::{Currency, Money};
pub use personal::{Personal, Purpose};
pub use problem::{Place, Problem, Severity};
pub use rates::Rates;
pub use ratio::Ppm;
pub use record::{Candidate, Decision, Move, Record};
pub use signal::{Field, RawSignal, RawValue, Signal};
pub use splitmix::SplitMix;
pub use time::{Duration, Timestamp};
pub use trust::Trust;
pub use value::{Type, Value};
