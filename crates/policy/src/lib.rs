//! Bundles, routing graphs, people: who is asked, by when, and what if not.
