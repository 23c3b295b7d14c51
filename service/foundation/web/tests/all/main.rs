//! The pipeline, seen from outside.

mod load;
mod log;
mod pipeline;
mod refusals;
mod spans;
mod support;
