//! The order in which a request passes through everything that is the same for all handlers.
//!
//! One middleware does it all: each layer of its own would cost a boxed future and a clone of the service per request.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::CONNECTION;
use http::request::Parts as Head;
use http::{HeaderValue, Method, StatusCode, Uri};
use lifecycle::Shutdown;
use trace::{Context, Tracer};

use crate::cors::Cors;
use crate::error::TYPES;
use crate::limits::body::Bodies;
use crate::limits::gate::{Gate, Priority};
use crate::limits::rate::{Client, RateLimit};
use crate::request_id::{Ids, random_seed};
use crate::underway::Underway;
use crate::{ApiError, Auth, Caller, Metrics, panic};

/// What the pipeline allows.
#[derive(Debug, Clone)]
pub struct Config {
    /// How long a request may take, from its header to its answer's header; then its handler is dropped and the client gets
    /// 504 `timed_out`. Default: 10 s.
    pub time_limit: Duration,
    /// How many bytes a request's body may have. Default: 64 KiB.
    pub body_limit: usize,
    /// How long a request's body may take to arrive; then the client gets 408 `body_timed_out`. Default: 5 s.
    pub body_timeout: Duration,
    /// How many bytes the bodies of all requests may have at once. Default: 64 MiB.
    pub body_memory: usize,
    /// Routes whose requests are logged at debug level unless they fail: those that are asked every few seconds. Default:
    /// none.
    pub quiet: Vec<String>,
    /// What the `type` of errors begins with; the code follows. Default: `/errors/`.
    pub error_types: Cow<'static, str>,
    /// Tells this process's ids of requests and traces from those of others. Default: random.
    pub id_seed: u64,
    /// What is done at all. Default: everything.
    pub parts: Parts,
}

/// The parts of the pipeline that only watch. They can be left out to measure what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Request ids.
    pub ids: bool,
    /// Trace context.
    pub traces: bool,
    /// One line a request.
    pub log: bool,
    /// Variables.
    pub metrics: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(10),
            body_limit: 64 * 1024,
            body_timeout: Duration::from_secs(5),
            body_memory: 64 * 1024 * 1024,
            quiet: Vec::new(),
            error_types: TYPES.into(),
            id_seed: random_seed(),
            parts: Parts {
                ids: true,
                traces: true,
                log: true,
                metrics: true,
            },
        }
    }
}

/// Puts the pipeline around routes, without any of what is optional.
pub fn mount(routes: Router, config: Config, metrics: Metrics) -> Router {
    Onion::new(config, metrics).around(routes)
}

/// Everything around a handler, from outside to inside: request id, trace context, log, errors, metrics, panics, CORS,
/// authentication, limits (rate, body, load, time). What an application does not set is not there.
pub struct Onion {
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    pub(crate) ids: Ids,
    pub(crate) tracer: Tracer,
    ending: Option<Shutdown>,
    cors: Option<Cors>,
    auth: Option<Box<dyn Auth>>,
    rate: Option<(RateLimit, ClientOf)>,
    bodies: Bodies,
    gate: Option<(Gate, PriorityOf)>,
}

/// Whose request it is; `None` is not limited.
type ClientOf = Box<dyn Fn(&Head, Option<&Caller>) -> Option<Client> + Send + Sync>;
/// By method and route.
type PriorityOf = fn(&Method, &str) -> Priority;

impl Onion {
    /// The layers that every service has.
    pub fn new(config: Config, metrics: Metrics) -> Self {
        Self {
            ids: Ids::new(config.id_seed),
            tracer: Tracer::off(config.id_seed),
            bodies: Bodies {
                limit: config.body_limit,
                timeout: config.body_timeout,
                memory: config.body_memory,
                held: metrics.bodies.clone(),
                refused: metrics.bodies_refused.clone(),
            },
            config,
            metrics,
            ending: None,
            cors: None,
            auth: None,
            rate: None,
            gate: None,
        }
    }

    /// From the moment on that the service is asked to end, every answer is the last one on its connection: clients that keep
    /// connections open go elsewhere while they can still do so without losing a request.
    pub fn close_on(mut self, ending: Shutdown) -> Self {
        self.ending = Some(ending);
        self
    }

    /// Records requests as spans, as the tracer wants it; its parts are those that [`trace::open`] begins.
    pub fn trace(mut self, tracer: Tracer) -> Self {
        self.tracer = tracer;
        self
    }

