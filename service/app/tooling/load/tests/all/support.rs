//! The service in this process, behind a door at which the tests decide what happens to a request, and the load tool as a
//! program.

use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use expvar::Registry;
use http::Method;
use lifecycle::Shutdown;
use rustix::process::{Pid, Signal, kill_process};
use sales_api::access::{Access, Profile, Strictness};
use sales_api::app::{self, App};
use sales_api::process::{self, Process};
use sales_api::protection::Protection;
use sales_api::variables::{Sales, StoreWork};
use serde_json::Value;
use stores::{Any, Options, Sqlite, seed};
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};

use crate::faults::Fault;

/// Longer than anything takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);

/// Where every request passes.
#[derive(Debug)]
pub(crate) struct Door {
    visits: watch::Sender<Visits>,
    /// A permit for each request that may pass; closed means all.
    open: Semaphore,
    pub(crate) fault: Fault,
}

/// How many came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visits {
    /// To read the catalogue.
    pub(crate) browses: usize,
    pub(crate) orders: usize,
    /// Of an order.
    pub(crate) look_ups: usize,
    /// Of these, who had to wait.
    pub(crate) waiting: usize,
}

impl Door {
    /// Open, with this behind it.
    pub(crate) fn with(fault: Fault) -> Door {
        let door = Door {
            fault,
            ..Door::stalled()
        };
        door.open();
        door
    }

    /// Nobody passes for now, except to read the catalogue for the first time.
    pub(crate) fn stalled() -> Door {
        Door {
            visits: watch::Sender::default(),
            open: Semaphore::new(0),
            fault: Fault::None,
        }
    }

    pub(crate) fn open(&self) {
        self.open.close();
    }

    pub(crate) fn visits(&self) -> Visits {
        *self.visits.borrow()
    }

    /// Waits until that many have come.
    pub(crate) async fn until(&self, enough: impl Fn(&Visits) -> bool) {
        let mut visits = self.visits.subscribe();
        let came = tokio::time::timeout(DEADLINE, visits.wait_for(enough)).await;
        came.expect("they come").expect("the door stays");
    }

    async fn enter(&self, method: Method, path: &str) -> usize {
        let (count, free): (fn(&mut Visits) -> &mut usize, usize) = match method {
            Method::GET if path == "/v1/products" => (|visits| &mut visits.browses, 1),
            Method::POST if path == "/v1/orders" => (|visits| &mut visits.orders, 0),
            Method::GET if path.starts_with("/v1/orders/") => (|visits| &mut visits.look_ups, 0),
            _ => return 0,
        };
        let mut number = 0;
        self.visits.send_modify(|visits| {
            let count = count(visits);
            number = *count;
            *count += 1;
            if number >= free {
                visits.waiting += 1;
            }
        });
        if number >= free {
            let _opened = self.open.acquire().await;
        }
        number
    }
}

async fn pass(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let number = door.enter(request.method().clone(), &path).await;
    door.fault.meet(number, request, next).await
}

/// A running service. Dropping it ends it, with all its connections.
pub(crate) struct Service {
    pub(crate) addr: SocketAddr,
    pub(crate) door: Arc<Door>,
    pub(crate) store: Any,
    pub(crate) variables: Registry,
    runtime: Option<Runtime>,
    _directory: TempDir,
}

impl Service {
    /// With many pieces of everything, on any port.
    pub(crate) fn start(door: Door) -> Service {
        Service::of(seed::STOCK, door, any_port())
    }

    pub(crate) fn of(pieces: i64, door: Door, addr: SocketAddr) -> Service {
        let options = Options {
            seed: seed::with_stock(pieces),
            ..Options::default()
        };
        Service::with(&options, door, addr)
    }

    /// With events, which nobody publishes yet.
    pub(crate) fn with_events() -> Service {
        let options = Options {
            events: true,
            ..Options::default()
        };
        Service::with(&options, Door::with(Fault::None), any_port())
    }

    fn with(options: &Options, door: Door, addr: SocketAddr) -> Service {
        // With SO_REUSEADDR, so that the same port can be opened again.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("allowed");
        socket.bind(addr).expect("a free port");
        let addr = socket.local_addr().expect("bound");
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let door = Arc::new(door);
        let variables = Registry::new();
        let (routes, store) = {
            let _inside = runtime.enter();
            let store = store(&directory, options, &variables);
            let routes = routes(store.clone(), &variables);
            (
                routes.layer(from_fn_with_state(Arc::clone(&door), pass)),
                store,
            )
        };
        runtime.spawn(async move {
            let listener = socket.listen(1_024).expect("listens");
            let limits = listen::Limits::default();
            listen::serve(listener, routes, limits, std::future::pending()).await;
        });
        Service {
            addr,
            door,
            store,
            variables,
            runtime: Some(runtime),
            _directory: directory,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

fn store(directory: &TempDir, options: &Options, variables: &Registry) -> Any {
    let path = directory.path().join("sales.db");
    let work = StoreWork::new(variables).expect("free names");
    Any::Sqlite(Sqlite::open(&path, options, work).expect("a new database"))
}

fn routes(store: Any, variables: &Registry) -> Router {
    let sales = Sales::new(variables).expect("free names");
    let shutdown = Shutdown::new();
    let process = Process::new(&process::Settings::default(), shutdown.clone(), variables);
    let process = process.expect("free names");
    let app = App::new(store, sales, process, shutdown, SystemTime::now);
    let metrics = web::Metrics::new(variables).expect("free names");
    let access = Access::new(Profile::Development, None, SystemTime::now);
    let pipeline = Protection::default()
        .onion(
            web::Config::default(),
            Vec::new(),
            metrics,
            access,
            variables,
        )
        .expect("free names");
    app::router(app, pipeline, Strictness::Keyless, None).expect("documented routes")
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Starts the load tool.
pub(crate) fn load(target: &str, flags: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sales-load"));
    command.args(["--target", target, "--json"]).args(flags);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// How the load tool has ended.
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    /// Null if there is none.
    pub(crate) summary: Value,
    pub(crate) stderr: String,
}

impl End {
    /// Whether a check of the verification held.
    #[track_caller]
    pub(crate) fn held(&self, check: &str) -> bool {
        let held = &self.summary["verification"]["checks"][check]["held"];
        held.as_bool()
            .unwrap_or_else(|| panic!("checked: {}", self.summary))
    }

    /// It ran and found nothing wrong.
    #[track_caller]
    pub(crate) fn is_fine(&self) -> &Value {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stderr, self.summary);
        &self.summary
    }
}

/// Waits for its end.
pub(crate) async fn end(child: Child) -> End {
    let wait = move || child.wait_with_output().expect("it can be waited for");
    let ended = tokio::time::timeout(DEADLINE, tokio::task::spawn_blocking(wait)).await;
    let Output {
        status,
        stdout,
        stderr,
    } = ended.expect("it ends").expect("no panics");
    End {
        code: status.code(),
        summary: serde_json::from_slice(&stdout).unwrap_or_default(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

pub(crate) fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).expect("it runs");
}
