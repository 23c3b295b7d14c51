//! Products.

use product::{Change, Filter, SortBy};
use serde::{Deserialize, Serialize};
use types::{Direction, PageLimit, ProductId, ProductName, Quantity, Stock};
use utoipa::{IntoParams, ToSchema};
use web::ApiError;

use super::given::{Given, Object, Param};
use super::{GivenMoney, Money, Selectable, given_name};
use crate::errors::Faults;

/// A product.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Product {
    id: i64,
    name: String,
    price: Money,
    /// Pieces left.
    stock: i64,
    /// Pieces ever put on the shelf: those left and those sold and not given back.
    supplied: i64,
    /// How often its name or price has changed.
    version: i64,
}

impl Selectable for Product {
    const FIELDS: &'static [&'static str] =
        &["id", "name", "price", "stock", "supplied", "version"];
}

impl From<product::Product> for Product {
    fn from(product: product::Product) -> Product {
        Product {
            id: product.id.get(),
            name: product.name.as_str().to_owned(),
            price: product.price.into(),
            stock: product.stock.get(),
            supplied: product.supplied.get(),
            version: product.version.get(),
        }
    }
}

/// A product to be put up for sale.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]+$", example = "Tea, Assam, 250 g")]
    name: Given<String>,
    /// What one piece costs.
    #[schema(value_type = GivenMoney)]
    price: Given<Object<GivenMoney>>,
    /// How many pieces there are; none, unless given.
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 1_000_000_000_000_i64, default = 0, example = 100)]
    stock: Given<i64>,
}

impl NewProduct {
    /// The checked product.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<NewProduct>) -> Result<product::NewProduct, ApiError> {
        let mut faults = Faults::default();
        let NewProduct { name, price, stock } = given.open("", &mut faults);
        let name = name.required("name", &mut faults, product_name);
        let price = price
            .required("price", &mut faults, Ok::<_, String>)
            .and_then(|price| GivenMoney::check(price, "price", &mut faults));
        let stock = stock
            .optional("stock", &mut faults, Stock::new)
            .or(Stock::new(0).ok());
        match (name, price, stock) {
            (Some(name), Some(price), Some(stock)) if faults.is_empty() => {
                Ok(product::NewProduct { name, price, stock })
            }
            _ => Err(faults.in_body()),
        }
    }
}

/// All of a product that can be set: what is left out is an error.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductReplacement {
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]+$", example = "Tea, Assam, 250 g")]
    name: Given<String>,
    /// What one piece costs. Orders that were placed keep their price.
    #[schema(value_type = GivenMoney)]
    price: Given<Object<GivenMoney>>,
}

impl ProductReplacement {
    /// The checked change of both.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<ProductReplacement>) -> Result<Change, ApiError> {
        let mut faults = Faults::default();
        let ProductReplacement { name, price } = given.open("", &mut faults);
        let change = Change {
            name: name.required("name", &mut faults, product_name),
            price: price
                .required("price", &mut faults, Ok::<_, String>)
                .and_then(|price| GivenMoney::check(price, "price", &mut faults)),
        };
        fine(change, faults)
    }
}

/// What is to become different of a product (RFC 7396); what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductPatch {
    /// What it is to be called.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, pattern = "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]+$", example = "Tea, Assam, 250 g")]
    name: Given<String>,
    /// What one piece is to cost; what is left out of it stays too.
    #[schema(value_type = MoneyPatch, required = false)]
    price: Given<Object<MoneyPatch>>,
}

/// What is to become different of an amount.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyPatch {
    /// Minor units (cents).
    #[schema(value_type = i64, required = false, minimum = 0, maximum = 1_000_000_000_000_000_i64, example = 1250)]
    amount: Given<i64>,
    /// ISO 4217.
    #[schema(value_type = String, required = false, pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: Given<String>,
}

impl ProductPatch {
    /// The checked change of `current`.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(
        given: Object<ProductPatch>,
        current: &product::Product,
    ) -> Result<Change, ApiError> {
        let mut faults = Faults::default();
        let ProductPatch { name, price } = given.open("", &mut faults);
        let change = Change {
            name: name.optional("name", &mut faults, product_name),
            price: price
                .optional("price", &mut faults, Ok::<_, String>)
                .and_then(|price| price_patch(price, current.price, &mut faults)),
        };
        fine(change, faults)
    }
}

