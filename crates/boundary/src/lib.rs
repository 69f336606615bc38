//! Boundary: what the agent may do, and who must approve what it may not do alone.
//!
//! - In: the Cedar files of a bundle.
//! - Out: nothing yet.
//! - Never: reads a clock, a file or the network.
