//! Scenario tables and worlds for tests.
