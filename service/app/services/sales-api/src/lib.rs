//! The reference sales service: products and orders over HTTP, on a store that never oversells.
//!
//! This library is everything but `main`, so that tests can run the service in their own process.
//!
//! Layout:
//! - [`config`]: the command line and the environment
//! - [`logging`]: one line at a time, written off the request path
//! - [`app`]: state and routes
//! - [`routes`]: the handlers; each validates, calls the business and returns a result
//! - [`wire`]: the JSON that goes in and out
//! - [`errors`]: what fails, as a status and a stable code
//! - [`variables`]: what the service publishes of itself
//!
//! # The API
//! | request | answer |
//! |---|---|
//! | `GET /v1/products?after=ID&limit=N` | 200 `{"items":[{"id","name","stock","price":{"amount","currency"}}],"next"}` |
//! | `POST /v1/orders` with `{"items":[{"product_id","quantity"}]}` | 201 `{"id","placed_at","items":[…],"total"}` and `Location` |
//! | `GET /v1/orders/{id}` | 200, the order |
//! | `GET /v1/orders?after=ID&limit=N` | 200 `{"items":[…],"next"}`, oldest first |
//! | `GET /v1/liveness` | 200 `{"status":"alive"}` |
//! | `GET /v1/readiness` | 200 `{"status":"ready"}`, or 503 `not_ready` |
//!
//! `limit` is 1 to 100, 20 unless given; `next` is the `after` of the next page, `null` on the
//! last. Amounts are in minor units. Items that name the same product count as one. Errors look as
//! [`web`] describes, with these codes beside its own:
//!
//! | code | status | meaning |
//! |---|---|---|
//! | `invalid_request` | 400, in a body 422 | values out of range; `fields` names each |
//! | `unknown_product` | 422 | an item names a product that does not exist |
//! | `out_of_stock` | 409 | not enough left; nothing was taken |
//! | `no_total` | 422 | the items cannot be added up |
//! | `store_busy` | 503 | too much is waiting; nothing was written, try again |
//! | `not_ready` | 503 | the service cannot work, or is about to end |

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

pub mod app;
pub mod config;
pub mod errors;
pub mod logging;
pub mod routes;
pub mod variables;
pub mod wire;
