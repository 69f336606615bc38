//! The versions as the system stream tells them: one function folds each event, live and after a restart.

use super::RolloutError;
use super::members::{digest, text};
use crate::error::DriveError;
use bellwether_core::event::Note;
use bellwether_core::{Body, Digest, StreamId, Timestamp};
use bellwether_ledger::decode_event;
use bellwether_store::View;
use std::fmt;
use std::ops::ControlFlow;

/// How a version is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It decides beside the rules in force, and nothing comes of it.
    Shadow,
    /// It decides for about this many of a hundred accounts, 1 to 99.
    Canary(u8),
    /// It decides for all.
    Enforce,
}

impl Mode {
    /// The word in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Canary(_) => "canary",
            Self::Enforce => "enforce",
        }
    }

    /// The share of the accounts in percent, where there is one.
    pub const fn percent(self) -> Option<u8> {
        match self {
            Self::Canary(percent) => Some(percent),
            Self::Shadow | Self::Enforce => None,
        }
    }

    pub(super) fn of(members: &[(String, String)]) -> Option<Self> {
        match text(members, "mode") {
            "shadow" => Some(Self::Shadow),
            "canary" => text(members, "percent").parse().ok().map(Self::Canary),
            "enforce" => Some(Self::Enforce),
            _ => None,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary(percent) => write!(f, "canary {percent} %"),
            other => f.write_str(other.as_str()),
        }
    }
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for somebody else.
    Proposed,
    /// It decides beside the rules in force.
    Shadow,
    /// It decides for about this many of a hundred accounts.
    Canary(u8),
    /// It decides.
    InForce,
    /// It decided once.
    WasInForce,
    /// It was taken back, or its trial ended.
    Withdrawn,
}

impl State {
    /// The word for programs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Shadow => "shadow",
            Self::Canary(_) => "canary",
            Self::InForce => "in_force",
            Self::WasInForce => "was_in_force",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Canary(percent) => write!(f, "canary {percent} %"),
            other => f.write_str(&other.as_str().replace('_', " ")),
        }
    }
}

/// Who said something about a version, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who: a handle, an account or a signer.
    pub by: String,
    /// Their account, where they were signed in.
    pub account: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Why, in their words.
    pub reason: String,
}

impl Said {
    /// Whether it was the same person: one name or account of theirs is enough.
    pub fn is_of(&self, by: &str, account: Option<&str>) -> bool {
        let own = [Some(self.by.as_str()), self.account.as_deref()];
        [Some(by), account].into_iter().flatten().any(|name| own.contains(&Some(name)))
    }
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The digest of its rules.
    pub rules: Digest,
    /// Where it stands.
    pub state: State,
    /// How it is to begin, while it waits for somebody else.
    pub waits: Option<Mode>,
    /// Who proposed it last; absent for the first rules, and for those the program itself put in force.
    pub proposed: Option<Said>,
    /// Who else agreed to that.
    pub approved: Option<Said>,
    /// Since when it stands so.
    pub since: Timestamp,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The kind of event: `rules.proposed`, `rules.activated`.
    pub what: &'static str,
    /// Which rules.
    pub rules: Digest,
    /// How they begin, where that is said.
    pub mode: Option<Mode>,
    /// Who; empty where nobody is named.
    pub by: String,
    /// Why; empty where nothing is said.
    pub reason: String,
}

/// All versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollout {
    versions: Vec<Version>,
    active: Option<Digest>,
    canary: Option<(Digest, u8, Digest)>,
    /// What came into force for all and when, one after the other.
    before: Vec<(Timestamp, Digest)>,
    /// The same without what somebody went back beyond.
    line: Vec<Digest>,
    steps: Vec<Step>,
    /// How far the system stream was read.
    seq: u64,
}

