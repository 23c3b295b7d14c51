//! The service as its users meet it: over HTTP, as a library in this process or as a program.
//!
//! - `contract`: what the API promises, request by request
//! - `conditions`: entity tags, `If-Match` and `If-None-Match`, the order that is sent twice
//! - `forms`: partial answers, filters, methods, types, other origins, the document and its pages
//! - `typed`: every resource through the typed client
//! - `sessions`: logging in and out through it
//! - `access`: tokens and profiles
//! - `policies`: every route with every role
//! - `logins`: sessions, revocations and the audit log
//! - `rotation`: keys change under load
//! - `secrets`: what must come out nowhere
//! - `chaos`: faults on purpose
//! - `faults`: what they look like in variables and profiles
//! - `process`: the pipeline experiment
//! - `sales`: many shoppers at once
//! - `readme`: the lists in the service's README are true
//! - `rolling`: one instance after the other is restarted under load
//! - `outbox`: what is told of, to consumers that are slow, hostile or gone, and after kills
//! - `supplier`: quotes, from a supplier that is slow, lies or is gone
//! - `start`, `shutdown`: the program's beginning and end
//! - `operator`: alert rules, dashboard and runbooks name only what there is
//! - `postgres`: the same on PostgreSQL, with the feature
//! - `manifests`: what Kubernetes is told of the service is true
//! - `variables`: the table of them is true
//! - `spans`: what collectors get
//! - `profile`: what a profile of it shows

mod access;
mod chaos;
mod conditions;
mod contract;
mod faults;
mod forms;
mod logins;
mod manifests;
mod operator;
mod outbox;
mod policies;
#[cfg(feature = "postgres")]
mod postgres;
mod process;
mod profile;
mod readme;
mod rolling;
mod rotation;
mod sales;
mod secrets;
#[cfg(feature = "postgres")]
#[path = "../../../../../business/stores/tests/all/server.rs"]
mod server;
mod sessions;
mod shutdown;
mod spans;
mod start;
mod supplier;
mod support;
mod typed;
mod variables;
