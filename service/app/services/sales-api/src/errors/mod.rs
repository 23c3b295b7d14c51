//! What fails, as a status and a stable code.

pub mod catalogue;

use std::fmt::Display;
use std::time::Duration;

use http::StatusCode;
use order::{PlaceError, Rejection};
use types::{ProductId, Stale, StoreError};
use web::{ApiError, Field};

/// Everything that is wrong with a request, collected so that a client learns all of it at once.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    fields: Vec<Field>,
    /// Something is missing, unknown or of the wrong kind, and not just out of range.
    misshapen: bool,
}

impl Faults {
    /// The value, or nothing and a note of what is wrong with it.
    pub fn take<T, E: Display>(&mut self, field: impl Display, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.add(field, error)).ok()
    }

    /// Notes that a field's value cannot be.
    pub fn add(&mut self, field: impl Display, message: impl Display) {
        self.fields.push(Field {
            field: field.to_string(),
            message: message.to_string(),
        });
    }

    /// Notes that a field is missing, unknown or of the wrong kind.
    pub fn misshapen(&mut self, field: impl Display, message: impl Display) {
        self.misshapen = true;
        self.add(field, message);
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// 422: `invalid_body` if it has another shape than it should, otherwise `invalid_request`.
    pub fn in_body(self) -> ApiError {
        self.error(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body")
    }

    /// 400: `invalid_query` if a parameter is unknown or of the wrong kind, otherwise `invalid_request`.
    pub fn in_query(self) -> ApiError {
        self.error(StatusCode::BAD_REQUEST, "invalid_query")
    }

    fn error(self, status: StatusCode, misshapen: &'static str) -> ApiError {
        let mut error = if self.misshapen {
            ApiError::new(
                status,
                misshapen,
                "the request has another form than it should",
            )
        } else {
            ApiError::new(status, "invalid_request", "the request has invalid values")
        };
        error.fields = self.fields;
        error
    }
}

/// Why an order was not placed. `products` are those of the items as they were sent.
pub fn not_placed(error: &PlaceError, products: &[ProductId]) -> ApiError {
    match error {
        PlaceError::Rejected(rejection) => rejected(rejection, products),
        PlaceError::Store(error) => store_failed(error),
    }
}

fn rejected(rejection: &Rejection, products: &[ProductId]) -> ApiError {
    let item_of = |product: ProductId| {
        products
            .iter()
            .position(|sent| *sent == product)
            .unwrap_or_default()
    };
    match rejection {
        Rejection::UnknownProducts(unknown) => {
            let error = ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unknown_product",
                rejection.to_string(),
            );
            unknown.iter().fold(error, |error, product| {
                error.with_field(
                    format!("items[{}].product_id", item_of(*product)),
                    "there is no such product",
                )
            })
        }
        Rejection::OutOfStock(shortages) => {
            let error = conflict("out_of_stock", rejection);
            shortages.iter().fold(error, |error, shortage| {
                let message = format!("only {} left", shortage.left);
                error.with_field(
                    format!("items[{}].quantity", item_of(shortage.product)),
                    message,
                )
            })
        }
        Rejection::ShopClosed => conflict("shop_closed", rejection),
        Rejection::KeyReused(_) => conflict("idempotency_key_reused", rejection),
        Rejection::NoTotal(_) => ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no_total",
            rejection.to_string(),
        ),
    }
}

/// Why an order was not reversed.
pub fn not_reversed(error: &order::ReverseError) -> ApiError {
    match error {
        order::ReverseError::Missing => ApiError::not_found(error.to_string()),
        order::ReverseError::Stale(stale) => changed_since(*stale),
        order::ReverseError::Store(error) => store_failed(error),
    }
}

/// Why a product was not changed.
pub fn product_not_changed(error: &product::ChangeError) -> ApiError {
    match error {
        product::ChangeError::Missing => ApiError::not_found(error.to_string()),
        product::ChangeError::Stale(stale) => changed_since(*stale),
        product::ChangeError::Full(_) => conflict("shelf_full", error),
        product::ChangeError::Store(error) => store_failed(error),
    }
}

/// Why a user was not made known.
pub fn user_not_created(error: &user::CreateError) -> ApiError {
    match error {
        user::CreateError::NameTaken => {
            conflict("name_taken", error).with_field("name", "is taken")
        }
        user::CreateError::Store(error) => store_failed(error),
    }
}

/// Why a user was not changed.
pub fn user_not_changed(error: &user::ChangeError) -> ApiError {
    match error {
        user::ChangeError::Missing => ApiError::not_found(error.to_string()),
        user::ChangeError::Stale(stale) => changed_since(*stale),
        user::ChangeError::Store(error) => store_failed(error),
    }
}

fn conflict(code: &'static str, message: &impl Display) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, code, message.to_string())
}

fn changed_since(stale: Stale) -> ApiError {
    ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        "precondition_failed",
        stale.to_string(),
    )
}

/// Why there is no quote.
pub fn no_quote(error: supply::NoPrice) -> ApiError {
    match error {
        supply::NoPrice::Unknown => {
            ApiError::new(StatusCode::NOT_FOUND, "not_supplied", error.to_string())
        }
        supply::NoPrice::Failed(cause) => {
            let message =
                "the supplier cannot be asked, and no price was heard of late; try again shortly";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "supplier_failed", message)
                .with_retry_after(SHORTLY)
                .with_cause(cause)
        }
    }
}

/// 404 `no_supplier`.
pub fn no_supplier() -> ApiError {
    let message = "this instance asks no supplier; it is started with --supplier to do so";
    ApiError::new(StatusCode::NOT_FOUND, "no_supplier", message)
}

/// The store could not do what was asked.
pub fn store_failed(error: &StoreError) -> ApiError {
    match error {
        StoreError::Busy => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_busy",
            "too much is waiting; try again shortly",
        )
        .with_retry_after(SHORTLY),
        StoreError::Closed => not_ready("the service is shutting down"),
        StoreError::Failed(cause) => ApiError::internal(format_args!("the store failed: {cause}")),
    }
}

/// The store failed in a request that can be sent again without harm: 503 `store_failed`, where [`store_failed`] has 500.
pub fn store_down(error: &StoreError) -> ApiError {
    match error {
        StoreError::Failed(cause) => {
            let message = "the store cannot be reached; try again shortly";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "store_failed", message)
                .with_retry_after(SHORTLY)
                .with_cause(cause)
        }
        StoreError::Busy | StoreError::Closed => store_failed(error),
    }
}

/// 504 `timed_out`, with the step that was under way.
pub fn out_of_time(step: &str) -> ApiError {
    let message = format!("the time was over in step {step}; it was given up");
    ApiError::new(StatusCode::GATEWAY_TIMEOUT, "timed_out", message)
}

/// 503 `not_started`.
pub fn not_started() -> ApiError {
    let message = "the service is still starting";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_started", message).with_retry_after(SHORTLY)
}

/// 503 `not_ready`.
pub fn not_ready(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", message).with_retry_after(SHORTLY)
}

/// When a queue has moved on, or a balancer has found another instance.
const SHORTLY: Duration = Duration::from_secs(1);
