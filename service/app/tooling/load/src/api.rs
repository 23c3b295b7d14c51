//! Requests to the service, and the ways they fail.

use std::fmt;
use std::io;
use std::time::Duration;

use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};

use crate::target::Target;

/// The largest answer read, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// The service, as its clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: Client<HttpConnector, Full<Bytes>>,
    target: Target,
    timeout: Duration,
}

/// One item of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Item {
    pub product_id: i64,
    pub quantity: u32,
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
    pub(crate) fn new(target: Target, timeout: Duration) -> Api {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Api {
            http,
            target,
            timeout,
        }
    }

    /// Whether the service says that it can work.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        self.get("/v1/readiness").await.map(|_| ())
    }

    /// The catalogue's ids.
    pub(crate) async fn products(&self) -> Result<Vec<i64>, Failure> {
        let page: Products = parse(&self.get("/v1/products?limit=100").await?)?;
        Ok(page.items.into_iter().map(|product| product.id).collect())
    }

    /// Orders these items.
    pub(crate) async fn order(&self, items: &[Item]) -> Result<Ordered, Failure> {
        let body = serde_json::to_vec(&NewOrder { items })
            .map_err(|error| Failure::Body(error.to_string()))?;
        let request = self.request(Method::POST, "/v1/orders")?;
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body));
        match self.send(request).await {
            Ok(body) => parse::<Id>(&body).map(|order| Ordered::Placed(order.id)),
            Err(Failure::Status { code, .. }) if code == "out_of_stock" => Ok(Ordered::OutOfStock),
            Err(failure) => Err(failure),
        }
    }

    /// Fetches an order, which must be there.
    pub(crate) async fn look_up(&self, order: i64) -> Result<(), Failure> {
        let found: Id = parse(&self.get(&format!("/v1/orders/{order}")).await?)?;
        if found.id == order {
            Ok(())
        } else {
            Err(Failure::Body(format!(
                "asked for an order, got another: {}",
                found.id
            )))
        }
    }

    async fn get(&self, path: &str) -> Result<Bytes, Failure> {
        self.send(self.request(Method::GET, path)?.body(Full::default()))
            .await
    }

    fn request(&self, method: Method, path: &str) -> Result<http::request::Builder, Failure> {
        let uri: Uri = self
            .target
            .uri(path)
            .map_err(|error| Failure::Other(error.to_string()))?;
        Ok(Request::builder().method(method).uri(uri))
    }

    async fn send(&self, request: http::Result<Request<Full<Bytes>>>) -> Result<Bytes, Failure> {
        let request = request.map_err(|error| Failure::Other(error.to_string()))?;
        let exchange = async {
            let response = self
                .http
                .request(request)
                .await
                .map_err(|error| Failure::of(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_ANSWER)
                .collect()
                .await;
            Ok((status, body.map_err(|_| Failure::Closed)?.to_bytes()))
        };
        let (status, body) = tokio::time::timeout(self.timeout, exchange)
            .await
            .map_err(|_| Failure::TimedOut)??;
        if status.is_success() {
            Ok(body)
        } else {
            Err(Failure::status(status, &body))
        }
    }
}

#[derive(Serialize)]
struct NewOrder<'a> {
    items: &'a [Item],
}

#[derive(Deserialize)]
struct Products {
    items: Vec<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: i64,
}

#[derive(Deserialize)]
struct ErrorBody {
    code: String,
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::Body(error.to_string()))
}

/// Why a request did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody listens there.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The connection ended before the answer did.
    Closed,
    /// An answer that is an error.
    Status {
        /// The status.
        status: StatusCode,
        /// The stable code in the body, or nothing.
        code: String,
    },
    /// An answer that is not what the API promises.
    Body(String),
    /// Anything else.
    Other(String),
}

impl Failure {
    /// Whether the service answered at all.
    pub(crate) fn answered(&self) -> bool {
        matches!(self, Failure::Status { .. } | Failure::Body(_))
    }

    fn status(status: StatusCode, body: &[u8]) -> Failure {
        let code = serde_json::from_slice::<ErrorBody>(body)
            .map(|body| body.code)
            .unwrap_or_default();
        // It ends on a terminal and as a key of the report.
        let code = code
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .take(40)
            .collect();
        Failure::Status { status, code }
    }

    fn of(error: &ClientError) -> Failure {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Failure::io(error);
            }
            if error
                .downcast_ref::<hyper::Error>()
                .is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
            {
                return Failure::Closed;
            }
            cause = error.source();
        }
        Failure::Other(error.to_string())
    }

    fn io(error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::Refused,
            io::ErrorKind::TimedOut => Failure::TimedOut,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Failure::Closed,
            kind => Failure::Other(kind.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused => f.write_str("connection refused"),
            Failure::TimedOut => f.write_str("timed out"),
            Failure::Closed => f.write_str("connection closed"),
            Failure::Status { status, code } if code.is_empty() => {
                write!(f, "HTTP {}", status.as_u16())
            }
            Failure::Status { status, code } => write!(f, "HTTP {} {code}", status.as_u16()),
            Failure::Body(what) => write!(f, "unexpected answer: {what}"),
            Failure::Other(what) => f.write_str(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_status_and_code_and_nothing_that_harms_a_terminal() {
        for (body, expected) in [
            (
                &br#"{"code":"store_busy","detail":"x"}"#[..],
                "HTTP 503 store_busy",
            ),
            (br#"{"code":"\u001b[2Jgone"}"#, "HTTP 503 2Jgone"),
            (b"<html>", "HTTP 503"),
            (b"", "HTTP 503"),
        ] {
            let failure = Failure::status(StatusCode::SERVICE_UNAVAILABLE, body);
            assert_eq!(failure.to_string(), expected);
        }
    }
}
