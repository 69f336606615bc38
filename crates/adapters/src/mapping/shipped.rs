//! The mappings that come with the program.

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../mappings/", $name, ".yaml")))),*]
    };
}

const SHIPPED: &[(&str, &str)] = shipped![
    "billing-invoices",
    "calendar",
    "chat-transcripts",
    "contract-clauses",
    "crm-accounts",
    "crm-deals",
    "crm-pipeline",
    "crm-products",
    "crm-teams",
    "engagement-history",
    "erp-orders",
    "firmographics",
    "incident-log",
    "leads",
    "mail",
    "outcomes",
    "people-directory",
    "procurement-stages",
    "product-telemetry",
    "surveys",
    "zendesk-tickets",
];

/// Name and text of every mapping that comes with the program, in the order of their names.
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}
