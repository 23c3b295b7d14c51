//! The catalogue.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::response::Response;
use product::Products;
use stores::Any;
use types::ProductId;
use web::{ApiError, Path};

use super::existing;
use crate::acting::By;
use crate::app::App;
use crate::contract::query::only;
use crate::contract::{
    Asked, Body, ETag, IfNoneMatch, MergePatch, MustMatch, created, found, whole,
};
use crate::errors::{product_not_changed, store_failed};
use crate::wire::products::{
    NewProduct, Product, ProductPatch, ProductReplacement, ProductsQuery, Restock,
};
use crate::wire::{ById, Page, Selection};

/// A page of the catalogue
#[utoipa::path(get, path = "/v1/products", tag = "products", operation_id = "list_products",
    params(ProductsQuery, IfNoneMatch),
    responses(
        (status = 200, description = "The page", body = Page<Product>, headers(("ETag" = String))),
        (status = 304, description = "The client has this page", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("anyone"))))]
pub async fn list(
    State(app): State<Arc<App>>,
    Asked { query, mut faults }: Asked<ProductsQuery>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let fields = query.fields.clone();
    let (query, limit) = query.check(&mut faults);
    let only = only::<Product>(fields, faults)?;
    let page = app.products.list(query, limit).await;
    let page = page.map_err(|error| store_failed(&error))?;
    let page = Page::<Product>::of(page, ProductId::get);
    found(&page, None, only.as_ref(), &known)
}

/// One product
#[utoipa::path(get, path = "/v1/products/{id}", tag = "products", operation_id = "get_product",
    params(ById, Selection, IfNoneMatch),
    responses(
        (status = 200, description = "The product", body = Product, headers(("ETag" = String))),
        (status = 304, description = "The client has this answer", headers(("ETag" = String))),
    ),
    extensions(("x-policy" = json!("anyone")), ("x-errors" = json!(["not_found"]))))]
pub async fn fetch(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    Asked { query, faults }: Asked<Selection>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let only = only::<Product>(query.fields, faults)?;
    let product = get(&app, id).await?;
    let etag = ETag::product(&product);
    found(&Product::from(product), Some(etag), only.as_ref(), &known)
}

/// Puts a product up for sale
#[utoipa::path(post, path = "/v1/products", tag = "products", operation_id = "create_product",
    request_body = NewProduct,
    responses((status = 201, description = "It is for sale", body = Product,
        headers(("ETag" = String), ("Location" = String)))),
    extensions(("x-policy" = json!("staff"))))]
pub async fn create(
    State(app): State<Arc<App>>,
    by: By,
    Body(body): Body<NewProduct>,
) -> Result<Response, ApiError> {
    let new = NewProduct::check(body)?;
    let product = by.products(&app).create(new, (app.clock)()).await;
    let product = product.map_err(|error| store_failed(&error))?;
    let location = format!("/v1/products/{}", product.id);
    let etag = ETag::product(&product);
    created(&location, &Product::from(product), &etag)
}

/// Replaces a product's name and price, both of which must be given
#[utoipa::path(put, path = "/v1/products/{id}", tag = "products", operation_id = "replace_product",
    params(ById, MustMatch),
    request_body = ProductReplacement,
    responses((status = 200, description = "The product as it is now", body = Product, headers(("ETag" = String)))),
    extensions(("x-policy" = json!("staff")), ("x-errors" = json!(["invalid_header", "not_found", "precondition_failed", "precondition_required"]))))]
pub async fn replace(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    MustMatch(based_on): MustMatch,
    by: By,
    Body(body): Body<ProductReplacement>,
) -> Result<Response, ApiError> {
    let change = ProductReplacement::check(body)?;
    let current = get(&app, id).await?;
    based_on.check(current.version)?;
    apply(&by.products(&app), &current, change, (app.clock)()).await
}

/// Changes what is given of a product (JSON merge patch)
#[utoipa::path(patch, path = "/v1/products/{id}", tag = "products", operation_id = "change_product",
    params(ById, MustMatch),
    request_body(content((ProductPatch = "application/merge-patch+json"), (ProductPatch = "application/json"))),
    responses((status = 200, description = "The product as it is now", body = Product, headers(("ETag" = String)))),
    extensions(("x-policy" = json!("staff")), ("x-errors" = json!(["invalid_header", "not_found", "precondition_failed", "precondition_required"]))))]
pub async fn change(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    MustMatch(based_on): MustMatch,
    by: By,
    MergePatch(body): MergePatch<ProductPatch>,
) -> Result<Response, ApiError> {
    let current = get(&app, id).await?;
    let change = ProductPatch::check(body, &current)?;
    based_on.check(current.version)?;
    apply(&by.products(&app), &current, change, (app.clock)()).await
}

/// Puts more pieces on the shelf
#[utoipa::path(post, path = "/v1/products/{id}/restock", tag = "products", operation_id = "restock_product",
    params(ById),
    request_body = Restock,
    responses((status = 200, description = "The product as it is now", body = Product, headers(("ETag" = String)))),
    extensions(("x-policy" = json!("staff")), ("x-errors" = json!(["not_found", "shelf_full"]))))]
pub async fn restock(
    State(app): State<Arc<App>>,
    Path(ById { id }): Path<ById>,
    by: By,
    Body(body): Body<Restock>,
) -> Result<Response, ApiError> {
    let pieces = Restock::check(body)?;
    let product = get(&app, id).await?;
    let product = by
        .products(&app)
        .restock(product.id, pieces, (app.clock)())
        .await;
    answer(product.map_err(|error| product_not_changed(&error))?)
}

pub(super) async fn get(app: &App, id: i64) -> Result<product::Product, ApiError> {
    existing("product", id, ProductId::new, |id| app.products.get(id)).await
}

/// The change was made for this very version, so it is applied to no other.
async fn apply(
    products: &Products<Any>,
    current: &product::Product,
    change: product::Change,
    at: SystemTime,
) -> Result<Response, ApiError> {
    let product = products
        .change(current.id, Some(current.version), change, at)
        .await;
    answer(product.map_err(|error| product_not_changed(&error))?)
}

fn answer(product: product::Product) -> Result<Response, ApiError> {
    let etag = ETag::product(&product);
    whole(&Product::from(product), &etag)
}
