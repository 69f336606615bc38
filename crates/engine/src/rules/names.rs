//! The words that a bundle names, by their codes.
//!
//! - In: graphs, rules, nodes, people, facts.
//! - Out: the word of a code, without a search.
//! - Never: a word that the bundle does not name.

use bellwether_core::Code;

/// Words by their codes. A code is a digest's first bits, so these alone find its place.
pub(super) struct Names {
    places: Vec<Option<(Code, Box<str>)>>,
}

impl Names {
    pub(super) fn new(words: &[&str]) -> Self {
        let mut names = Self { places: vec![None; (words.len() * 2).next_power_of_two()] };
        for word in words {
            let code = Code::of(word);
            let free = names.from(code).find(|at| match names.places.get(*at) {
                Some(Some((known, _))) => *known == code,
                _ => true,
            });
            if let Some(place) = free.and_then(|at| names.places.get_mut(at)) {
                *place = Some((code, (*word).into()));
            }
        }
        names
    }

    /// The places where a code may stand, in the order of looking.
    fn from(&self, code: Code) -> impl Iterator<Item = usize> + use<> {
        let (first, len) = (code.raw() as usize, self.places.len());
        (0..len).map(move |further| first.wrapping_add(further) & (len - 1))
    }

    pub(super) fn get(&self, code: Code) -> Option<&str> {
        for at in self.from(code) {
            match self.places.get(at)? {
                Some((known, word)) if *known == code => return Some(word),
                Some(_) => {}
                None => return None,
            }
        }
        None
    }
}
