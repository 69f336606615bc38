//! The policy from outside: bundles in, verdicts, chains, explanations and problems out.

#[cfg(test)]
mod analysis;
#[cfg(test)]
mod bad;
#[cfg(test)]
mod decide;
#[cfg(test)]
mod good;
#[cfg(test)]
mod people;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod tighter;
