//! The second version of the API: another shape for products. Both versions are served from the same business; only what
//! is written differs.

use serde::Serialize;
use types::ProductId;
use utoipa::ToSchema;

/// A page of products.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductPage {
    data: Vec<ProductV2>,
    page: PageInfo,
}

/// Where a page stands in its list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PageInfo {
    /// Items on this page.
    count: usize,
    /// The `after` of the next page; `null` on the last.
    #[schema(required)]
    next: Option<i64>,
}

/// A product. Prices are decimal texts, and what is left is a word beside the number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductV2 {
    id: i64,
    title: String,
    price: Price,
    availability: Availability,
    revision: i64,
}

/// What one piece costs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Price {
    /// In major units.
    #[schema(pattern = "^[0-9]+\\.[0-9]{2}$", example = "12.50")]
    value: String,
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: String,
}

/// How many are left.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Availability {
    status: AvailabilityStatus,
    pieces: i64,
}

/// Whether one can be had.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AvailabilityStatus {
    /// Now.
    InStock,
    /// Not now.
    SoldOut,
}

impl From<types::Page<product::Product, ProductId>> for ProductPage {
    fn from(page: types::Page<product::Product, ProductId>) -> ProductPage {
        ProductPage {
            page: PageInfo {
                count: page.items.len(),
                next: page.next.map(ProductId::get),
            },
            data: page.items.into_iter().map(ProductV2::from).collect(),
        }
    }
}

impl From<product::Product> for ProductV2 {
    fn from(product: product::Product) -> ProductV2 {
        let pieces = product.stock.get();
        let amount = product.price.amount();
        ProductV2 {
            id: product.id.get(),
            title: product.name.as_str().to_owned(),
            price: Price {
                value: format!("{}.{:02}", amount / 100, amount % 100),
                currency: product.price.currency().to_string(),
            },
            availability: Availability {
                status: if pieces > 0 {
                    AvailabilityStatus::InStock
                } else {
                    AvailabilityStatus::SoldOut
                },
                pieces,
            },
            revision: product.version.get(),
        }
    }
}
