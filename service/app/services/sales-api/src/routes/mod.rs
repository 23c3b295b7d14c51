//! The handlers; each validates, calls the business and returns a result.

pub mod audit;
pub mod docs;
pub mod events;
pub mod health;
pub mod orders;
pub mod process;
pub mod products;
pub mod quotes;
pub mod sessions;
pub mod shop;
pub mod statistics;
pub mod users;
pub mod v2;

use std::sync::Arc;

use types::{Invalid, StoreError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::ApiError;

use crate::app::App;
use crate::errors::store_failed;

/// Each handler under the path and method that its own documentation names.
pub fn all() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(products::list, products::create))
        .routes(routes!(
            products::fetch,
            products::replace,
            products::change
        ))
        .routes(routes!(products::restock))
        .routes(routes!(quotes::fetch))
        .routes(routes!(orders::list, orders::place))
        .routes(routes!(orders::fetch))
        .routes(routes!(orders::reverse))
        .routes(routes!(statistics::totals))
        .routes(routes!(shop::state))
        .routes(routes!(shop::close))
        .routes(routes!(shop::open))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::fetch, users::change))
        .routes(routes!(users::set_password))
        .routes(routes!(sessions::login))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::logout))
        .routes(routes!(sessions::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(events::dead))
        .routes(routes!(events::requeue_all))
        .routes(routes!(events::requeue))
        .routes(routes!(events::discard))
        .routes(routes!(process::process_by_get, process::process))
        .routes(routes!(health::liveness))
        .routes(routes!(health::readiness))
        .routes(routes!(health::startup))
        .routes(routes!(v2::products))
}

/// What was asked for, which must be there. A number that can be no id is nobody's.
async fn existing<Id, T, F>(
    what: &str,
    id: i64,
    check: fn(i64) -> Result<Id, Invalid>,
    get: impl FnOnce(Id) -> F,
) -> Result<T, ApiError>
where
    F: Future<Output = Result<Option<T>, StoreError>>,
{
    let missing = || ApiError::not_found(format!("there is no {what} {id}"));
    let found = get(check(id).map_err(|_| missing())?).await;
    found
        .map_err(|error| store_failed(&error))?
        .ok_or_else(missing)
}
