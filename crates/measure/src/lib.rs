//! Quality of decisions as plain reports.
