//! What is asked, and what an answer means.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use expvar::{Counter, Error, Family, Registry};
use http::{Method, StatusCode};
use serde::Deserialize;
use supply::{NoPrice, Quote, Quotes};
use trace::Context;
use types::{Currency, Money, ProductId};
use web::Deadline;

use super::http::{Http, Reply};
use super::{Ask, Caller, Cause, Environment, Failure, Settings};
use crate::health::Health;

/// Products of which a price is remembered.
const REMEMBERED: usize = 10_000;

/// Knows what products cost to buy, and what they did while that cannot be found out. Clones are the same.
#[derive(Clone, Debug)]
pub struct Supplier {
    caller: Arc<Caller<Http>>,
    quotes: Quotes,
    told: Family<Counter>,
}

impl Supplier {
    /// The supplier that the settings name, if they name one. It is the part `supplier` of the service's health, without which
    /// the service can work, and publishes the variable `supplier`.
    ///
    /// # Errors
    /// The variable is taken.
    pub fn open(
        settings: &Settings,
        health: &Health,
        registry: &Registry,
        clock: fn() -> SystemTime,
        environment: Environment,
    ) -> Result<Option<Supplier>, Error> {
        let Some(address) = &settings.address else {
            return Ok(None);
        };
        let map = registry.map("supplier")?;
        let part = health.part("supplier", false);
        let address = address.clone();
        let caller = Caller::new(Http::new(), address, settings, part, &map, environment)?;
        let quotes = Quotes::new(REMEMBERED, settings.max_age, clock);
        let remembered = quotes.clone();
        map.func("remembered", move || remembered.remembered().into())?;
        Ok(Some(Supplier {
            caller: Arc::new(caller),
            quotes,
            told: map.counters("quotes", &["source"])?,
        }))
    }

    /// What one piece of a product costs to buy.
    ///
    /// # Errors
    /// The supplier does not have it; or cannot be asked, and nothing was heard of late.
    pub async fn quote(
        &self,
        product: ProductId,
        deadline: Deadline,
        trace: &Context,
    ) -> Result<Quote, NoPrice> {
        let asking = Asking {
            caller: &self.caller,
            time: share(deadline.remaining()),
            trace,
        };
        let quote = self.quotes.quote(&asking, product).await;
        let source = match &quote {
            Ok(quote) => quote.source.name(),
            Err(NoPrice::Unknown) => "unknown",
            Err(NoPrice::Failed(_)) => "none",
        };
        self.told.with(&[source]).inc();
        quote
    }
}

/// A quarter of what is left of a request's time is for its answer.
fn share(left: Duration) -> Duration {
    left / 4 * 3
}

/// The supplier, on behalf of one request.
struct Asking<'a> {
    caller: &'a Caller<Http>,
    time: Duration,
    trace: &'a Context,
}

impl supply::Supplier for Asking<'_> {
    async fn price(&self, product: ProductId) -> Result<Money, NoPrice> {
        let ask = Ask {
            method: Method::GET,
            path: format!("/prices/{product}"),
            template: "/prices/{id}",
            time: self.time,
            trace: self.trace,
        };
        let price = self.caller.call(&ask, |reply| read(reply, product)).await;
        let price = price.map_err(|failure| NoPrice::Failed(failure.why))?;
        price.ok_or(NoPrice::Unknown)
    }
}

/// The price; nothing if the supplier does not have the product.
fn read(reply: &Reply, product: ProductId) -> Result<Option<Money>, Failure> {
    match reply.status {
        StatusCode::OK => parse(&reply.body, product).map(Some),
        StatusCode::NOT_FOUND => Ok(None),
        status => Err(Failure::of_status(status, None)),
    }
}

#[derive(Deserialize)]
struct Answer {
    product: i64,
    price: Price,
}

#[derive(Deserialize)]
struct Price {
    amount: i64,
    currency: String,
}

/// What does not fit is not repeated: it may be anything.
fn parse(body: &[u8], product: ProductId) -> Result<Money, Failure> {
    let nonsense = |why: &str| Failure::new(Cause::Nonsense, why);
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| nonsense("the answer was no price in JSON"))?;
    if answer.product != product.get() {
        return Err(nonsense("the answer was the price of another product"));
    }
    let currency: Result<Currency, _> = answer.price.currency.parse();
    let price = currency.and_then(|currency| Money::new(answer.price.amount, currency));
    price.map_err(|error| nonsense(&format!("the answer was no price: it {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_price_of_this_very_product_is_one() {
        let id = ProductId::new(7).expect("in range");
        let of = |body: &str| parse(body.as_bytes(), id).map_err(|failure| failure.why);
        let good = r#"{"product":7,"price":{"amount":1250,"currency":"EUR"},"more":[]}"#;
        assert_eq!(of(good).expect("a price").amount(), 1_250);
        for (from, to, cause) in [
            ("7", "8", "another product"),
            ("1250", "-1", "no price"),
            ("1250", "\"canary\"", "no price in JSON"),
            ("EUR", "canary", "no price"),
            ("}", "", "no price in JSON"),
        ] {
            let error = of(&good.replacen(from, to, 1)).expect_err("nonsense");
            assert!(
                error.contains(cause) && !error.contains("canary"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_request_keeps_time_for_its_answer() {
        assert_eq!(share(Duration::from_secs(4)), Duration::from_secs(3));
        assert_eq!(share(Duration::ZERO), Duration::ZERO);
    }
}
