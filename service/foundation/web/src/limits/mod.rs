//! What a request may cost.

pub(crate) mod body;
pub(crate) mod deadline;
pub(crate) mod gate;
mod overload;
pub(crate) mod rate;
