//! The reference sales service: products and orders over HTTP, on a store that never oversells.
//!
//! This library is everything but `main`, so that tests can run the service in their own process.
//!
//! Layout:
//! - [`config`]: the command line and the environment
//! - [`logging`]: one line at a time, written off the request path
//! - [`app`]: state and routes
//! - [`routes`]: the handlers; each validates, calls the business and returns a result
//! - [`contract`]: what HTTP asks of every route
//! - [`wire`]: the JSON that goes in and out
//! - [`errors`]: what fails, as a status and a stable code
//! - [`openapi`]: the document of the API, made from all these
//! - [`protection`]: what the service lets in
//! - [`access`]: who may do what
//! - [`acting`]: the user that a token was made out to, and in whose name things are changed
//! - [`logins`]: what logging in needs
//! - [`keys`]: the keys of tokens, read again while the service runs
//! - [`chaos`]: faults on purpose
//! - [`process`]: the pipeline experiment
//! - [`outbox`]: tells others what happened
//! - [`supplier`]: asks what products cost to buy
//! - `outgoing`: what requests to others have in common
//! - [`variables`]: what the service publishes of itself
//! - [`health`]: how its parts are
//! - [`spans`]: what it did, for a collector
//! - [`manual`]: its endpoints and settings, as tables
//!
//! # The API
//! `GET /v1/openapi.json` has all of it, and `/docs` is a page to try it out.
//!
//! | resource | requests |
//! |---|---|
//! | `/v1/products`, `/v1/products/{id}` | `GET`, `POST`; `GET`, `PUT`, `PATCH`; `POST …/restock`; `GET …/quote` |
//! | `/v1/orders`, `/v1/orders/{id}` | `GET`, `POST`; `GET`; `POST …/reversal` |
//! | `/v1/users`, `/v1/users/{id}` | `GET`, `POST`; `GET`, `PATCH`; `PUT …/password` |
//! | `/v1/login`, `/v1/refresh`, `/v1/logout`, `/v1/revocations` | `POST` |
//! | `/v1/audit` | `GET` |
//! | `/v1/shop` | `GET`; `POST …/close`, `POST …/open` |
//! | `/v1/events/dead`, `/v1/events/dead/{id}` | `GET`, `POST …/requeue`; `POST …/requeue`, `POST …/discard` |
//! | `/v1/statistics`, `/v1/liveness`, `/v1/readiness`, `/v1/startup` | `GET` |
//! | `/v1/process` | `GET`, `POST`: three steps under one budget, for experiments |
//! | `/v2/products` | `GET`, in another shape |
//!
//! - **Lists** are `{"items":[…],"next"}`. `limit` is 1 to 100, 20 unless given; `next` is the `after` of the next page,
//!   `null` on the last. `sort` and the filters come from a known list; what is not on it is refused.
//! - **`fields=id,name`** leaves the other fields out.
//! - **Entity tags** are strong. `If-None-Match` is answered 304; a change needs `If-Match` (428 without, 412 if somebody
//!   else was first). `PUT` replaces, `PATCH` is a JSON merge patch.
//! - **`Idempotency-Key`** with an order: sent again, it is answered as the first time.
//! - **Errors** look as [`web`] describes; [`errors::catalogue`] has their codes. All faults of a request are named at once.
//! - `HEAD` and `OPTIONS` work everywhere. Pages of other origins get nothing unless `--cors-origin` names them.
//!
//! # Who gets in
//! In this order, each with its own limit: connections (in all, and of one address), the token ([`access`]), requests of one
//! client a second, the body's size and time, requests worked on at once, the token's user ([`acting`]). A client is whom a
//! token names, or else an address; a request whose token is missing or bad counts for its address, so that guessing is not
//! free. Behind a balancer all addresses are the balancer's, unless `--trusted-proxy` says to believe what it writes into
//! `X-Forwarded-For` (or, with `--proxy-header`, into `Forwarded`).
//!
//! # The end
//! SIGINT and SIGTERM ask for it. Then, one after the other: readiness fails, and for `--drain-delay` the service goes on
//! serving; it stops accepting; requests under way are finished, and those that are not within `--drain` are cut off; the
//! store is closed; the debug listener, on which all of this can be watched as the variable `lifecycle`, ends last. A
//! second signal ends the process at once.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | ended as it was asked to, requests cut off at the deadline included |
//! | 1 | could not start, or could not close the store; the cause is on the error output |
//! | 2 | a setting makes no sense |
//! | 130 | ended at once by a second signal |

pub mod access;
pub mod acting;
pub mod app;
pub mod chaos;
pub mod config;
pub mod contract;
pub mod errors;
pub mod health;
pub mod keys;
pub mod logging;
pub mod logins;
pub mod manual;
pub mod openapi;
pub mod outbox;
mod outgoing;
pub mod process;
pub mod protection;
pub mod routes;
pub mod spans;
pub mod supplier;
mod values;
pub mod variables;
pub mod wire;
