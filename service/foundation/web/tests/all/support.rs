//! An API with handlers of every kind, and what it answers.

use axum::Router;
use axum::body::Body;
use expvar::Registry;
use expvar::read::{Document, Scalar};
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use web::{Config, Metrics, Onion};

pub(crate) struct Api {
    pub(crate) router: Router,
    pub(crate) variables: Registry,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    pub(crate) fn code(&self) -> (u16, String) {
        let code = self.json()["code"].as_str().map(ToOwned::to_owned);
        (self.status, code.expect("every error has a code"))
    }

    /// A header, empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("plain"))
    }
}

impl Api {
    /// The pipeline around routes; `layers` adds what is optional.
    pub(crate) fn new(
        routes: Router,
        config: Config,
        layers: impl FnOnce(Onion, &Registry) -> Onion,
    ) -> Api {
        let variables = Registry::new();
        let metrics = Metrics::new(&variables).expect("free names");
        let onion = layers(Onion::new(config, metrics), &variables);
        Api {
            router: onion.around(routes),
            variables,
        }
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await;
        let (parts, body) = response.expect("a router does not fail").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).expect("text"),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(request(Method::GET, path, "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(request(Method::POST, path, body)).await
    }

    /// A variable as text.
    pub(crate) fn variable(&self, path: &str) -> String {
        variable(&self.variables, path)
    }
}

/// A variable as text.
pub(crate) fn variable(variables: &Registry, path: &str) -> String {
    let document = Document::parse(variables.to_json().as_bytes()).expect("a valid document");
    match document.get(&path.parse().expect("a valid path")) {
        Some(Scalar::Number(number)) => number.as_f64().to_string(),
        other => format!("{other:?}"),
    }
}

pub(crate) fn request(method: Method, path: &str, body: &str) -> Request<Body> {
    with(method, path, &[("content-type", "application/json")], body)
}

pub(crate) fn with(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .body(Body::from(body.to_owned()))
        .expect("a valid request")
}
