//! What a broken service would do: the real one does none of it, and the check must be seen to fail.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Everything that a shopper does is answered 500.
    Broken,
    /// Everything that a shopper does is answered 503.
    Overloaded,
    /// Every third request is answered 429 or 503.
    Busy,
    /// Every fifth order is acknowledged and forgotten.
    Forgets,
    /// The catalogue says that one product is oversold.
    Oversells,
    /// Every order is placed, but the first answer to every other one is lost on the way.
    LosesAnswers,
    /// The same, and idempotency keys mean nothing.
    IgnoresKeys,
}

impl Fault {
    /// Request `number` of its kind.
    pub(crate) async fn meet(self, number: usize, mut request: Request, next: Next) -> Response {
        let path = request.uri().path().to_owned();
        let order = request.method() == Method::POST && path == "/v1/orders";
        let health = path == "/v1/readiness";
        let opening = request.method() == Method::GET && path == "/v1/products" && number == 0;
        match self {
            Fault::Broken if !health && !opening => problem(StatusCode::INTERNAL_SERVER_ERROR),
            Fault::Overloaded if !health && !opening => problem(StatusCode::SERVICE_UNAVAILABLE),
            Fault::Busy if number % 3 == 1 => problem(StatusCode::TOO_MANY_REQUESTS),
            Fault::Busy if number % 6 == 2 => problem(StatusCode::SERVICE_UNAVAILABLE),
            Fault::Forgets if order && number % 5 == 4 => forgotten(request, number).await,
            Fault::Oversells if path == "/v1/products" => oversold(next.run(request).await).await,
            Fault::LosesAnswers if order && number.is_multiple_of(2) => {
                let _lost = next.run(request).await;
                problem(StatusCode::SERVICE_UNAVAILABLE)
            }
            Fault::IgnoresKeys if order => {
                request.headers_mut().remove("idempotency-key");
                let answer = next.run(request).await;
                if number.is_multiple_of(2) {
                    problem(StatusCode::SERVICE_UNAVAILABLE)
                } else {
                    answer
                }
            }
            _ => next.run(request).await,
        }
    }
}

fn problem(status: StatusCode) -> Response {
    let code = match status {
        StatusCode::INTERNAL_SERVER_ERROR => "internal",
        StatusCode::TOO_MANY_REQUESTS => "rate_limited",
        _ => "overloaded",
    };
    let mut answer = (status, Json(json!({"code": code}))).into_response();
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
    answer
}

/// An acknowledgement of nothing.
async fn forgotten(request: Request, number: usize) -> Response {
    let body = to_bytes(request.into_body(), 65_536).await;
    let sent: Value = serde_json::from_slice(&body.expect("it comes")).expect("JSON");
    let price = json!({"amount": 1250, "currency": "EUR"});
    let mut items = sent["items"].clone();
    for item in items.as_array_mut().expect("items") {
        item["unit_price"] = price.clone();
    }
    let order = json!({
        "id": 1_000_000 + number,
        "status": "placed",
        "placed_at": "2026-01-31T12:00:00.123Z",
        "reversed_at": null,
        "customer": null,
        "items": items,
        "total": price,
        "version": 1,
    });
    (StatusCode::CREATED, Json(order)).into_response()
}

async fn oversold(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("it comes");
    let mut page: Value = serde_json::from_slice(&body).expect("JSON");
    page["items"][0]["stock"] = json!(-3);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(page.to_string()))
}
