//! What the lab's programs share: a model checker that is small enough to read.

pub mod explore;
