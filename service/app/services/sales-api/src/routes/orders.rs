//! Placing, reading and reversing orders.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use http::StatusCode;
use http::header::HeaderName;
use http::request::Parts;
use order::{Placed, Purchase};
use types::{IdempotencyKey, OrderId, UserId, Version};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterIn};
use web::{ApiError, Path};

use super::existing;
use crate::access::forbidden;
use crate::acting::{Acting, By};
use crate::app::App;
use crate::contract::conditions::header;
use crate::contract::query::only;
use crate::contract::{Asked, Body, ETag, IfMatch, IfNoneMatch, created, found, whole};
use crate::errors::{not_placed, not_reversed, store_failed};
use crate::wire::orders::{NewOrder, Order, OrdersQuery};
use crate::wire::{ById, Page, Selection};

/// Places an order
///
/// Takes the stock and keeps the order, both or neither. The answer is sent when it is on disk.
///
/// With an `Idempotency-Key`, the same order sent again within 24 hours gets the first answer again, and nothing is taken
/// twice; another order under the same key is refused.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", operation_id = "place_order",
    params(Key),
    request_body = NewOrder,
    responses((status = 201, description = "It is placed", body = Order,
        headers(("ETag" = String), ("Location" = String)))),
    extensions(("x-policy" = json!("anyone")), ("x-errors" = json!(["invalid_header", "out_of_stock", "shop_closed", "idempotency_key_reused",
        "unknown_product", "no_total"]))))]
pub async fn place(
    State(app): State<Arc<App>>,
    Key(key): Key,
    acting: Option<Extension<Acting>>,
    by: By,
    Body(body): Body<NewOrder>,
) -> Result<Response, ApiError> {
    let result = async {
        let (products, order) = NewOrder::check(body)?;
        let purchase = Purchase {
            key,
            customer: acting.and_then(|acting| acting.user),
            ..Purchase::anonymous(order, (app.clock)())
        };
        let placed = by.orders(&app).place(purchase).await;
        placed.map_err(|error| not_placed(&error, &products))
    };
    match result.await {
        Ok(placed) => {
            if !placed.replayed {
                app.sales.placed(&placed.order);
            }
            let order = first_answer(placed);
            let location = format!("/v1/orders/{}", order.id);
            let etag = ETag::version(order.version);
            created(&location, &Order::from(order), &etag)
        }
        Err(error) => {
            app.sales.rejected(error.code);
            Err(error)
        }
    }
}

/// What was answered when it was placed: the same, even if it has been reversed since.
fn first_answer(placed: Placed) -> order::Order {
    order::Order {
        version: Version::FIRST,
        reversed_at: None,
        ..placed.order
    }
}

/// One order
///
/// With a token, a shopper's own; staff and admins see all.
#[utoipa::path(get, path = "/v1/orders/{id}", tag = "orders", operation_id = "get_order",
    params(ById, Selection, IfNoneMatch),
    responses(
        (status = 200, description = "The order", body = Order, headers(("ETag" = String))),
        (status = 304, description = "The client has this answer", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("anyone")), ("x-errors" = json!(["not_found"]))))]
pub async fn fetch(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    Asked { query, faults }: Asked<Selection>,
    acting: Option<Extension<Acting>>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let only = only::<Order>(query.fields, faults)?;
    let order = existing("order", id, OrderId::new, |id| app.orders.get(id)).await?;
    Whose::of(acting).holds(&order)?;
    let etag = ETag::version(order.version);
    found(&Order::from(order), Some(etag), only.as_ref(), &known)
}

/// A page of orders
///
/// With a token, a shopper's own; staff and admins see all.
#[utoipa::path(get, path = "/v1/orders", tag = "orders", operation_id = "list_orders",
    params(OrdersQuery, IfNoneMatch),
    responses(
        (status = 200, description = "The page", body = Page<Order>, headers(("ETag" = String))),
        (status = 304, description = "The client has this page", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("anyone"))))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked { query, mut faults }: Asked<OrdersQuery>,
    acting: Option<Extension<Acting>>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let fields = query.fields.clone();
    let (mut query, limit) = query.check(&mut faults);
    let only = only::<Order>(fields, faults)?;
    Whose::of(acting).narrow(&mut query.filter)?;
    let page = app.orders.list(query, limit).await;
    let page = page.map_err(|error| store_failed(&error))?;
    let page = Page::<Order>::of(page, OrderId::get);
    found(&page, None, only.as_ref(), &known)
}

