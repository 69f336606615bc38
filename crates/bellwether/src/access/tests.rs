//! Signing in, sessions, links, tokens and emergencies, without HTTP.
