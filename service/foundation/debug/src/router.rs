//! Which path is answered by what.

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{Redirect, Response};
use axum::routing::{MethodRouter, get};
use http::StatusCode;
use tokio::sync::watch;

use crate::app::App;
use crate::{Config, flame, page, pprof, reply, scrape, timeline, token, vars};

/// A path, what it gives, and by what it is answered.
struct Route {
    path: &'static str,
    gives: &'static str,
    methods: fn() -> MethodRouter<App>,
}

const fn route(
    path: &'static str,
    gives: &'static str,
    methods: fn() -> MethodRouter<App>,
) -> Route {
    Route {
        path,
        gives,
        methods,
    }
}

#[rustfmt::skip] // A table: one route, two lines.
static ROUTES: [Route; 13] = [
    route("/debug", "the page below it",
        || get(|| async { Redirect::permanent("/debug/") })),
    route("/debug/", "a page for people: charts, flame graphs, profiles, all variables", || get(page::page)),
    route("/debug/page.css", "its style", || get(page::style)),
    route("/debug/page.js", "its script", || get(page::script)),
    route("/debug/vars", "every variable, as Go's `expvar`; `stream=500ms`: what changes of it, as server-sent events",
        || get(vars::variables)),
    route("/metrics", "the same variables as Prometheus text, or OpenMetrics", || get(scrape::scrape)),
    route("/debug/flame", "a flame graph of a profile as SVG: `profile=cpu`, `seconds=5`, `sample=`, `width=`",
        || get(flame::flame).post(flame::flame)),
    route("/debug/timeline", "what tasks do in `seconds=1`, in Chrome's trace format",
        || get(timeline::timeline).post(timeline::timeline)),
    route("/debug/pprof", "the list below it",
        || get(|| async { Redirect::permanent("/debug/pprof/") })),
    route("/debug/pprof/", "the list of profiles, in Go's manner", || get(pprof::index)),
    route("/debug/pprof/cmdline", "the command line, secrets masked", || get(pprof::cmdline)),
    route("/debug/pprof/profile", "where CPU time goes: `seconds=30`, `hz=100`", || get(pprof::cpu).post(pprof::cpu)),
    route("/debug/pprof/symbol", "names of addresses", || get(pprof::symbol::get).post(pprof::symbol::post)),
];

/// Every other profile, by its name.
const NAMED: &str = "/debug/pprof/{name}";

/// The paths of the debug endpoints, each with what it gives, in Markdown.
pub fn endpoints() -> Vec<(&'static str, String)> {
    let named: Vec<String> = pprof::named_profiles()
        .map(|name| format!("`{name}`"))
        .collect();
    let named = format!(
        "other profiles: {}; `debug=1` for text, `seconds=N` for what is added in that time",
        named.join(", ")
    );
    let routes = ROUTES
        .iter()
        .map(|route| (route.path, route.gives.to_owned()));
    routes.chain([(NAMED, named)]).collect()
}

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
    let routes = ROUTES.iter().fold(Router::new(), |router, route| {
        router.route(route.path, (route.methods)())
    });
    let router = routes
        .route(NAMED, get(pprof::named).post(pprof::named))
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
