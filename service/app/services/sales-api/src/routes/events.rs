//! Events that nobody took.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use types::EventId;
use web::{ApiError, Json, Path};

use crate::acting::By;
use crate::app::App;
use crate::contract::query::only;
use crate::contract::{Asked, IfNoneMatch, found};
use crate::errors::store_failed;
use crate::wire::events::{DeadLetter, DeadLettersQuery, Requeued};
use crate::wire::{ById, Page};

/// A page of dead letters
///
/// An event that its consumer refused too often, and why. It holds back later events of its subject.
#[utoipa::path(get, path = "/v1/events/dead", tag = "events", operation_id = "list_dead_letters",
    params(DeadLettersQuery, IfNoneMatch),
    responses(
        (status = 200, description = "The page", body = Page<DeadLetter>, headers(("ETag" = String))),
        (status = 304, description = "The client has this page", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("admin"))))]
pub async fn dead(
    State(app): State<Arc<App>>,
    Asked { query, mut faults }: Asked<DeadLettersQuery>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let fields = query.fields.clone();
    let (after, limit) = query.check(&mut faults);
    let only = only::<DeadLetter>(fields, faults)?;
    let page = app.events.dead_letters(after, limit).await;
    let page = page.map_err(|error| store_failed(&error))?;
    let page = Page::<DeadLetter>::of(page, EventId::get);
    found(&page, None, only.as_ref(), &known)
}

/// Publishes all dead letters again
///
/// Each has as many attempts as a new event.
#[utoipa::path(post, path = "/v1/events/dead/requeue", tag = "events", operation_id = "requeue_dead_letters",
    responses((status = 200, description = "They are due", body = Requeued)),
    extensions(("x-policy" = json!("admin"))))]
pub async fn requeue_all(State(app): State<Arc<App>>, by: By) -> Result<Json<Requeued>, ApiError> {
    requeue_these(&app, &by, None).await
}

/// Publishes a dead letter again
///
/// It has as many attempts as a new event.
#[utoipa::path(post, path = "/v1/events/dead/{id}/requeue", tag = "events", operation_id = "requeue_dead_letter",
    params(ById),
    responses((status = 200, description = "It is due", body = Requeued)),
    extensions(("x-policy" = json!("admin")), ("x-errors" = json!(["not_found"]))))]
pub async fn requeue(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    by: By,
) -> Result<Json<Requeued>, ApiError> {
    let which = EventId::new(id).map_err(|_| missing(id))?;
    match requeue_these(&app, &by, Some(which)).await {
        Ok(Json(Requeued { requeued: 0 })) => Err(missing(id)),
        other => other,
    }
}

/// Gives a dead letter up for good
///
/// The later events of its subject, which it held back, are published.
#[utoipa::path(post, path = "/v1/events/dead/{id}/discard", tag = "events", operation_id = "discard_dead_letter",
    params(ById),
    responses((status = 200, description = "It is gone; none was published again", body = Requeued)),
    extensions(("x-policy" = json!("admin")), ("x-errors" = json!(["not_found"]))))]
pub async fn discard(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    by: By,
) -> Result<Json<Requeued>, ApiError> {
    let which = EventId::new(id).map_err(|_| missing(id))?;
    let gone = by.events(&app).discard(which).await;
    if gone.map_err(|error| store_failed(&error))? {
        Ok(Json(Requeued { requeued: 0 }))
    } else {
        Err(missing(id))
    }
}

async fn requeue_these(
    app: &App,
    by: &By,
    which: Option<EventId>,
) -> Result<Json<Requeued>, ApiError> {
    let requeued = by.events(app).requeue(which, (app.clock)()).await;
    let requeued = requeued.map_err(|error| store_failed(&error))?;
    Ok(Json(Requeued { requeued }))
}

fn missing(id: i64) -> ApiError {
    ApiError::not_found(format!("there is no dead letter {id}"))
}
