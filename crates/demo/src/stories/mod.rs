//! Stories: what happens to a quarter of the accounts, as chains of events that belong together.
//!
//! - In: the cast and a stream of chance.
//! - Out: rows in many files, and the truth about each story.
//! - Never: a story the files contradict; an ending is written as an outcome when there is one.

mod care;
mod customers;
mod prospects;
mod sour;
mod spike;

use crate::accounts::Account;
use crate::rng::Rng;
use crate::stage::{Books, Cast, Stage};
use crate::truth::{StoryKind, StoryLine};

/// How a story went: its ending, and the deal or ticket it turned around.
pub(crate) struct Told {
    ending: &'static str,
    subject: String,
}

/// Story, how many per hundred accounts, whether customers live it, days it takes at most.
const PLAN: &[(StoryKind, usize, bool, i64)] = &[
    (StoryKind::Ripening, 6, false, 62),
    (StoryKind::Stalled, 3, false, 48),
    (StoryKind::Sour, 5, true, 52),
    (StoryKind::Warranty, 2, true, 34),
    (StoryKind::Malfunction, 2, true, 16),
    (StoryKind::Billing, 2, true, 30),
    (StoryKind::MissingPart, 2, true, 9),
    (StoryKind::RefundSpike, 2, true, 12),
    (StoryKind::Expansion, 1, true, 45),
];

/// Tells every story once and remembers the truth.
pub(crate) fn tell(cast: &Cast, books: &mut Books, rng: &mut Rng) {
    let mut customers: Vec<&Account> = cast.accounts.iter().filter(|a| a.customer).collect();
    let mut prospects: Vec<&Account> = cast.accounts.iter().filter(|a| !a.customer).collect();
    rng.shuffle(&mut customers);
    rng.shuffle(&mut prospects);
    for (kind, share, for_customers, longest) in PLAN {
        let wanted = (cast.accounts.len() * share).div_ceil(100);
        let pool = if *for_customers { &mut customers } else { &mut prospects };
        for _ in 0..wanted {
            let Some(account) = cast_for(*kind, pool, rng) else { break };
            let own = rng.fork(account.number as u64 + 77_000);
            live(cast, account, books, own, (*kind, *longest));
        }
    }
}

/// Executives are called for large accounts mostly; everything else can happen to anybody.
fn cast_for<'a>(
    kind: StoryKind,
    pool: &mut Vec<&'a Account>,
    rng: &mut Rng,
) -> Option<&'a Account> {
    let choosy = matches!(kind, StoryKind::Ripening | StoryKind::Expansion) && rng.chance(850);
    let large = pool.iter().rposition(|account| account.tier != "smb").filter(|_| choosy);
    match large {
        Some(position) => Some(pool.swap_remove(position)),
        None => pool.pop(),
    }
}

fn live(
    cast: &Cast,
    account: &Account,
    books: &mut Books,
    mut rng: Rng,
    (kind, longest): (StoryKind, i64),
) {
    let room = (cast.days - 2).max(3);
    let length = rng.range(longest * 7 / 10, longest).min(room);
    let start = match kind {
        // The bad batch was delivered to everybody in the same week.
        StoryKind::RefundSpike => spike::day(cast.days) - length / 2,
        _ => rng.range(0, room - length),
    };
    let start = start.max(0);
    let mut stage = Stage::new(cast, account, books, rng, (start, length));
    let told = match kind {
        StoryKind::Ripening => prospects::ripening(&mut stage),
        StoryKind::Stalled => prospects::stalled(&mut stage),
        StoryKind::Sour => sour::sour(&mut stage),
        StoryKind::Warranty => care::warranty(&mut stage),
        StoryKind::Malfunction => care::malfunction(&mut stage),
        StoryKind::Billing => customers::billing(&mut stage),
        StoryKind::MissingPart => customers::missing_part(&mut stage),
        StoryKind::RefundSpike => spike::refund(&mut stage),
        StoryKind::Expansion => customers::expansion(&mut stage),
    };
    let line = StoryLine {
        account_id: account.id.clone(),
        kind,
        ending: told.ending,
        starts_on: crate::time::At::day(start).date(),
        subject_id: told.subject,
    };
    books.truth.stories.push(line);
}
