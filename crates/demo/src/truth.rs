//! Truth: what the generator knows and the export files do not say.
//!
//! - In: filled while the company is made.
//! - Out: answers to check identity matching, erasure and escalation against.
//! - Never: anything a mapping may read; a program that reads it would be cheating.

/// A lead that is one of our accounts under another spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookAlike {
    /// The row of `leads.csv`.
    pub lead_id: String,
    /// The account it really is.
    pub account_id: String,
    /// In which way it differs, for example `subdomain` or `legal_form`.
    pub kind: &'static str,
}

/// A lead that looks like one of our accounts and is another company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The row of `leads.csv`.
    pub lead_id: String,
    /// The account it must not be taken for.
    pub resembles: String,
    /// In which way it tempts, for example `typo_domain`.
    pub kind: &'static str,
}

/// A person whose traces must all be found, and all disappear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantedPerson {
    /// The account at which the person works.
    pub account_id: String,
    /// The full name, which nobody else has.
    pub name: String,
    /// The e-mail address, which nobody else has.
    pub email: String,
    /// The telephone number, which nobody else has.
    pub phone: String,
    /// A phrase the person wrote into free text.
    pub secret: String,
    /// The files in which traces were left.
    pub files: Vec<&'static str>,
}

/// What happens to an account over the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoryKind {
    /// A prospect that becomes ready for a conversation between executives.
    Ripening,
    /// A prospect that looks the same for a while and then stops.
    Stalled,
    /// A customer lost step by step, or saved late.
    Sour,
    /// A warranty claim refused and disputed.
    Warranty,
    /// Equipment that fails, often with danger to people.
    Malfunction,
    /// A wrong invoice and what follows.
    Billing,
    /// A part missing in a delivery; an agent can solve it.
    MissingPart,
    /// One of many refund requests on one day.
    RefundSpike,
    /// A customer that wants more and asks for contract terms of its own.
    Expansion,
}

/// The story of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryLine {
    /// The account it happens to.
    pub account_id: String,
    /// What happens.
    pub kind: StoryKind,
    /// How it ends, for example `won`, `lost`, `open`, `churned`, `saved`, `solved`, `complaint`.
    pub ending: &'static str,
    /// The first day, as `2026-06-01`.
    pub starts_on: String,
    /// The deal or ticket at its centre; empty when it never came to one.
    pub subject_id: String,
}

/// Everything that is known about the made company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// The first instant of the window.
    pub window_start: String,
    /// The first instant after the window.
    pub window_end: String,
    /// Rows of all files but `people.csv`.
    pub signals: usize,
    /// Leads that are accounts in disguise.
    pub look_alikes: Vec<LookAlike>,
    /// Leads that only look like accounts.
    pub traps: Vec<Trap>,
    /// Leads that are accounts without any disguise, with the account.
    pub known_leads: Vec<(String, String)>,
    /// Leads of companies we have never heard of.
    pub new_leads: Vec<String>,
    /// Leads whose owner had left by the end of the window, with the address of whoever asked.
    pub ownerless_leads: Vec<(String, String)>,
    /// People planted into several files.
    pub people: Vec<PlantedPerson>,
    /// One story for about a quarter of the accounts.
    pub stories: Vec<StoryLine>,
}
