//! What customers write when something is wrong, in plain English; voices dress it afterwards.
//!
//! - In: nothing.
//! - Out: sentence templates with `{slots}` and `[one|of|these]`.
//! - Never: a claim the numbers do not carry; slots come from the row they stand in.

use crate::text::Lines;

pub(crate) const MISSING_PART: Lines = &[
    "The {partname} ({part}) is missing from our delivery for order {order}.",
    "We opened the box for {order} and there is no {partname} in it.",
    "[Packing slip|Delivery note] says the {partname} was shipped, but the bag with {part} is empty.",
    "Everything on {order} arrived except {part}.",
    "We are [one|two] {partname} short on {order} and cannot finish the service without it.",
    "Your warehouse sent the wrong {partname}; we ordered {part} and got something for another model.",
    "Order {order} is incomplete. The {partname} is what the whole [repair|maintenance window] depends on.",
];
pub(crate) const BILLING: Lines = &[
    "Invoice {invoice} shows {amount}, which is not what we agreed.",
    "We have been charged twice for order {order}; see invoice {invoice}.",
    "The discount from our framework contract is missing on {invoice}.",
    "{invoice} lists [three|four|five] units, we received [one|two].",
    "Why is there a [freight surcharge|handling fee|rush charge] on {invoice}? Nobody told us.",
    "Our accounts payable refuses {invoice} because the purchase order number is wrong.",
    "VAT on {invoice} was calculated at the wrong rate, so the total of {amount} cannot be booked.",
    "We already paid this. The amount of {amount} left our bank on {date}.",
];
pub(crate) const WARRANTY: Lines = &[
    "Your technician says the {product} ({serial}) is out of warranty. It was installed [14|17|20] months ago and we have the 24-month clause.",
    "The {partname} failed under normal use, and you call it wear and tear.",
    "We are told to pay {amount} for a repair that the warranty covers.",
    "Please look at the commissioning record of {serial}: the warranty starts at commissioning, not at delivery.",
    "Refusing the claim because of \"improper storage\" is absurd, the unit was never stored.",
    "This is the [second|third] {partname} on {serial} within the warranty period.",
    "We dispute the rejection of our warranty claim for {serial}.",
];
pub(crate) const MALFUNCTION: Lines = &[
    "The {product} ({serial}) [stopped|trips|shuts down] every [few hours|20 minutes|night around two].",
    "{serial} shows error E-[07|12|31|44] and does not restart.",
    "Readings on the {product} jump between zero and full scale since [this morning|the update|Monday].",
    "The {product} is dosing about [15|20|30] percent too much and calibration does not help.",
    "After the last firmware update {serial} loses its settings at every power cycle.",
    "Our line [2|3|4] is down because the {product} will not prime.",
    "The display of {serial} is dark, but the motor [hums|runs].",
    "We swapped the {partname} on {serial} and the fault came straight back.",
    "{serial} makes a grinding noise and gets hot, about [70|80] degrees at the housing.",
    "We lose the connection to {serial} several times per shift, and then the batch record has holes.",
    "Since the {partname} was replaced, the {product} loses prime over the weekend.",
];
pub(crate) const SAFETY: Lines = &[
    "There was smoke coming out of the {product} and a smell of burnt plastic; we pulled the plug.",
    "The {product} is leaking hypochlorite onto the floor, we have closed off the area.",
    "One of our operators got caustic on his hand when the {partname} burst. He is all right, but this is an injury.",
    "We saw sparks at the terminal block of {serial}. The electrician refuses to switch it back on.",
    "The pressure relief on {serial} did not open and the hose blew off next to a colleague.",
    "Chlorine alarm in the dosing room, twice today; we evacuated the hall.",
    "The emergency stop on {serial} does not stop the pump. That is dangerous.",
    "A colleague had to see the doctor after the {product} sprayed acid from the {partname}.",
    "The housing of {serial} is live. I measured it myself. Somebody could die here.",
];
pub(crate) const HOW_TO: Lines = &[
    "How do I set the [alarm limits|dosing curve|analog output] on the {product}?",
    "Which {partname} fits {serial}? There are two in the catalogue.",
    "Is there a way to export the readings of the last month [as CSV|to our historian|by e-mail]?",
    "Where can I find the [manual|wiring diagram|certificate of calibration] for the {product}?",
    "How often should the {partname} be replaced in [hot|abrasive|chlorinated] service?",
    "Can I add a [second user|read-only login|colleague] in ValeCloud?",
    "What is the right order for a two-point calibration on the {product}?",
    "Does the gateway work [behind a proxy|with a static address|without a SIM]?",
    "We bought {serial} used. How can we register it?",
    "What does the yellow [LED|triangle|bar] on the {product} mean?",
    "Is {partname} {part} [still available|compatible with the older housing|food grade]?",
    "Which tightening torque do you recommend for the {partname}?",
    "Can the {product} talk [Modbus TCP|PROFINET|plain 4-20 mA] to our controller?",
    "How do I reset the operator password on {serial}?",
    "After a power cut, does the {product} resume by itself?",
    "Where do I see the total dosed [today|this month|since installation]?",
    "Is there a video on replacing the {partname}?",
    "What is the shelf life of {part}?",
];
pub(crate) const LATE: Lines = &[
    "Order {order} was promised for {date} and it is now {days} days late.",
    "Where is {order}? The tracking page has said \"in preparation\" for {days} days.",
    "The delivery date of {order} has moved [twice|three times|again]. We planned a shutdown around it.",
    "We were told {order} would ship last week. It has not.",
    "Without the {partname} from {order} our line stands still, and you are {days} days over.",
    "I need a real date for {order}, not \"as soon as possible\".",
    "Our maintenance crew was on site for {order} and had nothing to install.",
    "{order} again. {days} days. What is the plan?",
    "Can you split {order} and send at least what is there?",
    "Our customer fines us for every day without {order}; today is day {days}.",
    "I was promised a call about {order} by {date}. Nobody called.",
];
pub(crate) const REFUND: Lines = &[
    "The {partname} from {order} is faulty, all of them. We want our money back.",
    "Please refund {amount} for {order}.",
    "The seals in {part} [crumble|tear|go soft] after one day. We are returning the whole lot.",
    "We heard of other plants with the same bad batch of {part}. When will we be refunded?",
    "I want a refund for {order}, not another replacement from the same batch.",
    "Send a return label for {part} and credit {amount}.",
    "All [six|eight|twelve] {partname} from {order} leaked within hours. Refund, please.",
];
pub(crate) const SUPERVISOR: Lines = &[
    "I want to speak to a supervisor.",
    "Please connect me with a human who can decide something.",
    "Get me your manager. Now.",
    "I will not explain this a [third|fourth|fifth] time; put me through to somebody in charge.",
    "Is there a real person I can talk to?",
    "Could you please have your team lead call me back today?",
    "No more bots and no more scripts, I want a person with authority.",
    "Who is your boss? I would like to talk to them.",
    "Escalate this to your supervisor, please. I am serious.",
    "I'd rather talk to a human being, if that is possible.",
];
pub(crate) const COMPLAINT: Lines = &[
    "Please treat this message as a formal complaint.",
    "I hereby lodge a formal complaint about the handling of {order}.",
    "We reserve the right to claim damages for {days} days of lost production; this is our formal complaint.",
    "This is a complaint, and we expect a written statement from your management within five working days.",
    "Our legal department has been informed of this complaint.",
    "We complain formally; our head of procurement is copied.",
];
pub(crate) const CHURN: Lines = &[
    "We will not renew the contract.",
    "Please confirm the termination date; we are moving the remaining lines to another supplier.",
    "After what happened with {order}, procurement has qualified a second source.",
    "This letter is our notice of termination for convenience.",
    "We have had a competitor on site last week, and they can start in [four|six|eight] weeks.",
    "Our board has decided to leave at the end of the quarter.",
    "Please send us the data export; we are closing the ValeCloud account.",
];
pub(crate) const NO_REPLY: Lines = &[
    "Nobody has answered since [Monday|last week|my last message].",
    "This ticket was closed without anything being solved.",
    "I am still waiting for an answer.",
    "Same problem as before, please reopen.",
    "The promised call did not come.",
    "Any news?",
    "It is {days} days now.",
    "Hello? Anybody there?",
    "I have sent photos, serial numbers, everything. Silence.",
    "You said tomorrow. That was last week.",
];
