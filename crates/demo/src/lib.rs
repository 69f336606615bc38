//! Demo: a fake company of our own making, as the export files that real systems would give.
//!
//! - In: a seed and a size.
//! - Out: sixteen export files (CRM, desk, chat, mail, calendar, ERP, billing) and the truth about them.
//! - Never: IO, a clock, threads, randomness from outside, a real name or a domain outside `.example`.
//!
//! Stories come first, because signals that belong together are what escalation is about; background
//! fills the days around them until the number of signals is reached. The program imports the files by
//! its ordinary mapping language; nothing here knows about it.

mod accounts;
mod background;
mod emit;
mod leads;
mod plants;
mod rng;
mod sheet;
mod staff;
mod stage;
mod stories;
mod text;
mod time;
mod truth;
mod words;

#[cfg(test)]
mod tests;

use rng::Rng;
use sheet::{Export, Sheets};
use staff::Staff;
use stage::{Books, Cast, Stage};
use time::{At, HOUR};

pub use truth::{LookAlike, PlantedPerson, StoryKind, StoryLine, Trap, Truth};

/// How large the company is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Prospects and customers together.
    pub accounts: usize,
    /// Rows of all files but `people.csv`. Too small a number is exceeded: accounts, leads, planted
    /// people and stories are never left out.
    pub signals: usize,
    /// Days of the window, which starts on 2026-06-01T00:00:00Z; at least ten are used.
    pub days: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { accounts: 2_000, signals: 50_000, days: 90 }
    }
}

/// One export file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The file name, for example `deals.csv`.
    pub name: &'static str,
    /// UTF-8 content.
    pub bytes: Vec<u8>,
    /// Rows without the header line.
    pub rows: usize,
}

/// A made company: what its systems exported, and what is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// The export files, in a fixed order.
    pub files: Vec<File>,
    /// The answers.
    pub truth: Truth,
}

/// The seed of the demo that is shown.
pub const DEFAULT_SEED: u64 = 1;

/// Columns and keys that hold personal data or free text, as `(file, column)`. Everything else is not.
pub const PERSONAL: &[(&str, &str)] = &[
    ("tickets.json", "subject"),
    ("tickets.json", "description"),
    ("tickets.json", "requester.name"),
    ("tickets.json", "requester.email"),
    ("chats.jsonl", "visitor_email"),
    ("chats.jsonl", "text"),
    ("mail.mbox", "headers and body"),
    ("engagement.csv", "contact_email"),
    ("surveys.csv", "contact_email"),
    ("leads.csv", "contact_email"),
    ("leads.csv", "contact_name"),
];

/// Makes the company. Equal arguments give equal bytes.
pub fn company(seed: u64, size: Size) -> Company {
    let days = i64::from(size.days.max(10));
    let root = Rng::new(seed);
    let staff = Staff::hire(size.accounts, &mut root.fork(1));
    let accounts = accounts::found(size.accounts.max(1), &staff, &mut root.fork(2));
    let cast = Cast { accounts, staff, days };
    let mut books = Books::new(days);
    cast.staff.record(&mut books.sheets);
    first_rows(&cast, &mut books);
    stories::tell(&cast, &mut books, &mut root.fork(3));
    leads::generate(&cast, &mut books, &mut root.fork(4));
    plants::plant(&cast, &mut books, &mut root.fork(5));
    emit::meetings::internal_calendar(&cast, &mut books, &mut root.fork(6));
    upkeep(&cast, &mut books, &mut root.fork(7));
    background::fill(&cast, &mut books, size.signals, &mut root.fork(8));
    let Books { mut sheets, mut truth, .. } = books;
    truth.window_start = At::day(0).iso();
    truth.window_end = At::day(days).iso();
    truth.signals = sheets.signals();
    Company { files: files(&mut sheets, At::day(days)), truth }
}

