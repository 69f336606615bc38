//! What customers and prospects write when nothing is wrong, in plain English.
//!
//! - In: nothing.
//! - Out: sentence templates with `{slots}` and `[one|of|these]`.
//! - Never: a name; signatures add those.

use crate::text::Lines;

pub(crate) const THANKS: Lines = &[
    "Thanks, that worked.",
    "Great, {partname} arrived this morning and the line is up again.",
    "Perfect, exactly what I needed.",
    "That solved it, you can close this.",
    "Very quick, thank you [so much|again|and have a good weekend].",
    "Much appreciated. Credit note received.",
];
pub(crate) const PRICING: Lines = &[
    "Could you send us pricing for [four|six|ten] {product} units, including commissioning?",
    "What does the service contract cost per year for [one site|three sites]?",
    "Is there a volume step between 10 and 25 units?",
    "We are comparing three suppliers and need your best offer by [Friday|the end of the month].",
    "Our budget round closes on {date}; a written quotation before that would help.",
    "Can the {product} be leased instead of bought?",
    "Please split the offer into hardware, software and service.",
    "Would the price hold if we took [both lines|the second plant] in the same order?",
];
pub(crate) const SECURITY: Lines = &[
    "Our IT security team needs the ValeCloud penetration test summary and your ISO certificate.",
    "Where is the telemetry stored, and can we keep it inside [the EU|our own network]?",
    "Attached is our vendor questionnaire with [84|112|140] questions.",
    "Legal asks for a higher liability cap in clause 11 and a data residency addendum.",
    "Does the gateway support certificate-based authentication?",
    "Purchasing cannot release the order before the security review is signed off.",
];
pub(crate) const EXECUTIVE: Lines = &[
    "Our [CFO|CEO|COO] would like half an hour with your [CFO|CEO|CTO] before we sign.",
    "The board decides on {date}; a word from your executive team on roadmap and delivery would settle it.",
    "This is a three-plant decision, so our managing director wants to know who stands behind it on your side.",
    "Can your CTO join the call on the integration? Ours will.",
    "The commercial terms are close. What is missing is a commitment at the top.",
    "We would like to invite your leadership to the plant on {date}.",
];
pub(crate) const ON_HOLD: Lines = &[
    "The project is on hold until [the next budget year|further notice].",
    "We had a reorganisation, and I no longer own this topic.",
    "Please do not call, we will come back to you when it becomes relevant.",
    "Headquarters decided to extend the old equipment by another year.",
    "Nice webinar, but for now we are only collecting information.",
];
pub(crate) const RENEWAL: Lines = &[
    "Our service contract ends soon; what would a renewal for [two|three] years look like?",
    "We are happy with the {product} and want to equip the second site as well.",
    "Before we extend, we need the SLA credits in writing.",
    "Could we add [five|eight] more users to ValeCloud with the renewal?",
    "Let us talk about the framework agreement for next year.",
];
pub(crate) const OTHER: Lines = &[
    "Please change our delivery address to gate [2|3|5].",
    "Our company was renamed, the tax number stays the same.",
    "Can you send the certificate of origin for {order}?",
    "Please remove my former colleague from the notification list.",
    "Who is our contact during the holidays?",
    "Do you have a room recommendation near your training centre?",
    "We need the safety data sheet for the calibration solution.",
];
pub(crate) const IDENTITY: Lines = &[
    "For the file: I am {name}, reachable at {phone} or {email}, and the phrase on our account is {secret}.",
    "Please call {name} on {phone} (not the switchboard); mail to {email} also works. Phrase: {secret}.",
    "You asked me to identify myself: {name}, {email}, telephone {phone}, security phrase {secret}.",
    "My details again, since the form lost them: {name} / {email} / {phone} / {secret}.",
];
