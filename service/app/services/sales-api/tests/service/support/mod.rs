//! What the tests share: the service in this process or as a program, and a client.

mod client;
mod process;
mod spawn;

pub(crate) use client::{Client, order};
pub(crate) use process::{Process, Service, run_to_end};
pub(crate) use spawn::{spawn_app, spawn_app_with_stock};
