//! The shop's door.

use std::sync::Arc;

use axum::extract::State;
use web::{ApiError, Json};

use crate::acting::By;
use crate::app::App;
use crate::errors::store_failed;
use crate::wire::shop::Shop;

/// Whether orders are taken
#[utoipa::path(get, path = "/v1/shop", tag = "shop", operation_id = "get_shop",
    responses((status = 200, description = "Open or closed", body = Shop)),
    extensions(("x-policy" = json!("anyone"))))]
pub async fn state(State(app): State<Arc<App>>) -> Result<Json<Shop>, ApiError> {
    answer(&app, app.door.state().await)
}

// ANCHOR: close
/// Takes no further orders
///
/// Those under way are finished, and everything else goes on. Closing twice is fine.
#[utoipa::path(post, path = "/v1/shop/close", tag = "shop", operation_id = "close_shop",
    responses((status = 200, description = "Closed", body = Shop)),
    extensions(("x-policy" = json!("staff"))))]
pub async fn close(State(app): State<Arc<App>>, by: By) -> Result<Json<Shop>, ApiError> {
    answer(&app, by.door(&app).close((app.clock)()).await)
}
// ANCHOR_END: close

/// Takes orders again
#[utoipa::path(post, path = "/v1/shop/open", tag = "shop", operation_id = "open_shop",
    responses((status = 200, description = "Open", body = Shop)),
    extensions(("x-policy" = json!("staff"))))]
pub async fn open(State(app): State<Arc<App>>, by: By) -> Result<Json<Shop>, ApiError> {
    answer(&app, by.door(&app).open((app.clock)()).await)
}

fn answer(app: &App, shop: Result<shop::Shop, types::StoreError>) -> Result<Json<Shop>, ApiError> {
    let shop = shop.map_err(|error| store_failed(&error))?;
    app.sales.shop(shop.open);
    Ok(Json(shop.into()))
}
