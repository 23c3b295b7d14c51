//! The tables and the catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use audit::Author;
use product::{NewProduct, Products, Query};
use stores::{Any, Location, Options, seed};
use types::{PageLimit, ProductName};

/// Brings the tables up to date; leaves the catalogue of a new store empty.
pub(crate) async fn migrate(location: &Location) -> anyhow::Result<String> {
    let options = Options {
        seed: Vec::new(),
        ..Options::default()
    };
    let migrated = Any::migrate(location, &options).await?;
    Ok(match (migrated.from, migrated.to) {
        (0, to) => format!("{location}: made tables of version {to}"),
        (from, to) if from == to => format!("{location}: up to date, version {to}"),
        (from, to) => format!("{location}: brought from version {from} to {to}"),
    })
}

/// Adds what the catalogue lacks. Each product is kept for itself, so after a failure the same again
/// adds the rest.
pub(crate) async fn seed(location: &Location, pieces: i64) -> anyhow::Result<String> {
    let store = open(location).await?;
    let products = Products::new(store.clone());
    let known = names(&products)
        .await
        .context("cannot read the catalogue")?;
    let mut added = 0;
    for product in seed::with_stock(pieces) {
        if known.contains(&product.name) {
            continue;
        }
        let new = NewProduct {
            name: product.name,
            price: product.price,
            stock: product.stock,
        };
        let made = products.create(new, SystemTime::now()).await;
        made.context("cannot add a product")?;
        added += 1;
    }
    store.close().await;
    Ok(format!(
        "{location}: added {added} products, {} were there",
        known.len()
    ))
}

/// The store, up to date, whose audit log notes what is changed here.
pub(crate) async fn open(location: &Location) -> anyhow::Result<Any> {
    let options = Options {
        seed: Vec::new(),
        ..Options::default()
    };
    let store = Any::open(location, &options, ()).await?;
    Ok(store.by(Arc::new(author(SystemTime::now()))))
}

/// This program, and the number of the system's user who runs it: nobody has shown a token, nor come with a request.
fn author(at: SystemTime) -> Author {
    let user = rustix::process::getuid();
    Author {
        subject: format!("sales-admin/{}", user.as_raw()),
        request: String::new(),
        at,
    }
}

async fn names(products: &Products<Any>) -> anyhow::Result<BTreeSet<ProductName>> {
    let limit = PageLimit::new(PageLimit::MAX)?;
    let mut names = BTreeSet::new();
    let mut query = Query::default();
    loop {
        let page = products.list(query.clone(), limit).await?;
        names.extend(page.items.into_iter().map(|product| product.name));
        if page.next.is_none() {
            return Ok(names);
        }
        query.after = page.next;
    }
}
