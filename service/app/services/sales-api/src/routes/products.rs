//! The catalogue.

use std::sync::Arc;

use axum::extract::State;
use types::ProductId;
use web::{ApiError, Json, Query};

use super::paging::Paging;
use crate::app::App;
use crate::errors::store_failed;
use crate::wire;

/// `GET /v1/products?after=&limit=`: a page of the catalogue.
///
/// # Errors
/// 400 `invalid_request`, or what the store's failures become.
pub async fn list(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
) -> Result<Json<wire::Page<wire::Product>>, ApiError> {
    let (after, limit) = paging.check(ProductId::new)?;
    let query = product::Query {
        after,
        ..product::Query::default()
    };
    let page = app
        .products
        .list(query, limit)
        .await
        .map_err(|error| store_failed(&error))?;
    Ok(Json(wire::Page::of(page, ProductId::get)))
}
