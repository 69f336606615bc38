//! Text: what people write, from a grammar of topics, voices and facts.
//!
//! - In: a topic, a voice, the facts of the row (order, part, amount).
//! - Out: a chat line, a letter or a subject.
//! - Never: a text that contradicts its row, and never filler words.

mod agents;
mod foreign;
mod friendly;
mod plain;
pub(crate) mod voices;

use crate::rng::Rng;
use voices::{Voice, dress};

/// Sentence templates.
pub(crate) type Lines = &'static [&'static str];

/// What a text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    MissingPart,
    Billing,
    Warranty,
    Malfunction,
    Safety,
    HowTo,
    Late,
    Refund,
    Supervisor,
    Complaint,
    Churn,
    NoReply,
    Thanks,
    Pricing,
    Security,
    Executive,
    OnHold,
    Renewal,
    Other,
    Identity,
}

/// What one of our people says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Greet,
    Ask,
    Fix,
    Delay,
    Deny,
    HandOver,
    Close,
    Solved,
    Rep,
    RepExecutive,
    Apology,
    Internal,
}

/// Values for the slots of a template. Empty ones are never asked for by the topics that use them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) product: String,
    pub(crate) part: String,
    pub(crate) partname: String,
    pub(crate) serial: String,
    pub(crate) order: String,
    pub(crate) invoice: String,
    pub(crate) amount: String,
    pub(crate) days: String,
    pub(crate) date: String,
    pub(crate) first: String,
    pub(crate) agent: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) secret: String,
}

impl Facts {
    fn slot(&self, name: &str) -> &str {
        match name {
            "product" => &self.product,
            "part" => &self.part,
            "partname" => &self.partname,
            "serial" => &self.serial,
            "order" => &self.order,
            "invoice" => &self.invoice,
            "amount" => &self.amount,
            "days" => &self.days,
            "date" => &self.date,
            "first" => &self.first,
            "agent" => &self.agent,
            "name" => &self.name,
            "email" => &self.email,
            "phone" => &self.phone,
            "secret" => &self.secret,
            _ => "",
        }
    }
}

fn english(topic: Topic) -> Lines {
    match topic {
        Topic::MissingPart => plain::MISSING_PART,
        Topic::Billing => plain::BILLING,
        Topic::Warranty => plain::WARRANTY,
        Topic::Malfunction => plain::MALFUNCTION,
        Topic::Safety => plain::SAFETY,
        Topic::HowTo => plain::HOW_TO,
        Topic::Late => plain::LATE,
        Topic::Refund => plain::REFUND,
        Topic::Supervisor => plain::SUPERVISOR,
        Topic::Complaint => plain::COMPLAINT,
        Topic::Churn => plain::CHURN,
        Topic::NoReply => plain::NO_REPLY,
        Topic::Thanks => friendly::THANKS,
        Topic::Pricing => friendly::PRICING,
        Topic::Security => friendly::SECURITY,
        Topic::Executive => friendly::EXECUTIVE,
        Topic::OnHold => friendly::ON_HOLD,
        Topic::Renewal => friendly::RENEWAL,
        Topic::Other => friendly::OTHER,
        Topic::Identity => friendly::IDENTITY,
    }
}

fn lines(topic: Topic, voice: Voice) -> Lines {
    let own = match voice {
        Voice::German => foreign::german(topic),
        Voice::French => foreign::french(topic),
        Voice::Spanish => foreign::spanish(topic),
        Voice::Learned => foreign::learned_english(topic),
        _ => &[],
    };
    if own.is_empty() { english(topic) } else { own }
}

/// Chooses among `[one|of|these]` and fills `{slots}`.
fn fill(template: &str, facts: &Facts, rng: &mut Rng) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(['[', '{']) {
        out.push_str(before);
        let is_choice = rest.chars().nth(before.chars().count()) == Some('[');
        let end = if is_choice { ']' } else { '}' };
        let Some((inside, tail)) = after.split_once(end) else { break };
        if is_choice {
            let choices: Vec<&str> = inside.split('|').collect();
            out.push_str(rng.pick(&choices).copied().unwrap_or(""));
        } else {
            out.push_str(facts.slot(inside));
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Slips of the finger in ordinary words; anything with a digit or a sign stays as it is.
fn mistype(text: &str, rng: &mut Rng) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let plain = word.chars().all(|letter| letter.is_ascii_alphabetic());
        let mut letters: Vec<char> = word.chars().collect();
        if plain && letters.len() > 4 && rng.chance(140) {
            let at = 1 + rng.below(letters.len() - 3);
            match rng.below(3) {
                0 => letters.swap(at, at + 1),
                1 => drop(letters.remove(at)),
                _ => letters.insert(at, letters.get(at).copied().unwrap_or('e')),
            }
        }
        let typed: String = letters.into_iter().filter(|letter| *letter != '\'').collect();
        words.push(if plain { typed.to_lowercase() } else { typed });
    }
    words.join(" ")
}

/// A voice that can speak on every topic; who lacks the words writes plain polite English.
fn able(voice: Voice, topics: &[Topic]) -> Voice {
    let foreign = matches!(voice, Voice::German | Voice::French | Voice::Spanish);
    let mute = |topic: &Topic| std::ptr::eq(lines(*topic, voice), english(*topic));
    if foreign && topics.iter().any(mute) { Voice::Polite } else { voice }
}

