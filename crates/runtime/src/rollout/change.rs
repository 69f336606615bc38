//! Changing which rules decide: every change is an event, and all of one change is one transaction.
//!
//! - In: composed rules or a version's digest, who says so and why.
//! - Out: events of the system stream in the next commit; the rules that hold from here on.
//! - Never: keeps other rules in force than the log says: what fails leaves those from before.

use super::members::members;
use super::state::{Mode, Rollout, State, Version};
use super::{Canary, RolloutError, Share};
use crate::embedded::Embedded;
use crate::error::DriveError;
use bellwether_core::event::Note;
use bellwether_core::record::ENGINE;
use bellwether_core::{Body, Digest, Origin, StreamId, Timestamp};
use bellwether_engine::Rules;
use std::sync::Arc;

/// The longest reason, in characters.
const REASON: usize = 500;

/// Rules that somebody wants.
#[derive(Clone)]
pub struct Proposal {
    /// Which.
    pub rules: Arc<Rules>,
    /// How they are to begin.
    pub mode: Mode,
    /// Who proposes them: a handle, an account or a signer.
    pub by: String,
    /// Their account, where they are signed in.
    pub account: Option<String>,
    /// Why, in one line.
    pub reason: String,
    /// Who else has agreed already.
    pub approved: Option<String>,
    /// Whether somebody else must agree before they decide for anybody.
    pub four_eyes: bool,
}

/// A second person agrees to a proposal.
#[derive(Clone, Copy)]
pub struct Approval<'a> {
    /// To which rules.
    pub rules: Digest,
    /// How they are to begin, as whoever agrees was shown it.
    pub mode: Mode,
    /// The same rules with names and addresses of people, where whoever agrees has them.
    pub given: Option<&'a Arc<Rules>>,
    /// Who agrees: a handle, an account or a signer.
    pub by: &'a str,
    /// Their account, where they are signed in.
    pub account: Option<&'a str>,
    /// Why, in one line.
    pub reason: &'a str,
}

/// How a version stands after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It waits for somebody else.
    Waits(Mode),
    /// It has begun.
    Begun(Mode),
}

/// Who says something, why and when.
struct Voice<'a> {
    by: &'a str,
    reason: &'a str,
    at: Timestamp,
}

impl Embedded {
    /// The versions, with what waits for the next commit.
    ///
    /// # Errors
    /// What the store says.
    pub fn rollout(&self) -> Result<Rollout, DriveError> {
        let mut rollout = Rollout::read(self.store())?;
        for (at, body) in self.pending_house()? {
            rollout.note(at, &body);
        }
        Ok(rollout)
    }

    /// Proposes rules. They begin at once if nobody else has to agree, or somebody else has; rules that
    /// only watch never wait, since nothing comes of what they say. Durable after the next commit.
    ///
    /// # Errors
    /// `rollout-*` when it is refused; what the store says.
    pub fn propose(&mut self, wanted: &Proposal, at: Timestamp) -> Result<Stands, DriveError> {
        let Proposal { rules, mode, by, account, reason, approved, four_eyes } = wanted;
        let (digest, mode) = (rules.digest(), *mode);
        check_reason(reason)?;
        if let Some(percent) = mode.percent().filter(|percent| !(1..=99).contains(percent)) {
            return Err(RolloutError::Percent(percent).into());
        }
        if approved.as_ref() == Some(by) {
            return Err(RolloutError::SamePerson { by: by.clone() }.into());
        }
        let rollout = self.rollout()?;
        if rollout.version(digest).is_some_and(|version| stands_so(version, mode)) {
            return Err(RolloutError::Already(digest).into());
        }
        check_begin(self.rules(), rules, mode)?;
        self.shelve(rules)?;
        let meta = rules.policy().meta();
        let mut said = vec![
            ("rules", digest.to_string()),
            ("by", by.clone()),
            ("account", account.clone().unwrap_or_default()),
            ("reason", reason.clone()),
            ("bundle", meta.name.clone()),
            ("version", meta.version.clone()),
        ];
        said.extend(mode_members(mode));
        self.write(Note::RulesProposed, &said, at)?;
        if *four_eyes && approved.is_none() && mode != Mode::Shadow {
            self.keep_newcomers(rules, at)?;
            return Ok(Stands::Waits(mode));
        }
        if let Some(other) = approved {
            self.write(Note::RulesApproved, &spoken(digest, other, reason), at)?;
        }
        self.begin_rules(rules, mode, &Voice { by, reason, at })
    }

