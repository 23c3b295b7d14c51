//! The sales service under a fixed load.

use http::StatusCode;
use tempfile::TempDir;

use crate::context::Context;
use crate::load::{Load, Pace, Plan, Prepared};
use crate::server::Server;

/// What is said about it with every result.
pub(crate) const NOTE: &str = "sales-api with its defaults, but for its database in memory (/dev/shm, where there is \
     one), nothing sampled unless a benchmark switches it on, and the log's request lines off, which makes a request \
     cheaper and a given cost a larger share of it. Load: 32 connections, closed; of ten requests six list products, three \
     order one piece, one reads an order.";

/// Connections of the load.
const CONNECTIONS: usize = 32;
/// Orders there are before the load begins, which it reads.
pub(crate) const ORDERS: usize = 100;
/// Products in the catalogue of a new store.
pub(crate) const PRODUCTS: usize = 12;

/// The service, and the load on it.
pub(crate) struct Sales {
    // Dropped in this order: the load ends before the service, and that before its files.
    pub(crate) load: Load,
    pub(crate) server: Server,
    files: TempDir,
}

/// What starts the service with that store, on ports that are free.
pub(crate) fn anywhere(store: &str) -> Vec<&str> {
    let mut flags = vec!["--api", "127.0.0.1:0", "--debug", "127.0.0.1:0"];
    flags.extend(["--log", "json", "--store", store]);
    flags
}

impl Sales {
    pub(crate) async fn start(context: &Context, more: &[&str]) -> anyhow::Result<Sales> {
        let files = Context::scratch()?;
        let store = format!("sqlite:{}", files.path().join("sales.db").display());
        let mut flags = anywhere(&store);
        flags.extend(["--log-level", "warn,sales_api=info"]);
        flags.extend(["--heap-rate", "0", "--block-rate", "0"]);
        flags.extend(["--mutex-fraction", "0"]);
        flags.extend(more);
        let program = context.program("sales-api", "sales-api")?;
        let server = Server::start(&context.cores, &program, &flags, &[])?;
        first_orders(context, &server).await?;
        let load = Load::start(server.api, shoppers()?, &context.cores)?;
        Ok(Sales {
            load,
            server,
            files,
        })
    }

    /// Ends both; every request must have been answered as it should.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        let (server, _files) = self.rest()?;
        server.stop()
    }

    /// Ends the load alone; every request must have been answered as it should. The service needs its files.
    pub(crate) fn rest(self) -> anyhow::Result<(Server, TempDir)> {
        let counts = self.load.stop()?;
        anyhow::ensure!(
            counts.lost() == 0 && counts.wrong == 0,
            "of {} requests {} were lost and {} answered wrongly: {:?}",
            counts.sent,
            counts.lost(),
            counts.wrong,
            counts.first_fault
        );
        Ok((self.server, self.files))
    }
}

/// Places the orders that are read later.
async fn first_orders(context: &Context, server: &Server) -> anyhow::Result<()> {
    let plan = Plan {
        requests: vec![order(1)?],
        connections: 4,
        pace: Pace::Closed,
    };
    let load = Load::start(server.api, plan, &context.cores)?;
    let enough = async {
        while load.meter.answered() < ORDERS as u64 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(crate::load::PATIENCE, enough).await?;
    let counts = load.stop()?;
    anyhow::ensure!(
        counts.wrong == 0 && counts.lost() == 0,
        "the first orders: {:?}",
        counts.first_fault
    );
    Ok(())
}

fn shoppers() -> anyhow::Result<Plan> {
    Ok(Plan {
        requests: mix()?,
        connections: CONNECTIONS,
        pace: Pace::Closed,
    })
}

/// Of ten requests six list products, three order one piece, one reads an order.
pub(crate) fn mix() -> anyhow::Result<Vec<Prepared>> {
    let request = |number: usize| match number % 10 {
        1 | 4 | 8 => order(1 + number % PRODUCTS),
        6 => Prepared::get(&format!("/v1/orders/{}", 1 + number % ORDERS)),
        _ => Prepared::get("/v1/products?limit=12"),
    };
    (0..120).map(request).collect()
}

/// An order of one piece.
pub(crate) fn order(product: usize) -> anyhow::Result<Prepared> {
    let body = format!(r#"{{"items":[{{"product_id":{product},"quantity":1}}]}}"#);
    Ok(Prepared::post("/v1/orders", &body)?.expecting(StatusCode::CREATED))
}
