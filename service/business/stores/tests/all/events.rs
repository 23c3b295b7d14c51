//! Events of all stores: written with what they tell of, in the order it happened, until they are published.

use std::sync::Arc;
use std::time::Duration;

use audit::{Author, Store as _};
use event::{Backlog, Event, Outcome, Settled, Store as _};
use order::{Purchase, Store as _};
use product::Store as _;
use shop::Store as _;
use stores::Any;
use types::{Currency, EventId, IdempotencyKey, Money, OrderId, ProductName, Quantity};

use crate::support::{Kind, at, id, order, place};

/// A test of each of these for a store.
macro_rules! tests_of_all {
    ($kind:expr) => {
        crate::events::tests_of_all! { $kind;
            each_change_is_told_of_once_and_what_is_refused_is_not,
            of_a_subject_only_the_oldest_event_is_due,
            a_refused_event_waits_and_holds_back_its_subject_alone,
            dead_letters_say_why_and_are_requeued_or_discarded,
            who_requeues_and_who_discards_is_noted,
            no_number_is_given_twice,
            nothing_is_told_of_unless_somebody_wants_to_hear,
        }
    };
    ($kind:expr; $($name:ident,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                crate::events::$name($kind).await;
            }
        )*
    };
}
pub(crate) use tests_of_all;

const LEASE: Duration = Duration::from_mins(1);

/// The events that are due a while after everything happened: kind and number.
async fn due(store: &Any) -> Vec<Event> {
    let due = store.due(at() + LEASE, Duration::ZERO, 100).await;
    let mut due = due.expect("readable");
    due.sort_by_key(|event| event.id);
    due
}

async fn settle(store: &Any, event: &Event, outcome: Outcome) {
    let id = event.id;
    let settled = store.settle(vec![Settled { id, outcome }]).await;
    settled.expect("writable");
}

/// Publishes all there is, and tells what it was.
async fn publish(store: &Any) -> Vec<(&'static str, i64)> {
    let mut published = Vec::new();
    loop {
        let due = due(store).await;
        if due.is_empty() {
            return published;
        }
        for event in due {
            settle(store, &event, Outcome::Published).await;
            published.push((event.news.kind.name(), event.news.number));
        }
    }
}

pub(crate) async fn each_change_is_told_of_once_and_what_is_refused_is_not(kind: Kind) {
    let (store, _home) = kind.store_with_events(10).await;
    let keyed = || Purchase {
        key: Some(IdempotencyKey::new("k").expect("a key")),
        ..Purchase::anonymous(order(&[(1, 2), (2, 1)]), at())
    };
    for _ in 0..2 {
        store.place(keyed()).await.expect("enough");
    }
    place(&store, &[(1, 99)]).await.expect_err("not enough");
    let told = due(&store).await;
    let [placed] = told.as_slice() else {
        panic!("one event: {told:?}")
    };
    let news = &placed.news;
    assert_eq!((news.kind.name(), news.number), ("order.placed", 1));
    assert_eq!((news.at, news.pieces), (at(), Some(3)));
    let total = Money::new(2 * 2_490 + 1_250, Currency::EUR).expect("in range");
    assert_eq!(news.money, Some(total));
    assert_eq!(news.version.map(types::Version::get), Some(1));

    let first = OrderId::new(1).expect("in range");
    for _ in 0..2 {
        store.reverse(first, None, at()).await.expect("it stands");
    }
    for price in [9_999, 9_999] {
        let change = product::Change {
            price: Money::new(price, Currency::EUR).ok(),
            ..product::Change::default()
        };
        let changed = store.change_product(id(1), None, change, at()).await;
        changed.expect("there is one");
    }
    let pieces = Quantity::new(7).expect("in range");
    store.restock(id(2), pieces, at()).await.expect("room");
    let new = product::NewProduct {
        name: ProductName::new("Kettle").expect("a name"),
        price: Money::new(3_900, Currency::EUR).expect("in range"),
        stock: types::Stock::new(2).expect("in range"),
    };
    store.create_product(new, at()).await.expect("writable");
    for open in [false, false, true] {
        store.set_open(open, at()).await.expect("writable");
    }
    let mut published = publish(&store).await;
    published.sort_unstable();
    assert_eq!(
        published,
        [
            ("order.placed", 1),
            ("order.reversed", 1),
            ("product.changed", 1),
            ("product.created", 13),
            ("product.restocked", 2),
            ("shop.closed", 1),
            ("shop.opened", 1),
        ]
    );
    assert_eq!(store.backlog().await.expect("readable"), Backlog::default());
}

