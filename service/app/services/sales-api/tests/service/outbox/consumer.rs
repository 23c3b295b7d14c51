//! A consumer at an address of its own, which may go away and come back.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use listen::Limits;
use sales_peers::consumer::{self, Entry, Ledger, Options, Report, Secret};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::{in_time, until};

/// A consumer, with what it applied in a file.
pub(super) struct Consumer {
    addr: SocketAddr,
    state: PathBuf,
    running: Option<(Ledger, JoinHandle<listen::Served>)>,
}

impl Consumer {
    /// One on a free port, which refuses events of these subjects.
    pub(super) async fn start(directory: &Path, refuse: &[&str]) -> Consumer {
        Consumer::with(directory, options(refuse)).await
    }

    /// One that takes only what is signed with the secret in this file.
    pub(super) async fn start_with_secret(directory: &Path, secret: &str) -> Consumer {
        let options = Options {
            secret: Some(Secret::read(Path::new(secret)).expect("a secret")),
            ..Options::default()
        };
        Consumer::with(directory, options).await
    }

    async fn with(directory: &Path, options: Options) -> Consumer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let mut consumer = Consumer {
            addr: listener.local_addr().expect("bound"),
            state: directory.join("applied.jsonl"),
            running: None,
        };
        consumer.serve(listener, options);
        consumer
    }

    fn serve(&mut self, listener: TcpListener, options: Options) {
        let ledger = Ledger::open(&self.state).expect("opens");
        let router = consumer::router(ledger.clone(), options);
        let limits = Limits::default();
        let server = listen::serve(listener, router, limits, std::future::pending());
        self.running = Some((ledger, tokio::spawn(server)));
    }

    /// Where it takes events.
    pub(super) fn url(&self) -> String {
        format!("http://{}/events", self.addr)
    }

    /// Ends in the middle of whatever it does: connections are cut.
    pub(super) async fn die(&mut self) {
        let (ledger, server) = self.running.take().expect("it runs");
        server.abort();
        let _aborted = server.await;
        ledger.close().await;
    }

    /// Begins again at the same address, with what it had applied.
    pub(super) async fn come_back(&mut self, refuse: &[&str]) {
        let mut listener = None;
        until("its port", async || {
            listener = TcpListener::bind(self.addr).await.ok();
            listener.is_some()
        })
        .await;
        self.serve(listener.expect("bound"), options(refuse));
    }

    /// Waits until it has applied so many events.
    pub(super) async fn until(&self, count: u64) {
        let (ledger, _) = self.running.as_ref().expect("it runs");
        in_time("events", ledger.until(count)).await;
    }

    /// What it has taken.
    pub(super) fn report(&self) -> Report {
        let (ledger, _) = self.running.as_ref().expect("it runs");
        ledger.report()
    }

    /// What it has applied, in that order.
    pub(super) fn applied(&self) -> Vec<Entry> {
        consumer::entries(&self.state).expect("a ledger")
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if let Some((_, server)) = &self.running {
            server.abort();
        }
    }
}

fn options(refuse: &[&str]) -> Options {
    Options {
        refuse: refuse.iter().map(|&subject| subject.to_owned()).collect(),
        ..Options::default()
    }
}
