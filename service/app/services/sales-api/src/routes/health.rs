//! Whether the service lives, whether it has started, and whether it can work.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use web::{ApiError, Json};

use crate::app::App;
use crate::errors::{not_ready, not_started};
use crate::health::Part;

/// How the service is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Health {
    /// `alive` or `started`.
    status: &'static str,
}

/// How the service and its parts are.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`, or `degraded` while a part fails that it can work without.
    status: &'static str,
    /// Its parts.
    parts: Vec<Part>,
}

/// The process answers
///
/// Who gets no answer here may restart it. It asks nothing and nobody else: a restart mends no store.
#[utoipa::path(get, path = "/v1/liveness", tag = "health", operation_id = "liveness",
    responses((status = 200, description = "It lives", body = Health)),
    extensions(("x-policy" = json!("public"))))]
pub async fn liveness() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// The start is complete
///
/// 503 until then; it stays 200 to the end. Before this, nobody needs to ask for liveness or readiness.
#[utoipa::path(get, path = "/v1/startup", tag = "health", operation_id = "startup",
    responses((status = 200, description = "It has started", body = Health)),
    extensions(("x-errors" = json!(["not_started"])), ("x-policy" = json!("public"))))]
pub async fn startup(State(app): State<Arc<App>>) -> Result<Json<Health>, ApiError> {
    if app.health.is_started() {
        Ok(Json(Health { status: "started" }))
    } else {
        Err(not_started())
    }
}

/// The service can work
///
/// 503 from the moment it is told to end, so that a balancer sends no more, and while a part fails that it needs; `errors`
/// names these, each with its state and since when. A part that it can work without makes it `degraded`, which is 200.
#[utoipa::path(get, path = "/v1/readiness", tag = "health", operation_id = "readiness",
    responses((status = 200, description = "It is ready", body = Readiness)),
    extensions(("x-policy" = json!("public"))))]
pub async fn readiness(State(app): State<Arc<App>>) -> Result<Json<Readiness>, ApiError> {
    if app.shutdown.is_triggered() {
        return Err(not_ready("the service is shutting down"));
    }
    let checked = app.store.ping().await;
    match &checked {
        Ok(()) => app.store_health.works(),
        Err(_) => app.store_health.fails("it cannot be reached"),
    }
    let missing = app.health.missing();
    if missing.is_empty() {
        let parts = app.health.parts();
        let works = parts.iter().all(Part::works);
        return Ok(Json(Readiness {
            status: if works { "ready" } else { "degraded" },
            parts,
        }));
    }
    let error = missing
        .iter()
        .fold(not_ready("a part of the service fails"), |error, part| {
            error.with_field(part.name, format!("{} since {}", part.state, part.since))
        });
    Err(match checked {
        Ok(()) => error,
        Err(cause) => error.with_cause(cause),
    })
}
