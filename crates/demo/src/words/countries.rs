//! Countries: where accounts are, and what follows from it: region, currency, offset, names, legal forms.
//!
//! - In: nothing.
//! - Out: a table with weights.
//! - Never: a time zone rule; the offset is that of summer 2026.

/// Which lists of names and words a country uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Culture {
    German,
    French,
    Spanish,
    Italian,
    Dutch,
    Nordic,
    English,
    Polish,
    Indian,
    Japanese,
    Brazilian,
}

/// One country of the table.
#[derive(Debug)]
pub(crate) struct Country {
    pub(crate) code: &'static str,
    pub(crate) region: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) offset: i64,
    pub(crate) culture: Culture,
    pub(crate) legal: &'static [&'static str],
    pub(crate) weight: usize,
    /// The country code that begins a telephone number.
    pub(crate) dial: &'static str,
}

const fn country(
    (code, region, currency): (&'static str, &'static str, &'static str),
    offset: i64,
    culture: Culture,
    legal: &'static [&'static str],
    (weight, dial): (usize, &'static str),
) -> Country {
    Country { code, region, currency, offset, culture, legal, weight, dial }
}

const GERMAN: &[&str] = &["GmbH", "GmbH & Co. KG", "AG", "KG", "SE"];

/// Every country with accounts; the company sells mostly in Europe.
pub(crate) const COUNTRIES: &[Country] = &[
    country(("DE", "eu", "EUR"), 2, Culture::German, GERMAN, (250, "+49 30")),
    country(("AT", "eu", "EUR"), 2, Culture::German, &["GmbH", "AG"], (40, "+43 1")),
    country(("CH", "eu", "EUR"), 2, Culture::German, &["AG", "GmbH"], (30, "+41 44")),
    country(("FR", "eu", "EUR"), 2, Culture::French, &["SAS", "SA", "SARL"], (105, "+33 1")),
    country(("BE", "eu", "EUR"), 2, Culture::French, &["SRL", "SA"], (25, "+32 2")),
    country(("ES", "eu", "EUR"), 2, Culture::Spanish, &["S.L.", "S.A."], (75, "+34 91")),
    country(("IT", "eu", "EUR"), 2, Culture::Italian, &["S.p.A.", "S.r.l."], (70, "+39 02")),
    country(("NL", "eu", "EUR"), 2, Culture::Dutch, &["B.V.", "N.V."], (55, "+31 20")),
    country(("SE", "eu", "EUR"), 2, Culture::Nordic, &["AB"], (30, "+46 8")),
    country(("DK", "eu", "EUR"), 2, Culture::Nordic, &["A/S", "ApS"], (25, "+45 33")),
    country(("PL", "eu", "EUR"), 2, Culture::Polish, &["Sp. z o.o.", "S.A."], (45, "+48 22")),
    country(("GB", "eu", "GBP"), 1, Culture::English, &["Ltd", "plc", "LLP"], (75, "+44 20")),
    country(("IE", "eu", "EUR"), 1, Culture::English, &["Ltd", "DAC"], (15, "+353 1")),
    country(("US", "us", "USD"), -4, Culture::English, &["Inc.", "LLC", "Corp."], (95, "+1 202")),
    country(("CA", "us", "USD"), -4, Culture::English, &["Inc.", "Ltd."], (20, "+1 416")),
    country(("AU", "apac", "EUR"), 10, Culture::English, &["Pty Ltd"], (15, "+61 2")),
    country(("IN", "apac", "EUR"), 5, Culture::Indian, &["Pvt. Ltd.", "Ltd."], (25, "+91 22")),
    country(("JP", "apac", "EUR"), 9, Culture::Japanese, &["K.K.", "Co., Ltd."], (20, "+81 3")),
    country(("BR", "latam", "USD"), -3, Culture::Brazilian, &["Ltda.", "S.A."], (30, "+55 11")),
    country(("MX", "latam", "USD"), -6, Culture::Spanish, &["S.A. de C.V."], (25, "+52 55")),
];
