//! What the debug plane and the service cost, and what they survive.
//!
//! `make bench` runs the benchmarks, `make soak` the long runs; the results are in `results/`.
//!
//! Layout:
//! - [`cli`]: the commands
//! - `benches`: the benchmarks, a file each
//! - `soak`: the long runs; [`fuzz`]: broken input for the readers
//! - `paired`, `stats`, `record`, `report`, `show`: measure by turns, how sure it is, keep it, show it
//! - `server`, `load`, `get`, `pin`: a program as a process of its own, the load on it, single requests, cores
//! - `terminal`: a program on a terminal
//! - [`sales`]: the service with a part left out here and there; [`subject`]: the program that is put to the test where
//!   the service does not have what is needed

mod benches;
pub mod cli;
mod context;
pub mod fuzz;
mod get;
mod load;
mod machine;
mod paired;
mod pin;
mod random;
mod record;
mod report;
pub mod sales;
mod server;
mod show;
mod soak;
mod stats;
pub mod subject;
mod synthetic;
mod terminal;
