//! The second version, of one resource: same business, another shape. Both versions are served side by side, so that
//! clients move when they can.

use std::sync::Arc;

use axum::extract::State;
use web::{ApiError, Json};

use crate::app::App;
use crate::contract::Asked;
use crate::errors::store_failed;
use crate::wire::products::CatalogueQuery;
use crate::wire::v2::ProductPage;

/// A page of the catalogue, as the second version writes it
#[utoipa::path(get, path = "/v2/products", tag = "products", operation_id = "list_products_v2",
    params(CatalogueQuery),
    responses((status = 200, description = "The page", body = ProductPage)),
    extensions(("x-policy" = json!("anyone"))))]
pub async fn products(
    State(app): State<Arc<App>>,
    Asked { query, mut faults }: Asked<CatalogueQuery>,
) -> Result<Json<ProductPage>, ApiError> {
    let (query, limit) = query.check(&mut faults);
    if !faults.is_empty() {
        return Err(faults.in_query());
    }
    let page = app.products.list(query, limit).await;
    let page = page.map_err(|error| store_failed(&error))?;
    Ok(Json(page.into()))
}
