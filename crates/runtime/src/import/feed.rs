//! Feeding: sorted rows become committed events, one batch after another.

use super::read::{MOST_KEPT, note_refusal, number_file};
use super::spool::{Sorted, SpoolKey};
use super::{ERASED, ImportError, Progress, Report, Source};
use crate::edge::Standing;
use crate::embedded::{BATCH, Embedded};
use crate::error::DriveError;
use bellwether_adapters::{Refusal, Row};
use bellwether_core::record::Status;
use bellwether_core::signal::RawSignal;
use bellwether_core::{Origin, Personal, Problem, Timestamp};
use bellwether_engine::Rules;
use bellwether_store::{ImportProgress, Tally};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Feeds sorted rows to the driver.
pub(super) struct Feed<'a> {
    pub(super) driver: &'a mut Embedded,
    pub(super) sources: &'a [Source],
    pub(super) report: &'a mut Report,
    pub(super) import: u64,
    pub(super) now: Timestamp,
    /// How many refused rows of this import are kept already.
    pub(super) kept: usize,
    /// The rules that read signals: what none of them reads means nothing to anybody.
    pub(super) readers: Vec<Arc<Rules>>,
}

/// How many bytes of rows go into one commit.
const MOST_BYTES: usize = 16 << 20;

impl Feed<'_> {
    pub(super) fn run(
        &mut self,
        mut sorted: Sorted,
        skip: u64,
        total: u64,
        progress: &mut impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(), ImportError> {
        let (mut done, mut rows, mut bytes) = (0, 0, 0);
        while let Some((key, row)) = sorted.next(self.driver.store())? {
            done += 1;
            if done <= skip {
                continue;
            }
            self.feed(key, &row)?;
            // A refused row makes no entry, but it waits for the commit too.
            (rows, bytes) = (rows + 1, bytes + row.len());
            if self.driver.waiting() >= BATCH || rows >= BATCH || bytes >= MOST_BYTES {
                self.commit(done, None)?;
                (rows, bytes) = (0, 0);
                if progress(Progress::Feeding { done, of: total }).is_break() {
                    self.report.stopped = true;
                    return Ok(());
                }
            }
        }
        self.commit(done, None)?;
        if let Some((_, last)) = self.report.span {
            self.report.timers += self.driver.tick(last.min(self.now), Origin::History)? as u64;
        }
        // Who left after the last row has left all the same.
        self.driver.tell_all()?;
        self.commit(done, Some(self.now))?;
        self.driver.write_behind()?;
        self.driver.store_mut().drop_spill(self.import)?;
        let _ = progress(Progress::Feeding { done, of: total });
        Ok(())
    }

    fn feed(&mut self, key: SpoolKey, row: &[u8]) -> Result<(), ImportError> {
        let Some(raw) = self.signal(key, row) else { return Err(DriveError::Spool.into()) };
        if !self.readers.iter().any(|rules| rules.reads_kind(&raw.kind)) {
            *self.report.unread.entry(raw.kind.clone()).or_default() += 1;
            let tally = Tally { family: "unread kind", name: raw.kind.clone(), by: 1 };
            self.driver.batch().tallies.push(tally);
        }
        // What claims to come from the future happens now; it must not move the time of others.
        let taken = match self.driver.take(&raw, Origin::History, raw.at.min(self.now)) {
            Err(error) if error.is_refusal() => {
                if self.driver.edge().is_of_erased(&raw) {
                    *self.report.statuses.entry(ERASED).or_default() += 1;
                    return Ok(());
                }
                let problem = Problem::new(error.code(), error.to_string()).help(error.help());
                return self.refuse(key, row, problem);
            }
            taken => taken?,
        };
        self.report.timers += taken.fired as u64;
        let conflict = taken.step.status == Status::Conflict;
        // Of somebody who was erased it cannot say the same as before, and is not kept.
        let erased = conflict && taken.standing == Some(Standing::Erased);
        let became = if erased { ERASED } else { taken.step.status.as_str() };
        *self.report.statuses.entry(became).or_default() += 1;
        if conflict && !erased {
            let message =
                format!("a signal of `{}` came twice and says something else", raw.source);
            let help = "find out which one is right; the first one counts";
            return self.refuse(key, row, Problem::new("signal-conflict", message).help(help));
        }
        Ok(())
    }

    /// Keeps a row that cannot be counted, and goes on with the next one.
    fn refuse(&mut self, key: SpoolKey, row: &[u8], problem: Problem) -> Result<(), ImportError> {
        let source = self.sources.get(usize::from(key.file)).ok_or(DriveError::Spool)?;
        let row = Row::from_bytes(row).ok_or(DriveError::Spool)?;
        let problem = Box::new(problem.at(row.place()));
        let mut refusal = Refusal { problem, row: Personal::new(row.to_kept(&source.mapping)) };
        note_refusal(&mut self.report.refused, &refusal);
        if self.kept >= MOST_KEPT {
            self.report.not_kept += 1;
            return Ok(());
        }
        self.kept += 1;
        number_file(&mut refusal, usize::from(key.file));
        let mapping = source.mapping.name();
        Ok(self.driver.quarantine(&refusal, mapping, self.import, self.now)?)
    }

    fn signal(&self, key: SpoolKey, row: &[u8]) -> Option<RawSignal> {
        let source = self.sources.get(usize::from(key.file))?;
        let row = Row::from_bytes(row)?;
        source.mapping.map(&row).into_iter().nth(usize::from(key.nth))?.ok()
    }

    fn commit(&mut self, offset: u64, done: Option<Timestamp>) -> Result<(), ImportError> {
        let (import, rows, refused) = (self.import, self.report.rows, self.refused());
        // The counts are added up by the store, so they are given once, with the end.
        let (rows, refused) = if done.is_some() { (rows, refused) } else { (0, 0) };
        let progress = ImportProgress { import, rows, refused, offset, done };
        let batch = self.driver.batch();
        batch.at = self.now;
        batch.imports.push(progress);
        Ok(self.driver.commit()?)
    }

    fn refused(&self) -> u64 {
        self.report.refused.values().map(|(count, _)| count).sum()
    }
}
