//! Service desk: tickets that change, chats that run, surveys that come back.
//!
//! - In: a stage, a contact and what is said.
//! - Out: rows of `tickets.json`, `chats.jsonl`, `surveys.csv`.
//! - Never: a breach of a service level without its outcome row.

use crate::accounts::Contact;
use crate::sheet::{Export, Json, csv, thousandths};
use crate::stage::Stage;
use crate::text::{Facts, Reply, Topic, chat, letter, reply, subject, voices::Voice};
use crate::time::At;

/// A ticket as the desk shows it at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) id: usize,
    pub(crate) priority: &'static str,
    pub(crate) status: &'static str,
    pub(crate) tags: Vec<&'static str>,
    pub(crate) score: &'static str,
    created: At,
    subject: String,
    description: String,
    kind: &'static str,
    category: &'static str,
    order: String,
    serial: String,
    requester: (String, String),
    reopens: usize,
    first_reply: Option<i64>,
    breached: bool,
}

/// What a new ticket is about.
pub(crate) struct Matter<'a> {
    pub(crate) category: &'static str,
    pub(crate) priority: &'static str,
    pub(crate) topics: &'a [Topic],
}

/// Minutes in which the first answer is due.
fn due_minutes(priority: &str) -> i64 {
    match priority {
        "urgent" => 60,
        "high" => 240,
        "normal" => 480,
        _ => 1_440,
    }
}

/// A conversation in the chat window of our site.
pub(crate) struct Conversation {
    id: String,
    visitor: Contact,
    agent: String,
    last: String,
}

