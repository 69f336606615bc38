//! Fact catalogue and typed three-valued expressions.
