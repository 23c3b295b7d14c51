//! A consumer over HTTP.
//!
//! An event is a `POST` with the headers of the Standard Webhooks specification (version 1.0.0): `webhook-id` is its key,
//! the same in every attempt; `webhook-timestamp` the time of the attempt; `webhook-signature` is there if there is a
//! secret. Any 2xx takes it. Redirects are not followed: whoever can answer one could send events elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::rt::TokioExecutor;
use trace::{Kind, Open};

use super::form::{self, Message};
use super::signature::Secret;
use super::sink::{Delivery, Sent};
use crate::outgoing::{retry_after, root};

/// Events that are under way at once, each of another subject.
const AT_ONCE: usize = 16;

/// As much of an answer as is read, so that its connection can be used again.
const MOST_OF_ANSWER: usize = 16 << 10;

/// A consumer over HTTP.
#[derive(Debug)]
pub struct Webhook {
    client: Client<HttpConnector, Full<Bytes>>,
    address: Uri,
    timeout: Duration,
    secret: Option<Secret>,
}

impl Webhook {
    /// The consumer at this address, which has so much time for an event.
    pub fn new(address: Uri, timeout: Duration, secret: Option<Secret>) -> Webhook {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        Webhook {
            client: Client::builder(TokioExecutor::new()).build(connector),
            address,
            timeout,
            secret,
        }
    }

    /// Sends these, several at once. When nobody is there for one, the rest is not sent.
    pub(super) async fn send(&self, messages: &[Message]) -> Vec<Sent> {
        let is_gone = AtomicBool::new(false);
        let attempts = messages
            .iter()
            .map(|message| self.attempt(message, &is_gone));
        let attempts: Vec<_> = attempts.collect();
        stream::iter(attempts).buffered(AT_ONCE).collect().await
    }

    async fn attempt(&self, message: &Message, is_gone: &AtomicBool) -> Sent {
        let started = Instant::now();
        let mut delivery = None;
        if !is_gone.load(Ordering::Relaxed) {
            let mut span = trace::open("outbox.deliver", Kind::Producer);
            span.set("messaging.message.id", message.key.clone());
            let sent = self.deliver(message, &span).await;
            if let Delivery::Refused(why) | Delivery::Unreachable { why, .. } = &sent {
                span.fail(why);
            }
            if matches!(sent, Delivery::Unreachable { .. }) {
                is_gone.store(true, Ordering::Relaxed);
            }
            delivery = Some(sent);
        }
        Sent {
            delivery,
            took: started.elapsed(),
        }
    }

    /// The consumer hears of the attempt's span by `traceparent`, if it is recorded.
    async fn deliver(&self, message: &Message, span: &Open) -> Delivery {
        let mut request = match self.request(message) {
            Ok(request) => request,
            Err(error) => return Delivery::Refused(error.to_string()),
        };
        if let Some(context) = span.context() {
            context.inject(request.headers_mut());
        }
        let connected = capture_connection(&mut request);
        let exchange = async {
            let response = match self.client.request(request).await {
                Ok(response) => response,
                Err(error) if error.is_connect() => {
                    return Delivery::Unreachable {
                        why: format!("nobody can be reached: {}", root(&error)),
                        retry_after: None,
                    };
                }
                Err(error) => {
                    return Delivery::Refused(format!("no answer came: {}", root(&error)));
                }
            };
            judge(response).await
        };
        let late = || {
            // Who answers no knock at all, such as a host that is gone, has refused nothing.
            let is_there = connected.connection_metadata().is_some();
            if is_there {
                return Delivery::Refused(format!("no answer came within {:?}", self.timeout));
            }
            Delivery::Unreachable {
                why: format!("nobody can be reached within {:?}", self.timeout),
                retry_after: None,
            }
        };
        let answered = tokio::time::timeout(self.timeout, exchange).await;
        answered.unwrap_or_else(|_| late())
    }

    fn request(&self, message: &Message) -> http::Result<Request<Full<Bytes>>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = now.unwrap_or_default().as_secs();
        let mut request = Request::post(self.address.clone())
            .header(CONTENT_TYPE, form::CONTENT_TYPE)
            .header("webhook-id", &message.key)
            .header("webhook-timestamp", seconds);
        if let Some(secret) = &self.secret {
            let signature = secret.sign(&message.key, seconds, &message.body);
            request = request.header("webhook-signature", signature);
        }
        request.body(Full::from(message.body.clone()))
    }
}

async fn judge(response: Response<Incoming>) -> Delivery {
    let (head, body) = response.into_parts();
    // What it says beyond its status is of no use; a body without end costs its connection.
    let _read = Limited::new(body, MOST_OF_ANSWER).collect().await;
    let status = head.status;
    match status {
        _ if status.is_success() => Delivery::Taken,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Delivery::Unreachable {
            why: format!("the answer was {status}"),
            retry_after: retry_after(&head.headers),
        },
        _ if status.is_redirection() => Delivery::Refused(format!(
            "the answer was {status}, and redirects are not followed"
        )),
        _ => Delivery::Refused(format!("the answer was {status}")),
    }
}
