//! One step from a state and an event to a state, a record and effects.
