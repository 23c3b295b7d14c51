//! What the store holds against what the consumer has applied.

use std::collections::BTreeMap;
use std::fmt;

use event::Store as _;
use order::{Order, Query, Status, Store as _};
use sales_peers::consumer::Entry;
use stores::Any;

use super::shoppers::Acknowledged;
use crate::outbox::consumer::Consumer;

/// Of all stores together.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Orders in the stores.
    pub(super) orders: u64,
    /// Events applied.
    pub(super) applied: u64,
    /// Events that came again: a consumer that does not know their keys would have applied them twice.
    pub(super) again: u64,
    /// Events that were dead letters for a while.
    pub(super) dead: u64,
    /// What does not agree.
    pub(super) faults: Vec<String>,
}

/// In numbers, for the soak.
impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "orders={} applied={} again={} dead={} faults={}",
            self.orders,
            self.applied,
            self.again,
            self.dead,
            self.faults.len()
        )
    }
}

impl Books {
    /// Dead letters are those that the consumer refused, and say so.
    pub(super) async fn dead_letters(&mut self, store: &Any, refused: &[&str]) {
        let letters = store.dead_letters(None, 100).await.expect("readable");
        self.dead += letters.len() as u64;
        let mut missing = refused.to_vec();
        for letter in letters {
            let news = &letter.event.news;
            let subject = format!("{}/{}", news.kind.subject().name(), news.number);
            missing.retain(|refused| *refused != subject);
            let is_explained = letter.error.contains("422") && letter.event.attempts == 4;
            if !is_explained || !refused.contains(&&*subject) {
                self.faults.push(format!("a dead letter: {letter:?}"));
            }
        }
        for subject in missing {
            self.faults.push(format!("{subject} is no dead letter"));
        }
    }

    /// Each change has one event that was applied, and each event its change.
    pub(super) async fn compare(
        &mut self,
        store: &Any,
        acknowledged: &Acknowledged,
        consumer: &Consumer,
    ) {
        let orders = all_orders(store).await;
        let applied = consumer.applied();
        self.orders += orders.len() as u64;
        self.applied += applied.len() as u64;
        self.again += consumer.report().again;
        self.acknowledged(&orders, acknowledged);
        let mut expected = BTreeMap::from([("product.restocked product/3".to_owned(), 1)]);
        for order in orders.values() {
            expected.insert(format!("order.placed order/{}", order.id), 1);
            if order.status() == Status::Reversed {
                expected.insert(format!("order.reversed order/{}", order.id), 1);
            }
        }
        self.same(&expected, &count(&applied));
        self.in_order(&applied);
    }

    fn acknowledged(&mut self, orders: &BTreeMap<i64, Order>, acknowledged: &Acknowledged) {
        for id in &acknowledged.placed {
            if !orders.contains_key(id) {
                self.faults.push(format!("order {id} is lost"));
            }
        }
        for id in &acknowledged.reversed {
            let order = orders.get(id);
            if order.is_none_or(|order| order.status() != Status::Reversed) {
                self.faults.push(format!("the reversal of {id} is lost"));
            }
        }
    }

    fn same(&mut self, expected: &BTreeMap<String, u64>, applied: &BTreeMap<String, u64>) {
        for what in expected.keys() {
            if !applied.contains_key(what) {
                self.faults.push(format!("never applied: {what}"));
            }
        }
        for (what, times) in applied {
            if !expected.contains_key(what) {
                self.faults.push(format!("applied, but never done: {what}"));
            } else if *times > 1 {
                self.faults.push(format!("applied {times} times: {what}"));
            }
        }
    }

    /// Of one subject, what happened first was applied first.
    fn in_order(&mut self, applied: &[Entry]) {
        let mut latest: BTreeMap<&str, i64> = BTreeMap::new();
        for entry in applied {
            let latest = latest.entry(&entry.subject).or_default();
            if entry.sequence <= *latest {
                self.faults.push(format!("too late: {entry:?}"));
            }
            *latest = entry.sequence;
        }
    }
}

fn count(applied: &[Entry]) -> BTreeMap<String, u64> {
    let mut count = BTreeMap::new();
    for entry in applied {
        *count
            .entry(format!("{} {}", entry.r#type, entry.subject))
            .or_default() += 1;
    }
    count
}

async fn all_orders(store: &Any) -> BTreeMap<i64, Order> {
    let mut orders = BTreeMap::new();
    let mut query = Query::default();
    loop {
        let page = store.orders(query.clone(), 500).await.expect("readable");
        let Some(last) = page.last() else {
            return orders;
        };
        query.after = Some(last.id);
        orders.extend(page.into_iter().map(|order| (order.id.get(), order)));
    }
}

#[test]
fn what_does_not_agree_is_found() {
    let entry = |kind: &str, order: i64, sequence| Entry {
        key: format!("k-{sequence}"),
        r#type: kind.to_owned(),
        subject: format!("order/{order}"),
        sequence,
    };
    let applied = [
        entry("order.placed", 1, 1),
        entry("order.placed", 1, 1),
        entry("order.placed", 3, 4),
    ];
    let expected = [1, 2].map(|id| (format!("order.placed order/{id}"), 1));
    let mut books = Books::default();
    books.same(&BTreeMap::from(expected), &count(&applied));
    books.in_order(&applied);
    let begin = [
        "never applied",
        "applied 2 times",
        "applied, but",
        "too late",
    ];
    assert_eq!(books.faults.len(), begin.len(), "{:?}", books.faults);
    for (fault, begin) in books.faults.iter().zip(begin) {
        assert!(fault.starts_with(begin), "{fault}");
    }
}
