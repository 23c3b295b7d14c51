//! A visitor who comes over HTTP.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lab_kit::anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{Order, Refused, TakesOrders};

/// So long somebody waits for what is about to happen.
const SOON: Duration = Duration::from_mins(1);

/// A client of the shop. Clones share their connections.
#[derive(Clone)]
pub struct Visitor {
    client: Client<HttpConnector, Full<axum::body::Bytes>>,
    shop: SocketAddr,
}

/// What the shop answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Visitor {
    /// A visitor of the shop at that address.
    pub fn new(shop: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, shop }
    }

    /// Reads something.
    ///
    /// # Errors
    /// No connection, or no JSON.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.ask(Method::GET, path, None, None).await
    }

    /// Asks for something to be done.
    ///
    /// # Errors
    /// No connection, or no JSON.
    pub async fn post(&self, path: &str) -> Result<Answer> {
        self.ask(Method::POST, path, None, None).await
    }

    /// Places an order, with a header if there is one.
    ///
    /// # Errors
    /// No connection, or no JSON.
    pub async fn order(&self, order: Order, header: Option<(&str, &str)>) -> Result<Answer> {
        self.ask(Method::POST, "/orders", Some(order), header).await
    }

    /// Asks again and again until the answer is so.
    ///
    /// # Errors
    /// No connection, no JSON, or it was not so within a minute.
    pub async fn until(&self, path: &str, so: impl Fn(&Value) -> bool) -> Result<Answer> {
        let asking = async {
            loop {
                let answer = self.get(path).await?;
                if so(&answer.body) {
                    return Ok(answer);
                }
            }
        };
        timeout(SOON, asking)
            .await
            .with_context(|| format!("GET {path}, again and again"))?
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        order: Option<Order>,
        header: Option<(&str, &str)>,
    ) -> Result<Answer> {
        let what = format!("{method} {path}");
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.shop));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let body = match order {
            Some(order) => {
                request = request.header("content-type", "application/json");
                json!(order).to_string()
            }
            None => String::new(),
        };
        let answer = self.client.request(request.body(body.into())?).await;
        let answer = answer.with_context(|| what.clone())?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await;
        let body = body.with_context(|| what.clone())?.to_bytes();
        let body = serde_json::from_slice(&body).context(what)?;
        Ok(Answer { status, body })
    }
}

impl TakesOrders for Visitor {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        let answer = self.order(order, None).await;
        let body = answer.map_or(Value::Null, |answer| answer.body);
        if let Some(number) = body["number"].as_u64() {
            return Ok(number as usize);
        }
        let known = [Refused::SoldOut, Refused::Closed, Refused::TooLate];
        let refused = known.into_iter().find(|known| body["code"] == known.code());
        Err(refused.unwrap_or(Refused::Unanswered))
    }
}

impl fmt::Display for Answer {
    /// The status; of an error its code and what people read, of anything else what is not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let (Value::String(code), Value::String(detail)) =
            (&self.body["code"], &self.body["detail"])
        {
            return write!(f, " {code}: {detail}");
        }
        let fields = self.body.as_object().into_iter().flatten();
        for (name, value) in fields.filter(|(_, value)| **value != 0) {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}
