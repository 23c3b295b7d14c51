//! Which path is answered by what.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use expvar::Registry;
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};

use crate::{mask, pprof, reply, standard};

/// What the debug endpoints show, and to whom.
#[derive(Clone)]
pub struct Config {
    /// The variables of `/debug/vars`.
    pub registry: Registry,
    /// The command line to show, by [`Config::new`] this process's. Secrets in it are masked.
    pub cmdline: Vec<String>,
    /// Whether the listener may be reachable from other machines. Default: no.
    pub allow_remote: bool,
    /// How long requests under way may take when stopping. Default: 500 ms.
    pub drain: Duration,
}

impl Config {
    /// The endpoints for these variables, for this machine only.
    pub fn new(registry: Registry) -> Self {
        let cmdline = standard::process_args();
        Self {
            registry,
            cmdline,
            allow_remote: false,
            drain: Duration::from_millis(500),
        }
    }
}

impl fmt::Debug for Config {
    /// Without the command line: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut config = f.debug_struct("Config");
        config
            .field("allow_remote", &self.allow_remote)
            .field("drain", &self.drain)
            .finish_non_exhaustive()
    }
}

/// The debug endpoints as a router, without a listener and without the rules of [`listen::guard`]: [`start`](crate::start)
/// adds both.
pub fn router(config: Config) -> Router {
    let config = Config {
        cmdline: mask::args(&config.cmdline),
        ..config
    };
    Router::new()
        .route("/debug/vars", get(variables))
        .route(
            "/debug/pprof",
            get(|| async { Redirect::permanent("/debug/pprof/") }),
        )
        .route("/debug/pprof/", get(pprof::index))
        .route("/debug/pprof/cmdline", get(pprof::cmdline))
        .route("/debug/pprof/profile", get(pprof::cpu))
        .route("/debug/pprof/{name}", get(pprof::other))
        .fallback(nothing_here)
        .layer(from_fn(only_reads))
        .with_state(Arc::new(config))
}

async fn variables(State(config): State<Arc<Config>>) -> Response {
    reply::json(config.registry.to_json())
}

async fn nothing_here() -> Response {
    reply::error(
        StatusCode::NOT_FOUND,
        "there is nothing here: look at /debug/vars and /debug/pprof/",
    )
}

/// Nothing here changes anything, so nothing but GET and HEAD is answered.
async fn only_reads(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let mut refusal = reply::error(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
    refusal
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    refusal.into_response()
}
