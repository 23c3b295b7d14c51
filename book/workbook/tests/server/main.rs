//! The server as a browser meets it, with labs that misbehave.

#[path = "../common/mod.rs"]
mod common;
mod door;
mod exercises;
mod harness;
#[cfg(target_os = "linux")]
mod keeper;
mod labs;
mod pages;
