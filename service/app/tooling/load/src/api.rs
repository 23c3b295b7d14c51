//! What shoppers ask of the service.

use std::time::Duration;

use anyhow::Context;
use sales_client::{Client, NewItem, Options, ProductsQuery};

use crate::target::Target;

/// Why a request did not do what it should.
pub(crate) use sales_client::Error as Failure;
/// One item of an order.
pub(crate) use sales_client::NewItem as Item;

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

impl Api {
    pub(crate) fn new(target: &Target, timeout: Duration) -> anyhow::Result<Api> {
        let options = Options {
            timeout,
            ..Options::default()
        };
        let client = Client::new(&target.to_string(), options).context("the target")?;
        Ok(Api { client })
    }

    /// Whether the service says that it can work.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        self.client.ready().await
    }

    /// The catalogue's ids.
    pub(crate) async fn products(&self) -> Result<Vec<i64>, Failure> {
        let query = ProductsQuery {
            limit: Some(100),
            ..ProductsQuery::default()
        };
        let page = self.client.products(&query).await?;
        Ok(page.items.into_iter().map(|product| product.id).collect())
    }

    /// Orders these items.
    pub(crate) async fn order(&self, items: &[NewItem]) -> Result<Ordered, Failure> {
        match self.client.place_order(items, None).await {
            Ok(placed) => Ok(Ordered::Placed(placed.value.id)),
            Err(failure) if failure.code() == Some("out_of_stock") => Ok(Ordered::OutOfStock),
            Err(failure) => Err(failure),
        }
    }

    /// Fetches an order, which must be there.
    pub(crate) async fn look_up(&self, order: i64) -> Result<(), Failure> {
        let found = self.client.order(order).await?.value.id;
        if found == order {
            Ok(())
        } else {
            Err(Failure::Answer(format!(
                "asked for an order, got another: {found}"
            )))
        }
    }
}
