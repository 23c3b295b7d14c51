//! The shop's door and its figures.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Selectable, time};

/// Whether orders are taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Shop {
    /// True while orders are taken.
    open: bool,
    /// When it was last opened or closed, as `2026-01-31T12:00:00.123Z`.
    #[schema(format = DateTime)]
    since: String,
}

impl From<shop::Shop> for Shop {
    fn from(shop: shop::Shop) -> Shop {
        Shop {
            open: shop.open,
            since: time(shop.since),
        }
    }
}

/// What was sold since the store was made.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Statistics {
    /// By currency.
    totals: Vec<Totals>,
}

impl Selectable for Statistics {
    const FIELDS: &'static [&'static str] = &["totals"];
}

/// What was sold for one currency. Amounts are in minor units.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Totals {
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: String,
    /// Orders placed, reversed ones included.
    orders_placed: u64,
    /// Orders reversed.
    orders_reversed: u64,
    /// Pieces sold, those given back included.
    pieces_sold: u64,
    /// Pieces given back.
    pieces_returned: u64,
    /// What the orders cost together, reversed ones included.
    revenue: u64,
    /// What the reversed orders cost together.
    reversals: u64,
    /// What an order that stands costs on average, rounded; `null` without such orders.
    #[schema(required)]
    average_order: Option<u64>,
}

impl From<Vec<statistics::Totals>> for Statistics {
    fn from(totals: Vec<statistics::Totals>) -> Statistics {
        Statistics {
            totals: totals.into_iter().map(Totals::from).collect(),
        }
    }
}

impl From<statistics::Totals> for Totals {
    fn from(totals: statistics::Totals) -> Totals {
        Totals {
            currency: totals.currency.to_string(),
            orders_placed: totals.placed,
            orders_reversed: totals.reversed,
            pieces_sold: totals.pieces,
            pieces_returned: totals.pieces_back,
            revenue: totals.revenue,
            reversals: totals.revenue_back,
            average_order: totals.average(),
        }
    }
}
