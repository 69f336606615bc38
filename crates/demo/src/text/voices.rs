//! Voices: how people dress the same facts: curt, polite, angry, rambling, mistyped, or in another tongue.
//!
//! - In: a voice.
//! - Out: openings, asides, demands and closings that suit it.
//! - Never: a fact; those come from the topic.

use crate::text::Lines;

/// How a person writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Curt,
    Polite,
    Angry,
    Rambling,
    Typos,
    Learned,
    German,
    French,
    Spanish,
}

/// The dressing of one voice.
pub(crate) struct Dress {
    pub(crate) open: Lines,
    pub(crate) aside: Lines,
    pub(crate) demand: Lines,
    /// What is wanted when nothing is wrong.
    pub(crate) ask: Lines,
    pub(crate) close: Lines,
}

const CURT: Dress = Dress {
    open: &["", "Hi.", "Hello,"],
    aside: &[],
    demand: &["Please fix.", "Please advise.", "Need an answer today.", "ETA?"],
    ask: &["", "", "Please advise.", "Thanks."],
    close: &["", "", "Rgds"],
};
const POLITE: Dress = Dress {
    open: &["Good [morning|afternoon],", "Dear team,", "Hello, I hope you are well."],
    aside: &["I know you are busy.", "Sorry to bother you with this."],
    demand: &[
        "Could you please look into this?",
        "I would be grateful for a short update.",
        "Would you let me know how to proceed?",
        "It would be a great help to have an answer by [tomorrow|Thursday|the end of the day].",
    ],
    ask: &[
        "Thank you for your help.",
        "I look forward to hearing from you.",
        "A short answer would be enough.",
        "",
    ],
    close: &[
        "Kind regards",
        "Many thanks in advance",
        "With best wishes",
        "Thank you and best regards",
    ],
};
const ANGRY: Dress = Dress {
    open: &[
        "This is unacceptable.",
        "Seriously?",
        "I am done being patient.",
        "What is going on over there?",
    ],
    aside: &[
        "Do you people even talk to each other?",
        "I have been a customer for [six|nine|eleven] years and have never seen anything like it.",
        "Every call, another person, another story.",
        "You were quick enough to send the invoice.",
    ],
    demand: &[
        "Fix this TODAY.",
        "I expect a call within the hour.",
        "Do not send me another standard reply.",
        "If I hear \"we are looking into it\" once more, we are finished.",
    ],
    ask: &["And please be quick this time.", "Simple question, simple answer, please."],
    close: &["", "No regards.", "Waiting."],
};
const RAMBLING: Dress = Dress {
    open: &[
        "Hi there, me again, you may remember me from the training in spring.",
        "So, where do I start.",
        "From what I can see this is a small thing, but small things grow.",
        "Hello! First of all, this is not meant as criticism of anybody personally.",
    ],
    aside: &[
        "My colleague, who normally does this, is on parental leave, so bear with me.",
        "We had the same thing in the old building, though that was another supplier, I think.",
        "I was going to call, but then the auditor came, and then it was lunch.",
        "The delivery driver, a nice chap by the way, said he knew nothing about it.",
        "I have a photo somewhere, but my phone is in the other jacket.",
    ],
    demand: &[
        "Anyway, what I am trying to say is: could somebody please sort it out?",
        "So if you could call, ideally not between twelve and one, that would be lovely.",
        "Long story short, we need help.",
    ],
    ask: &[
        "No hurry at all, by the way.",
        "Just asking because somebody asked me.",
        "If you happen to know, that would be lovely.",
    ],
    close: &["Sorry for the long message!", "All the best, and greetings to the team", "Cheers"],
};
const TYPOS: Dress = Dress {
    open: &["hi", "hello,", "hey team"],
    aside: &["sent from my phone, sry", "cant really type with gloves on"],
    demand: &["pls help", "can someone have a look asap", "thx for a quick anser"],
    ask: &["thx", "pls let me know", ""],
    close: &["thx", "cheers", ""],
};
const LEARNED: Dress = Dress {
    open: &["Dear Sirs,", "Hello dear support,", "Good day,"],
    aside: &["Excuse me for my english.", "I hope you understand."],
    demand: &[
        "Please make it fast.",
        "We wait for your reply.",
        "Please to inform us about the next steps.",
    ],
    ask: &["We wait for your reply.", "Thanks before for the information.", ""],
    close: &["With friendly greetings", "Best regard", "Thanks before"],
};
const GERMAN: Dress = Dress {
    open: &["Guten Tag,", "Sehr geehrte Damen und Herren,", "Hallo,"],
    aside: &["Das ist schon das zweite Mal.", "Der Kollege ist leider im Urlaub."],
    demand: &[
        "Bitte um kurzfristige Rückmeldung.",
        "Bitte klären Sie das.",
        "Wir bitten um Rückruf.",
    ],
    ask: &["Danke vorab.", "Vielen Dank für Ihre Hilfe.", ""],
    close: &["Mit freundlichen Grüßen", "Viele Grüße", "MfG"],
};
const FRENCH: Dress = Dress {
    open: &["Bonjour,", "Madame, Monsieur,"],
    aside: &["C'est la deuxième fois ce mois-ci."],
    demand: &["Merci de votre retour rapide.", "Merci de faire le nécessaire."],
    ask: &["Merci d'avance.", ""],
    close: &["Cordialement", "Bien à vous"],
};
const SPANISH: Dress = Dress {
    open: &["Buenos días:", "Hola,"],
    aside: &["Ya es la segunda vez."],
    demand: &["Por favor, respondan cuanto antes.", "Quedo a la espera de su respuesta."],
    ask: &["Gracias de antemano.", ""],
    close: &["Un saludo", "Saludos cordiales"],
};

/// How this voice dresses what it says.
pub(crate) fn dress(voice: Voice) -> &'static Dress {
    match voice {
        Voice::Curt => &CURT,
        Voice::Polite => &POLITE,
        Voice::Angry => &ANGRY,
        Voice::Rambling => &RAMBLING,
        Voice::Typos => &TYPOS,
        Voice::Learned => &LEARNED,
        Voice::German => &GERMAN,
        Voice::French => &FRENCH,
        Voice::Spanish => &SPANISH,
    }
}
