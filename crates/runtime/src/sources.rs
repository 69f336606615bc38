//! Sources that are asked: a folder into which somebody drops files, a mailbox.
//!
//! Flow: folder or mailbox -> rows by a mapping -> intake
//!
//! - In: what lies there, looked at now and then; the clock and the waiting are somebody else's.
//! - Out: parcels that are durable before what they came from is marked as done; refused rows in the
//!   quarantine, with their place.
//! - Never: loses what lies there, or reads the same for ever: what cannot be read is kept apart once. What
//!   is read twice after a crash has the same ids, and counts once.

pub mod folder;
pub mod freshness;
pub mod imap;
pub mod readers;

use crate::live::{Arrived, Intake, Live, LiveError, Parcel, Understood};
use bellwether_adapters::{Format, Mapping, Refusal, Row, rows};
use bellwether_core::{Personal, Problem, Purpose, RawSignal, Timestamp, Trust};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The form of a parcel whose lines are rows as they are kept.
const ROWS: &str = "rows";
/// The form of a parcel that is one mail.
const MAIL: &str = "mail";

/// What time it is, and waiting.
pub trait Pace: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits so long, or until it is to end. Whether it goes on.
    fn pause(&self, time: Duration) -> bool;
}

/// The machine's own pace, which ends when it is told.
#[derive(Default)]
pub struct Stop {
    ended: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    /// Ends whoever waits, now and later.
    pub fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits so long, or until the end. Whether it goes on.
    pub fn pause(&self, time: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(ended, time, |ended| !*ended);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A [`Pace`] of a running driver's clock and a [`Stop`].
pub struct Usual {
    /// Whose clock.
    pub live: Live,
    /// What ends it.
    pub stop: Arc<Stop>,
}

impl Pace for Usual {
    fn now(&self) -> Timestamp {
        self.live.now()
    }

    fn pause(&self, time: Duration) -> bool {
        self.stop.pause(time)
    }
}

/// What a source's rows mean, and where they go.
pub struct Feed {
    /// The source's configured name.
    pub name: String,
    /// What a row means.
    pub mapping: Mapping,
    /// The most that is believed of it.
    pub trust: Trust,
    /// Takes parcels.
    pub intake: Intake,
    /// Keeps refused rows.
    pub live: Live,
    /// Time.
    pub pace: Arc<dyn Pace>,
}

/// Why a pass over a source broke off; the next one begins where it was.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// It is to end.
    #[error("it is to end")]
    Ended,
    /// The intake or the driver did not take it.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The source could not be asked.
    #[error("the source `{name}` cannot be asked: {what}")]
    Asked {
        /// Its name.
        name: String,
        /// What failed.
        what: String,
    },
}

impl PassError {
    /// Never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ended => "live-closed",
            Self::Live(error) => error.code(),
            Self::Asked { .. } => "source-unreachable",
        }
    }
}

impl Feed {
    /// Makes a parcel durable; waits where too much waits already.
    fn offer(&self, form: &str, body: Vec<u8>, signals: Vec<RawSignal>) -> Result<(), PassError> {
        let (source, form) = (self.name.clone(), form.to_owned());
        let body = Personal::new(body);
        let parcel = Parcel { source, form, at: self.pace.now(), trace: None, body, once: None };
        let signals: Vec<_> =
            signals.into_iter().map(|signal| Arrived { signal, trace: None }).collect();
        let understood = Understood { signals, refused: None };
        loop {
            match self.intake.offer_and_wait(parcel.clone(), understood.clone()) {
                Err(LiveError::Full { retry_after, .. }) => {
                    if !self.pace.pause(Duration::from_secs(retry_after)) {
                        return Err(PassError::Ended);
                    }
                }
                taken => return taken.map(|_| ()).map_err(PassError::from),
            }
        }
    }

    /// Keeps refused rows apart, with their place.
    fn refuse(&self, refusals: Vec<Refusal>) -> Result<(), PassError> {
        if refusals.is_empty() {
            return Ok(());
        }
        let mapping = self.mapping.name().to_owned();
        let kept = self.live.call(move |driver, now| {
            refusals.iter().try_for_each(|refusal| driver.quarantine(refusal, &mapping, 0, now))
        });
        Ok(kept?)
    }

    /// The signals of a row, and what of it could not be understood. `place` stands for the file's name,
    /// which may be a person's.
    fn understand(&self, row: &Row, place: &str) -> (Vec<RawSignal>, Vec<Refusal>) {
        let (mut signals, mut refusals) = (Vec::new(), Vec::new());
        for one in self.mapping.map(row) {
            match one {
                Ok(signal) => signals.push(cap(signal, self.trust)),
                Err(refusal) => refusals.push(hide(refusal, place)),
            }
        }
        (signals, refusals)
    }
}

fn cap(mut signal: RawSignal, trust: Trust) -> RawSignal {
    signal.trust = signal.trust.join(trust);
    signal
}

/// A refusal whose place names the source instead of a file.
fn hide(mut refusal: Refusal, place: &str) -> Refusal {
    if let Some(at) = &mut refusal.problem.place {
        at.file = place.to_owned();
    }
    refusal
}

/// Reads a parcel of these sources again, as it was read when it was taken; `None` if it is of another form.
pub fn read_again(
    parcel: &Parcel,
    mapping: &Mapping,
    trust: Trust,
) -> Option<Result<Understood, Problem>> {
    let body = parcel.body.reveal(Purpose::Read);
    let found: Result<Vec<RawSignal>, Problem> = match parcel.form.as_str() {
        ROWS => body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                let row = Row::from_kept(line, mapping).ok_or_else(not_kept)?;
                Ok(mapping.map(&row).into_iter().filter_map(Result::ok).collect::<Vec<_>>())
            })
            .collect::<Result<Vec<_>, _>>()
            .map(|rows| rows.into_iter().flatten().collect()),
        MAIL => one_mail(body, mapping, "mail")
            .map(|row| mapping.map(&row).into_iter().filter_map(Result::ok).collect())
            .map_err(|refusal| *refusal.problem),
        _ => return None,
    };
    let arrived = |signal| Arrived { signal: cap(signal, trust), trace: None };
    let understood = |signals: Vec<RawSignal>| Understood {
        signals: signals.into_iter().map(arrived).collect(),
        refused: None,
    };
    Some(found.map(understood))
}

fn not_kept() -> Problem {
    Problem::new("source-not-kept", "a row that waited cannot be read by the mapping any more")
        .help("`bellwether quarantine retry` reads it by a mended mapping")
}

/// A mail as a row.
fn one_mail(bytes: &[u8], mapping: &Mapping, place: &str) -> Result<Row, Refusal> {
    let nothing = || Problem::new("row-not-mail", "this is no mail");
    let kept = |problem: Problem| Refusal {
        problem: Box::new(problem),
        row: Personal::new(bytes.get(..MOST_KEPT).unwrap_or(bytes).to_vec()),
    };
    let mut found = rows(bytes, place, Format::Eml, mapping)
        .map_err(|problems| kept(problems.into_iter().next().unwrap_or_else(nothing)))?;
    found.next().unwrap_or_else(|| Err(kept(nothing())))
}

/// How much of what cannot be read is kept.
const MOST_KEPT: usize = 1 << 20;

#[cfg(test)]
mod tests;