fn price_patch(
    given: Object<MoneyPatch>,
    current: types::Money,
    faults: &mut Faults,
) -> Option<types::Money> {
    let MoneyPatch { amount, currency } = given.open("price.", faults);
    let amount = amount.optional("price.amount", faults, |amount| {
        types::Money::new(amount, current.currency())
    });
    let currency = currency.optional("price.currency", faults, |code| code.parse());
    let amount = amount.unwrap_or(current).amount();
    types::Money::new(amount, currency.unwrap_or(current.currency())).ok()
}

/// Pieces to be put on a shelf.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restock {
    /// How many.
    #[schema(value_type = i64, minimum = 1, maximum = 1000, example = 10)]
    pieces: Given<i64>,
}

impl Restock {
    /// The checked number.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<Restock>) -> Result<Quantity, ApiError> {
        let mut faults = Faults::default();
        let Restock { pieces } = given.open("", &mut faults);
        match pieces.required("pieces", &mut faults, Quantity::new) {
            Some(pieces) if faults.is_empty() => Ok(pieces),
            _ => Err(faults.in_body()),
        }
    }
}

fn fine(change: Change, faults: Faults) -> Result<Change, ApiError> {
    if faults.is_empty() {
        Ok(change)
    } else {
        Err(faults.in_body())
    }
}

fn product_name(text: String) -> Result<ProductName, types::Invalid> {
    given_name(&text, ProductName::MAX_CHARS, ProductName::new)
}

/// Which products are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProductsQuery {
    /// The products that follow this one; 0, or nothing, for the first page.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Param<i64>,
    /// How many products at most.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Param<i64>,
    /// By what they are sorted; `-` turns it around.
    #[param(value_type = Option<ProductSort>, required = false, inline)]
    sort: Param<String>,
    /// Only those whose name holds this; upper and lower case of ASCII letters do not matter.
    #[param(value_type = Option<String>, required = false, min_length = 1, max_length = 100, pattern = "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]+$", example = "tea")]
    name: Param<String>,
    /// Only those of which there are pieces left, or none.
    #[param(value_type = Option<bool>, required = false)]
    in_stock: Param<bool>,
    /// Only those that cost so many minor units or more.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    min_price: Param<i64>,
    /// Only those that cost so many minor units or less.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    max_price: Param<i64>,
    /// Only these fields of each product, with commas between them.
    #[param(value_type = Option<String>, required = false, example = "id,name")]
    pub fields: Param<String>,
}

/// By what products are sorted.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub enum ProductSort {
    /// By id.
    #[serde(rename = "id")]
    Id,
    /// By id, the highest first.
    #[serde(rename = "-id")]
    IdDescending,
    /// By name.
    #[serde(rename = "name")]
    Name,
    /// By name, from the end of the alphabet.
    #[serde(rename = "-name")]
    NameDescending,
    /// By price.
    #[serde(rename = "price")]
    Price,
    /// By price, the highest first.
    #[serde(rename = "-price")]
    PriceDescending,
}

impl ProductsQuery {
    /// What is asked of the business; faults are noted.
    pub fn check(self, faults: &mut Faults) -> (product::Query, PageLimit) {
        let (sort, direction) = self
            .sort
            .optional("sort", faults, |sort| sorted(&sort))
            .unwrap_or_default();
        let price =
            |amount| types::Money::new(amount, types::Currency::EUR).map(types::Money::amount);
        let query = product::Query {
            after: super::after(self.after, faults, ProductId::new),
            sort,
            direction,
            filter: Filter {
                name: self.name.optional("name", faults, product_name),
                in_stock: self.in_stock.optional("in_stock", faults, Ok::<_, String>),
                min_price: self.min_price.optional("min_price", faults, price),
                max_price: self.max_price.optional("max_price", faults, price),
            },
        };
        (query, super::limit(self.limit, faults))
    }
}

fn sorted(sort: &str) -> Result<(SortBy, Direction), &'static str> {
    let (by, direction) = match sort.strip_prefix('-') {
        Some(by) => (by, Direction::Descending),
        None => (sort, Direction::Ascending),
    };
    let by = match by {
        "id" => SortBy::Id,
        "name" => SortBy::Name,
        "price" => SortBy::Price,
        _ => return Err("must be one of id, -id, name, -name, price, -price"),
    };
    Ok((by, direction))
}

/// Which slice of the catalogue is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CatalogueQuery {
    /// The products that follow this one; 0, or nothing, for the first page.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Param<i64>,
    /// How many products at most.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Param<i64>,
}

impl CatalogueQuery {
    /// What is asked of the business; faults are noted.
    pub fn check(self, faults: &mut Faults) -> (product::Query, PageLimit) {
        let query = product::Query {
            after: super::after(self.after, faults, ProductId::new),
            ..product::Query::default()
        };
        (query, super::limit(self.limit, faults))
    }
}
