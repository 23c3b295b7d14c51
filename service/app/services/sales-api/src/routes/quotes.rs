//! What products cost to buy.

use std::sync::Arc;

use axum::extract::State;
use web::{ApiError, Deadline, Json, Path, TraceContext};

use super::products;
use crate::app::App;
use crate::errors::{no_quote, no_supplier};
use crate::wire::ById;
use crate::wire::quotes::Quote;

/// What one piece of a product costs to buy
///
/// The supplier is asked. While that is not possible, the price that was last heard stands in: `source` is `fallback` then, and
/// `age_ms` says how old it is.
#[utoipa::path(get, path = "/v1/products/{id}/quote", tag = "products", operation_id = "get_quote",
    params(ById),
    responses((status = 200, description = "The price, and where it is from", body = Quote)),
    extensions(("x-policy" = json!("staff")),
        ("x-errors" = json!(["not_found", "no_supplier", "not_supplied", "supplier_failed"]))))]
pub async fn fetch(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    deadline: Deadline,
    trace: TraceContext,
) -> Result<Json<Quote>, ApiError> {
    let supplier = app.supplier.as_ref().ok_or_else(no_supplier)?;
    let product = products::get(&app, id).await?;
    let quote = supplier.quote(product.id, deadline, &trace).await;
    Ok(Json(quote.map_err(no_quote)?.into()))
}
