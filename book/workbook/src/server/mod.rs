//! The book's server: pages, the labs that they run, and the exercises that they check. For this machine only, unless
//! told otherwise; who may run things is the matter of [`access`].

pub mod access;
pub mod pages;
pub mod token;

use self::access::Access;
use self::pages::{Pages, Source};
use self::token::Token;

use crate::book::{self, Audience, figure};
use crate::exercises::desk::Desk;
use crate::exercises::web;
use crate::labs::{Lab, Labs, Limits};
use crate::site::{File, Site};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::{HeaderValue, Method, StatusCode, header};
use lifecycle::{Shutdown, Tracker};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
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

/// What an answer may load and run that does not say so itself: nothing.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the book is served if nothing else is said.
pub fn usual_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 3000).into()
}

/// How long runs may take to end when the server does: the grace of a group, and some.
const DRAIN: Duration = Duration::from_secs(5);

/// A book that is ready to be served.
pub struct Book {
    pages: Pages,
    labs: Vec<Lab>,
    /// The exercises by name, and the page that each stands on.
    exercises: BTreeMap<String, PathBuf>,
    desk: Desk,
}

/// Builds the book of `workspace` for learners into the folder `out`, and loads it.
pub fn prepare(workspace: &Workspace, out: &Path) -> Result<Book> {
    prepare_for(Audience::Learners, workspace, out)
}

/// The same, for one or the other.
pub fn prepare_for(audience: Audience, workspace: &Workspace, out: &Path) -> Result<Book> {
    let source = Source {
        audience,
        workspace: workspace.clone(),
        out: out.to_path_buf(),
    };
    // Before it is built: what is changed meanwhile is seen.
    let stamp = source.stamp();
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
        pages: Pages::following(Site::load(out)?, source, stamp),
        labs,
        exercises: built.exercises,
        desk: Desk::open(workspace)?,
    })
}

/// Who may talk to a server.
#[derive(Debug)]
pub struct Door {
    /// What the right to run comes with.
    pub token: Token,
    /// The names that the server is reached by besides this machine's own. Other machines may reach it if there is one.
    pub names: Vec<String>,
}

impl Door {
    /// For this machine only, with the token that is kept in the folder `state`.
    pub fn here(state: &Path) -> Result<Door> {
        let file = state.join("token");
        let token = Token::kept_in(&file)
            .with_context(|| format!("cannot keep the token in {}", file.display()))?;
        Ok(Door {
            token,
            names: Vec::new(),
        })
    }

    /// The address that opens the book with the right to run.
    pub fn link(&self, local: SocketAddr) -> String {
        let host = match self.names.first() {
            Some(name) => format!("{name}:{}", local.port()),
            None => local.to_string(),
        };
        format!("http://{host}/?token={}", self.token.reveal())
    }

    /// Takes the address for the book.
    pub fn bind(&self, address: SocketAddr) -> Result<TcpListener> {
        if self.names.is_empty() {
            check_loopback(address)?;
        }
        Ok(TcpListener::from_std(listen::bind(address, "--book")?)?)
    }
}

/// Labs can be started from the book, so no other machine may reach it unasked.
pub fn check_loopback(address: SocketAddr) -> Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    bail!(
        "--book {address}: the book can start programs, so it is served on this machine only; use 127.0.0.1, or say with \
         `workbook serve --name NAME` by which name other machines may reach it"
    );
}

/// Serves `book` until `shutdown`; then ends the labs that run.
pub async fn serve(
    listener: TcpListener,
    book: Book,
    door: Door,
    limits: Limits,
    shutdown: Shutdown,
) -> Result<()> {
    let tracker = Tracker::new();
    let labs = Labs::new(book.labs, limits, shutdown.clone(), tracker.clone());
    let exercises = web::router(book.desk, book.exercises, shutdown.clone(), tracker.clone());
    let api = labs.router().merge(exercises);
    let app = router(book.pages, api, door, listener.local_addr()?);
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
            "{} runs of labs and exercises did not end in {} s",
            report.cut_off.len(),
            DRAIN.as_secs()
        );
    }
    Ok(())
}

/// The pages and `api`, behind the guard of `local` and the door.
pub fn router(pages: impl Into<Pages>, api: Router, door: Door, local: SocketAddr) -> Router {
    let access = Access::new(door.token, local);
    Router::new()
        .route("/api/access", get(access::tell))
        .with_state(access.clone())
        .fallback_service(any(page).with_state(Arc::new(pages.into())))
        .merge(api)
        .layer(axum::middleware::from_fn_with_state(access, access::admit))
        .layer(listen::guard::layer(local).also_called(door.names))
        .layer(axum::middleware::map_response(secure))
}

async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(NOTHING));
    response
}

async fn page(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let site = pages.now(request.uri().path()).await;
    let Some(file) = site.get(request.uri().path()) else {
        return site.missing().map_or_else(
            || StatusCode::NOT_FOUND.into_response(),
            |file| send(file, StatusCode::NOT_FOUND),
        );
    };
    let known = request.headers().get(header::IF_NONE_MATCH);
    if known.is_some() && known == file.headers.get(header::ETAG) {
        // With the page's headers: the browser puts those of this answer in place of those that it knows.
        return (StatusCode::NOT_MODIFIED, file.headers.clone()).into_response();
    }
    send(file, StatusCode::OK)
}

fn send(file: &File, status: StatusCode) -> Response {
    (status, file.headers.clone(), Body::from(file.body.clone())).into_response()
}
