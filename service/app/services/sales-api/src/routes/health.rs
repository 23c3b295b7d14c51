//! Whether the service lives, and whether it can work.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use web::{ApiError, Json};

use crate::app::App;
use crate::errors::{not_ready, unreachable_store};

/// How the service is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `alive` or `ready`.
    status: &'static str,
}

/// The process answers
///
/// Who gets no answer here may restart it.
#[utoipa::path(get, path = "/v1/liveness", tag = "health", operation_id = "liveness",
    responses((status = 200, description = "It lives", body = Health)))]
pub async fn liveness() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// The service can work
///
/// 503 from the moment it is told to end, so that a balancer sends no more.
#[utoipa::path(get, path = "/v1/readiness", tag = "health", operation_id = "readiness",
    responses((status = 200, description = "It is ready", body = Health)))]
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