fn pick_line(topic: Topic, voice: Voice, facts: &Facts, rng: &mut Rng) -> String {
    let template = rng.word(lines(topic, voice));
    let text = fill(template, facts, rng);
    if voice == Voice::Typos && topic != Topic::Identity { mistype(&text, rng) } else { text }
}

fn dressed(words: Lines, facts: &Facts, rng: &mut Rng) -> String {
    fill(rng.word(words), facts, rng)
}

/// One chat message: short, now and then with an aside or a demand.
pub(crate) fn chat(topic: Topic, voice: Voice, facts: &Facts, rng: &mut Rng) -> String {
    let voice = able(voice, &[topic]);
    let mut said = vec![pick_line(topic, voice, facts, rng)];
    let calm = matches!(topic, Topic::Thanks | Topic::Supervisor | Topic::Identity | Topic::NoReply);
    if voice == Voice::Angry && rng.chance(450) {
        said.insert(0, dressed(dress(voice).aside, facts, rng));
    }
    if !calm && rng.chance(300) {
        said.push(dressed(dress(voice).demand, facts, rng));
    }
    if voice == Voice::Rambling && rng.chance(500) {
        said.insert(0, dressed(dress(voice).aside, facts, rng));
    }
    said.retain(|sentence| !sentence.is_empty());
    let text = said.join(" ");
    if voice == Voice::Angry && topic == Topic::Supervisor && rng.chance(300) {
        return text.to_uppercase();
    }
    text
}

/// A letter or a ticket: opening, the matter, what is wanted, closing.
pub(crate) fn letter(topics: &[Topic], voice: Voice, facts: &Facts, rng: &mut Rng) -> String {
    let voice = able(voice, topics);
    let clothes = dress(voice);
    let mut body: Vec<String> = Vec::new();
    for topic in topics {
        if voice == Voice::Rambling || (voice != Voice::Curt && rng.chance(180)) {
            body.push(dressed(clothes.aside, facts, rng));
        }
        let first = pick_line(*topic, voice, facts, rng);
        let second = pick_line(*topic, voice, facts, rng);
        let more = voice != Voice::Curt && first != second && rng.chance(420);
        body.push(first);
        if more && *topic != Topic::Identity {
            body.push(second);
        }
    }
    if !topics.contains(&Topic::Thanks) {
        body.push(dressed(clothes.demand, facts, rng));
    }
    body.retain(|sentence| !sentence.is_empty());
    let parts = [dressed(clothes.open, facts, rng), body.join(" "), dressed(clothes.close, facts, rng)];
    let kept: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    kept.join(if voice == Voice::Curt { "\n" } else { "\n\n" })
}

/// What one of our people answers.
pub(crate) fn reply(kind: Reply, facts: &Facts, rng: &mut Rng) -> String {
    let words = match kind {
        Reply::Greet => agents::GREET,
        Reply::Ask => agents::ASK,
        Reply::Fix => agents::FIX,
        Reply::Delay => agents::DELAY,
        Reply::Deny => agents::DENY,
        Reply::HandOver => agents::HAND_OVER,
        Reply::Close => agents::CLOSE,
        Reply::Solved => agents::SOLVED,
        Reply::Rep => agents::REP,
        Reply::RepExecutive => agents::REP_EXECUTIVE,
        Reply::Apology => agents::APOLOGY,
        Reply::Internal => agents::INTERNAL,
    };
    fill(rng.word(words), facts, rng)
}

/// A subject line, as people write them: short, often with the number of the thing.
pub(crate) fn subject(topic: Topic, facts: &Facts, rng: &mut Rng) -> String {
    let words: Lines = match topic {
        Topic::MissingPart => &["Missing {partname}, {order}", "{order} incomplete", "Part {part} not in box"],
        Topic::Billing => &["Invoice {invoice}", "Wrong amount on {invoice}", "Rechnung {invoice}"],
        Topic::Warranty => &["Warranty claim {serial}", "Warranty rejected?!", "Garantie {serial}"],
        Topic::Malfunction => &["{serial} not working", "Problem with {product}", "Störung {serial}"],
        Topic::Safety => &["URGENT: {serial}", "Leak at {product}", "Safety incident, {serial}"],
        Topic::HowTo => &["Question about {product}", "Setting up {serial}", "How to?"],
        Topic::Late => &["Where is {order}?", "{order} overdue", "Delivery {order}"],
        Topic::Refund => &["Refund for {order}", "Return {part}", "Bad seals"],
        Topic::Complaint => &["Formal complaint", "Complaint regarding {order}", "Förmliche Beschwerde"],
        Topic::Churn => &["Notice of termination", "Our contract", "Change of supplier"],
        Topic::Pricing => &["Request for quotation", "Offer for {product}", "Angebotsanfrage"],
        Topic::Security => &["Vendor questionnaire", "Security review", "Clause 11"],
        Topic::Executive => &["Meeting with your management", "Before we sign", "Board date {date}"],
        Topic::Renewal => &["Contract renewal", "Second site", "Framework agreement"],
        Topic::OnHold => &["Project on hold", "Change of plans"],
        Topic::Supervisor | Topic::NoReply => &["Still no answer", "Call back requested"],
        Topic::Thanks => &["Thank you", "Solved"],
        Topic::Other | Topic::Identity => &["Request", "Change of master data", "A question"],
    };
    fill(rng.word(words), facts, rng)
}
