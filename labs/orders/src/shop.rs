//! What a shop is asked, and what it answers.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use web::ApiError;

use crate::{Order, Product};

/// A shop that many shoppers may enter at once.
pub trait TakesOrders: Send + Sync + 'static {
    /// Takes an order, has it paid, and gives it a number.
    fn place(&self, order: Order) -> impl Future<Output = Result<usize, Refused>> + Send;
}

/// What is left, and the orders that were taken.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// How many pieces are left. Below zero, more was sold than there was.
    pub stock: HashMap<Product, i64>,
    /// The orders, the first with number 1.
    pub taken: Vec<Order>,
}

/// The day so far, all of it of one moment; except who waits, which is asked of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Orders that wait for a worker.
    pub waiting: usize,
    /// Orders that are being worked on, not paid yet.
    pub under_way: usize,
    /// Orders that were taken and paid, and not taken back.
    pub taken: usize,
    /// Orders that were refused because there was not enough.
    pub sold_out: usize,
    /// Orders that were taken back.
    pub reversed: usize,
    /// Pieces that were sold, or are set aside for an order under way.
    pub pieces: u64,
}

/// Why nothing came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is not enough left.
    #[error("there is not enough left of it")]
    SoldOut,
    /// The shop takes no more orders.
    #[error("the shop has closed; orders it has taken are finished")]
    Closed,
    /// Whoever worked on it ended without an answer.
    #[error("nobody answered; look it up before you order again")]
    Unanswered,
    /// It was not done in time.
    #[error("given up, because its time was over")]
    TooLate,
    /// Nobody has placed an order of that number, or it is not paid yet.
    #[error("there is no finished order {0}")]
    Unknown(usize),
}

impl Refused {
    /// For programs: the code of the answer.
    pub fn code(self) -> &'static str {
        self.answer().1
    }

    fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Refused::SoldOut => (StatusCode::CONFLICT, "sold_out"),
            Refused::Closed => (StatusCode::SERVICE_UNAVAILABLE, "closed"),
            Refused::Unanswered => (StatusCode::INTERNAL_SERVER_ERROR, "unanswered"),
            Refused::TooLate => (StatusCode::GATEWAY_TIMEOUT, "too_late"),
            Refused::Unknown(_) => (StatusCode::NOT_FOUND, "unknown_order"),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let (status, code) = refused.answer();
        ApiError::new(status, code, refused.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}
