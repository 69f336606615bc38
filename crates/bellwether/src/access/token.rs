//! Service tokens: `bw_<id>_<secret>`, shown once, kept as a hash.

use super::error::AccessError;
use super::principal::{Scope, Service};
use super::{Desk, secret};
use bellwether_core::{Duration, Timestamp, Trust};
use bellwether_store::{Accounts, Change, TokenRow, Trail};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

/// What every token begins with, so that scanners find one that was published.
pub(super) const PREFIX: &str = "bw_";

/// The last use is noted no more often than this.
const COARSE: Duration = Duration::from_micros(10 * 60_000_000);

/// How long a token is remembered at most.
const MOMENT: Duration = Duration::from_secs(1);

/// A token to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewToken<'a> {
    /// What it is for.
    pub(crate) label: &'a str,
    /// What it may do.
    pub(crate) scopes: &'a [Scope],
    /// The sources it may write as; empty for every one.
    pub(crate) sources: &'a [String],
    /// The highest trust of its signals.
    pub(crate) trust: Trust,
    /// How long it holds.
    pub(crate) lasts: Duration,
}

/// A token that was made: its id, and the whole of it, which is not kept.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) whole: String,
}

/// Makes a token.
///
/// # Errors
/// `access-settings` for a scope or a source that cannot be, and what the store says.
pub(crate) fn make(
    accounts: &mut Accounts,
    new: &NewToken<'_>,
    actor: &str,
    now: Timestamp,
) -> Result<Made, AccessError> {
    let plain = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
    if !new.sources.iter().all(|source| plain(source)) {
        return Err(AccessError::Settings("a source is one word".to_owned()));
    }
    let (id, secret) = (secret::id('t')?, secret::random()?);
    let row = TokenRow {
        id: id.clone(),
        hash: secret::hash(&secret),
        label: new.label.to_owned(),
        scopes: new.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        sources: new.sources.to_vec(),
        trust: Some(new.trust.as_str().to_owned()),
        created: now,
        ends: now.plus(new.lasts),
        used: None,
        revoked: None,
    };
    let (account, actor) = (Some(id.clone()), actor.to_owned());
    let trail = Trail { at: now, what: "token.made", account, actor };
    match accounts.change(&trail, &[Change::AddToken(&row)])? {
        true => Ok(Made { whole: format!("{PREFIX}{id}_{secret}"), id }),
        false => Err(AccessError::Randomness),
    }
}

impl Desk {
    /// Which program a token stands for.
    ///
    /// # Errors
    /// `access-token`, whatever is wrong with it, and what the store says.
    pub(crate) fn service(
        self: &Arc<Self>,
        token: &str,
        now: Timestamp,
    ) -> Result<Service, AccessError> {
        let parts = token.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.ok_or(AccessError::Token)?;
        let row = self.token_row(id, now)?.ok_or(AccessError::Token)?;
        let fits = secret::same(&secret::hash(secret), &row.hash);
        if !fits || row.revoked.is_some() || now >= row.ends {
            return Err(AccessError::Token);
        }
        if row.used.is_none_or(|used| now.since(used) > COARSE) {
            let id = row.id.clone();
            self.touch(move |accounts| accounts.touch_token(&id, now));
        }
        let trust = row.trust.as_deref().and_then(Trust::from_word).unwrap_or(Trust::CustomerText);
        // A scope of a later version gives nothing here.
        let scopes = row.scopes.iter().filter_map(|word| Scope::from_word(word)).collect();
        Ok(Service { id: row.id, scopes, sources: row.sources, trust })
    }

    /// What is kept of a token. It is asked for with every signal, so it is remembered for a moment, unless
    /// anything about accounts has changed.
    fn token_row(&self, id: &str, now: Timestamp) -> Result<Option<TokenRow>, AccessError> {
        let mut known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = self.reader();
        let mark = reader.mark();
        let is_new = |at: Timestamp| at <= now && now.since(at) < MOMENT;
        if mark.is_none() || known.mark != mark || !is_new(known.at) {
            *known = Remembered { at: now, mark, rows: BTreeMap::new() };
        }
        if let Some(row) = known.rows.get(id) {
            return Ok(Some(row.clone()));
        }
        let row = reader.token(id)?;
        known.rows.extend(row.clone().map(|row| (row.id.clone(), row)));
        Ok(row)
    }
}

/// Tokens that were asked for since the accounts were as they were.
#[derive(Default)]
pub(super) struct Remembered {
    at: Timestamp,
    mark: Option<(u64, SystemTime)>,
    rows: BTreeMap<String, TokenRow>,
}