impl Stage<'_> {
    /// Opens a ticket in the words of the contact.
    pub(crate) fn ticket(
        &mut self,
        contact: &Contact,
        matter: &Matter<'_>,
        facts: &Facts,
    ) -> Ticket {
        self.stamp();
        let first = matter.topics.first().copied().unwrap_or(Topic::Other);
        let description = letter(matter.topics, contact.voice, facts, &mut self.rng);
        let ticket = Ticket {
            id: 48_210 + self.books.number("ticket"),
            priority: matter.priority,
            status: "new",
            tags: vec![match matter.category {
                "missing_part" => "logistics",
                "incorrect_billing" => "billing",
                "warranty_dispute" => "warranty",
                "equipment_malfunction" => "field_service",
                _ => "general",
            }],
            score: "unoffered",
            created: self.now,
            subject: subject(first, contact.voice, facts, &mut self.rng),
            description,
            kind: match matter.category {
                "how_to" | "other" => "question",
                "equipment_malfunction" => "incident",
                _ => "problem",
            },
            category: matter.category,
            order: facts.order.clone(),
            serial: match matter.category {
                "equipment_malfunction" | "warranty_dispute" | "how_to" => facts.serial.clone(),
                _ => String::new(),
            },
            requester: (contact.name.clone(), contact.email.clone()),
            reopens: 0,
            first_reply: None,
            breached: false,
        };
        self.ticket_row(&ticket);
        ticket
    }

    fn ticket_row(&mut self, ticket: &Ticket) {
        let tags: Vec<String> = ticket.tags.iter().map(|tag| format!("\"{tag}\"")).collect();
        let field = |id: &str, value: &str| Json::new().raw("id", id).maybe("value", value).end();
        let fields = [
            field("360012345601", ticket.category),
            field("360012345602", &ticket.order),
            field("360012345603", &ticket.serial),
        ];
        let (name, email) = &ticket.requester;
        let reply = ticket.first_reply.map_or("null".to_owned(), |minutes| minutes.to_string());
        let metric = Json::new()
            .raw("reopens", &ticket.reopens.to_string())
            .raw("first_reply_minutes", &reply)
            .raw("sla_breached", if ticket.breached { "true" } else { "false" });
        let row = Json::new()
            .raw("id", &ticket.id.to_string())
            .maybe("external_id", &ticket.order)
            .text("created_at", &ticket.created.iso())
            .text("updated_at", &self.now.iso())
            .text("subject", &ticket.subject)
            .text("description", &ticket.description)
            .text("priority", ticket.priority)
            .text("status", ticket.status)
            .text("type", ticket.kind)
            .raw("tags", &format!("[{}]", tags.join(",")))
            .text("organization_id", &self.account.id)
            .raw("requester", &Json::new().text("name", name).text("email", email).end())
            .raw("custom_fields", &format!("[{}]", fields.join(",")))
            .raw("satisfaction_rating", &Json::new().text("score", ticket.score).end())
            .raw("metric", &metric.end());
        self.books.sheets.add(Export::Tickets, self.now, row.end());
    }

    /// The ticket changes; the first move out of `new` is our first reply.
    pub(crate) fn ticket_moves(&mut self, ticket: &mut Ticket, status: &'static str) {
        self.stamp();
        let was_breached = ticket.breached;
        if ticket.status == "new" && status != "new" {
            let minutes = (self.now.0 - ticket.created.0) / 60;
            ticket.first_reply = Some(minutes);
            ticket.breached = minutes > due_minutes(ticket.priority);
        }
        let reopened = matches!(ticket.status, "solved") && matches!(status, "open" | "pending");
        ticket.reopens += usize::from(reopened);
        ticket.status = status;
        self.ticket_row(ticket);
        if ticket.breached && !was_breached {
            self.minutes(0, 1);
            self.outcome("case", &ticket.id.to_string(), "sla_missed");
        }
    }

    /// The solution came after its time: the desk marks the breach when it happens.
    pub(crate) fn ticket_breaches(&mut self, ticket: &mut Ticket) {
        self.stamp();
        if !ticket.breached {
            ticket.breached = true;
            ticket.tags.push("sla_breach");
            self.ticket_row(ticket);
            self.minutes(0, 1);
            self.outcome("case", &ticket.id.to_string(), "sla_missed");
        }
    }

    pub(crate) fn conversation(&mut self, visitor: &Contact) -> Conversation {
        let number = self.books.number("conversation");
        let (agent, _) = self.colleague("support_agent");
        let agent = agent.split(' ').next().unwrap_or("").to_owned();
        let id = format!("cnv_{:06x}", number * 0x2f_1b45 % 0xff_ffff);
        Conversation { id, visitor: visitor.clone(), agent, last: String::new() }
    }

    /// The customer says something, in this mood (thousandths between -1000 and 1000).
    pub(crate) fn says(&mut self, talk: &mut Conversation, topic: Topic, facts: &Facts, mood: i64) {
        let own = talk.visitor.voice;
        let tongue = matches!(own, Voice::German | Voice::French | Voice::Spanish | Voice::Learned);
        let loud = mood < -450 && !tongue && self.rng.chance(600);
        let voice = if loud { Voice::Angry } else { own };
        let mut text = chat(topic, voice, facts, &mut self.rng);
        if text == talk.last {
            text = chat(topic, voice, facts, &mut self.rng);
        }
        talk.last.clone_from(&text);
        let felt = (mood + self.rng.range(-140, 140)).clamp(-990, 980);
        self.message(talk, "customer", &text, felt, topic == Topic::Supervisor);
    }

    /// Our agent answers after a moment.
    pub(crate) fn answers(&mut self, talk: &Conversation, kind: Reply, facts: &Facts) {
        self.minutes(1, 4);
        let facts = Facts { agent: talk.agent.clone(), ..facts.clone() };
        let text = reply(kind, &facts, &mut self.rng);
        let felt = self.rng.range(20, 380);
        self.message(talk, "agent", &text, felt, false);
        self.minutes(1, 5);
    }

    fn message(&mut self, talk: &Conversation, role: &str, text: &str, felt: i64, person: bool) {
        self.stamp();
        let number = self.books.number("message");
        let row = Json::new()
            .text("conversation_id", &talk.id)
            .text("message_id", &format!("msg_{number:07}"))
            .text("at", &self.now.iso())
            .text("account_domain", &self.account.domain)
            .text("visitor_email", &talk.visitor.email)
            .text("role", role)
            .text("text", text)
            .raw("sentiment", &thousandths(felt))
            .raw("wants_supervisor", if person { "true" } else { "false" });
        self.books.sheets.add(Export::Chats, self.now, row.end());
    }

    pub(crate) fn survey(&mut self, contact: &Contact, question: &str, score: i64) {
        self.stamp();
        let (score, at) = (score.to_string(), self.now.iso());
        let row = csv(&[&self.account.id, &contact.email, question, &score, &at]);
        self.books.sheets.add(Export::Surveys, self.now, row);
    }
}
