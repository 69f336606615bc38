//! Company names, by culture: beginnings, endings and trades that are put together.
//!
//! - In: a culture.
//! - Out: the pieces of a name; each trade knows its industry.
//! - Never: a brand; the pieces are ordinary words and invented places.

use crate::words::countries::Culture;

type Words = &'static [&'static str];
type Trades = &'static [(&'static str, &'static str)];

/// The pieces of company names in one culture.
pub(crate) struct Pieces {
    pub(crate) first: Words,
    pub(crate) second: Words,
    pub(crate) trades: Trades,
}

const GERMAN: Pieces = Pieces {
    first: &[
        "Nord", "Ost", "Stein", "Alt", "Rhein", "Hohen", "Grün", "Silber", "Eichen", "Wald",
        "Königs", "Linden", "Falken", "Mühl", "Schwarz", "Sonnen",
    ],
    second: &[
        "wind", "feld", "bach", "hof", "tal", "berg", "stedt", "brück", "moor", "hagen", "au",
        "kamp",
    ],
    trades: &[
        ("Logistik", "logistics"),
        ("Pharma", "pharmaceuticals"),
        ("Brauerei", "food_beverage"),
        ("Molkerei", "food_beverage"),
        ("Wasserwerke", "water_utilities"),
        ("Chemie", "chemicals"),
        ("Papier", "pulp_paper"),
        ("Verpackung", "packaging"),
        ("Automation", "machinery"),
        ("Energie", "energy"),
        ("Kosmetik", "cosmetics"),
        ("Galvanik", "metals"),
        ("Labor", "laboratories"),
    ],
};
const FRENCH: Pieces = Pieces {
    first: &["Val", "Mont", "Clair", "Beau", "Roche", "Haute", "Belle", "Fond", "Aigue", "Bois"],
    second: &["fleury", "brune", "mont", "rive", "court", "lac", "champ", "vigne", "source"],
    trades: &[
        ("Laiterie", "food_beverage"),
        ("Chimie", "chemicals"),
        ("Eaux", "water_utilities"),
        ("Pharma", "pharmaceuticals"),
        ("Emballages", "packaging"),
        ("Cosmétiques", "cosmetics"),
        ("Énergie", "energy"),
        ("Vins", "food_beverage"),
        ("Laboratoires", "laboratories"),
    ],
};
const SPANISH: Pieces = Pieces {
    first: &["Sierra", "Monte", "Rio", "Valle", "Costa", "Puerto", "Alta", "Campo", "Piedra"],
    second: &["clara", "verde", "negra", "luz", "sol", "brisa", "plata", "norte"],
    trades: &[
        ("Alimentos", "food_beverage"),
        ("Química", "chemicals"),
        ("Aguas", "water_utilities"),
        ("Envases", "packaging"),
        ("Farma", "pharmaceuticals"),
        ("Energía", "energy"),
        ("Cerámica", "ceramics"),
        ("Conservas", "food_beverage"),
    ],
};
const ITALIAN: Pieces = Pieces {
    first: &["Monte", "Val", "Fonte", "Ponte", "Castel", "Rocca", "Colle"],
    second: &["chiaro", "verdi", "rosso", "alto", "fiorito", "sereno", "grande"],
    trades: &[
        ("Latticini", "food_beverage"),
        ("Imballaggi", "packaging"),
        ("Chimica", "chemicals"),
        ("Acque", "water_utilities"),
        ("Meccanica", "machinery"),
        ("Farmaceutici", "pharmaceuticals"),
        ("Tessile", "textiles"),
    ],
};
const DUTCH: Pieces = Pieces {
    first: &["Noorder", "Zilver", "Water", "Groen", "Ooster", "Wilgen", "Haven"],
    second: &["dijk", "veld", "hoek", "meer", "poort", "stroom"],
    trades: &[
        ("Zuivel", "food_beverage"),
        ("Chemie", "chemicals"),
        ("Waterbedrijf", "water_utilities"),
        ("Verpakkingen", "packaging"),
        ("Kassen", "agriculture"),
        ("Logistiek", "logistics"),
    ],
};
const NORDIC: Pieces = Pieces {
    first: &["Fjord", "Nord", "Skog", "Sten", "Lund", "Sjö", "Vinter"],
    second: &["vik", "lund", "berg", "holm", "dal", "strand"],
    trades: &[
        ("Mejeri", "food_beverage"),
        ("Kemi", "chemicals"),
        ("Vatten", "water_utilities"),
        ("Marin", "aquaculture"),
        ("Energi", "energy"),
        ("Papir", "pulp_paper"),
    ],
};
const ENGLISH: Pieces = Pieces {
    first: &[
        "Harrow", "Cedar", "Black", "Stone", "Fair", "Wren", "Ash", "Maple", "Iron", "Clear",
        "Raven", "Long",
    ],
    second: &["gate", "field", "ford", "mere", "brook", "wick", "ridge", "haven", "moor", "ton"],
    trades: &[
        ("Dairies", "food_beverage"),
        ("Chemical", "chemicals"),
        ("Water", "water_utilities"),
        ("Packaging", "packaging"),
        ("Brewing", "food_beverage"),
        ("Biologics", "pharmaceuticals"),
        ("Paper", "pulp_paper"),
        ("Energy", "energy"),
        ("Foods", "food_beverage"),
        ("Labs", "laboratories"),
        ("Logistics", "logistics"),
        ("Plating", "metals"),
    ],
};
const POLISH: Pieces = Pieces {
    first: &["Biały", "Złoty", "Nowy", "Stary", "Czysty"],
    second: &["dwór", "potok", "las", "most", "brzeg"],
    trades: &[
        ("Mleczarnia", "food_beverage"),
        ("Chemia", "chemicals"),
        ("Wodociągi", "water_utilities"),
        ("Opakowania", "packaging"),
        ("Farma", "pharmaceuticals"),
    ],
};
const INDIAN: Pieces = Pieces {
    first: &["Surya", "Neel", "Vasant", "Ganga", "Himal"],
    second: &["jyoti", "sagar", "dhara", "kiran", "giri"],
    trades: &[
        ("Pharma", "pharmaceuticals"),
        ("Agro", "agriculture"),
        ("Chemicals", "chemicals"),
        ("Textiles", "textiles"),
        ("Beverages", "food_beverage"),
    ],
};
const JAPANESE: Pieces = Pieces {
    first: &["Kita", "Aoi", "Haru", "Shiro", "Mizu"],
    second: &["hama", "mori", "kawa", "yama", "zono"],
    trades: &[
        ("Seiyaku", "pharmaceuticals"),
        ("Kagaku", "chemicals"),
        ("Foods", "food_beverage"),
        ("Precision", "machinery"),
    ],
};
const BRAZILIAN: Pieces = Pieces {
    first: &["Serra", "Boa", "Rio", "Campo", "Porto"],
    second: &["vista", "bonito", "claro", "dourado", "alegre"],
    trades: &[
        ("Laticínios", "food_beverage"),
        ("Química", "chemicals"),
        ("Águas", "water_utilities"),
        ("Embalagens", "packaging"),
        ("Bebidas", "food_beverage"),
    ],
};

/// The pieces of company names in one culture.
pub(crate) fn pieces(culture: Culture) -> &'static Pieces {
    match culture {
        Culture::German => &GERMAN,
        Culture::French => &FRENCH,
        Culture::Spanish => &SPANISH,
        Culture::Italian => &ITALIAN,
        Culture::Dutch => &DUTCH,
        Culture::Nordic => &NORDIC,
        Culture::English => &ENGLISH,
        Culture::Polish => &POLISH,
        Culture::Indian => &INDIAN,
        Culture::Japanese => &JAPANESE,
        Culture::Brazilian => &BRAZILIAN,
    }
}

/// How a second family name joins the first in an old firm: "Brandt & Söhne", "Delorme Frères".
pub(crate) fn family_firm(culture: Culture) -> Words {
    match culture {
        Culture::German => &["& Söhne", "& Partner", "Gebrüder"],
        Culture::French | Culture::Brazilian => &["& Fils", "Frères"],
        Culture::Spanish => &["e Hijos", "Hermanos"],
        Culture::Italian => &["& Figli", "Fratelli"],
        Culture::Dutch | Culture::Nordic => &["& Zonen", "& Co"],
        _ => &["& Sons", "Brothers", "Group"],
    }
}
