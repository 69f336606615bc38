//! Names of people, by culture: given names and family names that are mixed at random.
//!
//! - In: a culture.
//! - Out: two lists.
//! - Never: a name from `planted`, whose names must be findable because nobody else has them.

use crate::words::countries::Culture;

type Words = &'static [&'static str];

const GERMAN: (Words, Words) = (
    &[
        "Anke", "Jürgen", "Sabine", "Lukas", "Heike", "Matthias", "Birgit", "Tobias", "Katrin", "Stefan",
        "Ulrike", "Florian", "Petra", "Björn", "Silke", "Dirk", "Nadine", "Holger", "Annika", "Rainer",
        "Jörg", "Melanie", "Bernd", "Franziska",
    ],
    &[
        "Brandt", "Keller", "Vogelsang", "Krüger", "Lindemann", "Hoffstede", "Schröder", "Pohl", "Wiesner",
        "Albrecht", "Böhm", "Reuter", "Dietz", "Kessler", "Marquardt", "Osterloh", "Seidel", "Thiele",
        "Würtz", "Zander", "Ackermann", "Grünwald", "Hartung", "Jansen",
    ],
);
const FRENCH: (Words, Words) = (
    &[
        "Claire", "Benoît", "Élodie", "Guillaume", "Sandrine", "Thierry", "Aurélie", "Mathieu", "Nathalie",
        "Olivier", "Hélène", "Julien", "Camille", "François", "Delphine", "Rémi", "Chantal", "Yannick",
    ],
    &[
        "Marchand", "Delorme", "Lefèvre", "Garnier", "Besson", "Chevallier", "Perrin", "Rousselet",
        "Vasseur", "Lacroix", "Dufresne", "Tessier", "Morel", "Colas", "Fabre", "Guérin", "Hardouin",
        "Joubert",
    ],
);
const SPANISH: (Words, Words) = (
    &[
        "Lucía", "Javier", "Marta", "Álvaro", "Elena", "Sergio", "Pilar", "Rubén", "Nuria", "Andrés",
        "Beatriz", "Iván", "Rosa", "Gonzalo", "Inés", "Óscar", "Ximena", "Rodrigo",
    ],
    &[
        "Castellano", "Ibáñez", "Ortega", "Fuentes", "Moreno", "Vidal", "Cárdenas", "Peralta", "Quiroga",
        "Salas", "Navarrete", "Escudero", "Benítez", "Robles", "Arroyo", "Lozano", "Mejía", "Zamora",
    ],
);
const ITALIAN: (Words, Words) = (
    &[
        "Chiara", "Marco", "Giulia", "Alessandro", "Francesca", "Davide", "Paola", "Matteo", "Silvia",
        "Lorenzo", "Elisa", "Roberto", "Valentina", "Nicola", "Ilaria", "Stefano",
    ],
    &[
        "Bianchetti", "Moretti", "Galli", "Ferraresi", "Colombini", "Rinaldi", "Marchetti", "Fontana",
        "Santoro", "Bassi", "Pellegrino", "Gritti", "Longhi", "Valente", "Zanetti", "Corsini",
    ],
);
const DUTCH: (Words, Words) = (
    &[
        "Sanne", "Pieter", "Marloes", "Jeroen", "Femke", "Bas", "Anouk", "Ruud", "Ingrid", "Maarten",
        "Lotte", "Wouter", "Esther", "Joost", "Mirjam", "Koen",
    ],
    &[
        "van Dalen", "de Wit", "Hoekstra", "Bakker", "van der Laan", "Mulder", "Verhoeven", "Kuipers",
        "Postma", "Schouten", "ten Have", "Brouwer", "Dijkman", "van Elst", "Veenstra", "Blom",
    ],
);
const NORDIC: (Words, Words) = (
    &[
        "Astrid", "Lars", "Freja", "Mikkel", "Ingeborg", "Anders", "Karin", "Søren", "Linnea", "Henrik",
        "Maja", "Rasmus", "Elin", "Torben", "Signe", "Johan",
    ],
    &[
        "Lindqvist", "Sørensen", "Ekström", "Dahlgren", "Mortensen", "Bergström", "Kjær", "Holmberg",
        "Nygaard", "Sandberg", "Østergaard", "Wallin", "Åkesson", "Thorsen", "Friis", "Hedlund",
    ],
);
const ENGLISH: (Words, Words) = (
    &[
        "Karen", "Doug", "Priscilla", "Marcus", "Tamsin", "Callum", "Denise", "Greg", "Imogen", "Trevor",
        "Alison", "Jamal", "Bethany", "Colin", "Rhonda", "Stuart", "Maureen", "Tyler", "Gemma", "Wade",
        "Shauna", "Nigel", "Latoya", "Brent", "Eileen", "Dwight",
    ],
    &[
        "Ashcombe", "Whitlock", "Pruitt", "Hargreave", "Delaney", "Sutcliffe", "Bowers", "Kincaid",
        "Okafor", "Tillman", "Radcliff", "Penhale", "McAllister", "Stroud", "Hendry", "Beasley", "Carver",
        "Lockwood", "Maddox", "Nolan", "Oakes", "Rudd", "Tranter", "Vickers", "O'Leary", "Womack",
    ],
);
const POLISH: (Words, Words) = (
    &[
        "Agnieszka", "Tomasz", "Katarzyna", "Piotr", "Magdalena", "Krzysztof", "Joanna", "Marek", "Ewa",
        "Paweł", "Zofia", "Grzegorz",
    ],
    &[
        "Kowalik", "Zielonka", "Wrona", "Dudek", "Sikora", "Majewska", "Pawlak", "Borowik", "Czarnota",
        "Gajda", "Lis", "Urban",
    ],
);
const INDIAN: (Words, Words) = (
    &[
        "Anjali", "Rohit", "Deepa", "Vikram", "Meenakshi", "Sanjay", "Kavita", "Arjun", "Nisha", "Prakash",
        "Rekha", "Suresh",
    ],
    &[
        "Deshpande", "Iyer", "Kulkarni", "Bhatia", "Menon", "Chaudhary", "Rao", "Sethi", "Pillai",
        "Joshi", "Naidu", "Trivedi",
    ],
);
const JAPANESE: (Words, Words) = (
    &[
        "Haruka", "Kenji", "Yuko", "Takashi", "Ayumi", "Daisuke", "Naomi", "Hiroshi", "Emi", "Shinji",
        "Keiko", "Ryota",
    ],
    &[
        "Morishita", "Takeda", "Hayakawa", "Okuda", "Nishimura", "Kuroda", "Ishibashi", "Sawada",
        "Fujimoto", "Hamano", "Ueda", "Matsui",
    ],
);
const BRAZILIAN: (Words, Words) = (
    &[
        "Fernanda", "Thiago", "Juliana", "Caio", "Patrícia", "Leandro", "Renata", "Fábio", "Larissa",
        "Otávio", "Débora", "Márcio",
    ],
    &[
        "Albuquerque", "Moura", "Teixeira", "Prado", "Siqueira", "Azevedo", "Cardoso", "Nogueira",
        "Barros", "Falcão", "Pacheco", "Rezende",
    ],
);

/// Given names and family names of one culture.
pub(crate) fn names(culture: Culture) -> (Words, Words) {
    match culture {
        Culture::German => GERMAN,
        Culture::French => FRENCH,
        Culture::Spanish => SPANISH,
        Culture::Italian => ITALIAN,
        Culture::Dutch => DUTCH,
        Culture::Nordic => NORDIC,
        Culture::English => ENGLISH,
        Culture::Polish => POLISH,
        Culture::Indian => INDIAN,
        Culture::Japanese => JAPANESE,
        Culture::Brazilian => BRAZILIAN,
    }
}
