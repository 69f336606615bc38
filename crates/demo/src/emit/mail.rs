//! Mail: messages as an mbox keeps them, with the variety that real mail clients produce.
//!
//! - In: a stage, who writes to whom, and a text.
//! - Out: whole messages for `mail.mbox`.
//! - Never: a body line that begins with `From `, which would split the box.

use std::fmt::Write;

use crate::accounts::Contact;
use crate::sheet::Export;
use crate::stage::Stage;
use crate::text::{Facts, Reply, Topic, letter, reply, subject};
use crate::words::products::OUR_DOMAIN;

/// A message that can be answered.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    id: String,
    subject: String,
}

struct Message<'a> {
    from: (&'a str, &'a str),
    to: (&'a str, &'a str),
    offset: i64,
    subject: &'a str,
    body: &'a str,
    answers: Option<&'a Sent>,
    shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Plain,
    Quoted,
    Alternative,
    Attachment,
}

/// Header text with letters outside ASCII, in the encoded words of RFC 2047.
fn header(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for letter in text.chars() {
        let mut piece = String::new();
        match letter {
            ' ' => piece.push('_'),
            letter if letter.is_ascii_alphanumeric() => piece.push(letter),
            letter => hex(letter, &mut piece),
        }
        if words.last().is_some_and(|word| word.len() + piece.len() > 58) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push_str(&piece);
        }
    }
    let encoded: Vec<String> = words.iter().map(|word| format!("=?UTF-8?Q?{word}?=")).collect();
    encoded.join("\n ")
}

fn hex(letter: char, out: &mut String) {
    let mut buffer = [0; 4];
    for byte in letter.encode_utf8(&mut buffer).bytes() {
        // Writing into a String cannot fail.
        let _ = write!(out, "={byte:02X}");
    }
}

/// Quoted-printable with soft breaks before the 76th column.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for (position, line) in text.split('\n').enumerate() {
        if position > 0 {
            out.push('\n');
        }
        let mut column = 0;
        for letter in line.chars() {
            let mut piece = String::new();
            if letter.is_ascii() && letter != '=' {
                piece.push(letter)
            } else {
                hex(letter, &mut piece)
            }
            if column + piece.len() > 74 {
                out.push_str("=\n");
                column = 0;
            }
            column += piece.len();
            out.push_str(&piece);
        }
    }
    out
}

fn html(text: &str) -> String {
    let safe = text.replace('&', "&amp;").replace('<', "&lt;");
    let paragraphs: Vec<String> =
        safe.split("\n\n").map(|part| format!("<p>{}</p>", part.replace('\n', "<br>\n"))).collect();
    format!("<html><body>\n{}\n</body></html>", paragraphs.join("\n"))
}

fn content(message: &Message<'_>, mark: &str) -> String {
    const TEXT: &str = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding:";
    let qp = "quoted-printable";
    match message.shape {
        Shape::Plain => format!("{TEXT} 8bit\n\n{}", message.body),
        Shape::Quoted => format!("{TEXT} {qp}\n\n{}", quoted(message.body)),
        Shape::Alternative => format!(
            "Content-Type: multipart/alternative; boundary=\"{mark}\"\n\n--{mark}\n{TEXT} {qp}\n\n{}\n\
             --{mark}\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: {qp}\n\n{}\n\
             --{mark}--",
            quoted(message.body),
            quoted(&html(message.body)),
        ),
        Shape::Attachment => format!(
            "Content-Type: multipart/mixed; boundary=\"{mark}\"\n\n--{mark}\n{TEXT} 8bit\n\n{}\n\
             --{mark}\nContent-Type: text/csv; name=\"readings.csv\"\n\
             Content-Disposition: attachment; filename=\"readings.csv\"\n\
             Content-Transfer-Encoding: base64\n\nYXQsdmFsdWUKMDg6MDAsNy4yCjA5OjAwLDcuMwo=\n--{mark}--",
            message.body,
        ),
    }
}

/// The From_ separator of an mbox, and bodies that cannot be mistaken for one.
fn boxed(sender: &str, time: &str, message: &str) -> String {
    let safe: Vec<String> = message
        .split('\n')
        .map(|line| {
            let tempting = line.trim_start_matches('>').starts_with("From ");
            if tempting { format!(">{line}") } else { line.to_owned() }
        })
        .collect();
    format!("From {sender} {time}\n{}\n", safe.join("\n"))
}

