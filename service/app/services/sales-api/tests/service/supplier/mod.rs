//! Quotes, from a supplier that is a real HTTP server: slow, hostile or gone, as its script says.
//!
//! - `quotes`: what users get, and what the supplier hears
//! - `faults`: whatever an answer can be
//! - `outage`: the budget of retries and the breaker while it lasts
//! - `secrets`: the token comes out nowhere

mod faults;
mod outage;
mod quotes;
mod secrets;

use std::time::Duration;

use sales_api::supplier::{Environment, Settings};
use sales_peers::supplier::{Script, Supplier};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::{Answer, TestApp, spawn_app_with_supplier};

/// Longer than anything takes.
const LONG: Duration = Duration::from_hours(1);

/// A supplier on a port of its own, gone when dropped.
struct Shop {
    supplier: Supplier,
    url: String,
    server: JoinHandle<()>,
}

impl Shop {
    async fn open(script: &str) -> Shop {
        Shop::of(Supplier::new(read(script))).await
    }

    async fn of(supplier: Supplier) -> Shop {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let server = tokio::spawn(supplier.clone().serve(listener));
        Shop {
            supplier,
            url,
            server,
        }
    }

    fn follow(&self, script: &str) {
        self.supplier.follow(read(script));
    }

    /// One attempt, for which there is time on any machine, and a breaker that never opens.
    fn settings(&self) -> Settings {
        Settings {
            address: Some(self.url.parse().expect("an address")),
            timeout: LONG,
            attempt_timeout: LONG,
            attempts: 1,
            backoff: Duration::from_millis(1),
            breaker_least: 1_000_000,
            ..Settings::default()
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn read(script: &str) -> Script {
    script.parse().expect("a script")
}

async fn app(settings: &Settings) -> TestApp {
    spawn_app_with_supplier(settings, Environment::default()).await
}

async fn quote(app: &TestApp, product: i64) -> Answer {
    let path = format!("/v1/products/{product}/quote");
    app.client.get(&path).await
}

/// Where the quote is from, or the code of the error.
async fn source(app: &TestApp, product: i64) -> String {
    let answer = quote(app, product).await;
    match answer.json()["source"].as_str() {
        Some(source) => source.to_owned(),
        None => answer.code(),
    }
}

fn variables(app: &TestApp) -> Value {
    let all: Value = serde_json::from_str(&app.variables.to_json()).expect("JSON");
    all["supplier"].clone()
}
