//! The sidecar as a program.
//!
//! - `program`: on services that answer, that do not, and that answer badly
//! - `go`: beside a stock Go program

mod go;
#[path = "../../../../../foundation/exposition/tests/all/official.rs"]
mod official;
mod program;
mod support;