    /// Agrees to a proposal of somebody else's, which then begins. Durable after the next commit.
    ///
    /// # Errors
    /// `rollout-*` when it is refused; what the store says.
    pub fn approve(&mut self, agreed: &Approval<'_>, at: Timestamp) -> Result<Stands, DriveError> {
        let Approval { rules: digest, mode, given, by, account, reason } = *agreed;
        check_reason(reason)?;
        if let Some(other) = given.map(|given| given.digest()).filter(|given| *given != digest) {
            return Err(RolloutError::OtherBundle { given: other, proposed: digest }.into());
        }
        let rollout = self.rollout()?;
        let version = rollout.version(digest);
        let version = version.ok_or_else(|| RolloutError::Unknown(digest.to_string()))?;
        let waits = version.waits.ok_or(RolloutError::NotProposed(digest))?;
        if waits != mode {
            return Err(RolloutError::ProposedOtherwise { rules: digest, waits }.into());
        }
        if version.proposed.as_ref().is_some_and(|proposed| proposed.is_of(by, account)) {
            return Err(RolloutError::SamePerson { by: by.to_owned() }.into());
        }
        let rules = match given {
            Some(given) => Arc::clone(given),
            None => self.shelved(digest)?,
        };
        check_begin(self.rules(), &rules, mode)?;
        let mut said = spoken(digest, by, reason);
        said.push(("account", account.unwrap_or_default().to_owned()));
        self.write(Note::RulesApproved, &said, at)?;
        self.begin_rules(&rules, mode, &Voice { by, reason, at })
    }

    /// Goes back: without a version a canary ends, or else what was in force before comes back. One person
    /// is enough, because two agreed to it then and the way back must not wait. Gives what is in force.
    ///
    /// # Errors
    /// `rollout-*` when it is refused; what the store says.
    pub fn roll_back(
        &mut self,
        to: Option<Digest>,
        (by, reason): (&str, &str),
        at: Timestamp,
    ) -> Result<Digest, DriveError> {
        check_reason(reason)?;
        let rollout = self.rollout()?;
        let active = self.rules().digest();
        if let (None, Some((canary, ..))) = (to, rollout.canary()) {
            self.withdraw(canary, (by, reason), at)?;
            return Ok(active);
        }
        let target = match to {
            Some(target) => target,
            None => self.previous(&rollout).ok_or(RolloutError::NoPrevious)?,
        };
        let version = rollout.version(target);
        let version = version.ok_or_else(|| RolloutError::Unknown(target.to_string()))?;
        match version.state {
            State::InForce => return Err(RolloutError::Already(target).into()),
            _ if rollout.was_in_force(target) => {}
            _ => return Err(RolloutError::NeverInForce(target).into()),
        }
        let mut rules = self.shelved(target)?;
        if rules.engine() != ENGINE {
            // Their files decide again, by the semantics of this program.
            let composed = Rules::compose(rules.files().clone());
            let problem = |problems: Vec<bellwether_core::Problem>| {
                let problem = problems.first().map(ToString::to_string).unwrap_or_default();
                DriveError::BadRules { digest: target, problem }
            };
            rules = Arc::new(composed.map_err(problem)?);
            self.shelve(&rules)?;
        }
        let mut said = spoken(rules.digest(), by, reason);
        said.push(("from", active.to_string()));
        if rules.digest() != target {
            said.push(("target", target.to_string()));
        }
        self.write(Note::RulesRolledBack, &said, at)?;
        self.enforce(&rules, None, at)?;
        Ok(rules.digest())
    }

    /// Takes a proposal back, or ends a shadow or a canary. Durable after the next commit.
    ///
    /// # Errors
    /// `rollout-*` when it is refused; what the store says.
    pub fn withdraw(
        &mut self,
        digest: Digest,
        (by, reason): (&str, &str),
        at: Timestamp,
    ) -> Result<(), DriveError> {
        check_reason(reason)?;
        let rollout = self.rollout()?;
        let version = rollout.version(digest);
        let version = version.ok_or_else(|| RolloutError::Unknown(digest.to_string()))?;
        let ends = version.waits.is_some()
            || matches!(version.state, State::Shadow | State::Canary(_) | State::Proposed);
        if !ends {
            return Err(RolloutError::NothingToEnd(digest).into());
        }
        self.write(Note::RulesWithdrawn, &spoken(digest, by, reason), at)?;
        if self.canary_rules().is_some_and(|canary| canary.digest() == digest) {
            self.let_decide(Arc::clone(self.rules()), None);
        }
        Ok(())
    }

    /// The rules that were in force before those that are now: the same files under another engine are no
    /// others.
    fn previous(&self, rollout: &Rollout) -> Option<Digest> {
        let other = |digest: &Digest| {
            let rules = self.book().get(digest);
            rules.is_some_and(|rules| rules.files() != self.rules().files())
        };
        rollout.way_back().find(other)
    }

