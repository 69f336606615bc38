//! Whom a request is about, as arguments.

use crate::exit::Failure;
use anyhow::Result;
use bellwether_core::{AccountId, Personal, SubjectId};
use bellwether_runtime::embedded::Embedded;
use bellwether_runtime::privacy::{Named, Subject};

/// Whom it is about; nothing of it is repeated in what is printed.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("whom").required(true)))]
pub(super) struct SubjectArgs {
    /// By a mail address.
    #[arg(long, value_name = "ADDRESS", group = "whom")]
    email: Option<String>,
    /// By an id in a system, as its source calls the person or account.
    #[arg(long, value_name = "SYSTEM=ID", group = "whom", value_parser = read_id)]
    id: Option<(String, String)>,
    /// By a random id, as records and exports show it: `sub_...`, or `acc_...` for a whole account.
    #[arg(long, value_name = "ID", group = "whom", value_parser = read_random)]
    subject: Option<Random>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Random {
    Person(SubjectId),
    Account(AccountId),
}

fn read_id(text: &str) -> Result<(String, String), String> {
    let (system, id) = text.split_once('=').ok_or("expected SYSTEM=ID")?;
    let given = !system.is_empty() && !id.is_empty();
    given.then(|| (system.to_owned(), id.to_owned())).ok_or_else(|| "expected SYSTEM=ID".to_owned())
}

fn read_random(text: &str) -> Result<Random, String> {
    let person = text.parse().map(Random::Person);
    let id = person.or_else(|_| text.parse().map(Random::Account));
    id.map_err(|_| "expected an id that begins with `sub_` or `acc_`".to_owned())
}

impl SubjectArgs {
    /// Who that is in every store.
    pub(super) fn find(&self, driver: &mut Embedded) -> Result<Subject> {
        Ok(driver.find_subject(&self.named()?).map_err(Failure::drive)?)
    }

    fn named(&self) -> Result<Named> {
        match (&self.email, &self.id, self.subject) {
            (Some(email), ..) if !email.contains('@') => {
                anyhow::bail!("`--email` needs an address with an `@`")
            }
            (Some(email), ..) => Ok(Named::Email(Personal::new(email.clone()))),
            (_, Some((system, id)), _) => {
                Ok(Named::External(system.clone(), Personal::new(id.clone())))
            }
            (.., Some(Random::Person(id))) => Ok(Named::Person(id)),
            (.., Some(Random::Account(id))) => Ok(Named::Account(id)),
            _ => anyhow::bail!("nobody was named"),
        }
    }
}
