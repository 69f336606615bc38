//! What a person does about sending: the stop switch and dead letters. It is durable when it is said.

use super::Desk;
use super::house::{self, Effect, Sending};
use crate::serve::problem::Refused;
use crate::serve::viewer::Viewer;
use bellwether_runtime::delivery::{self, Again};
use serde::Deserialize;
use utoipa::ToSchema;

/// An effect: the position of its record, and which effect of it.
pub(crate) type Id = (u64, u32);

/// Whether sending is to stop.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stopping {
    /// `true` stops all sending, `false` lets it go on.
    pub(crate) stopped: bool,
}

/// What became of a dead letter.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settling {
    /// `true`: it arrived after all; `false`: nobody wants it any more.
    pub(crate) arrived: bool,
}

/// Stops all sending, or lets it go on, in the name of whoever says so.
///
/// # Errors
/// What the driver says.
pub(crate) fn stop(desk: &Desk<'_>, viewer: &Viewer, stopped: bool) -> Result<Sending, Refused> {
    let by = viewer.person.as_ref().unwrap_or(&viewer.name).clone();
    desk.live().call(move |driver, now| delivery::stop(driver, now, stopped, &by))?;
    Ok(house::sending(desk.view)?)
}

/// Settles a dead letter.
///
/// # Errors
/// `http-not-found`; what the driver says.
pub(crate) fn settle(desk: &Desk<'_>, id: Id, arrived: bool) -> Result<Effect, Refused> {
    let found = desk.live().call(move |driver, now| delivery::settle(driver, now, id, arrived))?;
    shown(desk, id, found)
}

/// Has a dead letter tried again: at once where something delivers.
///
/// # Errors
/// `http-not-found`; what the driver says.
pub(crate) fn retry(desk: &Desk<'_>, again: Option<&Again>, id: Id) -> Result<Effect, Refused> {
    let found = match again {
        Some(again) => again.retry(id)?,
        None => desk.live().call(move |driver, now| delivery::retry(driver, now, id))?,
    };
    shown(desk, id, found)
}

fn shown(desk: &Desk<'_>, (pos, nth): Id, found: bool) -> Result<Effect, Refused> {
    let row = if found { desk.view.effect(pos, nth)? } else { None };
    let row = row.ok_or_else(|| Refused::not_found("there is no such dead letter"))?;
    Ok(house::effect(desk.view, &row)?)
}
