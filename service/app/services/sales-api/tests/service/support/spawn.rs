//! The service in this process: on a port of its own, with a database of its own.

use std::net::SocketAddr;
use std::time::SystemTime;

use expvar::Registry;
use http::HeaderValue;
use lifecycle::Shutdown;
use sales_api::access::{Access, Profile, Strictness};
use sales_api::app::{self, App};
use sales_api::health::Health;
use sales_api::process::{self, Process};
use sales_api::protection::Protection;
use sales_api::supplier::{self, Supplier};
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
    pub(crate) health: Health,
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
    let app = spawn(Options::default(), pieces, Vec::new()).await;
    app.health.started();
    app
}

/// The service that keeps events, which nobody publishes yet.
pub(crate) async fn spawn_app_with_events() -> TestApp {
    let options = Options {
        events: true,
        ..Options::default()
    };
    let app = spawn(options, seed::STOCK, Vec::new()).await;
    app.health.started();
    app
}

/// The service before its start is complete.
pub(crate) async fn spawn_app_starting() -> TestApp {
    spawn(Options::default(), seed::STOCK, Vec::new()).await
}

/// The service that pages of these origins may use.
pub(crate) async fn spawn_app_for(origins: &[&'static str]) -> TestApp {
    let origins = origins.iter().copied().map(HeaderValue::from_static);
    let app = spawn(Options::default(), seed::STOCK, origins.collect()).await;
    app.health.started();
    app
}

/// The service that asks a supplier.
pub(crate) async fn spawn_app_with_supplier(
    settings: &supplier::Settings,
    environment: supplier::Environment,
) -> TestApp {
    let with = |app: App, variables: &Registry| {
        let clock = SystemTime::now;
        let supplier = Supplier::open(settings, &app.health, variables, clock, environment);
        app.with_supplier(supplier.expect("free names"))
    };
    let app = spawn_with(Options::default(), seed::STOCK, Vec::new(), with).await;
    app.health.started();
    app
}

async fn spawn(options: Options, pieces: i64, origins: Vec<HeaderValue>) -> TestApp {
    spawn_with(options, pieces, origins, |app, _| app).await
}

async fn spawn_with(
    options: Options,
    pieces: i64,
    origins: Vec<HeaderValue>,
    with: impl FnOnce(App, &Registry) -> App,
) -> TestApp {
    let directory = tempfile::tempdir().expect("a directory");
    let location = Location::Sqlite(directory.path().join("sales.db"));
    let variables = Registry::new();
    let options = Options {
        seed: seed::with_stock(pieces),
        ..options
    };
    let work = StoreWork::new(&variables).expect("free names");
    let store = Any::open(&location, &options, work).await;
    let store = store.expect("a new database");
    publish_queue(&variables, &store).expect("a free name");
    let sales = Sales::new(&variables).expect("free names");
    let shutdown = Shutdown::new();
    let process = Process::new(&process::Settings::default(), shutdown.clone(), &variables);
    let process = process.expect("free names");
    let app = App::new(
        store.clone(),
        sales,
        process,
        shutdown.clone(),
        SystemTime::now,
    );
    let app = with(app, &variables);
    let health = app.health.clone();
    let metrics = web::Metrics::new(&variables).expect("free names");
    let pipeline = web::Config {
        body_limit: 8_192,
        ..web::Config::default()
    };
    let access = Access::new(Profile::Development, None, SystemTime::now);
    let pipeline = Protection::default()
        .onion(pipeline, origins, metrics, access, &variables)
        .expect("free names");
    let router = app::router(app, pipeline, Strictness::Keyless, None).expect("documented routes");
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
        health,
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
