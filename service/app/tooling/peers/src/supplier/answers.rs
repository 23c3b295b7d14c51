//! What the supplier answers.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use serde_json::{Value, json};

use super::{Step, Supplier};

pub(super) type Answer = Response<BoxBody<Bytes, Infallible>>;

const JSON: &str = "application/json";

/// What a step of the script makes of a request for a price.
pub(super) async fn by(step: &Step, product: u64) -> Answer {
    match step {
        Step::Ok => json(&price(product)),
        Step::Latency(time) => {
            tokio::time::sleep(*time).await;
            json(&price(product))
        }
        Step::Error(status) => text(*status, "so the script says\n"),
        Step::Busy(seconds) => {
            let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, "come back later\n");
            answer.headers_mut().insert(RETRY_AFTER, (*seconds).into());
            answer
        }
        Step::Drip(time) => with(
            StatusCode::OK,
            JSON,
            drip(price(product).to_string(), *time),
        ),
        // A reset is the connection's affair; without one, there is no answer either.
        Step::Hang | Step::Reset => std::future::pending().await,
        Step::Garbage => with(StatusCode::OK, JSON, Full::from("{\"price\": <b>").boxed()),
        Step::Wrong => json(&price(product + 1)),
        Step::Endless => with(StatusCode::OK, JSON, endless()),
    }
}

fn price(product: u64) -> Value {
    let amount = Supplier::price(product);
    json!({"product": product, "price": {"amount": amount, "currency": "EUR"}})
}

pub(super) fn json(value: &Value) -> Answer {
    with(StatusCode::OK, JSON, Full::from(value.to_string()).boxed())
}

pub(super) fn text(status: StatusCode, message: &str) -> Answer {
    let kind = "text/plain; charset=utf-8";
    with(status, kind, Full::from(message.to_owned()).boxed())
}

fn with(status: StatusCode, kind: &'static str, body: BoxBody<Bytes, Infallible>) -> Answer {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// One byte after the other, over so long.
fn drip(text: String, time: Duration) -> BoxBody<Bytes, Infallible> {
    let pause = time / u32::try_from(text.len()).unwrap_or(u32::MAX).max(1);
    let bytes = stream::unfold(text.into_bytes().into_iter(), move |mut left| async move {
        let byte = left.next()?;
        tokio::time::sleep(pause).await;
        let frame = Frame::data(Bytes::copy_from_slice(&[byte]));
        Some((Ok::<_, Infallible>(frame), left))
    });
    BoxBody::new(StreamBody::new(bytes))
}

/// Spaces that never end.
fn endless() -> BoxBody<Bytes, Infallible> {
    let spaces = || Ok(Frame::data(Bytes::from_static(&[b' '; 4_096])));
    BoxBody::new(StreamBody::new(stream::repeat_with(spaces)))
}