/// The CRM writes every account in the first hour, before anything can refer to one.
fn first_rows(cast: &Cast, books: &mut Books) {
    for (position, account) in (0_i64..).zip(&cast.accounts) {
        let at = At::day(0).plus(position * 3_000 / cast.accounts.len().max(1) as i64);
        emit::crm::account_row(account, &mut books.sheets, at);
    }
}

/// Later changes to accounts: a new owner where the old one left, and corrections by hand.
fn upkeep(cast: &Cast, books: &mut Books, rng: &mut Rng) {
    for account in &cast.accounts {
        let left = cast.staff.by_email(&account.owner).and_then(|person| person.left);
        let mut own = rng.fork(account.number as u64);
        if let (Some(left), true) = (left, own.chance(700)) {
            let start = left.window_day() + own.range(1, 6);
            let heir = cast.staff.with_role("account_executive", &mut own).map(|p| p.email.clone());
            let mut stage = Stage::new(cast, account, books, own, (start, 1));
            stage.account_changes(|changed| changed.owner = heir.unwrap_or_default());
        } else if own.chance(60) {
            let start = own.range(2, cast.days - 1);
            let more = own.range(80, 140);
            let mut stage = Stage::new(cast, account, books, own, (start, 1));
            stage.account_changes(|changed| {
                changed.employees = (changed.employees * more / 100).max(1);
                changed.revenue = changed.revenue * more / 100;
            });
        }
    }
}

const HEADERS: &[(Export, &str, &str)] = &[
    (
        Export::Accounts,
        "accounts.csv",
        "account_id,name,domain,industry,employees,annual_revenue,currency,country,region,tier,strategic,\
         segment,renewal_date,owner_email,updated_at",
    ),
    (
        Export::Deals,
        "deals.csv",
        "deal_id,account_id,stage,amount,currency,probability_percent,technical_fit,decision_maker_met,\
         owner_email,modified_at",
    ),
    (Export::Tickets, "tickets.json", ""),
    (Export::Chats, "chats.jsonl", ""),
    (Export::Mail, "mail.mbox", ""),
    (
        Export::Calendar,
        "calendar.csv",
        "event_id,attendee_email,account_domain,starts_at,ends_at,kind,exec,updated_at",
    ),
    (
        Export::Orders,
        "orders.csv",
        "order_id,account_id,status,part_number,amount,currency,promised_at,delay_days,updated_at",
    ),
    (
        Export::Invoices,
        "invoices.csv",
        "invoice_id,account_id,amount,currency,due_at,status,days_overdue,updated_at",
    ),
    (Export::Contracts, "contracts.jsonl", ""),
    (Export::Usage, "usage.csv", "account_id,metric,value,change_percent,at"),
    (Export::Engagement, "engagement.csv", "account_domain,contact_email,channel,asset,score,at"),
    (Export::Procurement, "procurement.csv", "account_id,deal_id,stage,days_in_stage,at"),
    (Export::Surveys, "surveys.csv", "account_id,contact_email,question,score,at"),
    (
        Export::Leads,
        "leads.csv",
        "lead_id,company,domain,contact_email,contact_name,country,source,amount_estimate,currency,\
         owner_email,created_at",
    ),
    (Export::People, "people.csv", "email,name,role,manager_email,active,left_at"),
    (Export::Outcomes, "outcomes.csv", "subject_type,subject_id,account_id,outcome,at"),
];

fn files(sheets: &mut Sheets, end: At) -> Vec<File> {
    let file = |(export, name, header): &(Export, &'static str, &str)| {
        let lines = sheets.sorted(*export);
        let rows = lines.len();
        let body = match export {
            Export::Tickets => format!(
                "{{\"tickets\":[\n{}\n],\"count\":{rows},\"end_of_stream\":true,\"end_time\":{}}}\n",
                lines.join(",\n"),
                end.plus(-HOUR).0,
            ),
            _ if header.is_empty() => lines.join("\n") + "\n",
            _ => format!("{header}\n{}\n", lines.join("\n")),
        };
        File { name, bytes: body.into_bytes(), rows }
    };
    HEADERS.iter().map(file).collect()
}
