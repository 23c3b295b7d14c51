//! The debug listener: a thread and a runtime of its own.

use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};
use tower::ServiceBuilder;

use crate::{Config, reply, router};

/// Serves the debug endpoints until `shutdown` ends or the [`Running`] is stopped or dropped.
///
/// # Errors
/// The listener is open to other machines without both [`Config::allow_remote`] and a [`Config::token`], or the system
/// refuses a thread.
pub fn start(
    listener: std::net::TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, Error> {
    let addr = listener.local_addr()?;
    if !addr.ip().is_loopback() {
        if !config.allow_remote {
            return Err(Error::NotLoopback { addr });
        }
        if config.token.is_none() {
            return Err(Error::NoToken { addr });
        }
    }
    // ANCHOR: runtime
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_name("debug")
        .max_blocking_threads(MAX_BLOCKING)
        .build()?;
    // ANCHOR_END: runtime
    listener.set_nonblocking(true)?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let limits = listen::Limits {
        drain: config.drain,
        max_connections: MAX_CONNECTIONS,
        ..listen::Limits::default()
    };
    let (tell, stopping) = watch::channel(false);
    let service = ServiceBuilder::new()
        .map_response(reply::harden)
        .layer(listen::guard::layer(addr))
        .service(router::until(config, stopping));
    let (stop, stopped) = oneshot::channel();
    let ended = async move {
        tokio::select! {
            () = shutdown => {}
            _ = stopped => {}
        }
        tell.send_replace(true);
    };
    // ANCHOR: thread
    let serve = move || {
        runtime.block_on(listen::serve(listener, service, limits, ended));
        // A profile being written is of no use to anyone now.
        runtime.shutdown_timeout(Duration::ZERO);
    };
    let thread = thread::Builder::new()
        .name("debug".to_owned())
        .spawn(serve)?;
    // ANCHOR_END: thread
    tracing::debug!(%addr, "debug endpoints");
    Ok(Running {
        addr,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// Enough for a few consoles and browsers.
const MAX_CONNECTIONS: usize = 64;
/// Threads for what would hold up the other endpoints; one such thing is done at a time.
const MAX_BLOCKING: usize = 2;

/// Debug endpoints being served.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// The address listened on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops, after letting requests under way finish for as long as [`Config::drain`] says. Dropping does the same.
    pub fn stop(self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ended_already = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the debug thread panicked");
        }
    }
}

/// Why the debug endpoints could not be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whoever reaches the debug endpoints learns much and can slow the program down: other machines must be let in
    /// explicitly.
    #[error(
        "{addr} can be reached from other machines; the debug endpoints stay on loopback unless that is allowed explicitly"
    )]
    NotLoopback {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// Allowed, but not guarded: a network has others in it, too.
    #[error(
        "{addr} can be reached from other machines; the debug endpoints need a token there, which requests must carry"
    )]
    NoToken {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// The system refuses a thread or the listener.
    #[error("the debug endpoints cannot be served")]
    System(#[from] io::Error),
}
