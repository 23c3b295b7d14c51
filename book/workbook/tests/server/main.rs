//! The server as a browser meets it, with labs that misbehave.

#[path = "../common/mod.rs"]
mod common;
mod door;
mod exercises;
mod harness;
mod labs;
mod pages;
