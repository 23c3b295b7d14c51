//! What the tests share: the service in this process or as a program, and a client.

mod client;
mod document;
mod others;
mod process;
mod spawn;

pub(crate) use client::{Answer, Client, order};
pub(crate) use others::{in_time, serve, until};
pub(crate) use process::{Process, Service, run_to_end};
pub(crate) use spawn::{
    TestApp, spawn_app, spawn_app_for, spawn_app_starting, spawn_app_with_events,
    spawn_app_with_stock, spawn_app_with_supplier,
};
