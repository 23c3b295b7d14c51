//! The catalogue.

use http::Method;
use http::StatusCode;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use serde::Serialize;

use crate::client::path;
use crate::{Client, Error, Money, NewProduct, Page, Product, ProductPatch, Quote, Tagged};

/// Which products are asked for. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductsQuery {
    /// Those that follow this one.
    pub after: Option<i64>,
    /// How many at most.
    pub limit: Option<u32>,
    /// By what they are sorted.
    pub sort: Option<ProductSort>,
    /// Their name holds this.
    pub name: Option<String>,
    /// There are pieces left, or none.
    pub in_stock: Option<bool>,
    /// They cost so many minor units or more.
    pub min_price: Option<i64>,
    /// They cost so many minor units or less.
    pub max_price: Option<i64>,
}

/// By what products are sorted, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductSort {
    /// By id.
    Id,
    /// By id, the highest first.
    IdDescending,
    /// By name.
    Name,
    /// By name, the last first.
    NameDescending,
    /// By price.
    Price,
    /// By price, the highest first.
    PriceDescending,
}

impl ProductSort {
    fn text(self) -> &'static str {
        match self {
            ProductSort::Id => "id",
            ProductSort::IdDescending => "-id",
            ProductSort::Name => "name",
            ProductSort::NameDescending => "-name",
            ProductSort::Price => "price",
            ProductSort::PriceDescending => "-price",
        }
    }
}

impl Client {
    /// A page of the catalogue.
    ///
    /// # Errors
    /// The service's, or what comes between.
    pub async fn products(&self, query: &ProductsQuery) -> Result<Page<Product>, Error> {
        let query = [
            ("after", query.after.map(|after| after.to_string())),
            ("limit", query.limit.map(|limit| limit.to_string())),
            ("sort", query.sort.map(|sort| sort.text().to_owned())),
            ("name", query.name.clone()),
            ("in_stock", query.in_stock.map(|some| some.to_string())),
            ("min_price", query.min_price.map(|price| price.to_string())),
            ("max_price", query.max_price.map(|price| price.to_string())),
        ];
        self.get(&path("/v1/products", &query)).await
    }

    /// One product.
    ///
    /// # Errors
    /// `not_found`, or as always.
    pub async fn product(&self, id: i64) -> Result<Tagged<Product>, Error> {
        let request = self.ask(Method::GET, &format!("/v1/products/{id}"));
        request.send().await?.tagged()
    }

    /// One product, unless it is still what had this entity tag.
    ///
    /// # Errors
    /// `not_found`, or as always.
    pub async fn product_if_changed(
        &self,
        id: i64,
        etag: &str,
    ) -> Result<Option<Tagged<Product>>, Error> {
        let request = self.ask(Method::GET, &format!("/v1/products/{id}"));
        let answer = request.header(IF_NONE_MATCH, etag).send().await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        answer.tagged().map(Some)
    }

    /// Puts a product up for sale.
    ///
    /// # Errors
    /// `invalid_request`, or as always.
    pub async fn create_product(&self, product: &NewProduct) -> Result<Tagged<Product>, Error> {
        let request = self.ask(Method::POST, "/v1/products");
        let answer = request.json(product, "application/json").send().await?;
        answer.tagged()
    }

    /// Replaces a product's name and price.
    ///
    /// # Errors
    /// `not_found`, `precondition_failed`, or as always.
    pub async fn replace_product(
        &self,
        id: i64,
        etag: &str,
        name: &str,
        price: &Money,
    ) -> Result<Tagged<Product>, Error> {
        #[derive(Serialize)]
        struct Replacement<'a> {
            name: &'a str,
            price: &'a Money,
        }
        let request = self.ask(Method::PUT, &format!("/v1/products/{id}"));
        let request = request.header(IF_MATCH, etag);
        let body = Replacement { name, price };
        let answer = request.json(&body, "application/json").send().await?;
        answer.tagged()
    }

    /// Changes some of a product.
    ///
    /// # Errors
    /// `not_found`, `precondition_failed`, or as always.
    pub async fn change_product(
        &self,
        id: i64,
        etag: &str,
        patch: &ProductPatch,
    ) -> Result<Tagged<Product>, Error> {
        let request = self.ask(Method::PATCH, &format!("/v1/products/{id}"));
        let request = request.header(IF_MATCH, etag);
        let body = Patch::from(patch);
        let answer = request
            .json(&body, "application/merge-patch+json")
            .send()
            .await?;
        answer.tagged()
    }

    /// What one piece of a product costs to buy.
    ///
    /// # Errors
    /// `not_found`, `no_supplier`, `not_supplied`, `supplier_failed`, or as always.
    pub async fn quote(&self, id: i64) -> Result<Quote, Error> {
        self.get(&format!("/v1/products/{id}/quote")).await
    }

    /// Puts more pieces on the shelf.
    ///
    /// # Errors
    /// `not_found`, `shelf_full`, or as always.
    pub async fn restock(&self, id: i64, pieces: u32) -> Result<Tagged<Product>, Error> {
        #[derive(Serialize)]
        struct Restock {
            pieces: u32,
        }
        let request = self.ask(Method::POST, &format!("/v1/products/{id}/restock"));
        let answer = request
            .json(&Restock { pieces }, "application/json")
            .send()
            .await?;
        answer.tagged()
    }
}

/// A JSON merge patch.
#[derive(Serialize)]
struct Patch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<PricePatch<'a>>,
}

#[derive(Serialize)]
struct PricePatch<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
}

impl<'a> From<&'a ProductPatch> for Patch<'a> {
    fn from(patch: &'a ProductPatch) -> Patch<'a> {
        let price = PricePatch {
            amount: patch.amount,
            currency: patch.currency.as_deref(),
        };
        let priced = price.amount.is_some() || price.currency.is_some();
        Patch {
            name: patch.name.as_deref(),
            price: priced.then_some(price),
        }
    }
}
