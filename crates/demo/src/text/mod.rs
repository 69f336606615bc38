//! Text: what people write, from a grammar of topics, voices and facts.
//!
//! - In: a topic, a voice, the facts of the row (order, part, amount).
//! - Out: a chat line, a letter or a subject.
//! - Never: a text that contradicts its row, and never filler words.

mod agents;
mod foreign;
mod friendly;
mod plain;
mod subjects;
pub(crate) mod voices;

use crate::rng::Rng;
pub(crate) use subjects::subject;
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
    FixPart,
    FixHow,
    FixCredit,
    Delay,
    Deny,
    HandOver,
    Close,
    Rep,
    RepOffer,
    RepAnswer,
    RepExecutive,
    Apology,
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
            "order" if self.order.is_empty() => "our last order",
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

/// Topics on which nothing is wrong.
fn is_friendly(topic: Topic) -> bool {
    use Topic::{Executive, HowTo, Identity, OnHold, Other, Pricing, Renewal, Security, Thanks};
    matches!(
        topic,
        Executive | HowTo | Identity | OnHold | Other | Pricing | Renewal | Security | Thanks
    )
}

/// A voice that suits the topics: who lacks the words writes plain English, nobody rambles while
/// giving notice, and nobody shouts about the weather.
fn able(voice: Voice, topics: &[Topic]) -> Voice {
    let mute = |topic: &Topic| std::ptr::eq(lines(*topic, voice), english(*topic));
    let formal = |topic: &Topic| matches!(topic, Topic::Complaint | Topic::Churn);
    match voice {
        Voice::German | Voice::French | Voice::Spanish if topics.iter().any(mute) => Voice::Polite,
        Voice::Rambling | Voice::Typos if topics.iter().any(formal) => Voice::Curt,
        Voice::Angry if topics.iter().all(|topic| is_friendly(*topic)) => Voice::Curt,
        able => able,
    }
}

fn pick_line(topic: Topic, voice: Voice, facts: &Facts, rng: &mut Rng) -> String {
    let template = rng.word(lines(topic, voice));
    let text = fill(template, facts, rng);
    if voice == Voice::Typos && topic != Topic::Identity { mistype(&text, rng) } else { text }
}

fn wish(voice: Voice, topic: Topic) -> Lines {
    if is_friendly(topic) { dress(voice).ask } else { dress(voice).demand }
}

fn dressed(words: Lines, facts: &Facts, rng: &mut Rng) -> String {
    fill(rng.word(words), facts, rng)
}

/// One chat message: short, now and then with an aside or a demand.
pub(crate) fn chat(topic: Topic, voice: Voice, facts: &Facts, rng: &mut Rng) -> String {
    let voice = able(voice, &[topic]);
    let mut said = vec![pick_line(topic, voice, facts, rng)];
    let brief = matches!(topic, Topic::Thanks | Topic::Identity | Topic::NoReply);
    if !brief && matches!(voice, Voice::Angry | Voice::Rambling) && rng.chance(400) {
        said.insert(0, dressed(dress(voice).aside, facts, rng));
    }
    if !brief && topic != Topic::Supervisor && rng.chance(300) {
        said.push(dressed(wish(voice, topic), facts, rng));
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
        let serious = !is_friendly(*topic) && voice != Voice::Curt;
        if voice == Voice::Rambling || (serious && rng.chance(230)) {
            let aside = dressed(clothes.aside, facts, rng);
            if !body.contains(&aside) {
                body.push(aside);
            }
        }
        let first = pick_line(*topic, voice, facts, rng);
        let second = pick_line(*topic, voice, facts, rng);
        let more = voice != Voice::Curt && first != second && rng.chance(420);
        body.push(first);
        if more && *topic != Topic::Identity {
            body.push(second);
        }
    }
    let worst = topics.iter().find(|topic| !is_friendly(**topic)).or(topics.first());
    if let Some(topic) =
        worst.filter(|topic| !matches!(topic, Topic::Thanks | Topic::Churn | Topic::OnHold))
    {
        body.push(dressed(wish(voice, *topic), facts, rng));
    }
    body.retain(|sentence| !sentence.is_empty());
    let parts =
        [dressed(clothes.open, facts, rng), body.join(" "), dressed(clothes.close, facts, rng)];
    let kept: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    kept.join(if voice == Voice::Curt { "\n" } else { "\n\n" })
}

/// What one of our people answers.
pub(crate) fn reply(kind: Reply, facts: &Facts, rng: &mut Rng) -> String {
    let words = match kind {
        Reply::Greet => agents::GREET,
        Reply::Ask => agents::ASK,
        Reply::FixPart => agents::FIX_PART,
        Reply::FixHow => agents::FIX_HOW,
        Reply::FixCredit => agents::FIX_CREDIT,
        Reply::Delay => agents::DELAY,
        Reply::Deny => agents::DENY,
        Reply::HandOver => agents::HAND_OVER,
        Reply::Close => agents::CLOSE,
        Reply::Rep => agents::REP,
        Reply::RepOffer => agents::REP_OFFER,
        Reply::RepAnswer => agents::REP_ANSWER,
        Reply::RepExecutive => agents::REP_EXECUTIVE,
        Reply::Apology => agents::APOLOGY,
    };
    fill(rng.word(words), facts, rng)
}
