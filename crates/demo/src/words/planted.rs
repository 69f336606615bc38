//! Names that occur nowhere else, so that one search finds every trace of a planted person.
//!
//! - In: nothing.
//! - Out: given names, family names and the words of secret phrases.
//! - Never: a word that `names` also has.

/// As many given names as there are planted people.
pub(crate) const GIVEN: &[&str] = &[
    "Quillon", "Ysolde", "Tavish", "Marzena", "Oberon", "Xanthe", "Leopolda", "Caspian", "Ondine", "Thaddea",
    "Evander", "Philippa-Wren", "Balthasar", "Zinnia", "Corvin", "Amarantha", "Isidore", "Jessamyn", "Lysander",
    "Perpetua", "Rafferty", "Sunniva", "Torquil", "Ulyana", "Vashti", "Wilhelmus", "Yorick", "Zephyrine",
    "Aldous", "Briseis", "Cosmo", "Drusilla", "Endymion", "Fenella", "Gideon", "Hyacintha", "Ignatius",
    "Junia", "Kestrel", "Lavender", "Mordecai", "Nerissa", "Octavian", "Primrose", "Quentin", "Rosamund",
    "Severin", "Tindra", "Umberto", "Verity",
];

/// As many family names as there are planted people.
pub(crate) const FAMILY: &[&str] = &[
    "Vantreight", "Ashgrovenor", "Mirkwell", "Pellingham", "Dunmarrow", "Quarrelstone", "Featherwick",
    "Grimsditch", "Hollowmere", "Inkpenny", "Jarroway", "Kettleborne", "Larkspurling", "Mossgarden",
    "Nettlefold", "Oxenbridger", "Pockridge", "Rookhampton", "Skelmerdine", "Thistlewaite", "Umberleigh",
    "Vellacotte", "Wychwoode", "Yarborrow", "Zouchwell", "Applethwaite", "Bramblecott", "Crankshaw-Lee",
    "Drakelowe", "Elphinstowe", "Foxglover", "Goldsworthen", "Hawkesbury-Orr", "Ironmongrel", "Jessopley",
    "Kilverstone", "Longbottomley", "Marchbanksy", "Northmoorland", "Otterburne", "Pennyfathers",
    "Quicksilvere", "Ravenscroftly", "Silverlocke", "Tumbleweede", "Undershawe", "Vexingham", "Windlestraw",
    "Yellowleese", "Zealander",
];

/// First words of secret phrases.
pub(crate) const SECRET_FIRST: &[&str] = &[
    "copper", "velvet", "amber", "silent", "crooked", "winter", "paper", "hollow", "scarlet", "mossy",
];

/// Second words of secret phrases.
pub(crate) const SECRET_SECOND: &[&str] = &[
    "heron", "lantern", "orchard", "compass", "badger", "cathedral", "teapot", "glacier", "violin", "anchor",
];
