//! What customers and prospects write when nothing is wrong, in plain English.
//!
//! - In: nothing.
//! - Out: sentence templates with `{slots}` and `[one|of|these]`.
//! - Never: a name; signatures add those.

use crate::text::Lines;

pub(crate) const THANKS: Lines = &[
    "[Thanks|Thank you|Many thanks|Cheers], [that worked|that was it|problem solved|works now][.|!]",
    "[Okay|Ok|Right|Ah], [got it|found it|I see it now][. Thanks!|, thank you.|. Have a good day.]",
    "Great, everything is running again.",
    "Perfect, exactly what I needed.",
    "That solved it, you can close this.",
    "Very quick, thank you [so much|again|and have a good weekend].",
    "Much appreciated.",
    "Ah, of course. I feel a bit silly now, thanks!",
    "Ok, clear. Thx",
    "You are a star.",
    "Yes, that was it.",
    "All good now, have a nice [day|week|evening].",
    "Thank you for staying on the line.",
    "Works! [I owe you a coffee.|]",
    "Okay great, my colleague will try it tomorrow.",
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
    "What would a pilot with one {product} cost us?",
    "Do you offer trade-in for [old pumps|competitor devices|meters from 2015]?",
    "Roughly what budget should we plan for the {product} next year?",
    "How long is the lead time at the moment, and is express delivery extra?",
    "Procurement needs three line items: unit price, annual maintenance, training.",
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
    "Our [CFO|CEO|COO] would like half an hour with your executive team before we sign.",
    "The board decides on {date}; a word from your executive team on roadmap and delivery would settle it.",
    "This is a three-plant decision, so our managing director wants to know who stands behind it on your side.",
    "Can somebody from your executive board join the call? Ours will.",
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
    "We have moved: please send spare parts to the new plant from [July|August] on.",
    "Could you resend the order confirmation for {order}?",
    "Who in your company handles [recycling of old units|export papers|training]?",
    "We would like to book [two|three|four] places in the next maintenance course.",
    "Our auditor asks for your supplier declaration on conflict minerals.",
    "Is it possible to get delivery notes as PDF instead of paper?",
    "Please use cost centre [4410|2207|8803] on all future invoices.",
    "May I forward your newsletter to our students? It is well written.",
];
pub(crate) const IDENTITY: Lines = &[
    "For the file: I am {name}, reachable at {phone} or {email}, and the phrase on our account is {secret}.",
    "Please call {name} on {phone} (not the switchboard); mail to {email} also works. Phrase: {secret}.",
    "You asked me to identify myself: {name}, {email}, telephone {phone}, security phrase {secret}.",
    "My details again, since the form lost them: {name} / {email} / {phone} / {secret}.",
];
