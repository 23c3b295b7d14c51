//! Quotes.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Money, time};

/// What one piece of a product costs to buy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Quote {
    product_id: i64,
    price: Money,
    source: QuoteSource,
    /// When the supplier said so.
    #[schema(example = "2026-01-31T12:00:00.123Z")]
    quoted_at: String,
    /// How many milliseconds ago that is; 0 if it was asked just now.
    #[schema(minimum = 0)]
    age_ms: u64,
}

/// Where a quote is from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuoteSource {
    /// The supplier was asked.
    Supplier,
    /// The supplier cannot be asked: it is the price that was last heard.
    Fallback,
}

impl From<supply::Quote> for Quote {
    fn from(quote: supply::Quote) -> Quote {
        Quote {
            product_id: quote.product.get(),
            price: quote.price.into(),
            source: match quote.source {
                supply::Source::Supplier => QuoteSource::Supplier,
                supply::Source::Fallback => QuoteSource::Fallback,
            },
            quoted_at: time(quote.at),
            age_ms: u64::try_from(quote.age.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
