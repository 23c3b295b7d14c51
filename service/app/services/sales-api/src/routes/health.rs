//! Whether the service lives, and whether it can work.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use web::{ApiError, Json};

use crate::app::App;
use crate::errors::{not_ready, unreachable_store};

/// How the service is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Health {
    status: &'static str,
}

/// `GET /v1/liveness`: the process answers. Who gets no answer here may restart it.
pub async fn liveness() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// `GET /v1/readiness`: the service can work. False from the moment it is told to end, so that a
/// balancer sends no more.
///
/// # Errors
/// 503 `not_ready`.
pub async fn readiness(State(app): State<Arc<App>>) -> Result<Json<Health>, ApiError> {
    if app.shutdown.is_triggered() {
        return Err(not_ready("the service is shutting down"));
    }
    app.store
        .ping()
        .await
        .map_err(|error| unreachable_store(&error))?;
    Ok(Json(Health { status: "ready" }))
}