pub(crate) async fn of_a_subject_only_the_oldest_event_is_due(kind: Kind) {
    let (store, _home) = kind.store_with_events(10).await;
    for _ in 0..2 {
        let placed = place(&store, &[(1, 1)]).await.expect("enough");
        let reversed = store.reverse(placed.id, None, at()).await;
        reversed.expect("it stands");
    }
    let names = |due: &[Event]| -> Vec<_> {
        let name = |event: &Event| (event.news.kind.name(), event.news.number);
        due.iter().map(name).collect()
    };
    let first = due(&store).await;
    assert_eq!(names(&first), [("order.placed", 1), ("order.placed", 2)]);
    settle(&store, &first[1], Outcome::Published).await;
    let then = due(&store).await;
    assert_eq!(names(&then), [("order.placed", 1), ("order.reversed", 2)]);
    let one = store.due(at() + LEASE, Duration::ZERO, 1).await;
    assert_eq!(one.expect("readable").len(), 1, "no more than asked for");
    let early = store.due(at() - LEASE, Duration::ZERO, 9).await;
    assert_eq!(early.expect("readable"), []);
}

pub(crate) async fn a_refused_event_waits_and_holds_back_its_subject_alone(kind: Kind) {
    let (store, _home) = kind.store_with_events(10).await;
    let placed = place(&store, &[(1, 1)]).await.expect("enough");
    let reversed = store.reverse(placed.id, None, at()).await;
    reversed.expect("it stands");
    place(&store, &[(1, 1)]).await.expect("enough");
    let refused = due(&store).await.remove(0);
    let again = |due, error: Option<&str>| Outcome::Again {
        due,
        attempts: 3,
        error: error.map(str::to_owned),
    };
    let later = at() + 2 * LEASE;
    settle(&store, &refused, again(later, Some("no"))).await;
    assert_eq!(publish(&store).await, [("order.placed", 2)]);
    let backlog = store.backlog().await.expect("readable");
    assert_eq!((backlog.waiting, backlog.dead), (2, 0));
    assert_eq!(backlog.oldest, Some(at()));
    let due = store.due(later, Duration::ZERO, 9).await.expect("readable");
    let [event] = due.as_slice() else {
        panic!("one event: {due:?}")
    };
    assert_eq!((event.id, event.attempts), (refused.id, 3));
}

