//! Changes to products, each inside a transaction.

use std::time::SystemTime;

use product::{Change, ChangeError, NewProduct, Product};
use rusqlite::{Connection, params};
use types::{ProductId, Quantity, Version};

use super::outbox::Outbox;
use super::read;
use super::rows::damaged;
use crate::news;

/// Keeps a new product.
pub(super) fn create(
    connection: &Connection,
    new: NewProduct,
    at: SystemTime,
    outbox: Outbox,
) -> rusqlite::Result<Product> {
    let sql =
        "INSERT INTO products (name, price, currency, stock, supplied) VALUES (?1, ?2, ?3, ?4, ?4)";
    connection.prepare_cached(sql)?.execute(params![
        new.name.as_str(),
        new.price.amount(),
        new.price.currency().code(),
        new.stock.get()
    ])?;
    let id = connection.last_insert_rowid();
    let product = Product {
        id: ProductId::new(id).map_err(|error| damaged(0, error))?,
        name: new.name,
        price: new.price,
        stock: new.stock,
        supplied: new.stock,
        version: Version::FIRST,
    };
    outbox.tell(connection, || news::of_new_product(&product, at))?;
    Ok(product)
}

/// Changes a product's name or price.
pub(super) fn change(
    connection: &Connection,
    id: ProductId,
    expected: Option<Version>,
    change: Change,
    at: SystemTime,
    outbox: Outbox,
) -> rusqlite::Result<Result<Product, ChangeError>> {
    let mut before = None;
    let apply = |product: Product| {
        before = Some(product.version);
        change.apply(product, expected).map_err(ChangeError::from)
    };
    let changed = edit(connection, id, apply)?;
    // A change that changes nothing is no news.
    if let Ok(product) = &changed
        && before != Some(product.version)
    {
        outbox.tell(connection, || news::of_change(product, at))?;
    }
    Ok(changed)
}

/// Puts pieces on the shelf.
pub(super) fn restock(
    connection: &Connection,
    id: ProductId,
    pieces: Quantity,
    at: SystemTime,
    outbox: Outbox,
) -> rusqlite::Result<Result<Product, ChangeError>> {
    let restock = |product| product::restock(product, pieces).map_err(ChangeError::Full);
    let filled = edit(connection, id, restock)?;
    if let Ok(product) = &filled {
        outbox.tell(connection, || news::of_restock(product, pieces, at))?;
    }
    Ok(filled)
}

fn edit(
    connection: &Connection,
    id: ProductId,
    edit: impl FnOnce(Product) -> Result<Product, ChangeError>,
) -> rusqlite::Result<Result<Product, ChangeError>> {
    let Some(found) = read::product(connection, id)? else {
        return Ok(Err(ChangeError::Missing));
    };
    let edited = match edit(found) {
        Ok(edited) => edited,
        Err(error) => return Ok(Err(error)),
    };
    let sql = "UPDATE products SET name = ?2, price = ?3, currency = ?4, stock = ?5, supplied = ?6, version = ?7 \
        WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![
        id.get(),
        edited.name.as_str(),
        edited.price.amount(),
        edited.price.currency().code(),
        edited.stock.get(),
        edited.supplied.get(),
        edited.version.get()
    ])?;
    Ok(Ok(edited))
}
