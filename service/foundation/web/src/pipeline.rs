//! What happens to a request around its handler.
//!
//! One middleware does it all: each layer of its own would cost a boxed future and a clone of the service per request.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use crate::error::{Names, TYPES};
use crate::extract::{Reading, body_too_large};
use crate::ids::{HEADER, Ids, random_seed};
use crate::{ApiError, Metrics, RequestId};

/// What the pipeline allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// How long a handler may take; then it is dropped and the client gets 503 `timed_out`, or 408 `body_timed_out` if
    /// the handler was still waiting for the request's body. Default: 10 s.
    pub time_limit: Duration,
    /// How many bytes a request's body may have. Default: 64 KiB.
    pub body_limit: usize,
    /// Routes whose requests are logged at debug level unless they fail: those that are asked every few seconds. Default:
    /// none.
    pub quiet: Vec<String>,
    /// Tells this process's request ids from those of others. Default: random.
    pub id_seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(10),
            body_limit: 64 * 1024,
            quiet: Vec::new(),
            id_seed: random_seed(),
        }
    }
}

/// Puts the pipeline around routes. What matches no route gets 404 `not_found`; a route asked with a method it lacks gets
/// 405 `method_not_allowed`.
pub fn mount(routes: Router, config: Config, metrics: Metrics) -> Router {
    let pipeline = Pipeline {
        ids: Ids::new(config.id_seed),
        config,
        metrics,
    };
    routes
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(Arc::new(pipeline), run))
}

async fn no_route(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is nothing at {}", uri.path()))
}

async fn no_method(method: Method, uri: Uri) -> ApiError {
    let message = format!("{} does not take {method}", uri.path());
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
}

#[derive(Debug)]
struct Pipeline {
    config: Config,
    ids: Ids,
    metrics: Metrics,
}

async fn run(State(pipeline): State<Arc<Pipeline>>, mut request: Request, next: Next) -> Response {
    let underway = Underway::start(Arc::clone(&pipeline), &request);
    request.extensions_mut().insert(underway.id.clone());
    request.extensions_mut().insert(underway.reading.clone());
    DefaultBodyLimit::max(pipeline.config.body_limit).apply(&mut request);
    let mut response = match check_size(request.headers(), pipeline.config.body_limit) {
        Ok(()) => answer(&pipeline.config, &underway, next.run(request)).await,
        Err(error) => error.into_response(),
    };
    let names = Names {
        id: Some(underway.id.as_str()),
        trace: None,
    };
    ApiError::complete(&mut response, TYPES, &names);
    if let Ok(id) = HeaderValue::from_str(underway.id.as_str()) {
        response.headers_mut().insert(HEADER, id);
    }
    underway.end(&response);
    response
}

/// Refuses a body that says it is too large before the handler runs; one that lies is stopped while it is read.
fn check_size(headers: &HeaderMap, limit: usize) -> Result<(), ApiError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit as u64) {
        Err(body_too_large())
    } else {
        Ok(())
    }
}

/// The handler's answer, or what stands for it if it panics or takes too long.
async fn answer(
    config: &Config,
    underway: &Underway,
    handler: impl Future<Output = Response>,
) -> Response {
    let guarded = AssertUnwindSafe(handler).catch_unwind();
    match tokio::time::timeout(config.time_limit, guarded).await {
        Ok(Ok(response)) => response,
        Ok(Err(payload)) => panicked(underway, &*payload),
        Err(_) if underway.reading.is_under_way() => body_timed_out(config.time_limit),
        Err(_) => timed_out(config.time_limit),
    }
}

#[cold]
fn panicked(underway: &Underway, payload: &(dyn Any + Send)) -> Response {
    lifecycle::report_panic(
        &format!("request {} {}", underway.method, underway.uri.path()),
        payload,
    );
    ApiError::internal(format_args!("panic: {}", lifecycle::panic_message(payload))).into_response()
}

#[cold]
fn timed_out(limit: Duration) -> Response {
    let message = format!("the request took longer than {limit:?} and was given up");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timed_out", message).into_response()
}

/// A slow client is no error of the service's.
#[cold]
fn body_timed_out(limit: Duration) -> Response {
    let message = format!("the request's body did not arrive within {limit:?}");
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_timed_out", message).into_response()
}

/// A request under way. If it is dropped before [`end`](Underway::end), the client has left.
struct Underway {
    pipeline: Arc<Pipeline>,
    id: RequestId,
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    reading: Reading,
    started: Instant,
    ended: bool,
}

impl Underway {
    fn start(pipeline: Arc<Pipeline>, request: &Request) -> Self {
        pipeline.metrics.started();
        Self {
            id: pipeline.ids.of(request.headers()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: request.extensions().get().cloned(),
            reading: Reading::default(),
            started: Instant::now(),
            ended: false,
            pipeline,
        }
    }

    fn end(mut self, response: &Response) {
        self.ended = true;
        self.record(Some(response.status()), response.extensions().get());
    }

    fn record(&self, status: Option<StatusCode>, error: Option<&ApiError>) {
        let took = self.started.elapsed();
        self.pipeline
            .metrics
            .ended(&self.method, self.route(), status, took);
        self.log(status, error, took);
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("none", MatchedPath::as_str)
    }

    /// The request's one line. The query is left out: it may hold secrets.
    fn log(&self, status: Option<StatusCode>, error: Option<&ApiError>, took: Duration) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request_id = self.id.as_str(),
                    method = self.method.as_str(),
                    route = self.route(),
                    path = self.uri.path(),
                    status = status.map(|status| status.as_u16()),
                    took_us = took.as_micros() as u64,
                    code = error.map(|error| error.code),
                    cause = error.and_then(|error| error.cause.as_deref()),
                    "request"
                )
            };
        }
        let failed = status.is_some_and(|status| status.is_server_error());
        if failed {
            line!(error);
        } else if self.is_quiet() {
            line!(debug);
        } else {
            line!(info);
        }
    }

    fn is_quiet(&self) -> bool {
        self.pipeline
            .config
            .quiet
            .iter()
            .any(|route| route == self.route())
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.ended {
            self.record(None, None);
        }
    }
}
