//! `workbook up`: everything at once, and the end of everything at once.
//!
//! ```text
//! lock and ports → build → sales-api → sales-load → book → console (or a line every few seconds)
//!                                                            │ q, a signal, or a death
//!                       sales-load ← sales-api ← labs ← book ┘
//! ```
//!
//! The service and the load lead process groups of their own, so that Ctrl-C reaches only this
//! program, which then ends them in order. The console stays in this program's group, because
//! only the terminal's foreground group may read keys.

mod console;
mod programs;
mod signals;
mod state;
mod summary;

use crate::labs::Limits;
use crate::server;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use lifecycle::Shutdown;
use programs::{Programs, Service};
use state::State;
use std::fs::File;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

/// What `workbook up` was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the book is served.
    pub book: SocketAddr,
    /// Where the sales service takes orders.
    pub api: SocketAddr,
    /// Where the sales service shows its inside.
    pub debug: SocketAddr,
    /// The folder for the store, the logs and the built book.
    pub state: PathBuf,
    /// Shoppers' requests per second.
    pub rate: u32,
    /// How often a summary is printed where there is no terminal for the console.
    pub every: Duration,
}

/// A signal has come before everything was up.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
struct Interrupted;

/// Starts everything, stays until the reader or a signal ends it, and leaves nothing behind.
pub async fn up(workspace: &Workspace, options: Options) -> Result<()> {
    match run(workspace, options).await {
        Err(error) if error.is::<Interrupted>() => Ok(()),
        outcome => outcome,
    }
}

async fn run(workspace: &Workspace, options: Options) -> Result<()> {
    server::check_loopback(options.book)?;
    let shutdown = Shutdown::new();
    let hurry = signals::watch(&shutdown)?;
    let mut state = State::take(&options.state, &options)?;
    log_to(&state.log("workbook"))?;
    let programs = Programs::beside_this_one()?;
    state.end_leftovers(&programs).await;
    let options = State::settle_ports(&options)?;
    let door = server::Door::here(&options.state)?;
    let link = door.link(options.book);
    let listener = door.bind(options.book)?;

    programs.build(workspace, &shutdown).await?;
    let book = prepare(workspace.clone(), options.state.join("book")).await?;

    let mut service = Service::start(&programs, &options, &mut state)?;
    let outcome = async {
        service.ready(options.api, &shutdown).await?;
        service.load(&programs, &options, &mut state)?;
        let server = serve(listener, book, door, &shutdown);
        announce(&options, &link);
        let watched = watch(&programs, &options, &mut service, &mut state, &shutdown).await;
        shutdown.trigger("ended");
        server.await.context("the book's server has panicked")??;
        watched
    }
    .await;
    service.end(hurry).await;
    state.all_ended()?;
    outcome
}

/// The terminal belongs to the console.
fn log_to(path: &Path) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Arc::new(file));
    log.try_init().map_err(anyhow::Error::from_boxed)
}

/// Building a book and loading it is work for a thread of its own.
async fn prepare(workspace: Workspace, out: PathBuf) -> Result<server::Book> {
    tokio::task::spawn_blocking(move || server::prepare(&workspace, &out))
        .await
        .context("building the book has panicked")?
}

fn serve(
    listener: tokio::net::TcpListener,
    book: server::Book,
    door: server::Door,
    shutdown: &Shutdown,
) -> JoinHandle<Result<()>> {
    tokio::spawn(server::serve(
        listener,
        book,
        door,
        Limits::default(),
        shutdown.clone(),
    ))
}

fn announce(options: &Options, link: &str) {
    println!();
    println!("  book      {link}");
    println!("  service   http://{}/v1/products", options.api);
    println!("  inside    http://{}/debug/vars", options.debug);
    println!();
}

/// Stays until the console quits, a signal comes, or a program cannot be kept running, which is an error.
async fn watch(
    programs: &Programs,
    options: &Options,
    service: &mut Service,
    state: &mut State,
    shutdown: &Shutdown,
) -> Result<()> {
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let stopped = shutdown.child();
    let shown = async {
        if interactive {
            console::run(&programs.console(), options.debug, stopped.triggered()).await
        } else {
            println!(
                "  No terminal for the console: a line every {} s instead.\n",
                options.every.as_secs()
            );
            summary::print(options.debug, options.every, stopped.triggered()).await;
            Ok(())
        }
    };
    tokio::pin!(shown);
    let died = tokio::select! {
        shown = &mut shown => return shown,
        died = service.keep(programs, state) => died,
    };
    // The console gives the terminal back before anything is said.
    stopped.trigger("a program keeps dying");
    let _ = shown.await;
    bail!(died)
}
