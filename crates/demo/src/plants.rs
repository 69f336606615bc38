//! Plants: fifty people nobody else is named like, who leave traces in chats, tickets, mails and leads.
//!
//! - In: the cast and a stream of chance.
//! - Out: ordinary rows that carry a name, an address, a number and a secret phrase.
//! - Never: a planted string in a column that is not personal.

use crate::accounts::{Account, Contact};
use crate::emit::service::Matter;
use crate::leads;
use crate::rng::Rng;
use crate::stage::{Books, Cast, Stage};
use crate::text::voices::Voice;
use crate::text::{Facts, Reply, Topic};
use crate::truth::PlantedPerson;
use crate::words::planted::{FAMILY, GIVEN, SECRET_FIRST, SECRET_SECOND};
use crate::words::slug;

/// Area codes that no other contact has, so that a planted number is unique.
const AREAS: &[&str] = &["+1 907", "+1 808", "+44 1534", "+49 40", "+33 4"];

fn person(position: usize, turn: usize, account: &Account, rng: &mut Rng) -> (Contact, String) {
    let given = GIVEN.get(position).copied().unwrap_or("Quillon");
    let family = FAMILY.get((position + turn) % FAMILY.len()).copied().unwrap_or("Vantreight");
    let name = format!("{given} {family}");
    let email = format!("{}.{}@{}", slug(given), slug(family), account.domain);
    let area = AREAS.get(position % AREAS.len()).copied().unwrap_or("+1 907");
    let phone = format!("{area} 555-01{:02}", 20 + position);
    let voice = match position % 3 {
        0 => Voice::Polite,
        1 => Voice::Curt,
        _ => Voice::Rambling,
    };
    let secret = format!(
        "{}-{}-{}",
        rng.word(SECRET_FIRST),
        rng.word(SECRET_SECOND),
        rng.range(100_000, 999_000) / 100 * 100 + i64::try_from(position).unwrap_or(0),
    );
    (Contact { name, email, phone, title: "Site Engineer", voice }, secret)
}

/// Plants up to fifty people, one at each of as many customers.
pub(crate) fn plant(cast: &Cast, books: &mut Books, rng: &mut Rng) {
    let turn = rng.below(FAMILY.len());
    let mut customers: Vec<&Account> = cast.accounts.iter().filter(|a| a.customer).collect();
    rng.shuffle(&mut customers);
    for position in 0..GIVEN.len() {
        let Some(account) = customers.get(position % customers.len().max(1)).copied() else {
            return;
        };
        let mut own = rng.fork(position as u64 + 5_000);
        let (contact, secret) = person(position, turn, account, &mut own);
        let last = (cast.days - 6).max(0);
        let start = own.range(0, last);
        let mut stage =
            Stage::new(cast, account, books, own.fork(1), (start, 2.min(cast.days - 1)));
        traces(&mut stage, &contact, &secret);
        let mut files = vec!["chats.jsonl", "tickets.json", "mail.mbox"];
        if position % 5 < 3 {
            leads::of_contact(cast, account, &contact, books, &mut own);
            files.push("leads.csv");
        }
        books.truth.people.push(PlantedPerson {
            account_id: account.id.clone(),
            name: contact.name,
            email: contact.email,
            phone: contact.phone,
            secret,
            files,
        });
    }
}

/// Two questions and an answer, in three places.
fn traces(stage: &mut Stage<'_>, contact: &Contact, secret: &str) {
    let part = stage.part();
    let about = Facts {
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone: contact.phone.clone(),
        secret: secret.to_owned(),
        ..stage.facts(contact, part)
    };
    let mut talk = stage.conversation(contact);
    stage.says(&mut talk, Topic::HowTo, &about, 40);
    stage.answers(&talk, Reply::Ask, &about);
    stage.says(&mut talk, Topic::Identity, &about, 30);
    stage.answers(&talk, Reply::HandOver, &about);
    let matter =
        Matter { category: "how_to", priority: "low", topics: &[Topic::HowTo, Topic::Identity] };
    let mut ticket = stage.ticket(contact, &matter, &about);
    stage.minutes(20, 120);
    stage.ticket_moves(&mut ticket, "pending");
    stage.beat(500);
    let asked = stage.writes(contact, &[Topic::HowTo, Topic::Identity], &about, None);
    stage.minutes(20, 90);
    stage.replies(contact, "support_agent", &[Reply::FixHow], &about, Some(&asked));
    stage.minutes(10, 60);
    stage.ticket_moves(&mut ticket, "solved");
}

#[cfg(test)]
mod tests {
    use super::{FAMILY, GIVEN};
    use crate::words::countries::COUNTRIES;
    use crate::words::names::names;

    #[test]
    fn nobody_else_has_a_planted_name() {
        assert_eq!((GIVEN.len(), FAMILY.len()), (50, 50));
        for country in COUNTRIES {
            let (given, family) = names(country.culture);
            assert!(given.iter().all(|name| !GIVEN.contains(name)));
            assert!(family.iter().all(|name| !FAMILY.contains(name)));
        }
    }
}
