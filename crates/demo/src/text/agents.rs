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
    "Could you send me a photo, ideally with the type plate on it?",
    "Do you have the order number or the type plate at hand?",
    "I can see your account. Which site is this about?",
    "When did this start, and has anything changed on your side?",
    "May I ask how many units are affected?",
];
pub(crate) const FIX_PART: Lines = &[
    "I have ordered a replacement {partname}; it leaves the warehouse today.",
    "Sorry about that! A new {part} is on its way, free of charge.",
    "I have reordered it for you, the tracking link follows by mail.",
];
pub(crate) const FIX_HOW: Lines = &[
    "Please hold Menu for five seconds and choose Restore, then run the calibration again.",
    "I have sent you the page from the manual, it is section [4.2|5.1|7.3].",
    "You will find it under Settings, Outputs, Advanced.",
    "Under Administration, People you can do that yourself; I have just switched it on for you.",
    "Once a year is enough, in chlorinated service every six months.",
];
pub(crate) const FIX_CREDIT: Lines = &[
    "The credit note for {invoice} has been issued.",
    "You are right, that was our mistake. A corrected invoice replaces {invoice}.",
    "We will credit {amount}; you should see it within [three|five] working days.",
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
pub(crate) const REP: Lines = &[
    "Thank you for the call today, {first}. As promised, the updated offer is attached.",
    "Happy to set up a session with our engineers; would {date} suit you?",
    "I have added the second site to the quotation. The total is now {amount}.",
    "Please find our answers to your questionnaire attached.",
    "I checked with our legal team: we can accept your wording, except for the cap.",
    "Just checking in: is there anything missing from our side?",
    "The reference customer agreed to a visit. I will send three dates.",
];
pub(crate) const REP_ANSWER: Lines = &[
    "Please find our answers to your questionnaire attached.",
    "Telemetry is stored in Frankfurt; the gateway can also keep everything on site.",
    "I have asked our security officer for the report; you will have it by {date}.",
    "Our counsel will look at your wording this week.",
];
pub(crate) const REP_OFFER: Lines = &[
    "A quotation for six units including commissioning is on its way to you.",
    "List price is on the configurator; for more than ten units I can do better. Shall I call you?",
    "I will put hardware, software and service on separate lines, as you asked.",
    "Leasing is possible from 36 months. I will send both variants.",
];
pub(crate) const REP_EXECUTIVE: Lines = &[
    "I have spoken to our leadership, and they would be glad to meet your team on {date}.",
    "Somebody from our executive board will join. Could you tell me which numbers matter most to yours?",
    "I have asked for an hour with our leadership; the invitation follows.",
];
pub(crate) const APOLOGY: Lines = &[
    "Thank you for your letter. We take it very seriously, and a member of our management will call you today.",
    "I am sorry for what happened with {order}. Here is what we will do, and by when.",
    "We have understood that we let you down. A replacement is on its way by courier.",
];
