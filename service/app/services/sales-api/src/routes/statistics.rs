//! What was sold.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use web::ApiError;

use crate::app::App;
use crate::contract::{IfNoneMatch, found};
use crate::errors::store_failed;
use crate::wire::shop::Statistics;

/// Orders, pieces and revenue since the store was made
///
/// The figures are those of one moment: never an order without its revenue.
#[utoipa::path(get, path = "/v1/statistics", tag = "statistics", operation_id = "get_statistics",
    params(IfNoneMatch),
    responses(
        (status = 200, description = "The totals", body = Statistics, headers(("ETag" = String))),
        (status = 304, description = "The client has this answer", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("anyone"))))]
pub async fn totals(State(app): State<Arc<App>>, known: IfNoneMatch) -> Result<Response, ApiError> {
    let totals = app.statistics.totals().await;
    let totals = totals.map_err(|error| store_failed(&error))?;
    found(&Statistics::from(totals), None, None, &known)
}
