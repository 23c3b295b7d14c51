#![doc = include_str!("../README.md")]

mod app;
mod captures;
mod config;
mod failure;
mod flame;
mod metrics;
mod page;
mod params;
mod pprof;
mod reply;
mod router;
mod sampling;
mod scrape;
mod server;
mod standard;
mod timeline;
mod token;
mod vars;

pub use config::Config;
pub use router::{endpoints, router};
pub use sampling::{Sampling, SamplingError};
pub use secret::mask;
pub use server::{Error, Running, start};
pub use standard::{Build, Standard, measure_polls, publish_standard};
pub use token::{Token, TokenError};