impl Stage<'_> {
    /// The contact writes to one of our people, or to the help desk.
    pub(crate) fn writes(
        &mut self,
        contact: &Contact,
        topics: &[Topic],
        facts: &Facts,
        answers: Option<&Sent>,
    ) -> Sent {
        let first = topics.first().copied().unwrap_or(Topic::Other);
        let text = letter(topics, contact.voice, facts, &mut self.rng);
        let title = subject(first, contact.voice, facts, &mut self.rng);
        let sales = matches!(first, Topic::Pricing | Topic::Security | Topic::Executive);
        let desk = format!("support@{OUR_DOMAIN}");
        let owner = self
            .cast
            .staff
            .by_email(&self.account.owner)
            .filter(|_| sales || !self.account.customer);
        let to = owner.map_or(("Osprey Vale Support", desk.as_str()), |p| {
            (p.name.as_str(), p.email.as_str())
        });
        let sign = format!("\n{}\n{}\n{}", contact.name, contact.title, self.account.name);
        let phone =
            if self.rng.chance(400) { format!("\nTel. {}", contact.phone) } else { String::new() };
        let body = format!("{text}{sign}{phone}");
        let shape =
            if topics.contains(&Topic::Identity) { Shape::Plain } else { self.shape(&body) };
        let offset = self.account.country.offset;
        let from = (contact.name.as_str(), contact.email.as_str());
        self.send(&Message { from, to, offset, subject: &title, body: &body, answers, shape })
    }

    /// One of our people with this role writes to the contact.
    pub(crate) fn replies(
        &mut self,
        contact: &Contact,
        role: &str,
        kinds: &[Reply],
        facts: &Facts,
        answers: Option<&Sent>,
    ) -> Sent {
        let owner =
            self.cast.staff.by_email(&self.account.owner).filter(|_| role == "account_executive");
        let (name, email) = match owner {
            Some(person) => (person.name.clone(), person.email.clone()),
            None => self.colleague(role),
        };
        let said: Vec<String> =
            kinds.iter().map(|kind| reply(*kind, facts, &mut self.rng)).collect();
        let hello = if facts.first.is_empty() { contact.first_name() } else { &facts.first };
        let body = format!(
            "Dear {hello},\n\n{}\n\nBest regards\n{name}\nOsprey Vale Instruments",
            said.join("\n\n")
        );
        let title = if answers.is_some() {
            String::new()
        } else {
            if role == "account_executive" {
                "Your project with us"
            } else {
                "Your case at Osprey Vale"
            }
            .to_owned()
        };
        let shape = self.shape(&body);
        let (from, to) =
            ((name.as_str(), email.as_str()), (contact.name.as_str(), contact.email.as_str()));
        self.send(&Message { from, to, offset: 2, subject: &title, body: &body, answers, shape })
    }

    fn shape(&mut self, body: &str) -> Shape {
        match self.rng.weighted(&[50, 26, 18, 6]) {
            0 if body.is_ascii() || self.rng.chance(500) => Shape::Plain,
            0 | 1 => Shape::Quoted,
            2 => Shape::Alternative,
            _ => Shape::Attachment,
        }
    }

    fn send(&mut self, message: &Message<'_>) -> Sent {
        self.stamp();
        let number = self.books.number("mail");
        let (name, sender) = message.from;
        let (to_name, to) = message.to;
        let domain = sender.split('@').next_back().unwrap_or(OUR_DOMAIN);
        let id = format!("<{:x}.{number}@{domain}>", self.rng.next() >> 28);
        let subject = match message.answers {
            Some(sent) if sent.subject.starts_with("Re: ") => sent.subject.clone(),
            Some(sent) => format!("Re: {}", sent.subject),
            None => message.subject.to_owned(),
        };
        let reference = message
            .answers
            .map(|sent| format!("In-Reply-To: {}\nReferences: {}\n", sent.id, sent.id))
            .unwrap_or_default();
        let text = format!(
            "From: {} <{sender}>\nTo: {} <{to}>\nDate: {}\nSubject: {}\nMessage-ID: {id}\n{reference}\
             MIME-Version: 1.0\n{}\n",
            display(name),
            display(to_name),
            self.now.rfc2822(message.offset),
            header(&subject),
            content(message, &format!("=_ov_{number:05x}")),
        );
        let row = boxed(sender, &self.now.asctime(), &text);
        self.books.sheets.add(Export::Mail, self.now, row);
        Sent { id, subject }
    }
}

/// A display name; a dot or comma in it needs quotes.
fn display(name: &str) -> String {
    if name.contains(['.', ',', '\'']) && name.is_ascii() {
        format!("\"{name}\"")
    } else {
        header(name)
    }
}

#[cfg(test)]
mod tests {
    use super::{boxed, header, quoted};

    #[test]
    fn accents_travel_encoded() {
        assert_eq!(header("Störung 1"), "=?UTF-8?Q?St=C3=B6rung_1?=");
        assert_eq!(quoted("a = ü"), "a =3D =C3=BC");
        assert!(quoted(&"ü".repeat(90)).lines().all(|line| line.len() <= 76));
    }

    #[test]
    fn a_body_cannot_split_the_box() {
        assert_eq!(boxed("a@b", "now", "x\nFrom me"), "From a@b now\nx\n>From me\n");
    }
}
