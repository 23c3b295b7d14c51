//! What fails, as a status and a stable code.

use std::fmt::Display;

use http::StatusCode;
use order::{PlaceError, Rejection};
use types::{Invalid, ProductId, StoreError};
use web::{ApiError, Field};

/// Everything that is wrong with a request, collected so that a client learns all of it at once.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    fields: Vec<Field>,
}

impl Faults {
    /// The value, or nothing and a note of what is wrong with it.
    pub fn take<T>(&mut self, field: impl Into<String>, value: Result<T, Invalid>) -> Option<T> {
        value.map_err(|error| self.add(field, error)).ok()
    }

    /// Notes what is wrong with a field.
    pub fn add(&mut self, field: impl Into<String>, message: impl Display) {
        self.fields.push(Field {
            field: field.into(),
            message: message.to_string(),
        });
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// 422 `invalid_request`: the body could be read, but holds values that cannot be.
    pub fn in_body(self) -> ApiError {
        self.error(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// 400 `invalid_request`: the query holds values that cannot be.
    pub fn in_query(self) -> ApiError {
        self.error(StatusCode::BAD_REQUEST)
    }

    fn error(self, status: StatusCode) -> ApiError {
        let mut error = ApiError::new(status, "invalid_request", "the request has invalid values");
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
            let error = ApiError::new(StatusCode::CONFLICT, "out_of_stock", rejection.to_string());
            shortages.iter().fold(error, |error, shortage| {
                let message = format!("only {} left", shortage.left);
                error.with_field(
                    format!("items[{}].quantity", item_of(shortage.product)),
                    message,
                )
            })
        }
        Rejection::ShopClosed => {
            ApiError::new(StatusCode::CONFLICT, "shop_closed", rejection.to_string())
        }
        Rejection::KeyReused(_) => ApiError::new(
            StatusCode::CONFLICT,
            "idempotency_key_reused",
            rejection.to_string(),
        ),
        Rejection::NoTotal(_) => ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no_total",
            rejection.to_string(),
        ),
    }
}

/// The store could not do what was asked.
pub fn store_failed(error: &StoreError) -> ApiError {
    match error {
        StoreError::Busy => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store_busy",
            "too much is waiting; try again shortly",
        ),
        StoreError::Closed => not_ready("the service is shutting down"),
        StoreError::Failed(cause) => ApiError::internal(format_args!("the store failed: {cause}")),
    }
}

/// The store does not answer a question that it should always answer.
pub fn unreachable_store(error: &StoreError) -> ApiError {
    not_ready("the store cannot be reached").with_cause(error)
}

/// 503 `not_ready`.
pub fn not_ready(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", message)
}
