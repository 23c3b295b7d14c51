//! Placing and reading orders.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use types::OrderId;
use web::{ApiError, Json, Path, Query};

use super::paging::Paging;
use crate::app::App;
use crate::errors::{not_placed, store_failed};
use crate::wire;

/// `POST /v1/orders`: takes the stock and keeps the order, both or neither. The answer is sent when
/// it is on disk.
///
/// # Errors
/// 422 `invalid_request`, 422 `unknown_product`, 409 `out_of_stock`, 422 `no_total`, or what the
/// store's failures become.
pub async fn place(
    State(app): State<Arc<App>>,
    Json(wire::Object(request)): Json<wire::Object<wire::NewOrder>>,
) -> Result<Response, ApiError> {
    let result = try_place(&app, request).await;
    match &result {
        Ok(placed) if placed.replayed => {}
        Ok(placed) => app.sales.placed(&placed.order),
        Err(error) => app.sales.rejected(error.code),
    }
    result.map(|placed| created(placed.order))
}

async fn try_place(app: &App, request: wire::NewOrder) -> Result<order::Placed, ApiError> {
    let (lines, new) = request.check()?;
    app.orders
        .place(order::Purchase::anonymous(new, (app.clock)()))
        .await
        .map_err(|error| not_placed(&error, &lines))
}

fn created(order: order::Order) -> Response {
    let location = format!("/v1/orders/{}", order.id);
    (
        StatusCode::CREATED,
        [(LOCATION, location)],
        Json(wire::Order::from(order)),
    )
        .into_response()
}

/// `GET /v1/orders/{id}`: one order.
///
/// # Errors
/// 404 `not_found`, or what the store's failures become.
pub async fn fetch(
    State(app): State<Arc<App>>,
    Path(id): Path<i64>,
) -> Result<Json<wire::Order>, ApiError> {
    let missing = || ApiError::not_found(format!("there is no order {id}"));
    let id = OrderId::new(id).map_err(|_| missing())?;
    let found = app
        .orders
        .get(id)
        .await
        .map_err(|error| store_failed(&error))?;
    found.map(|order| Json(order.into())).ok_or_else(missing)
}

/// `GET /v1/orders?after=&limit=`: a page of orders, oldest first.
///
/// # Errors
/// 400 `invalid_request`, or what the store's failures become.
pub async fn list(
    State(app): State<Arc<App>>,
    Query(paging): Query<Paging>,
) -> Result<Json<wire::Page<wire::Order>>, ApiError> {
    let (after, limit) = paging.check(OrderId::new)?;
    let query = order::Query {
        after,
        ..order::Query::default()
    };
    let page = app
        .orders
        .list(query, limit)
        .await
        .map_err(|error| store_failed(&error))?;
    Ok(Json(wire::Page::of(page, OrderId::get)))
}
