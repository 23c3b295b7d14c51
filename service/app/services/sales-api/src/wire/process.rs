//! The pipeline experiment.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::ProductId;
use utoipa::{IntoParams, ToSchema};

use super::given::Param;
use crate::errors::Faults;
use crate::process::Done;

/// What the steps work on.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProcessQuery {
    /// The product whose stock is looked up; the first unless given.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    product_id: Param<i64>,
}

impl ProcessQuery {
    /// The product; faults are noted.
    pub fn check(self, faults: &mut Faults) -> Option<ProductId> {
        let given = self
            .product_id
            .optional("product_id", faults, ProductId::new);
        given.or_else(|| ProductId::new(1).ok())
    }
}

/// What came of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Processed {
    product_id: i64,
    /// Pieces left; `null` if there is no such product.
    #[schema(required)]
    stock: Option<i64>,
    /// The steps in their order.
    steps: Vec<Step>,
    /// Microseconds of all of them.
    took_us: u64,
}

/// How long a step took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Step {
    /// `auth`, `validate`, `ticket` (the wait for one) or `store`.
    step: &'static str,
    /// Microseconds.
    took_us: u64,
}

impl From<Done<(ProductId, Option<i64>)>> for Processed {
    fn from(done: Done<(ProductId, Option<i64>)>) -> Processed {
        let (product, stock) = done.found;
        let steps = done.steps.iter().map(|&(step, took)| Step {
            step,
            took_us: micros(took),
        });
        Processed {
            product_id: product.get(),
            stock,
            steps: steps.collect(),
            took_us: micros(done.steps.iter().map(|(_, took)| *took).sum()),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
