//! The debug listener: a thread and a runtime of its own.

use std::io;
use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tower::Layer;

use crate::{Config, router};

/// Serves the debug endpoints until `shutdown` ends or the [`Running`] is stopped or dropped.
///
/// # Errors
/// The listener is open to other machines and that was not allowed, or the system refuses a thread.
pub fn start(
    listener: std::net::TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, Error> {
    let addr = listener.local_addr()?;
    if !addr.ip().is_loopback() && !config.allow_remote {
        return Err(Error::NotLoopback { addr });
    }
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_name("debug")
        .build()?;
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
    let service = listen::guard::layer(addr).layer(router(config));
    let (stop, stopped) = oneshot::channel();
    let ended = async move {
        tokio::select! {
            () = shutdown => {}
            _ = stopped => {}
        }
    };
    let serve = move || {
        runtime.block_on(listen::serve(listener, service, limits, ended));
        // A profile being written is of no use to anyone now.
        runtime.shutdown_timeout(Duration::ZERO);
    };
    let thread = thread::Builder::new()
        .name("debug".to_owned())
        .spawn(serve)?;
    tracing::debug!(%addr, "debug endpoints");
    Ok(Running {
        addr,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// Enough for a few consoles and browsers.
const MAX_CONNECTIONS: usize = 64;

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
    /// The system refuses a thread or the listener.
    #[error("the debug endpoints cannot be served")]
    System(#[from] io::Error),
}
