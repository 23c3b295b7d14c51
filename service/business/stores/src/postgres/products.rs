//! Changes to products, each inside a transaction.

use std::time::SystemTime;

use product::{Change, ChangeError, NewProduct, Product};
use sqlx::{PgConnection, query, query_as, query_scalar};
use types::{ProductId, Quantity, StoreError, Version};

use super::fault::Fault;
use super::outbox::Outbox;
use super::rows::{self, ProductRow};
use crate::news;

/// Keeps a new product.
pub(super) async fn create(
    connection: &mut PgConnection,
    new: &NewProduct,
    at: SystemTime,
    outbox: Outbox,
) -> Result<Result<Product, StoreError>, Fault> {
    let currency = new.price.currency();
    let id = query_scalar!(
        "INSERT INTO products (name, price, currency, stock, supplied, version) \
        VALUES ($1, $2, $3, $4, $4, 1) RETURNING id",
        new.name.as_str(),
        new.price.amount(),
        currency.code(),
        new.stock.get()
    )
    .fetch_one(&mut *connection)
    .await?;
    let product = Product {
        id: rows::product_id(id)?,
        name: new.name.clone(),
        price: new.price,
        stock: new.stock,
        supplied: new.stock,
        version: Version::FIRST,
    };
    let news = || news::of_new_product(&product, at);
    outbox.tell(connection, news).await?;
    Ok(Ok(product))
}

/// Changes a product's name or price.
pub(super) async fn change(
    connection: &mut PgConnection,
    id: ProductId,
    expected: Option<Version>,
    change: Change,
    at: SystemTime,
    outbox: Outbox,
) -> Result<Result<Product, ChangeError>, Fault> {
    let mut before = None;
    let apply = |product: Product| {
        before = Some(product.version);
        change.apply(product, expected).map_err(ChangeError::from)
    };
    let changed = edit(connection, id, apply).await?;
    // A change that changes nothing is no news.
    if let Ok(product) = &changed
        && before != Some(product.version)
    {
        let news = || news::of_change(product, at);
        outbox.tell(connection, news).await?;
    }
    Ok(changed)
}

/// Puts pieces on the shelf.
pub(super) async fn restock(
    connection: &mut PgConnection,
    id: ProductId,
    pieces: Quantity,
    at: SystemTime,
    outbox: Outbox,
) -> Result<Result<Product, ChangeError>, Fault> {
    let restock = |product| product::restock(product, pieces).map_err(ChangeError::Full);
    let filled = edit(connection, id, restock).await?;
    if let Ok(product) = &filled {
        let news = || news::of_restock(product, pieces, at);
        outbox.tell(connection, news).await?;
    }
    Ok(filled)
}

async fn edit(
    connection: &mut PgConnection,
    id: ProductId,
    edit: impl FnOnce(Product) -> Result<Product, ChangeError>,
) -> Result<Result<Product, ChangeError>, Fault> {
    let found = query_as!(
        ProductRow,
        "SELECT id, name, price, currency, stock, supplied, version FROM products \
        WHERE id = $1 FOR NO KEY UPDATE",
        id.get()
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(found) = found else {
        return Ok(Err(ChangeError::Missing));
    };
    let edited = match edit(found.product()?) {
        Ok(edited) => edited,
        Err(error) => return Ok(Err(error)),
    };
    let currency = edited.price.currency();
    query!(
        "UPDATE products SET name = $2, price = $3, currency = $4, stock = $5, supplied = $6, \
        version = $7 WHERE id = $1",
        id.get(),
        edited.name.as_str(),
        edited.price.amount(),
        currency.code(),
        edited.stock.get(),
        edited.supplied.get(),
        edited.version.get()
    )
    .execute(connection)
    .await?;
    Ok(Ok(edited))
}
