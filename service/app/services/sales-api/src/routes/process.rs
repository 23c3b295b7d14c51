//! The pipeline experiment: three steps under one budget.

use std::sync::Arc;

use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use types::ProductId;
use web::{ApiError, Deadline, Json};

use crate::app::App;
use crate::contract::Asked;
use crate::wire::process::{ProcessQuery, Processed};

type Answer = Result<([(HeaderName, &'static str); 1], Json<Processed>), ApiError>;

/// Goes through auth, validate and store
///
/// All steps together have 2 s. The store step needs one of a few tickets; who would wait too long for it is refused.
#[utoipa::path(post, path = "/v1/process", tag = "process", operation_id = "process",
    params(ProcessQuery),
    responses((status = 200, description = "How long each step took", body = Processed)),
    extensions(("x-policy" = json!("anyone")), ("x-errors" = json!(["store_failed"]))))]
pub async fn process(
    app: State<Arc<App>>,
    deadline: Deadline,
    asked: Asked<ProcessQuery>,
) -> Answer {
    run(app, deadline, asked).await
}

/// The same
#[utoipa::path(get, path = "/v1/process", tag = "process", operation_id = "process_by_get",
    params(ProcessQuery),
    responses((status = 200, description = "How long each step took", body = Processed)),
    extensions(("x-policy" = json!("anyone")), ("x-errors" = json!(["store_failed"]))))]
pub async fn process_by_get(
    app: State<Arc<App>>,
    deadline: Deadline,
    asked: Asked<ProcessQuery>,
) -> Answer {
    run(app, deadline, asked).await
}

async fn run(
    State(app): State<Arc<App>>,
    deadline: Deadline,
    Asked { query, mut faults }: Asked<ProcessQuery>,
) -> Answer {
    let validate = move || match query.check(&mut faults) {
        Some(product) if faults.is_empty() => Ok(product),
        _ => Err(faults.in_query()),
    };
    let read = async |product: ProductId| {
        let found = app.products.get(product).await?;
        Ok((product, found.map(|found| found.stock.get())))
    };
    let done = app.process.run(deadline, validate, read).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(done.into())))
}
