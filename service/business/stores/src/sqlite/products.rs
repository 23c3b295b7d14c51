//! Changes to products, each inside a transaction.

use product::{Change, ChangeError, NewProduct, Product};
use rusqlite::{Connection, params};
use types::{ProductId, Quantity, Version};

use super::read;
use super::rows::damaged;

/// Keeps a new product.
pub(super) fn create(connection: &Connection, new: NewProduct) -> rusqlite::Result<Product> {
    let sql =
        "INSERT INTO products (name, price, currency, stock, supplied) VALUES (?1, ?2, ?3, ?4, ?4)";
    connection.prepare_cached(sql)?.execute(params![
        new.name.as_str(),
        new.price.amount(),
        new.price.currency().code(),
        new.stock.get()
    ])?;
    let id = connection.last_insert_rowid();
    Ok(Product {
        id: ProductId::new(id).map_err(|error| damaged(0, error))?,
        name: new.name,
        price: new.price,
        stock: new.stock,
        supplied: new.stock,
        version: Version::FIRST,
    })
}

/// Changes a product's name or price.
pub(super) fn change(
    connection: &Connection,
    id: ProductId,
    expected: Option<Version>,
    change: Change,
) -> rusqlite::Result<Result<Product, ChangeError>> {
    let apply = |product| change.apply(product, expected).map_err(ChangeError::from);
    edit(connection, id, apply)
}

/// Puts pieces on the shelf.
pub(super) fn restock(
    connection: &Connection,
    id: ProductId,
    pieces: Quantity,
) -> rusqlite::Result<Result<Product, ChangeError>> {
    let restock = |product| product::restock(product, pieces).map_err(ChangeError::Full);
    edit(connection, id, restock)
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
