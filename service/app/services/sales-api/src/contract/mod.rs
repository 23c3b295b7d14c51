//! What HTTP asks of every route, whatever it is about: bodies and queries, conditions, partial answers and types.
//!
//! - [`body`], [`query`]: what comes in, for the structs of [`wire`](crate::wire) to check
//! - [`conditions`]: entity tags and what clients make depend on them
//! - [`answer`]: what goes out, whole, in part or not at all if the client has it
//! - [`accept`]: clients that do not take JSON

pub mod accept;
pub mod answer;
pub mod body;
pub mod conditions;
pub mod query;

pub use answer::{created, found, whole};
pub use body::{Body, MergePatch};
pub use conditions::{ETag, IfMatch, IfNoneMatch, MustMatch};
pub use query::Asked;
