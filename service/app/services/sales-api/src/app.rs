//! State and routes.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use http::HeaderValue;
use lifecycle::Shutdown;
use order::Orders;
use product::Products;
use serde_json::Value;
use shop::Door;
use statistics::Statistics;
use stores::Sqlite;
use user::Users;
use utoipa_axum::router::OpenApiRouter;
use web::Metrics;

use crate::contract::accept::AcceptsJson;
use crate::contract::{cors, methods};
use crate::routes::docs;
use crate::variables::Sales;
use crate::{openapi, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct App {
    /// The catalogue.
    pub products: Products<Sqlite>,
    /// The orders.
    pub orders: Orders<Sqlite>,
    /// What was sold.
    pub statistics: Statistics<Sqlite>,
    /// Whether orders are taken.
    pub door: Door<Sqlite>,
    /// Who may do what.
    pub users: Users<Sqlite>,
    /// The store under all of them, for readiness.
    pub store: Sqlite,
    /// Tells that the service is about to end.
    pub shutdown: Shutdown,
    /// What the handlers count.
    pub sales: Sales,
    /// What time it is.
    pub clock: fn() -> SystemTime,
}

impl App {
    /// The service on `store`.
    pub fn new(store: Sqlite, sales: Sales, shutdown: Shutdown, clock: fn() -> SystemTime) -> App {
        App {
            products: Products::new(store.clone()),
            orders: Orders::new(store.clone()),
            statistics: Statistics::new(store.clone()),
            door: Door::new(store.clone()),
            users: Users::new(store.clone()),
            store,
            shutdown,
            sales,
            clock,
        }
    }
}

/// The API, with the pipeline around it. Pages of the `origins` may use it too; those of no other.
///
/// # Errors
/// The routes cannot be documented: one of them names an error that is not on the list.
pub fn router(
    app: App,
    mut pipeline: web::Config,
    metrics: Metrics,
    origins: Vec<HeaderValue>,
) -> Result<Router, String> {
    // Asked every few seconds by whoever looks after the service.
    pipeline.quiet = vec!["/v1/liveness".into(), "/v1/readiness".into()];
    let (api, document) = documented()?;
    let api = api.layer(AcceptsJson).with_state(Arc::new(app));
    let all = api.merge(docs::routes(&document));
    let all = methods::add(all, openapi::allowed(&document));
    Ok(web::mount(cors::add(all, origins), pipeline, metrics))
}

/// The document of the API.
///
/// # Errors
/// As [`router`]'s.
pub fn document() -> Result<Value, String> {
    documented().map(|(_, document)| document)
}

fn documented() -> Result<(Router<Arc<App>>, Value), String> {
    let routes = OpenApiRouter::with_openapi(openapi::base()).merge(routes::all());
    let (routes, document) = routes.split_for_parts();
    let document = openapi::finish(&document)?;
    Ok((routes, document))
}
