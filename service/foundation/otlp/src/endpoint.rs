//! Where a collector is, and one message on its way there.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::resource::pairs;
use crate::wire::{Fields, Held};

/// Longer answers are no answers of a collector.
const MAX_ANSWER: usize = 64 << 10;

/// Where a collector takes messages of one kind. Shown without the headers, which may hold keys.
#[derive(Clone)]
pub struct Endpoint {
    uri: Uri,
    headers: HeaderMap,
    http: Client<HttpConnector, Full<Bytes>>,
}

/// Why a collector cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not such a URL; it is not repeated, as it may hold a password.
    #[error("must be a URL such as http://127.0.0.1:4318, without a user or a password")]
    Url,
    /// TLS.
    #[error(
        "TLS is not spoken here: send to a collector on this machine or in this network by http://, which can speak TLS to others"
    )]
    Tls,
    /// A header that cannot be sent; its value is not repeated.
    #[error(
        "OTEL_EXPORTER_OTLP_HEADERS: {0:?} cannot be sent: it must be NAME=VALUE, with others after a comma"
    )]
    Header(String),
}

/// What became of a message that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// How much of it the collector did not want.
    pub rejected: u64,
    /// Why.
    pub message: String,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nobody answers.
    #[error("no connection: {0}")]
    Connect(String),
    /// Not within the time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// Not now, but perhaps later.
    #[error("answered {status}")]
    Later {
        /// The answer's status.
        status: StatusCode,
        /// When it makes sense to try again, if the answer says.
        after: Option<Duration>,
    },
    /// Not this message.
    #[error("answered {0}")]
    Refused(StatusCode),
}

impl SendError {
    /// Whether the same message may be taken later.
    pub fn is_temporary(&self) -> bool {
        !matches!(self, SendError::Refused(_))
    }
}

impl Endpoint {
    /// The collector at `url`, to which `path` (`/v1/traces`) is added, with the headers of `OTEL_EXPORTER_OTLP_HEADERS`. With
    /// an empty path, `url` counts as it stands. `env` reads a variable of the environment.
    ///
    /// # Errors
    /// The URL or a header makes no sense; neither is repeated.
    pub fn new(
        url: &str,
        path: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Endpoint, EndpointError> {
        let base = if path.is_empty() {
            url
        } else {
            url.trim_end_matches('/')
        };
        let uri: Uri = format!("{base}{path}")
            .parse()
            .map_err(|_| EndpointError::Url)?;
        let authority = uri.authority().ok_or(EndpointError::Url)?;
        match uri.scheme_str() {
            _ if authority.as_str().contains('@') || uri.query().is_some() => {
                return Err(EndpointError::Url);
            }
            Some("http") => {}
            Some("https") => return Err(EndpointError::Tls),
            _ => return Err(EndpointError::Url),
        }
        let mut headers = HeaderMap::new();
        let given = env("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        for (name, value) in pairs(&given) {
            let bad = || EndpointError::Header(name.clone());
            let key = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
            let mut value = HeaderValue::try_from(value).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        );
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("cutaway-otlp/", env!("CARGO_PKG_VERSION"))),
        );
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Endpoint { uri, headers, http })
    }

    /// Sends a message, once.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(
        &self,
        message: impl Into<Bytes>,
        time: Duration,
    ) -> Result<Accepted, SendError> {
        let message: Bytes = message.into();
        let mut request = Request::new(Full::new(message));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        let exchange = async {
            let response = self.http.request(request).await;
            let response = response.map_err(|error| SendError::Connect(innermost(&error)))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            // What was taken stays so, however the answer goes on.
            let body = body
                .map(http_body_util::Collected::to_bytes)
                .unwrap_or_default();
            judge(head.status, &head.headers, &body)
        };
        timeout(time, exchange)
            .await
            .unwrap_or(Err(SendError::TimedOut(time)))
    }
}

fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Accepted, SendError> {
    match status.as_u16() {
        200..=299 => Ok(accepted(body)),
        429 | 502 | 503 | 504 => {
            let after = headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            Err(SendError::Later {
                status,
                after: after.map(Duration::from_secs),
            })
        }
        _ => Err(SendError::Refused(status)),
    }
}

/// Reads `partial_success`, which is alike in the answers for all kinds of messages.
fn accepted(body: &[u8]) -> Accepted {
    let mut accepted = Accepted::default();
    for field in Fields(body) {
        let (1, Held::Bytes(partial)) = field else {
            continue;
        };
        for field in Fields(partial) {
            match field {
                (1, Held::Number(rejected)) => accepted.rejected = rejected,
                (2, Held::Bytes(text)) => {
                    accepted.message = String::from_utf8_lossy(text).into_owned();
                }
                _ => {}
            }
        }
    }
    accepted
}

/// The cause that says most.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.uri).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    #[test]
    fn endpoints_are_plain_and_shown_without_keys() {
        let make = |url: &str, headers: &'static str| {
            Endpoint::new(url, "/v1/traces", |_| Some(headers.to_owned()))
        };
        for url in ["http://127.0.0.1:4318", "http://127.0.0.1:4318/"] {
            let endpoint = make(url, "x-key=canary%2D1,b=c").expect("fine");
            assert_eq!(endpoint.to_string(), "http://127.0.0.1:4318/v1/traces");
            assert_eq!(endpoint.headers["x-key"], "canary-1");
            assert!(!format!("{endpoint:?} {:?}", endpoint.headers).contains("canary"));
        }
        let as_it_stands = Endpoint::new("http://t:2/in/", "", |_| None).expect("fine");
        assert_eq!(as_it_stands.to_string(), "http://t:2/in/");
        for (url, error) in [
            ("https://collector", EndpointError::Tls),
            ("http://me:canary@collector", EndpointError::Url),
            ("http://c?x=1", EndpointError::Url),
            ("grpc://c", EndpointError::Url),
            ("collector:4318", EndpointError::Url),
            ("", EndpointError::Url),
        ] {
            assert_eq!(make(url, "").expect_err(url), error);
        }
        let error = make("http://c", "bad name=canary")
            .expect_err("no header")
            .to_string();
        assert!(
            error.contains("bad name") && !error.contains("canary"),
            "{error}"
        );
    }

    #[test]
    fn answers_say_what_was_not_wanted() {
        let mut answer = Message::default();
        answer.message(1, |partial| {
            partial.number(1, 3);
            partial.text(2, "too old");
        });
        let taken = judge(StatusCode::OK, &HeaderMap::new(), &answer.into_bytes()).expect("taken");
        assert_eq!(
            taken,
            Accepted {
                rejected: 3,
                message: "too old".into()
            }
        );
        for (status, temporary) in [
            (400, false),
            (404, false),
            (429, true),
            (500, false),
            (502, true),
            (503, true),
            (504, true),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            let error = judge(status, &HeaderMap::new(), b"").expect_err("not taken");
            assert_eq!(error.is_temporary(), temporary, "{status}");
        }
    }
}
