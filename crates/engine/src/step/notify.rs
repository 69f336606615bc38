//! Bringing somebody in whom no graph asked for: what could not be decided, and news of the house.

use super::Moving;
use bellwether_core::effect::AskCause;
use bellwether_core::event::Note;
use bellwether_core::{Code, DocKey, Effect};

impl Moving<'_> {
    /// Brings somebody of the role that is always staffed in: what could not be decided goes to a person.
    pub(super) fn notify_always(&mut self, doc: DocKey, graph: Code) {
        let people = self.rules.policy().people();
        let at = self.state.time;
        let staffed = people.members(people.always()).find(|person| person.is_there(at));
        if let Some(person) = staffed.filter(|_| self.may_act()) {
            let (node, person, cause) = (Code::of("undecided"), person.code, AskCause::Undecided);
            self.effect(Effect::Ask { doc, graph, opened: 0, node, person, cause });
        }
    }

    /// Sends a card about the house to somebody, or to whoever is always staffed.
    pub(super) fn tell(&mut self, note: Note, person: Code) {
        let (people, at) = (self.rules.policy().people(), self.event.at);
        let meant = people.person(person).filter(|person| person.is_there(at));
        let staffed = || people.members(people.always()).find(|person| person.is_there(at));
        if let Some(person) = meant.or_else(staffed).filter(|_| self.may_act()) {
            self.effect(Effect::Notice { note, person: person.code });
        }
    }
}
