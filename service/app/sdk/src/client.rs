//! Requests and answers.

use std::time::Duration;

use http::header::{self, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// What a client may take.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a request may take, from connecting to the last byte of the answer. Default: 10 s.
    pub timeout: Duration,
    /// The largest answer read, in bytes. Default: 4 MiB.
    pub max_answer: usize,
    /// Sent as `Authorization: Bearer …`. Default: none.
    pub token: Option<HeaderValue>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            timeout: Duration::from_secs(10),
            max_answer: 4 << 20,
            token: None,
        }
    }
}

/// The service, as its clients see it. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    base: Authority,
    options: Options,
}

/// An address is not of the form `http://HOST[:PORT]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a URL such as http://127.0.0.1:8080, without a path, a user or a password")]
pub struct BadBase;

/// Something with the entity tag of the answer it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged<T> {
    /// What came.
    pub value: T,
    /// What a change must name, so that it overwrites nothing unseen.
    pub etag: String,
}

impl Client {
    /// A client of the service at `base`, with connections of its own.
    ///
    /// # Errors
    /// The address is not of the form `http://HOST[:PORT]`.
    pub fn new(base: &str, options: Options) -> Result<Client, BadBase> {
        let uri: Uri = base.parse().map_err(|_| BadBase)?;
        let plain = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if uri.scheme() != Some(&Scheme::HTTP) || !plain {
            return Err(BadBase);
        }
        let base = uri.into_parts().authority.ok_or(BadBase)?;
        if base.as_str().contains('@') {
            return Err(BadBase);
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(options.timeout));
        Ok(Client {
            http: Http::builder(TokioExecutor::new()).build(connector),
            base,
            options,
        })
    }

    pub(crate) fn set_token(&mut self, header: HeaderValue) {
        self.options.token = Some(header);
    }

    /// Asks for something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.ask(Method::GET, path).send().await?.json()
    }

    /// The beginning of a request.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Asking<'_> {
        Asking {
            client: self,
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Ok(Bytes::new()),
        }
    }
}

/// A request in the making.
pub(crate) struct Asking<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Result<Bytes, Error>,
}

impl Asking<'_> {
    /// With this header.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.insert(name, value);
            }
            Err(_) => self.body = Err(Error::Request(format!("{name} cannot hold {value:?}"))),
        }
        self
    }

    /// With this as JSON.
    pub(crate) fn json<T: Serialize + ?Sized>(mut self, body: &T, kind: &'static str) -> Self {
        self.headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.body.is_ok() {
            self.body = serde_json::to_vec(body)
                .map(Bytes::from)
                .map_err(|error| Error::Request(error.to_string()));
        }
        self
    }

    /// Sends it and reads the answer; one that is an error is an error.
    pub(crate) async fn send(self) -> Result<Answer, Error> {
        let options = &self.client.options;
        let limit = options.max_answer;
        let timeout = options.timeout;
        let http = &self.client.http;
        let request = self.request()?;
        let exchange = async {
            let response = http
                .request(request)
                .await
                .map_err(|error| Error::of(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await;
            let body = body.map_err(|error| Error::body(&*error))?.to_bytes();
            Ok(Answer {
                status: head.status,
                headers: head.headers,
                body,
            })
        };
        let answer = tokio::time::timeout(timeout, exchange)
            .await
            .map_err(|_| Error::TimedOut)??;
        answer.check()
    }

    fn request(self) -> Result<Request<Full<Bytes>>, Error> {
        let path: PathAndQuery = self
            .path
            .parse()
            .map_err(|_| Error::Request(format!("{:?} is no path", self.path)))?;
        let uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.client.base.clone())
            .path_and_query(path)
            .build()
            .map_err(|error| Error::Request(error.to_string()))?;
        let mut request = Request::new(Full::from(self.body?));
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        if let Some(token) = &self.client.options.token {
            request
                .headers_mut()
                .insert(header::AUTHORIZATION, token.clone());
        }
        Ok(request)
    }
}

/// An answer that is no error.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn check(self) -> Result<Answer, Error> {
        if self.status.is_success() || self.status == StatusCode::NOT_MODIFIED {
            return Ok(self);
        }
        let retry_after = self.text(&header::RETRY_AFTER).parse().ok();
        Err(Error::problem(
            self.status,
            retry_after.map(Duration::from_secs),
            &self.body,
        ))
    }

    /// What it holds.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Answer(error.to_string()))
    }

    /// What it holds, with its entity tag.
    pub(crate) fn tagged<T: DeserializeOwned>(&self) -> Result<Tagged<T>, Error> {
        Ok(Tagged {
            value: self.json()?,
            etag: self.text(&header::ETAG).to_owned(),
        })
    }

    fn text(&self, name: &HeaderName) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// A path with its query; parameters that are `None` are left out.
pub(crate) fn path(path: &str, query: &[(&str, Option<String>)]) -> String {
    let mut whole = path.to_owned();
    let mut join = '?';
    for (name, value) in query {
        if let Some(value) = value {
            whole.push(join);
            whole.push_str(name);
            whole.push('=');
            encode(value, &mut whole);
            join = '&';
        }
    }
    whole
}

/// Percent-encoding (RFC 3986): all but the unreserved characters.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.extend(
                [byte >> 4, byte & 15]
                    .map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_bases() {
        for (base, fine) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/", true),
            ("https://localhost", false),
            ("localhost:8080", false),
            ("http://localhost/v1", false),
            ("http://me:secret@localhost", false),
            ("", false),
        ] {
            assert_eq!(
                Client::new(base, Options::default()).is_ok(),
                fine,
                "{base}"
            );
        }
    }

    #[test]
    fn parameters_are_encoded_and_left_out() {
        let query = [
            ("name", Some("tea & käse".to_owned())),
            ("after", None),
            ("sort", Some("-price".to_owned())),
        ];
        assert_eq!(
            path("/v1/products", &query),
            "/v1/products?name=tea%20%26%20k%C3%A4se&sort=-price"
        );
        assert_eq!(path("/v1/products", &[]), "/v1/products");
    }
}
