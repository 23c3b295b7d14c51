//! The request pipeline of a service: everything around a handler that is the same for all of them.
//!
//! [`mount`] puts it around a router. A request gets an id (`X-Request-Id`, taken from the client if it is sane) and
//! one log line; it is counted and timed; it may not take longer or send more than [`Config`] allows; a panic costs
//! only itself. Every error leaves in one form, made from an [`ApiError`]:
//!
//! ```json
//! {"error": {"code": "out_of_stock", "message": "only 2 left of \"tea\"", "request_id": "5f3c9a1b2d4e-00002a"}}
//! ```
//!
//! The `code` is for programs and stays what it is; the `message` is for people and may change. These codes are the
//! pipeline's own: `not_found`, `method_not_allowed`, `body_too_large`, `unsupported_media_type`, `malformed_json`,
//! `invalid_body`, `invalid_path`, `invalid_query`, `timed_out`, `internal`.
//!
//! ```
//! use axum::{Router, routing::post};
//! use http::StatusCode;
//! use web::{ApiError, Json};
//!
//! #[derive(serde::Deserialize)]
//! struct Order { quantity: u32 }
//!
//! async fn order(Json(order): Json<Order>) -> Result<StatusCode, ApiError> {
//!     if order.quantity == 0 {
//!         return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "empty_order", "nothing was ordered"));
//!     }
//!     Ok(StatusCode::CREATED)
//! }
//!
//! let variables = expvar::Registry::new();
//! let routes = Router::new().route("/v1/orders", post(order));
//! let api: Router = web::mount(routes, web::Config::default(), web::Metrics::new(&variables)?);
//! # Ok::<(), expvar::Error>(())
//! ```

mod error;
mod extract;
mod ids;
mod metrics;
mod pipeline;

pub use error::{ApiError, Field};
pub use extract::{Json, Path, Query};
pub use ids::RequestId;
pub use metrics::Metrics;
pub use pipeline::{Config, mount};