pub(crate) async fn dead_letters_say_why_and_are_requeued_or_discarded(kind: Kind) {
    let (store, _home) = kind.store_with_events(10).await;
    for _ in 0..3 {
        let placed = place(&store, &[(1, 1)]).await.expect("enough");
        let reversed = store.reverse(placed.id, None, at()).await;
        reversed.expect("it stands");
    }
    for event in due(&store).await {
        let error = format!("no {}", event.news.number);
        let dead = Outcome::Dead { attempts: 5, error };
        settle(&store, &event, dead).await;
    }
    assert_eq!(due(&store).await, [], "they hold back what came after");
    let backlog = store.backlog().await.expect("readable");
    assert_eq!((backlog.waiting, backlog.dead), (3, 3));
    let dead = store.dead_letters(None, 2).await.expect("readable");
    let said: Vec<_> = dead.iter().map(|letter| letter.error.as_str()).collect();
    assert_eq!(said, ["no 1", "no 2"]);
    assert!(dead.iter().all(|letter| letter.event.attempts == 5));
    let rest = store.dead_letters(Some(dead[1].event.id), 9).await;
    assert_eq!(rest.expect("readable").len(), 1);

    let [one, two] = [dead[0].event.id, dead[1].event.id];
    assert_eq!(store.requeue(Some(one), at()).await.expect("writable"), 1);
    assert_eq!(store.requeue(Some(one), at()).await.expect("writable"), 0);
    assert_eq!(due(&store).await[0].attempts, 0);
    assert!(!store.discard(one).await.expect("writable"), "it is alive");
    assert!(store.discard(two).await.expect("writable"));
    assert!(!store.discard(two).await.expect("writable"));
    let mut published = publish(&store).await;
    published.sort_unstable();
    assert_eq!(
        published,
        [
            ("order.placed", 1),
            ("order.reversed", 1),
            ("order.reversed", 2)
        ]
    );
    assert_eq!(store.requeue(None, at()).await.expect("writable"), 1);
    assert_eq!(
        publish(&store).await,
        [("order.placed", 3), ("order.reversed", 3)]
    );
}

pub(crate) async fn who_requeues_and_who_discards_is_noted(kind: Kind) {
    let (store, _home) = kind.store_with_events(10).await;
    let author = Author {
        subject: "eve".to_owned(),
        request: "r-1".to_owned(),
        at: at(),
    };
    let by_eve = store.by(Arc::new(author.clone()));
    for _ in 0..4 {
        place(&store, &[(1, 1)]).await.expect("enough");
    }
    let mut dead = Vec::new();
    for event in due(&store).await {
        let error = "no".to_owned();
        settle(&store, &event, Outcome::Dead { attempts: 1, error }).await;
        dead.push(event.id);
    }
    let [one, two, three, four] = dead.as_slice() else {
        panic!("four: {dead:?}")
    };
    let requeue = async |store: &Any, which| store.requeue(which, at()).await.expect("writable");
    assert!(by_eve.discard(*two).await.expect("writable"));
    assert!(!by_eve.discard(*two).await.expect("writable"), "it is gone");
    assert_eq!(requeue(&by_eve, Some(*three)).await, 1);
    assert_eq!(requeue(&by_eve, Some(*three)).await, 0, "it is alive");
    assert_eq!(requeue(&by_eve, None).await, 2);
    // Nobody knows whose this is.
    assert_eq!(requeue(&store, None).await, 0);

    let noted = store.entries(audit::Query::default(), 100).await;
    let noted = noted.expect("readable");
    assert!(noted.iter().all(|entry| entry.event.author == author));
    let said: Vec<_> = noted
        .iter()
        .map(|entry| (&*entry.event.action, entry.event.object.clone()))
        .collect();
    let expected = [
        ("event.discard", two),
        ("event.requeue", three),
        ("event.requeue", one),
        ("event.requeue", four),
    ];
    assert_eq!(
        said,
        expected.map(|(action, id)| (action, format!("events/{id}")))
    );
}

pub(crate) async fn no_number_is_given_twice(kind: Kind) {
    let (store, _home) = kind.store_with_events(10).await;
    let mut last: Option<EventId> = None;
    for _ in 0..3 {
        place(&store, &[(1, 1)]).await.expect("enough");
        let [event] = due(&store).await.try_into().expect("one event");
        assert!(last < Some(event.id), "{last:?} {event:?}");
        last = Some(event.id);
        settle(&store, &event, Outcome::Published).await;
    }
    let (other, _home) = kind.store_with_events(10).await;
    assert_ne!(
        store.origin().await.expect("readable"),
        other.origin().await.expect("readable")
    );
}

pub(crate) async fn nothing_is_told_of_unless_somebody_wants_to_hear(kind: Kind) {
    let (store, _home) = kind.store(10).await;
    place(&store, &[(1, 1)]).await.expect("enough");
    store.set_open(false, at()).await.expect("writable");
    assert_eq!(store.backlog().await.expect("readable"), Backlog::default());
}
