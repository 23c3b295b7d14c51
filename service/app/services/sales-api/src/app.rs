//! State and routes.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::middleware::from_fn_with_state;
use event::Events;
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

use crate::access::{Policies, Strictness};
use crate::acting::AsUser;
use crate::chaos::{self, Chaos};
use crate::contract::accept::AcceptsJson;
use crate::health::{Health, Reporter};
use crate::logins::Logins;
use crate::process::Process;
use crate::routes::docs;
use crate::supplier::Supplier;
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
    /// Events that nobody took.
    pub events: Events<Any>,
    /// The pipeline experiment.
    pub process: Process,
    /// The store under all of them, for readiness.
    pub store: Any,
    /// How the service's parts are.
    pub health: Health,
    /// How the store is, as readiness finds it.
    pub store_health: Reporter,
    /// Tells that the service is about to end.
    pub shutdown: Shutdown,
    /// What the handlers count.
    pub sales: Sales,
    /// Who logs in, and with what they come back.
    pub logins: Logins,
    /// Who knows what products cost to buy, if there is somebody.
    pub supplier: Option<Supplier>,
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
        let health = Health::new(clock);
        App {
            store_health: health.part("store", true),
            health,
            products: Products::new(store.clone()),
            orders: Orders::new(store.clone()),
            statistics: Statistics::new(store.clone()),
            door: Door::new(store.clone()),
            users: Users::new(store.clone()),
            events: Events::new(store.clone()),
            process,
            store,
            shutdown,
            sales,
            logins: Logins::without_keys(),
            supplier: None,
            clock,
        }
    }

    /// With keys, so that people can log in.
    #[must_use]
    pub fn with_logins(mut self, logins: Logins) -> App {
        self.logins = logins;
        self
    }

    /// With a supplier, if there is one.
    #[must_use]
    pub fn with_supplier(mut self, supplier: Option<Supplier>) -> App {
        self.supplier = supplier;
        self
    }
}

/// The API, with the pipeline around it, and between them what goes wrong on purpose. Its document says how strictly the
/// pipeline asks for tokens.
///
/// # Errors
/// The routes cannot be documented: one of them names an error that is not on the list, or does not say who may use it.
pub fn router(
    app: App,
    pipeline: Onion,
    strictness: Strictness,
    chaos: Option<Arc<Chaos>>,
) -> Result<Router, String> {
    let (api, document) = documented(strictness)?;
    let pipeline = pipeline.close_on(app.shutdown.clone());
    let as_user = AsUser {
        store: app.store.clone(),
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

/// The document of the API of a service that asks for tokens so strictly.
///
/// # Errors
/// As [`router`]'s.
pub fn document(strictness: Strictness) -> Result<Value, String> {
    documented(strictness).map(|(_, document)| document)
}

/// What each route asks of whoever uses it.
///
/// # Errors
/// As [`router`]'s.
pub fn policies() -> Result<Policies, String> {
    openapi::policies(&document(Strictness::Everywhere)?)
}

fn documented(strictness: Strictness) -> Result<(Router<Arc<App>>, Value), String> {
    let routes = OpenApiRouter::with_openapi(openapi::base()).merge(routes::all());
    let (routes, document) = routes.split_for_parts();
    let document = openapi::finish(&document, strictness)?;
    Ok((routes, document))
}
