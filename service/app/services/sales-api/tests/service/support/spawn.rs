//! The service in this process: on a port of its own, with a database of its own.

use std::net::SocketAddr;
use std::time::SystemTime;

use expvar::Registry;
use http::HeaderValue;
use lifecycle::Shutdown;
use sales_api::app::{self, App};
use sales_api::protection::Protection;
use sales_api::variables::{Sales, StoreWork, publish_queue};
use stores::{Any, Location, Options, seed};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Client;

/// A running service.
pub(crate) struct TestApp {
    pub(crate) addr: SocketAddr,
    pub(crate) client: Client,
    pub(crate) variables: Registry,
    pub(crate) store: Any,
    /// Tells the handlers that the service ends. The listener stays open, so that they can be
    /// asked.
    pub(crate) shutdown: Shutdown,
    server: JoinHandle<listen::Served>,
    _directory: TempDir,
}

/// The service with the catalogue as it is seeded.
pub(crate) async fn spawn_app() -> TestApp {
    spawn_app_with_stock(seed::STOCK).await
}

/// The service with so many pieces of everything.
pub(crate) async fn spawn_app_with_stock(pieces: i64) -> TestApp {
    spawn(pieces, Vec::new()).await
}

/// The service that pages of these origins may use.
pub(crate) async fn spawn_app_for(origins: &[&'static str]) -> TestApp {
    let origins = origins.iter().copied().map(HeaderValue::from_static);
    spawn(seed::STOCK, origins.collect()).await
}

async fn spawn(pieces: i64, origins: Vec<HeaderValue>) -> TestApp {
    let directory = tempfile::tempdir().expect("a directory");
    let location = Location::Sqlite(directory.path().join("sales.db"));
    let variables = Registry::new();
    let options = Options {
        seed: seed::with_stock(pieces),
        ..Options::default()
    };
    let work = StoreWork::new(&variables).expect("free names");
    let store = Any::open(&location, &options, work).await;
    let store = store.expect("a new database");
    publish_queue(&variables, &store).expect("a free name");
    let sales = Sales::new(&variables).expect("free names");
    let shutdown = Shutdown::new();
    let app = App::new(store.clone(), sales, shutdown.clone(), SystemTime::now);
    let metrics = web::Metrics::new(&variables).expect("free names");
    let pipeline = web::Config {
        body_limit: 8_192,
        ..web::Config::default()
    };
    let pipeline = Protection::default()
        .onion(pipeline, origins, metrics, &variables)
        .expect("free names");
    let router = app::router(app, pipeline).expect("documented routes");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("bound");
    let server = tokio::spawn(listen::serve(
        listener,
        router,
        listen::Limits::default(),
        std::future::pending(),
    ));
    TestApp {
        addr,
        client: Client::of_api(addr),
        variables,
        store,
        shutdown,
        server,
        _directory: directory,
    }
}

impl TestApp {
    /// A client with connections of its own.
    pub(crate) fn new_client(&self) -> Client {
        Client::of_api(self.addr)
    }

    /// How many pieces of a product are left.
    pub(crate) async fn stock(&self, product: i64) -> i64 {
        let page = self.client.get("/v1/products?limit=100").await.json();
        let items = page["items"].as_array().expect("items");
        let found = items
            .iter()
            .find(|item| item["id"] == product)
            .expect("the product");
        found["stock"].as_i64().expect("a number")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.server.abort();
    }
}
