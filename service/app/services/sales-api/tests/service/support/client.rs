//! A client that reads every answer as JSON.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::document;

/// A client with connections of its own.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    addr: SocketAddr,
    /// Whether answers are held against the document of the API.
    documented: bool,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr) -> Client {
        Client {
            http: Http::builder(TokioExecutor::new()).build_http(),
            addr,
            documented: false,
        }
    }

    /// A client of the API: an answer that is not as documented fails the test.
    pub(crate) fn of_api(addr: SocketAddr) -> Client {
        Client {
            documented: true,
            ..Client::new(addr)
        }
    }

    /// A client that reports every request that was not answered, even if it was never sent.
    pub(crate) fn that_never_retries(addr: SocketAddr) -> Client {
        let mut http = Http::builder(TokioExecutor::new());
        Client {
            http: http.retry_canceled_requests(false).build_http(),
            ..Client::new(addr)
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.expect("an answer")
    }

    pub(crate) async fn try_get(&self, path: &str) -> Result<Answer, String> {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).await.expect("an answer")
    }

    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> Result<Answer, String> {
        self.send(
            Method::POST,
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
        .await
    }

    /// Orders one product; the order's id if it was acknowledged.
    pub(crate) async fn try_order(
        &self,
        product: i64,
        quantity: i64,
    ) -> Result<Option<i64>, String> {
        let answer = self
            .try_post("/v1/orders", &order(&[(product, quantity)]))
            .await?;
        let placed = answer.status == StatusCode::CREATED;
        Ok(placed.then(|| answer.json()["id"].as_i64().expect("an id")))
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("http://{}{path}", self.addr));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::from(body.to_owned()))
            .expect("a valid request");
        let response = self
            .http
            .request(request)
            .await
            .map_err(|error| format!("{error:?}"))?;
        let (head, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| format!("{error:?}"))?
            .to_bytes();
        let answer = Answer {
            status: head.status,
            headers: head.headers,
            body,
        };
        if self.documented {
            document::check(&method, path, &answer);
        }
        Ok(answer)
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The error's code; empty if it is none.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The fields that the error names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let json = self.json();
        let fields = json["errors"].as_array().cloned().unwrap_or_default();
        fields
            .iter()
            .map(|field| field["field"].as_str().expect("a name").to_owned())
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }
}

/// The body that orders these products and quantities.
pub(crate) fn order(items: &[(i64, i64)]) -> Value {
    let item =
        |(product, quantity): &(i64, i64)| json!({"product_id": product, "quantity": quantity});
    json!({"items": items.iter().map(item).collect::<Vec<_>>()})
}
