//! The schemes that come with the program.

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../schemes/", $name, ".yaml")))),*]
    };
}

const SHIPPED: &[(&str, &str)] = shipped![
    "docusign",
    "github",
    "hubspot-v3",
    "intercom",
    "jira",
    "pagerduty",
    "shared-secret",
    "shopify",
    "slack",
    "standard-webhooks",
    "stripe",
    "twilio",
    "zendesk",
];

/// Name and text of every scheme that comes with the program, in the order of their names.
pub fn schemes() -> &'static [(&'static str, &'static str)] {
    SHIPPED
}
