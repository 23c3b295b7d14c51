#![doc = include_str!("../README.md")]

mod bind;
mod descriptors;
pub mod guard;
mod serve;

pub use bind::{BindError, bind};
pub use descriptors::raise_descriptor_limit;
pub use serve::{Limits, Peer, Served, serve};
