//! The book's server: pages, and the labs that they run. For this machine only.

use crate::book::{self, Audience, figure};
use crate::exercises::{progress::Store, web};
use crate::labs::{Lab, Labs, Limits};
use crate::site::{File, Site};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use lifecycle::{Shutdown, Tracker};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Sent with every answer.
const HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// How long runs may take to end when the server does: the grace of a group, and some.
const DRAIN: Duration = Duration::from_secs(5);

/// A book that is ready to be served.
pub struct Book {
    site: Site,
    labs: Vec<Lab>,
    /// The exercises by name, and the page that each stands on.
    exercises: BTreeMap<String, PathBuf>,
    progress: Store,
}

/// Builds the book of `workspace` for learners into the folder `out`, and loads it.
pub fn prepare(workspace: &Workspace, out: &Path) -> Result<Book> {
    prepare_for(Audience::Learners, workspace, out)
}

/// The same, for one or the other.
pub fn prepare_for(audience: Audience, workspace: &Workspace, out: &Path) -> Result<Book> {
    let built = book::build_for(audience, workspace, out)?;
    let binaries = std::env::current_exe().context("where this program lies")?;
    let binaries = binaries.parent().unwrap_or(Path::new(".")).to_path_buf();
    let lab = |name: &String| {
        figure::knobs(workspace, name).map(|info| Lab::of_workspace(workspace, info, &binaries))
    };
    let labs = built
        .labs
        .keys()
        .map(lab)
        .collect::<Result<_, _>>()
        .map_err(anyhow::Error::msg)?;
    Ok(Book {
        site: Site::load(out)?,
        labs,
        exercises: built.exercises,
        progress: Store::of(workspace),
    })
}

/// Takes the address for the book.
pub fn bind(address: SocketAddr) -> Result<TcpListener> {
    check_loopback(address)?;
    Ok(TcpListener::from_std(listen::bind(address, "--book")?)?)
}

/// Labs can be started from the book, so no other machine may reach it.
pub fn check_loopback(address: SocketAddr) -> Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    bail!(
        "--book {address}: the book can start programs, so it is served on this machine only; use 127.0.0.1"
    );
}

/// Serves `book` until `shutdown`; then ends the labs that run.
pub async fn serve(
    listener: TcpListener,
    book: Book,
    limits: Limits,
    shutdown: Shutdown,
) -> Result<()> {
    let tracker = Tracker::new();
    let labs = Labs::new(book.labs, limits, shutdown.clone(), tracker.clone());
    let progress = web::router(book.exercises, book.progress, shutdown.clone());
    let api = labs.router().merge(progress);
    let app = router(book.site, api, listener.local_addr()?);
    listen::serve(
        listener,
        app,
        listen::Limits::default(),
        shutdown.triggered(),
    )
    .await;
    let report = tracker.drain(DRAIN).await;
    if !report.cut_off.is_empty() {
        bail!(
            "{} lab runs did not end in {} s",
            report.cut_off.len(),
            DRAIN.as_secs()
        );
    }
    Ok(())
}

/// The pages and `api`, behind the guard of `local`.
pub fn router(site: Site, api: Router, local: SocketAddr) -> Router {
    Router::new()
        .fallback(page)
        .with_state(Arc::new(site))
        .merge(api)
        .layer(axum::middleware::map_response(secure))
        .layer(listen::guard::layer(local))
}

async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn page(State(site): State<Arc<Site>>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(file) = site.get(request.uri().path()) else {
        return site.missing().map_or_else(
            || StatusCode::NOT_FOUND.into_response(),
            |file| send(file, StatusCode::NOT_FOUND),
        );
    };
    let known = request.headers().get(header::IF_NONE_MATCH);
    if known.is_some() && known == file.headers.get(header::ETAG) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    send(file, StatusCode::OK)
}

fn send(file: &File, status: StatusCode) -> Response {
    (status, file.headers.clone(), Body::from(file.body.clone())).into_response()
}