    fn begin_rules(
        &mut self,
        rules: &Arc<Rules>,
        mode: Mode,
        voice: &Voice<'_>,
    ) -> Result<Stands, DriveError> {
        let digest = rules.digest();
        let running = self.canary().map(|canary| canary.share).filter(|it| it.rules == digest);
        // Accounts stay chosen while the share changes.
        let activation = running.map_or(digest, |share| share.activation);
        let mut said = spoken(digest, voice.by, voice.reason);
        said.extend(mode_members(mode));
        if matches!(mode, Mode::Canary(_)) {
            said.push(("activation", activation.to_string()));
        }
        self.write(Note::RulesStarted, &said, voice.at)?;
        match mode {
            Mode::Shadow => {
                if running.is_some() {
                    self.let_decide(Arc::clone(self.rules()), None);
                }
            }
            Mode::Canary(percent) => {
                let share = Share { rules: digest, activation, percent };
                self.keep_newcomers(rules, voice.at)?;
                let canary = Canary { rules: Arc::clone(rules), share };
                self.let_decide(Arc::clone(self.rules()), Some(canary));
                if running.is_none() {
                    self.write_activated(rules, voice.at)?;
                }
            }
            Mode::Enforce => self.enforce(rules, None, voice.at)?,
        }
        Ok(Stands::Begun(mode))
    }

    /// Rules decide for all from here on, without a word by anybody. A canary goes on beside them; one of
    /// these very rules ends.
    pub(crate) fn supersede(
        &mut self,
        rules: &Arc<Rules>,
        at: Timestamp,
    ) -> Result<(), DriveError> {
        let digest = rules.digest();
        let (own, canary) = match self.canary().cloned() {
            Some(canary) if canary.share.rules == digest => (true, None),
            canary => (false, canary),
        };
        if own {
            let mut said = vec![("rules", digest.to_string())];
            said.extend(mode_members(Mode::Enforce));
            self.write(Note::RulesStarted, &said, at)?;
        }
        self.enforce(rules, canary, at)
    }

    fn enforce(
        &mut self,
        rules: &Arc<Rules>,
        canary: Option<Canary>,
        at: Timestamp,
    ) -> Result<(), DriveError> {
        self.keep_staff(rules, at)?;
        self.let_decide(Arc::clone(rules), canary);
        self.write_activated(rules, at)
    }

    fn write_activated(&mut self, rules: &Arc<Rules>, at: Timestamp) -> Result<(), DriveError> {
        let preimage = rules.preimage().to_owned();
        let body = Body::RulesActivated { rules: rules.digest(), preimage };
        self.give(StreamId::SYSTEM, &body, Origin::Live, at).map(drop)
    }

    fn write(
        &mut self,
        note: Note,
        said: &[(&str, String)],
        at: Timestamp,
    ) -> Result<(), DriveError> {
        let body = Body::Noted { note, members: members(said), tell: None };
        self.give(StreamId::SYSTEM, &body, Origin::Live, at).map(drop)
    }

    fn shelved(&self, digest: Digest) -> Result<Arc<Rules>, DriveError> {
        let rules = self.book().get(&digest).cloned();
        rules.ok_or_else(|| RolloutError::Unknown(digest.to_string()).into())
    }
}

/// Whether rules may begin so. What decides is what this program makes of their files, never what an earlier
/// one did. Versions only rise, unless somebody goes back on purpose; rules that only watch may be older.
///
/// # Errors
/// [`RolloutError::Engine`] for rules that were composed for another engine; [`RolloutError::Downgrade`] when
/// other rules of that name are older than those in force.
pub fn check_begin(in_force: &Rules, other: &Rules, mode: Mode) -> Result<(), RolloutError> {
    if other.engine() != ENGINE {
        return Err(RolloutError::Engine { rules: other.digest(), engine: other.engine() });
    }
    let (now, new) = (in_force.policy().meta(), other.policy().meta());
    if mode != Mode::Shadow && now.name == new.name && is_older(&new.version, &now.version) {
        let (offered, in_force) = (new.version.clone(), now.version.clone());
        return Err(RolloutError::Downgrade { offered, in_force });
    }
    Ok(())
}

/// Whether `major.minor.patch` comes before another.
pub(super) fn is_older(version: &str, than: &str) -> bool {
    let parts = |text: &str| -> Vec<u64> {
        text.split('.').map(|part| part.parse().unwrap_or_default()).collect()
    };
    parts(version) < parts(than)
}

fn stands_so(version: &Version, mode: Mode) -> bool {
    match (version.state, mode) {
        (State::InForce, _) | (State::Shadow, Mode::Shadow) => true,
        (State::Canary(now), Mode::Canary(then)) => now == then,
        _ => version.waits == Some(mode),
    }
}

fn spoken(digest: Digest, by: &str, reason: &str) -> Vec<(&'static str, String)> {
    vec![("rules", digest.to_string()), ("by", by.to_owned()), ("reason", reason.to_owned())]
}

fn mode_members(mode: Mode) -> [(&'static str, String); 2] {
    let percent = mode.percent().map(|percent| percent.to_string()).unwrap_or_default();
    [("mode", mode.as_str().to_owned()), ("percent", percent)]
}

fn check_reason(reason: &str) -> Result<(), RolloutError> {
    let fine = !reason.trim().is_empty()
        && reason.chars().count() <= REASON
        && !reason.chars().any(char::is_control);
    if fine { Ok(()) } else { Err(RolloutError::Reason) }
}
