//! The check at the end: nothing was sold twice, the books balance, and what was acknowledged is there.
//!
//! Others may buy at the same time, and the service answers one request at a time. So every comparison is with bounds that
//! hold whatever others do in between: counters only grow, an order is given back once, and what was acknowledged before a
//! read is in what is read. Where nobody else bought anything, the bounds meet and the check is exact.

mod books;
mod orders;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::shop::Shop;

pub(crate) use books::Baseline;
use books::Books;

/// What the check has found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    pub checks: Vec<Check>,
}

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub name: &'static str,
    pub held: bool,
    /// What was seen, for people.
    pub detail: String,
}

impl Verdict {
    /// Whether all of it holds.
    pub(crate) fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.held)
    }
}

/// Checks, within the time given.
pub(crate) async fn verify(
    shop: &Arc<Shop>,
    baseline: &Baseline,
    limit: Duration,
    exclusive: bool,
) -> Verdict {
    let deadline = Instant::now() + limit;
    let entries = Arc::new(shop.ledger.entries());
    // The books first: an order that stands when it is fetched stood when they were read.
    let books = match Books::read(shop, deadline).await {
        Ok(books) => books,
        Err(failure) => {
            let check = Check {
                name: "books",
                held: false,
                detail: format!("could not be read: {failure}"),
            };
            return Verdict {
                checks: vec![check],
            };
        }
    };
    let found = orders::fetch(shop, &entries, deadline).await;
    let mut checks = vec![books.stock(), books.balance()];
    checks.push(found.check(&entries));
    checks.push(books.counted(baseline, &entries, exclusive));
    checks.push(books.pieces(baseline, &entries, &found.undone));
    Verdict { checks }
}
