//! Drivers: the edge, the commit, the clock.