    /// Lets pages of other origins read answers.
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = Some(cors);
        self
    }

    /// Asks a policy about every request, also one that has no route.
    pub fn auth(mut self, policy: impl Auth) -> Self {
        self.auth = Some(Box::new(policy));
        self
    }

    /// Limits how fast each client may send requests, those that the policy refuses too. `client` tells whose bucket a request
    /// draws from, given whom the policy took it for, which is nobody if it is refused; `None` draws from none.
    pub fn limit_rate(
        mut self,
        limit: RateLimit,
        client: impl Fn(&Head, Option<&Caller>) -> Option<Client> + Send + Sync + 'static,
    ) -> Self {
        self.rate = Some((limit, Box::new(client)));
        self
    }

    /// Limits how many requests are worked on at once. `priority` is that of a method and a route (`none` is no route).
    pub fn limit_load(mut self, gate: Gate, priority: PriorityOf) -> Self {
        self.gate = Some((gate, priority));
        self
    }

    /// Puts it around routes. What matches no route gets 404 `not_found`; a route asked with a method it lacks gets 405
    /// `method_not_allowed`, and 204 if the method is OPTIONS, both with the methods it has in `Allow`.
    pub fn around(self, routes: Router) -> Router {
        routes
            .fallback(no_route)
            .method_not_allowed_fallback(no_method)
            .layer(from_fn_with_state(Arc::new(self), pass))
    }

    /// The inner layers: what may refuse a request.
    async fn inside(
        &self,
        underway: &mut Underway,
        request: Request,
        next: Next,
    ) -> Result<Response, ApiError> {
        let (mut request, body) = request.into_parts();
        let mut checked = Ok(None);
        if let Some(auth) = &self.auth {
            checked = crate::auth::check(&**auth, &mut request).await;
        }
        if let Ok(caller) = &checked {
            underway.caller.clone_from(caller);
        }
        // Before the policy's answer: who is refused must not ask as often as it likes.
        let mut allowance = None;
        if let Some((limit, client)) = &self.rate
            && let Some(client) = client(&request, underway.caller.as_ref())
        {
            allowance = Some((limit, limit.check(&client)?));
        }
        checked?;
        let (body, _memory) = self.bodies.read(body).await?;
        let mut request = Request::from_parts(request, body);
        // It is limited already; the extractors need not look again.
        DefaultBodyLimit::disable().apply(&mut request);
        let mut _place = None;
        if let Some((gate, priority)) = &self.gate {
            let priority = priority(&underway.method, underway.route());
            _place = Some(gate.enter(priority, underway.deadline).await?);
        }
        let mut response = next.run(request).await;
        if let Some((limit, allowance)) = allowance {
            limit.tell(&allowance, response.headers_mut());
        }
        Ok(response)
    }
}

/// The outer layers: what watches.
async fn pass(State(onion): State<Arc<Onion>>, mut request: Request, next: Next) -> Response {
    let mut underway = Underway::start(Arc::clone(&onion), &mut request);
    let (method, uri) = (underway.method.clone(), underway.uri.clone());
    let origin = onion.cors.as_ref().and_then(|cors| cors.origin(&request));
    let deadline = underway.deadline;
    let context = underway
        .trace
        .as_ref()
        .map_or(Context::NONE, |trace| trace.0.clone());
    let inside = async {
        if let Some(cors) = &onion.cors
            && let Some(answer) = cors.preflight(&request)
        {
            return Ok(answer);
        }
        let inside = onion.inside(&mut underway, request, next);
        deadline.within(inside).await.flatten()
    };
    let inside = onion.tracer.within(&context, inside);
    let result = panic::caught(&method, &uri, inside).await;
    let mut response = underway.answer(result);
    let headers = response.headers_mut();
    if onion.cors.is_some() {
        Cors::allow(origin, headers);
    }
    if let Some(id) = &underway.id {
        id.stamp(headers);
    }
    if onion.ending.as_ref().is_some_and(Shutdown::is_triggered) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    underway.end(&response);
    response
}

async fn no_route(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is nothing at {}", uri.path()))
}

/// axum adds `Allow`.
async fn no_method(method: Method, uri: Uri) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let message = format!("{} does not take {method}", uri.path());
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
    .into_response()
}

impl fmt::Debug for Onion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Onion")
            .field("config", &self.config)
            .field("cors", &self.cors)
            .field("auth", &self.auth.is_some())
            .field("rate", &self.rate.is_some())
            .field("gate", &self.gate.is_some())
            .finish_non_exhaustive()
    }
}
