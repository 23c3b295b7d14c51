//! What shoppers ask of the service.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use http::HeaderValue;
use sales_client::{
    Client, Money, NewItem, NewProduct, Options, Order, OrderStatus, Product, ProductsQuery,
    Statistics,
};

use crate::target::Target;

/// Why a request did not do what it should.
pub(crate) use sales_client::Error as Failure;
/// One item of an order.
pub(crate) use sales_client::NewItem as Item;

/// Products on one page.
const PAGE: u32 = 100;

/// The service, as its shoppers see it.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ordered {
    /// It was placed, under this id.
    Placed(i64),
    /// There was not enough of something.
    OutOfStock,
}

/// The bearer token in a file.
pub(crate) fn token(path: &Path) -> anyhow::Result<HeaderValue> {
    let of = || format!("the token in {}", path.display());
    let token = std::fs::read_to_string(path).with_context(of)?;
    let token = token.trim();
    let value = HeaderValue::from_str(&format!("Bearer {token}"));
    // The cause would repeat it.
    let mut value = value.map_err(|_| anyhow!("{} is no line of ASCII", of()))?;
    value.set_sensitive(true);
    if token.is_empty() {
        return Err(anyhow!("{} is missing: the file is empty", of()));
    }
    Ok(value)
}

impl Api {
    pub(crate) fn new(
        target: &Target,
        timeout: Duration,
        token: Option<HeaderValue>,
    ) -> anyhow::Result<Api> {
        let options = Options {
            timeout,
            token,
            ..Options::default()
        };
        let client = Client::new(&target.to_string(), options).context("the target")?;
        Ok(Api { client })
    }

    /// Whether the service says that it can work.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        self.client.ready().await
    }

    /// The catalogue's first page.
    pub(crate) async fn browse(&self) -> Result<(), Failure> {
        self.page(None).await.map(|_| ())
    }

    /// The whole catalogue.
    pub(crate) async fn products(&self) -> Result<Vec<Product>, Failure> {
        let mut products = Vec::new();
        let mut after = None;
        loop {
            let page = self.page(after).await?;
            products.extend(page.items);
            // A service whose pages do not go on must not be asked for ever.
            if page.next.is_none() || page.next <= after {
                return Ok(products);
            }
            after = page.next;
        }
    }

    async fn page(&self, after: Option<i64>) -> Result<sales_client::Page<Product>, Failure> {
        let query = ProductsQuery {
            after,
            limit: Some(PAGE),
            ..ProductsQuery::default()
        };
        self.client.products(&query).await
    }

    /// Puts a product up for sale.
    pub(crate) async fn create(&self, name: &str, pieces: u32) -> Result<i64, Failure> {
        let price = Money {
            amount: 9_90,
            currency: "EUR".to_owned(),
        };
        let stock = i64::from(pieces);
        let product = NewProduct {
            name: name.to_owned(),
            price,
            stock,
        };
        let made = self.client.create_product(&product).await?;
        Ok(made.value.id)
    }

    /// Orders these items. With the same key again, it is still one order.
    pub(crate) async fn order(&self, items: &[NewItem], key: &str) -> Result<Ordered, Failure> {
        match self.client.place_order(items, Some(key)).await {
            Ok(placed) => Ok(Ordered::Placed(placed.value.id)),
            Err(failure) if failure.code() == Some("out_of_stock") => Ok(Ordered::OutOfStock),
            Err(failure) => Err(failure),
        }
    }

    /// Fetches an order, which must be there.
    pub(crate) async fn look_up(&self, id: i64) -> Result<Order, Failure> {
        let order = self.client.order(id).await?.value;
        same(id, &order)?;
        Ok(order)
    }

    /// Gives an order back.
    pub(crate) async fn give_back(&self, id: i64) -> Result<(), Failure> {
        let order = self.client.reverse_order(id, None).await?.value;
        same(id, &order)?;
        match order.status {
            OrderStatus::Reversed => Ok(()),
            OrderStatus::Placed => Err(Failure::Answer("a returned order stands".to_owned())),
        }
    }

    /// What was sold.
    pub(crate) async fn statistics(&self) -> Result<Statistics, Failure> {
        self.client.statistics().await
    }
}

fn same(id: i64, order: &Order) -> Result<(), Failure> {
    if order.id == id {
        Ok(())
    } else {
        Err(Failure::Answer(
            "asked for an order, got another".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_from_a_file_and_is_never_repeated() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("token");
        assert!(token(&path).is_err());
        for (text, fine) in [("canary\n", true), ("", false), ("can\nary", false)] {
            std::fs::write(&path, text).expect("written");
            match token(&path) {
                Ok(value) => assert!(fine && value == "Bearer canary"),
                Err(error) => assert!(!fine && !format!("{error:#}").contains("canary")),
            }
        }
    }
}
