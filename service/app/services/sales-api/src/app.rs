//! State and routes.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::middleware::from_fn_with_state;
use lifecycle::Shutdown;
use order::Orders;
use product::Products;
use serde_json::Value;
use shop::Door;
use statistics::Statistics;
use stores::Any;
use user::Users;
use utoipa_axum::router::OpenApiRouter;
use web::Onion;

use crate::acting::AsUser;
use crate::chaos::{self, Chaos};
use crate::contract::accept::AcceptsJson;
use crate::process::Process;
use crate::routes::docs;
use crate::variables::Sales;
use crate::{openapi, routes};

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct App {
    /// The catalogue.
    pub products: Products<Any>,
    /// The orders.
    pub orders: Orders<Any>,
    /// What was sold.
    pub statistics: Statistics<Any>,
    /// Whether orders are taken.
    pub door: Door<Any>,
    /// Who may do what.
    pub users: Users<Any>,
    /// The pipeline experiment.
    pub process: Process,
    /// The store under all of them, for readiness.
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
    pub fn new(
        store: Any,
        sales: Sales,
        process: Process,
        shutdown: Shutdown,
        clock: fn() -> SystemTime,
    ) -> App {
        App {
            products: Products::new(store.clone()),
            orders: Orders::new(store.clone()),
            statistics: Statistics::new(store.clone()),
            door: Door::new(store.clone()),
            users: Users::new(store.clone()),
            process,
            store,
            shutdown,
            sales,
            clock,
        }
    }
}

/// The API, with the pipeline around it, and between them what goes wrong on purpose.
///
/// # Errors
/// The routes cannot be documented: one of them names an error that is not on the list.
pub fn router(app: App, pipeline: Onion, chaos: Option<Arc<Chaos>>) -> Result<Router, String> {
    let (api, document) = documented()?;
    let pipeline = pipeline.close_on(app.shutdown.clone());
    let as_user = AsUser {
        users: app.users.clone(),
    };
    let mut api = api
        .layer(AcceptsJson)
        .layer(as_user)
        .with_state(Arc::new(app));
    if let Some(chaos) = chaos {
        api = api.layer(from_fn_with_state(chaos, chaos::pass));
    }
    Ok(pipeline.around(api.merge(docs::routes(&document))))
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
