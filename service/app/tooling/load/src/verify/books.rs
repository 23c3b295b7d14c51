//! What the catalogue and the statistics say, and whether that fits together and fits what was ordered.

use std::ops::RangeInclusive;
use std::time::Instant;

use sales_client::{Product, Statistics};

use super::Check;
use crate::api::Failure;
use crate::ledger::{Entries, Pieces};
use crate::shop::Shop;

/// Faults that are told one by one.
const TOLD: usize = 5;
/// So often the books are read until nobody buys in between.
const READS: usize = 5;

/// The books before the first order.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    /// Pieces that have left the shelf, by product.
    gone: Pieces,
    sold: Sums,
}

/// The statistics of all currencies together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    placed: u64,
    reversed: u64,
    sold: u64,
    returned: u64,
}

/// The books: the catalogue, with the statistics before and after it was read.
#[derive(Clone, Debug)]
pub(super) struct Books {
    products: Vec<Product>,
    before: Sums,
    after: Sums,
}

impl Sums {
    fn of(statistics: &Statistics) -> Sums {
        let totals = statistics.totals.iter();
        totals.fold(Sums::default(), |sums, totals| Sums {
            placed: sums.placed + totals.orders_placed,
            reversed: sums.reversed + totals.orders_reversed,
            sold: sums.sold + totals.pieces_sold,
            returned: sums.returned + totals.pieces_returned,
        })
    }
}

impl Baseline {
    pub(crate) fn new(products: &[Product], statistics: &Statistics) -> Baseline {
        Baseline {
            gone: gone(products),
            sold: Sums::of(statistics),
        }
    }
}

fn gone(products: &[Product]) -> Pieces {
    let gone = products
        .iter()
        .map(|product| (product.id, product.supplied - product.stock));
    gone.collect()
}

impl Books {
    /// Reads them, if possible while nobody buys.
    pub(super) async fn read(shop: &Shop, deadline: Instant) -> Result<Books, Failure> {
        let sums = async || {
            let statistics = shop
                .retry
                .insist(deadline, || shop.api.statistics())
                .await?;
            Ok(Sums::of(&statistics))
        };
        let mut before = sums().await?;
        let mut reads = 0;
        loop {
            let products = shop.retry.insist(deadline, || shop.api.products()).await?;
            let after = sums().await?;
            reads += 1;
            if before == after || reads == READS {
                return Ok(Books {
                    products,
                    before,
                    after,
                });
            }
            before = after;
        }
    }

    /// No product has less than nothing, or more than there ever was.
    pub(super) fn stock(&self) -> Check {
        let wrong = self
            .products
            .iter()
            .filter(|product| !(0..=product.supplied).contains(&product.stock))
            .map(|product| {
                let Product {
                    id,
                    stock,
                    supplied,
                    ..
                } = product;
                format!("product {id} has {stock} pieces, {supplied} were supplied")
            })
            .collect();
        let fine = format!(
            "{} products: none below 0 or above what was supplied",
            self.products.len()
        );
        check("stock", wrong, fine)
    }

    /// Stock + sold − returned = supplied.
    pub(super) fn balance(&self) -> Check {
        let gone: i64 = gone(&self.products).values().sum();
        let least = self.before.sold as i64 - self.after.returned as i64;
        let most = self.after.sold as i64 - self.before.returned as i64;
        let sold = between(least..=most);
        let (supplied, stock) = self
            .products
            .iter()
            .fold((0, 0), |(supplied, stock), product| {
                (supplied + product.supplied, stock + product.stock)
            });
        let said = format!(
            "supplied {supplied} − stock {stock} = {gone} pieces; the statistics say {sold} sold and not returned"
        );
        Check {
            name: "balance",
            held: (least..=most).contains(&gone),
            detail: said,
        }
    }

    /// The statistics count every acknowledged order, and none twice.
    pub(super) fn counted(&self, baseline: &Baseline, entries: &Entries, exclusive: bool) -> Check {
        let counted = self.after.placed as i64 - baseline.sold.placed as i64;
        let ours = between(entries.placed as i64..=(entries.placed + entries.maybe_placed) as i64);
        let more = counted - (entries.placed + entries.maybe_placed) as i64;
        let others = if more > 0 && exclusive {
            format!("; {more} TOO MANY although nobody else orders")
        } else if more > 0 {
            format!("; {more} more are others' (--exclusive if there are none)")
        } else {
            String::new()
        };
        let detail = format!("{counted} orders counted, {ours} placed here{others}");
        Check {
            name: "counted",
            held: counted >= entries.placed as i64 && (more <= 0 || !exclusive),
            detail,
        }
    }

    /// As many pieces of each product are gone as were ordered here; more only if others ordered too.
    pub(super) fn pieces(&self, baseline: &Baseline, entries: &Entries, undone: &Pieces) -> Check {
        let alone = self.alone(baseline, entries);
        let mut wrong = Vec::new();
        let mut products = 0;
        let now = gone(&self.products);
        let of = |pieces: &Pieces, id: i64| pieces.get(&id).copied().unwrap_or_default();
        let mut ids: Vec<i64> = now.keys().chain(entries.standing.keys()).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let least = of(&entries.standing, id) - of(undone, id);
            let most = of(&entries.standing, id) + of(&entries.maybe, id);
            let (gone, fits) = if alone {
                let gone = of(&now, id) - of(&baseline.gone, id);
                (gone, (least..=most).contains(&gone))
            } else {
                let gone = of(&now, id);
                (gone, gone >= least)
            };
            products += 1;
            if !fits {
                let ordered = between(least..=most);
                wrong.push(format!(
                    "product {id}: {ordered} pieces ordered here, {gone} gone"
                ));
            }
        }
        let fine = if alone {
            format!("{products} products: as many are gone of each as were ordered here")
        } else {
            format!("{products} products: no fewer are gone of each than were ordered here")
        };
        check("pieces", wrong, fine)
    }

    /// Whether nobody else has ordered or given back since the baseline, as far as the counts tell.
    fn alone(&self, baseline: &Baseline, entries: &Entries) -> bool {
        let placed = self.after.placed.saturating_sub(baseline.sold.placed);
        let reversed = self.after.reversed.saturating_sub(baseline.sold.reversed);
        (entries.placed..=entries.placed + entries.maybe_placed).contains(&placed)
            && (entries.returned..=entries.returned + entries.maybe_returned).contains(&reversed)
    }
}

fn check(name: &'static str, mut wrong: Vec<String>, fine: String) -> Check {
    let held = wrong.is_empty();
    let more = wrong.len().saturating_sub(TOLD);
    if more > 0 {
        wrong.truncate(TOLD);
        wrong.push(format!("and {more} more"));
    }
    let detail = if held { fine } else { wrong.join("; ") };
    Check { name, held, detail }
}

/// Such as `7`, or `7 to 9`.
fn between(range: RangeInclusive<i64>) -> String {
    if range.start() == range.end() {
        range.start().to_string()
    } else {
        format!("{} to {}", range.start(), range.end())
    }
}
