//! Who changed what.

use std::sync::Arc;

use ::audit::Audit;
use axum::extract::State;
use axum::response::Response;
use types::EntryId;
use web::ApiError;

use crate::app::App;
use crate::contract::query::only;
use crate::contract::{Asked, IfNoneMatch, found};
use crate::errors::store_failed;
use crate::wire::Page;
use crate::wire::audit::{AuditQuery, Entry};

/// A page of the audit log, the oldest first
///
/// Each change of a product, an order, a user, the shop's door, a session or a key has its entry, written in the same
/// transaction.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", operation_id = "list_audit",
    params(AuditQuery, IfNoneMatch),
    responses(
        (status = 200, description = "The page", body = Page<Entry>, headers(("ETag" = String))),
        (status = 304, description = "The client has this page", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("admin"))))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked { query, mut faults }: Asked<AuditQuery>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let fields = query.fields.clone();
    let (query, limit) = query.check(&mut faults);
    let only = only::<Entry>(fields, faults)?;
    let page = Audit::new(app.store.clone()).list(query, limit).await;
    let page = page.map_err(|error| store_failed(&error))?;
    let page = Page::<Entry>::of(page, EntryId::get);
    found(&page, None, only.as_ref(), &known)
}
