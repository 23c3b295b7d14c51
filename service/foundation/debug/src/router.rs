//! Which path is answered by what.

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use tokio::sync::watch;

use crate::app::App;
use crate::{Config, flame, page, pprof, reply, scrape, timeline, token, vars};

/// The debug endpoints as a router, without a listener and without the rules of [`listen::guard`]: [`start`](crate::start)
/// adds both. Requests must carry [`Config::token`] if there is one.
///
/// Streams and captures under way end with their clients only.
pub fn router(config: Config) -> Router {
    let (_never, stopping) = watch::channel(false);
    until(config, stopping)
}

/// The debug endpoints; what is under way ends when `stopping` turns true.
pub(crate) fn until(config: Config, stopping: watch::Receiver<bool>) -> Router {
    let token = config.token.clone();
    let router = Router::new()
        .route("/debug", get(|| async { Redirect::permanent("/debug/") }))
        .route("/debug/", get(page::page))
        .route("/debug/page.css", get(page::style))
        .route("/debug/page.js", get(page::script))
        .route("/debug/vars", get(vars::variables))
        .route("/metrics", get(scrape::scrape))
        .route("/debug/flame", get(flame::flame).post(flame::flame))
        .route(
            "/debug/timeline",
            get(timeline::timeline).post(timeline::timeline),
        )
        .route(
            "/debug/pprof",
            get(|| async { Redirect::permanent("/debug/pprof/") }),
        )
        .route("/debug/pprof/", get(pprof::index))
        .route("/debug/pprof/cmdline", get(pprof::cmdline))
        .route("/debug/pprof/profile", get(pprof::cpu).post(pprof::cpu))
        .route(
            "/debug/pprof/symbol",
            get(pprof::symbol::get).post(pprof::symbol::post),
        )
        .route("/debug/pprof/{name}", get(pprof::named).post(pprof::named))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_so)
        .with_state(App::new(config, stopping));
    let router = match token {
        Some(token) => router.layer(from_fn_with_state(token, token::check)),
        None => router,
    };
    router.layer(map_response(harden))
}

async fn harden(response: Response) -> Response {
    reply::harden(response)
}

async fn nothing_here() -> Response {
    reply::error(
        StatusCode::NOT_FOUND,
        "there is nothing here: look at /debug/, /debug/vars and /debug/pprof/",
    )
}

/// The router adds the header that says what is allowed.
async fn not_so() -> Response {
    reply::error(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path is not for that method",
    )
}