impl Rollout {
    /// Reads the system stream.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(view: &View) -> Result<Self, DriveError> {
        let mut rollout = Self::default();
        rollout.follow(view)?;
        Ok(rollout)
    }

    /// Reads what was committed since, and says whether anything of it was about rules.
    ///
    /// # Errors
    /// What the store says.
    pub fn follow(&mut self, view: &View) -> Result<bool, DriveError> {
        let known = self.steps.len();
        view.stream_events(StreamId::SYSTEM, self.seq + 1, |kept| {
            self.seq = kept.seq;
            if let Ok(event) = decode_event(kept.event) {
                self.note(event.at, &event.body);
            }
            ControlFlow::Continue(())
        })?;
        Ok(self.steps.len() > known)
    }

    /// The versions in the order in which they became known.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// A version by its digest.
    pub fn version(&self, rules: Digest) -> Option<&Version> {
        self.versions.iter().find(|version| version.rules == rules)
    }

    /// The rules in force.
    pub fn active(&self) -> Option<Digest> {
        self.active
    }

    /// The rules that decide for a share of the accounts: which, how many of a hundred, and the digest
    /// under which accounts are chosen.
    pub fn canary(&self) -> Option<(Digest, u8, Digest)> {
        self.canary
    }

    /// What came into force for all and when, one after the other.
    pub fn were_in_force(&self) -> &[(Timestamp, Digest)] {
        &self.before
    }

    /// Whether a version ever decided for all.
    pub fn was_in_force(&self, rules: Digest) -> bool {
        self.before.iter().any(|(_, before)| *before == rules)
    }

    /// The way back, the newest first: what came into force, without what somebody went back beyond.
    pub(super) fn way_back(&self) -> impl Iterator<Item = Digest> {
        self.line.iter().rev().copied()
    }

    /// The version that a digest, or the beginning of one, names.
    ///
    /// # Errors
    /// `rollout-unknown` when none or several do.
    pub fn find(&self, name: &str) -> Result<&Version, RolloutError> {
        let begins = |version: &&Version| version.rules.to_string().starts_with(name);
        let mut found = self.versions.iter().filter(begins);
        match (found.next(), found.next()) {
            (Some(version), None) if name.len() >= 6 => Ok(version),
            _ => Err(RolloutError::Unknown(name.to_owned())),
        }
    }

    /// Versions in shadow, in the order in which they became known.
    pub fn in_shadow(&self) -> impl Iterator<Item = &Version> {
        self.versions.iter().filter(|version| version.state == State::Shadow)
    }

    /// Everything that happened, the oldest first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Takes one event of the system stream in.
    pub fn note(&mut self, at: Timestamp, body: &Body) {
        match body {
            Body::RulesActivated { rules, .. } => self.activated(at, *rules),
            Body::Noted { note, members, .. } => self.noted(at, *note, members),
            _ => {}
        }
    }

    fn activated(&mut self, at: Timestamp, rules: Digest) {
        self.say(at, "rules.activated", rules, &[]);
        // For a canary it is the leaf of what the digest was taken of, and no more.
        if self.canary.is_some_and(|(canary, ..)| canary == rules) {
            return;
        }
        if let Some(before) = self.active.replace(rules).filter(|before| *before != rules) {
            self.set(before, at, State::WasInForce);
        }
        self.before.push((at, rules));
        if self.line.last() != Some(&rules) {
            self.line.push(rules);
        }
        self.set(rules, at, State::InForce);
    }

    fn noted(&mut self, at: Timestamp, note: Note, members: &[(String, String)]) {
        let Some(rules) = digest(members, "rules") else { return };
        match note {
            Note::RulesProposed => {
                let mode = Mode::of(members);
                let version = self.entry(rules, at);
                version.proposed = Some(said(at, members));
                (version.approved, version.waits) = (None, mode);
                if version.state == State::Withdrawn {
                    (version.state, version.since) = (State::Proposed, at);
                }
            }
            Note::RulesApproved => self.entry(rules, at).approved = Some(said(at, members)),
            Note::RulesStarted => self.started(at, rules, members),
            Note::RulesRolledBack => {
                self.end_canary(at, None);
                // Whoever goes back once more goes further back, not to what was undone.
                let target = digest(members, "target").unwrap_or(rules);
                if let Some(nth) = self.line.iter().rposition(|known| *known == target) {
                    self.line.truncate(nth);
                }
            }
            Note::RulesWithdrawn => {
                self.end_canary(at, Some(rules));
                let version = self.entry(rules, at);
                version.waits = None;
                if matches!(version.state, State::Proposed | State::Shadow) {
                    (version.state, version.since) = (State::Withdrawn, at);
                }
            }
            _ => return,
        }
        self.say(at, note.as_str(), rules, members);
    }

    fn started(&mut self, at: Timestamp, rules: Digest, members: &[(String, String)]) {
        let Some(mode) = Mode::of(members) else { return };
        self.entry(rules, at).waits = None;
        match mode {
            Mode::Shadow => {
                self.end_canary(at, Some(rules));
                self.set(rules, at, State::Shadow);
            }
            Mode::Canary(percent) => {
                if self.canary.is_some_and(|(canary, ..)| canary != rules) {
                    self.end_canary(at, None);
                }
                let chosen = digest(members, "activation").unwrap_or(rules);
                self.canary = Some((rules, percent, chosen));
                self.set(rules, at, State::Canary(percent));
            }
            // The activation follows in the same transaction.
            Mode::Enforce => self.end_canary(at, None),
        }
    }

    /// Ends the canary, or that of one version only.
    fn end_canary(&mut self, at: Timestamp, only: Option<Digest>) {
        let ends = |(canary, ..): &(Digest, u8, Digest)| only.is_none_or(|only| only == *canary);
        if let Some((canary, ..)) = self.canary.take_if(|canary| ends(canary)) {
            self.set(canary, at, State::Withdrawn);
        }
    }

    fn set(&mut self, rules: Digest, at: Timestamp, state: State) {
        let version = self.entry(rules, at);
        (version.state, version.since) = (state, at);
        // Nobody can agree any more to what has ended, or to what holds for all already.
        if matches!(state, State::InForce | State::Withdrawn) {
            version.waits = None;
        }
    }

    fn entry(&mut self, rules: Digest, at: Timestamp) -> &mut Version {
        let known = self.versions.iter().position(|version| version.rules == rules);
        let at = known.unwrap_or_else(|| {
            let (waits, proposed, approved) = (None, None, None);
            let state = State::Proposed;
            self.versions.push(Version { rules, state, waits, proposed, approved, since: at });
            self.versions.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was found or pushed above")]
        &mut self.versions[at]
    }

    fn say(
        &mut self,
        at: Timestamp,
        what: &'static str,
        rules: Digest,
        members: &[(String, String)],
    ) {
        let Said { by, reason, .. } = said(at, members);
        self.steps.push(Step { at, what, rules, mode: Mode::of(members), by, reason });
    }
}

fn said(at: Timestamp, members: &[(String, String)]) -> Said {
    let own = |name| text(members, name).to_owned();
    let account = Some(own("account")).filter(|account| !account.is_empty());
    Said { by: own("by"), account, at, reason: own("reason") }
}
