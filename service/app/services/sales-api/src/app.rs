//! State and routes.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::routing::get;
use lifecycle::Shutdown;
use order::Orders;
use product::Products;
use stores::Any;
use web::Metrics;

use crate::routes::{health, orders, products};
use crate::variables::Sales;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct App {
    /// The catalogue.
    pub products: Products<Any>,
    /// The orders.
    pub orders: Orders<Any>,
    /// The store under both, for readiness.
    pub store: Any,
    /// Tells that the service is about to end.
    pub shutdown: Shutdown,
    /// What the handlers count.
    pub sales: Sales,
    /// What time it is.
    pub clock: fn() -> SystemTime,
}

impl App {
    /// The service on `store`.
    pub fn new(store: Any, sales: Sales, shutdown: Shutdown, clock: fn() -> SystemTime) -> App {
        App {
            products: Products::new(store.clone()),
            orders: Orders::new(store.clone()),
            store,
            shutdown,
            sales,
            clock,
        }
    }
}

/// The API, with the pipeline around it.
pub fn router(app: App, mut pipeline: web::Config, metrics: Metrics) -> Router {
    // Asked every few seconds by whoever looks after the service.
    pipeline.quiet = vec!["/v1/liveness".into(), "/v1/readiness".into()];
    let routes = Router::new()
        .route("/v1/products", get(products::list))
        .route("/v1/orders", get(orders::list).post(orders::place))
        .route("/v1/orders/{id}", get(orders::fetch))
        .route("/v1/liveness", get(health::liveness))
        .route("/v1/readiness", get(health::readiness))
        .with_state(Arc::new(app));
    web::mount(routes, pipeline, metrics)
}
