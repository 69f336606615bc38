//! What is known about an account or case, and how fresh.
