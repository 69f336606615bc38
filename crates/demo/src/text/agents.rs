//! What our own people write: support agents, account executives and the mail robot.
//!
//! - In: nothing.
//! - Out: sentence templates with `{slots}` and `[one|of|these]`.
//! - Never: a promise that the plan of a story does not keep or break on purpose.

use crate::text::Lines;

pub(crate) const GREET: Lines = &[
    "Hi {first}, this is {agent} from Osprey Vale support. Let me take a look.",
    "Hello {first}, thanks for getting in touch. Give me a moment.",
    "Good day, you are talking to {agent}. How can I help?",
    "Hi, I have your account open now.",
];
pub(crate) const ASK: Lines = &[
    "Could you give me the serial number and a photo of the type plate?",
    "Is that order {order}?",
    "Which firmware does the unit show under Info?",
    "When did this start, and has anything changed on your side?",
    "May I ask how many units are affected?",
];
pub(crate) const FIX: Lines = &[
    "I have ordered a replacement {partname}; it leaves the warehouse today.",
    "Please hold Menu for five seconds and choose Restore, then run the calibration again.",
    "I have sent you the page from the manual, it is section [4.2|5.1|7.3].",
    "You will find it under Settings, Outputs, Advanced.",
    "The credit note for {invoice} has been issued.",
    "I have added the user; the invitation is in their inbox.",
];
pub(crate) const DELAY: Lines = &[
    "I am sorry, the supplier has moved our date again. I do not have a new one yet.",
    "I have passed this on to logistics and will come back to you.",
    "Our system shows the order as planned. I cannot see more than that.",
    "I understand the frustration. Colleagues are looking into it.",
    "As I said, the ticket is with the second level.",
];
pub(crate) const DENY: Lines = &[
    "According to our records the warranty of {serial} has expired, so the repair would be charged.",
    "The technician found traces of dry running, which the warranty does not cover.",
    "I am afraid I cannot approve a credit of that size.",
    "The invoice matches the order confirmation on our side.",
];
pub(crate) const HAND_OVER: Lines = &[
    "I am handing this to my supervisor, who will call you.",
    "I have asked our escalation manager to take over.",
    "A field technician has been told and will ring you within the hour.",
    "This needs a decision I may not make; I have passed on everything you wrote, so you need not repeat it.",
];
pub(crate) const CLOSE: Lines = &[
    "Is there anything else I can do for you?",
    "You are welcome. I will close the conversation now.",
    "Glad that helped. Have a good day!",
];
pub(crate) const SOLVED: Lines = &[
    "Replacement sent, customer confirmed.",
    "Explained by chat, no further action.",
    "Credit note issued and booked.",
    "Technician on site, part replaced, test run fine.",
];
pub(crate) const REP: Lines = &[
    "Thank you for the call today, {first}. As promised, the updated offer is attached.",
    "Happy to set up a session with our engineers; would {date} suit you?",
    "I have added the second site to the quotation. The total is now {amount}.",
    "Please find our answers to your questionnaire attached.",
    "I checked with our legal team: we can accept your wording, except for the cap.",
    "Just checking in: is there anything missing from our side?",
    "The reference customer agreed to a visit. I will send three dates.",
];
pub(crate) const REP_EXECUTIVE: Lines = &[
    "I have spoken to our leadership, and they would be glad to meet your team on {date}.",
    "Our CFO will join the call. Could you tell me which numbers matter most to yours?",
    "I am bringing our CTO for the integration questions.",
];
pub(crate) const APOLOGY: Lines = &[
    "Thank you for your letter. We take it very seriously, and a member of our management will call you today.",
    "I am sorry for what happened with {order}. Here is what we will do, and by when.",
    "We have understood that we let you down. A replacement is on its way by courier.",
];
pub(crate) const INTERNAL: Lines = &[
    "Internal: customer called again, tone is getting rough.",
    "Internal: warehouse confirms zero stock for {part}.",
    "Internal: waiting for finance.",
];