/// Takes an order back
///
/// Its pieces are on the shelf again. Reversing twice is answered as the first time.
#[utoipa::path(post, path = "/v1/orders/{id}/reversal", tag = "orders", operation_id = "reverse_order",
    params(ById, IfMatch),
    responses((status = 200, description = "The order, reversed", body = Order, headers(("ETag" = String)))),
    extensions(("x-policy" = json!("anyone")), ("x-errors" = json!(["invalid_header", "not_found", "precondition_failed"]))))]
pub async fn reverse(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    acting: Option<Extension<Acting>>,
    based_on: IfMatch,
    by: By,
) -> Result<Response, ApiError> {
    let current = existing("order", id, OrderId::new, |id| app.orders.get(id)).await?;
    Whose::of(acting).holds(&current)?;
    // The version of an order tells whether it is reversed: who has seen it standing may send this twice.
    if current.status() == order::Status::Placed {
        based_on.check(current.version)?;
    }
    let reversal = by
        .orders(&app)
        .reverse(current.id, None, (app.clock)())
        .await;
    let reversal = reversal.map_err(|error| not_reversed(&error))?;
    if !reversal.replayed {
        app.sales.reversed(&reversal.order);
    }
    let etag = ETag::version(reversal.order.version);
    whole(&Order::from(reversal.order), &etag)
}

/// Whose orders a request may be about.
enum Whose {
    /// Everybody's: staff asks, or somebody whom the policy has let in without a token.
    All,
    /// This user's.
    Of(UserId),
    /// Nobody's: the token was made out to no user of the shop.
    None,
}

impl Whose {
    fn of(acting: Option<Extension<Acting>>) -> Whose {
        match acting {
            Some(Extension(acting)) if !acting.is_staff => {
                acting.user.map_or(Whose::None, Whose::Of)
            }
            _ => Whose::All,
        }
    }

    /// Refuses an order that is not among them.
    fn holds(&self, order: &order::Order) -> Result<(), ApiError> {
        match self {
            Whose::Of(user) if order.customer != Some(*user) => Err(forbidden(ELSE)),
            Whose::None => Err(forbidden(NOBODY)),
            _ => Ok(()),
        }
    }

    /// Leaves only these in a list, and refuses to list others.
    fn narrow(&self, filter: &mut order::Filter) -> Result<(), ApiError> {
        match self {
            Whose::All => Ok(()),
            Whose::None => Err(forbidden(NOBODY)),
            Whose::Of(user) if filter.customer.is_some_and(|asked| asked != *user) => {
                Err(forbidden(ELSE))
            }
            Whose::Of(user) => {
                filter.customer = Some(*user);
                Ok(())
            }
        }
    }
}

const ELSE: &str = "the orders are somebody else's";
const NOBODY: &str = "the token's subject is no user of the shop, so no orders are theirs";

/// The header `Idempotency-Key`.
#[derive(Debug)]
pub struct Key(Option<IdempotencyKey>);

impl IntoParams for Key {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The client's own mark for this order: 1 to 64 visible ASCII characters.";
        vec![header(
            "Idempotency-Key",
            description,
            Some("^[!-~]{1,64}$"),
            Required::False,
        )]
    }
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut given = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(key) = given.next() else {
            return Ok(Key(None));
        };
        let refused = |why: &str| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_header",
                format!("Idempotency-Key {why}"),
            )
        };
        if given.next().is_some() {
            return Err(refused("must be given once"));
        }
        let key = IdempotencyKey::new(&String::from_utf8_lossy(key.as_bytes()));
        key.map(|key| Key(Some(key)))
            .map_err(|error| refused(&error.to_string()))
    }
}
