#![doc = include_str!("../README.md")]

mod bind;
mod clients;
mod connection;
mod descriptors;
pub mod guard;
mod network;
mod serve;
mod socket;
mod traffic;
mod watch;

pub use bind::{BindError, bind};
pub use descriptors::raise_descriptor_limit;
pub use network::{Network, NetworkError};
pub use serve::{Limits, Peer, Served, serve};
pub use traffic::{Cut, Traffic};
