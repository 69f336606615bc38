//! What the fake company sells: instruments and parts for dosing and measuring liquids.
//!
//! - In: nothing.
//! - Out: product names with the prefix of their serial numbers, parts with numbers and prices.
//! - Never: a real product.

/// Our own domain; every one of our people has an address there.
pub(crate) const OUR_DOMAIN: &str = "ospreyvale.example";

/// Products with the prefix of their serial numbers.
pub(crate) const PRODUCTS: &[(&str, &str)] = &[
    ("DoseLine 40 metering pump", "DL40"),
    ("DoseLine 90 metering pump", "DL90"),
    ("Valeflow M2 flow meter", "VFM2"),
    ("Valeflow M8 flow meter", "VFM8"),
    ("ClearSense pH analyser", "CSPH"),
    ("ClearSense chlorine analyser", "CSCL"),
    ("ClearSense turbidity probe", "CSTB"),
    ("OV-300 filling head", "OV3H"),
    ("OV-500 filling station", "OV5S"),
    ("TankEye level radar", "TKEY"),
    ("HeatGuard plate controller", "HGPC"),
    ("ValeCloud gateway", "VCGW"),
];

/// Products that move liquids, for parts and faults that only those have.
pub(crate) const PUMPS: &[(&str, &str)] = &[
    ("DoseLine 40 metering pump", "DL40"),
    ("DoseLine 90 metering pump", "DL90"),
    ("OV-300 filling head", "OV3H"),
    ("OV-500 filling station", "OV5S"),
];

/// Products that measure.
pub(crate) const PROBES: &[(&str, &str)] = &[
    ("ClearSense pH analyser", "CSPH"),
    ("ClearSense chlorine analyser", "CSCL"),
    ("ClearSense turbidity probe", "CSTB"),
];

/// A spare part: number, what people call it, price in euro cents.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) number: &'static str,
    pub(crate) name: &'static str,
    pub(crate) cents: i64,
}

const fn part(number: &'static str, name: &'static str, cents: i64) -> Part {
    Part { number, name, cents }
}

/// The seal whose bad batch makes one day of refund requests.
pub(crate) const BAD_SEAL: Part = part("PN-7731-S", "seal kit", 14_900);

/// Spare parts and small units that are ordered every day.
pub(crate) const PARTS: &[Part] = &[
    part("PN-4471-B", "diaphragm kit", 18_950),
    part("PN-4472-B", "diaphragm, PTFE", 23_400),
    part("PN-5102-A", "suction valve", 8_675),
    part("PN-5103-A", "discharge valve", 8_675),
    part("PN-5120-C", "check valve set", 15_200),
    part("PN-6014-E", "pH electrode", 21_900),
    part("PN-6015-E", "reference electrode", 19_900),
    part("PN-6022-E", "chlorine membrane cap", 11_450),
    part("PN-6100-K", "calibration solution set", 6_480),
    part("PN-7730-S", "O-ring set", 4_250),
    BAD_SEAL,
    part("PN-7740-S", "gasket, EPDM", 3_990),
    part("PN-8001-P", "power supply 24 V", 27_300),
    part("PN-8017-P", "motor driver board", 64_500),
    part("PN-8020-P", "display unit", 48_800),
    part("PN-8203-H", "heating cartridge", 33_150),
    part("PN-8300-H", "thermal fuse block", 12_700),
    part("PN-9005-M", "mounting bracket", 5_600),
    part("PN-9011-M", "hose connector set", 7_150),
    part("PN-9050-M", "stirrer shaft", 41_000),
    part("PN-9900-G", "gateway antenna", 9_800),
    part("PN-9904-G", "SIM module", 13_300),
];

/// Systems sold with a deal; the name an enterprise order carries.
pub(crate) const SYSTEMS: &[Part] = &[
    part("SYS-DL40-6", "DoseLine 40 skid, six pumps", 4_890_000),
    part("SYS-OV5-2", "OV-500 filling line, two stations", 12_750_000),
    part("SYS-CS-12", "ClearSense panel, twelve probes", 3_460_000),
    part("SYS-HG-4", "HeatGuard cabinet, four plates", 5_220_000),
];

/// Pages, webinars and papers a prospect looks at, and whether they show buying interest.
pub(crate) const ASSETS: &[(&str, &str, i64)] = &[
    ("web", "/products/doseline", 5),
    ("web", "/products/valeflow", 5),
    ("web", "/products/clearsense", 5),
    ("web", "/industries/food-and-beverage", 4),
    ("web", "/industries/water", 4),
    ("web", "/resources/sizing-guide", 9),
    ("web", "/support/manuals", 2),
    ("web", "/careers", 0),
    ("web", "/blog/dosing-mistakes", 3),
    ("email_click", "Newsletter: what's new in dosing", 4),
    ("email_click", "Case study: \"40 % less caustic\" at a dairy", 9),
    ("event", "Liquids Forum, hall 4, stand B12", 12),
    ("event", "Roadshow, autumn preview", 10),
    ("webinar", "Dosing, done right", 14),
    ("webinar", "Calibrating pH probes: live demo", 12),
];

/// What somebody looks at shortly before buying.
pub(crate) const BUYING_ASSETS: &[(&str, &str, i64)] = &[
    ("web", "/pricing", 22),
    ("web", "/pricing/configurator", 26),
    ("web", "/security/trust-center", 24),
    ("web", "/legal/master-agreement", 30),
    ("web", "/resources/roi-calculator?scope=site", 20),
    ("webinar", "Executive briefing: one supplier, one contract", 28),
    ("email_click", "Your proposal, section 4: service levels, credits", 27),
    ("event", "Private plant tour, reference customer", 35),
];
