//! Subject lines, as people write them: short, often with the number of the thing.
//!
//! - In: a topic, a voice and the facts.
//! - Out: one line.
//! - Never: a name; subjects are shown where texts are not.

use super::voices::Voice;
use super::{Facts, Lines, Topic, fill};
use crate::rng::Rng;

fn german(topic: Topic) -> Lines {
    match topic {
        Topic::MissingPart => &["Fehlteil {order}", "Lieferung unvollständig"],
        Topic::Billing => &["Rechnung {invoice}", "Falsche Rechnung"],
        Topic::Warranty => &["Gewährleistung {serial}", "Garantiefall"],
        Topic::Malfunction => &["Störung {serial}", "Gerät fällt aus"],
        Topic::Safety => &["DRINGEND: {serial}", "Gefahr an der Dosieranlage"],
        Topic::HowTo => &["Frage zu {serial}", "Einstellungen", "Kurze Frage"],
        Topic::Late => &["Wo bleibt {order}?", "Lieferverzug {order}"],
        Topic::Refund => &["Rückerstattung {order}", "Reklamation {part}"],
        Topic::Complaint => &["Förmliche Beschwerde"],
        Topic::Pricing => &["Angebotsanfrage", "Bitte um Angebot"],
        Topic::Executive => &["Termin mit Ihrer Geschäftsleitung"],
        _ => &[],
    }
}

fn english(topic: Topic) -> Lines {
    match topic {
        Topic::MissingPart => {
            &["Missing {partname}, {order}", "{order} incomplete", "Part not in box"]
        }
        Topic::Billing => &["Invoice {invoice}", "Wrong amount on {invoice}", "Billing error"],
        Topic::Warranty => {
            &["Warranty claim {serial}", "Warranty rejected?!", "Claim for {serial}"]
        }
        Topic::Malfunction => &["{serial} not working", "Problem with {product}", "Line down"],
        Topic::Safety => &["URGENT: {serial}", "Leak at {product}", "Safety incident, {serial}"],
        Topic::HowTo => {
            &["Question about {product}", "Setting up {serial}", "How to?", "Quick question"]
        }
        Topic::Late => &["Where is {order}?", "{order} overdue", "Delivery {order}"],
        Topic::Refund => &["Refund for {order}", "Return {part}", "Bad seals"],
        Topic::Complaint => &["Formal complaint", "Complaint regarding {order}"],
        Topic::Churn => &["Notice of termination", "Our contract", "Change of supplier"],
        Topic::Pricing => &["Request for quotation", "Offer for {product}", "Prices"],
        Topic::Security => &["Vendor questionnaire", "Security review", "Clause 11"],
        Topic::Executive => {
            &["Meeting with your management", "Before we sign", "Board date {date}"]
        }
        Topic::Renewal => &["Contract renewal", "Second site", "Framework agreement"],
        Topic::OnHold => &["Project on hold", "Change of plans"],
        Topic::Supervisor | Topic::NoReply => &["Still no answer", "Call back requested"],
        Topic::Thanks => &["Thank you", "Solved"],
        Topic::Other | Topic::Identity => &["Request", "Change of master data", "A question"],
    }
}

/// A subject line for a letter or a ticket.
pub(crate) fn subject(topic: Topic, voice: Voice, facts: &Facts, rng: &mut Rng) -> String {
    let own = if voice == Voice::German { german(topic) } else { &[] };
    fill(rng.word(if own.is_empty() { english(topic) } else { own }), facts, rng)
}
