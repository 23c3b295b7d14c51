//! Orders.

use http::Method;
use http::header::{HeaderName, IF_MATCH};
use serde::Serialize;

use crate::client::path;
use crate::{Client, Error, NewItem, Order, OrderStatus, Page, Tagged};

/// Which orders are asked for. What is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrdersQuery {
    /// Those that follow this one.
    pub after: Option<i64>,
    /// How many at most.
    pub limit: Option<u32>,
    /// The oldest first, or the latest.
    pub sort: Option<OrderSort>,
    /// What has become of them.
    pub status: Option<OrderStatus>,
    /// Who placed them.
    pub customer: Option<i64>,
    /// What they hold.
    pub product: Option<i64>,
    /// Placed then or later: RFC 3339, UTC.
    pub from: Option<String>,
    /// Placed before: RFC 3339, UTC.
    pub until: Option<String>,
}

/// How orders are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderSort {
    /// The oldest first.
    Oldest,
    /// The latest first.
    Latest,
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl Client {
    /// Places an order. When this returns, it is on the service's disk. With a `key` (1 to 64 visible ASCII characters) it
    /// may be sent again within 24 hours and is placed once.
    ///
    /// # Errors
    /// `out_of_stock`, `shop_closed`, `unknown_product`, `idempotency_key_reused`, or as always.
    pub async fn place_order(
        &self,
        items: &[NewItem],
        key: Option<&str>,
    ) -> Result<Tagged<Order>, Error> {
        #[derive(Serialize)]
        struct NewOrder<'a> {
            items: &'a [NewItem],
        }
        let mut request = self.ask(Method::POST, "/v1/orders");
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        let answer = request
            .json(&NewOrder { items }, "application/json")
            .send()
            .await?;
        answer.tagged()
    }

    /// One order.
    ///
    /// # Errors
    /// `not_found`, or as always.
    pub async fn order(&self, id: i64) -> Result<Tagged<Order>, Error> {
        let request = self.ask(Method::GET, &format!("/v1/orders/{id}"));
        request.send().await?.tagged()
    }

    /// A page of orders.
    ///
    /// # Errors
    /// The service's, or what comes between.
    pub async fn orders(&self, query: &OrdersQuery) -> Result<Page<Order>, Error> {
        let sort = query.sort.map(|sort| match sort {
            OrderSort::Oldest => "id".to_owned(),
            OrderSort::Latest => "-id".to_owned(),
        });
        let status = query.status.map(|status| match status {
            OrderStatus::Placed => "placed".to_owned(),
            OrderStatus::Reversed => "reversed".to_owned(),
        });
        let query = [
            ("after", query.after.map(|after| after.to_string())),
            ("limit", query.limit.map(|limit| limit.to_string())),
            ("sort", sort),
            ("status", status),
            ("customer", query.customer.map(|id| id.to_string())),
            ("product", query.product.map(|id| id.to_string())),
            ("from", query.from.clone()),
            ("until", query.until.clone()),
        ];
        self.get(&path("/v1/orders", &query)).await
    }

    /// Takes an order back: its pieces are on the shelf again. Doing so twice is fine. With an entity tag, only if the
    /// order is still what had it.
    ///
    /// # Errors
    /// `not_found`, `precondition_failed`, or as always.
    pub async fn reverse_order(&self, id: i64, etag: Option<&str>) -> Result<Tagged<Order>, Error> {
        let mut request = self.ask(Method::POST, &format!("/v1/orders/{id}/reversal"));
        if let Some(etag) = etag {
            request = request.header(IF_MATCH, etag);
        }
        request.send().await?.tagged()
    }
}
