//! What all stores do, through what the domains ask of them, on real files and a real server.

use std::time::{Duration, SystemTime};

use order::{Order, PlaceError, Purchase, Rejection, ReverseError, Status, Store as _};
use product::{ChangeError, Filter, SortBy, Store as _};
use shop::Store as _;
use statistics::Store as _;
use tokio::task::JoinSet;
use types::{
    Currency, Direction, IdempotencyKey, Money, OrderId, ProductName, Quantity, UserId, UserName,
    Version,
};
use user::{CreateError, NewUser, Role, Roles, Store as _};

use crate::support::{Kind, at, id, list, order, orders, place, stock};

/// A test of each of these for a store.
macro_rules! tests_of_both {
    ($kind:expr) => {
        crate::both::tests_of_both! { $kind;
            an_order_takes_stock_and_is_kept,
            a_rejected_order_takes_nothing_and_leaves_no_trace,
            orders_are_listed_by_id_after_the_one_given,
            the_same_key_and_order_give_the_order_placed_first,
            one_order_comes_of_many_at_once_with_the_same_key,
            a_reversed_order_gives_its_pieces_back_once,
            totals_follow_every_order_and_reversal,
            a_closed_shop_takes_no_orders_and_does_all_else,
            orders_are_found_by_what_they_are_like,
            orders_are_found_by_what_they_hold,
            products_are_found_sorted_and_paged,
            products_change_under_their_version_and_shelves_are_filled,
            users_have_names_of_their_own,
            scarce_stock_is_sold_exactly_once,
        }
        crate::both::tests_of_both! { $kind, logins;
            passwords_are_kept_of_users_alone_and_end_sessions,
            a_refresh_token_is_good_once_and_its_reuse_ends_the_session,
            of_many_who_refresh_with_one_token_at_most_one_gets_on,
            sessions_expire_end_and_are_forgotten,
            tokens_are_revoked_by_id_subject_and_user,
            every_change_has_its_entry_and_nothing_else_has,
        }
        crate::events::tests_of_all! { $kind }
    };
    ($kind:expr; $($name:ident,)*) => {
        crate::both::tests_of_both! { $kind, both; $($name,)* }
    };
    ($kind:expr, $module:ident; $($name:ident,)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                crate::$module::$name($kind).await;
            }
        )*
    };
}
pub(crate) use tests_of_both;

pub(crate) async fn an_order_takes_stock_and_is_kept(kind: Kind) {
    let (store, _home) = kind.store(10).await;
    let placed = place(&store, &[(2, 3), (1, 1)])
        .await
        .expect("enough of both");
    assert_eq!(placed.id.get(), 1);
    assert_eq!(placed.placed_at, at());
    assert_eq!(placed.total.amount(), 3 * 1_250 + 2_490);
    assert_eq!(
        store.order(placed.id).await.expect("readable"),
        Some(placed)
    );
    assert_eq!(
        (
            stock(&store, 1).await,
            stock(&store, 2).await,
            stock(&store, 3).await
        ),
        (9, 7, 10)
    );
}

pub(crate) async fn a_rejected_order_takes_nothing_and_leaves_no_trace(kind: Kind) {
    let (store, _home) = kind.store(2).await;
    let short = place(&store, &[(1, 2), (2, 3)])
        .await
        .expect_err("not enough of 2");
    assert!(
        matches!(short, PlaceError::Rejected(Rejection::OutOfStock(_))),
        "{short}"
    );
    let unknown = place(&store, &[(1, 1), (99, 1)])
        .await
        .expect_err("no product 99");
    assert!(
        matches!(unknown, PlaceError::Rejected(Rejection::UnknownProducts(_))),
        "{unknown}"
    );
    assert_eq!(stock(&store, 1).await, 2);
    assert_eq!(orders(&store, 10).await, vec![]);
}

pub(crate) async fn orders_are_listed_by_id_after_the_one_given(kind: Kind) {
    let (store, _home) = kind.store(100).await;
    for product in 1..=5 {
        place(&store, &[(product, 1), (product + 1, 2)])
            .await
            .expect("enough");
    }
    let listed = |after: i64, count| list(&store, after, Direction::Ascending, count);
    assert_eq!(listed(0, 2).await, [1, 2]);
    assert_eq!(listed(2, 2).await, [3, 4]);
    assert_eq!(listed(4, 9).await, [5]);
    assert_eq!(listed(5, 9).await, [] as [i64; 0]);
    let back = |after: i64, count| list(&store, after, Direction::Descending, count);
    assert_eq!(back(0, 2).await, [5, 4]);
    assert_eq!(back(4, 9).await, [3, 2, 1]);
    let all = orders(&store, 9).await;
    assert!(all.iter().all(|order| order.lines.len() == 2), "{all:?}");
    assert_eq!(
        store
            .order(OrderId::new(6).expect("in range"))
            .await
            .expect("readable"),
        None
    );
}

fn keyed(of: &[(i64, i64)], key: &str, at: SystemTime) -> Purchase {
    Purchase {
        key: Some(IdempotencyKey::new(key).expect("a key")),
        ..Purchase::anonymous(order(of), at)
    }
}

pub(crate) async fn the_same_key_and_order_give_the_order_placed_first(kind: Kind) {
    let (store, _home) = kind.store(10).await;
    let first = store
        .place(keyed(&[(1, 2)], "k", at()))
        .await
        .expect("enough");
    assert!(!first.replayed);
    let again = store
        .place(keyed(&[(1, 2)], "k", at()))
        .await
        .expect("known");
    assert!(again.replayed);
    assert_eq!(again.order, first.order);
    assert_eq!(stock(&store, 1).await, 8);

    let other = store.place(keyed(&[(1, 3)], "k", at())).await;
    assert!(
        matches!(other, Err(PlaceError::Rejected(Rejection::KeyReused(id))) if id == first.order.id),
        "{other:?}"
    );
    // Somebody else's key is another key, and so is one whose time is over.
    let somebody = Purchase {
        customer: Some(UserId::new(7).expect("in range")),
        ..keyed(&[(1, 3)], "k", at())
    };
    assert!(!store.place(somebody).await.expect("enough").replayed);
    let later = at() + Purchase::KEY_LIFE;
    let fresh = store.place(keyed(&[(1, 1)], "k", later)).await;
    assert!(!fresh.expect("enough").replayed);
    assert_eq!(stock(&store, 1).await, 10 - 2 - 3 - 1);
}

pub(crate) async fn one_order_comes_of_many_at_once_with_the_same_key(kind: Kind) {
    let (store, _home) = kind.store(10).await;
    let mut senders = JoinSet::new();
    for _ in 0..20 {
        let store = store.clone();
        senders.spawn(async move { store.place(keyed(&[(1, 1)], "once", at())).await });
    }
    let answers = senders.join_all().await;
    let placed: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.expect("placed or known"))
        .collect();
    assert_eq!(placed.iter().filter(|placed| !placed.replayed).count(), 1);
    assert!(placed.iter().all(|again| again.order == placed[0].order));
    assert_eq!(stock(&store, 1).await, 9);
}

pub(crate) async fn a_reversed_order_gives_its_pieces_back_once(kind: Kind) {
    let (store, _home) = kind.store(10).await;
    let placed = place(&store, &[(1, 4), (2, 1)]).await.expect("enough");
    let second = Version::FIRST.next();
    let stale = store.reverse(placed.id, Some(second), at()).await;
    assert!(matches!(stale, Err(ReverseError::Stale(_))), "{stale:?}");
    for replayed in [false, true] {
        let reversal = store
            .reverse(placed.id, Some(Version::FIRST), at())
            .await
            .expect("it stands, or was reversed");
        assert_eq!(reversal.replayed, replayed);
        assert_eq!(
            (reversal.order.status(), reversal.order.version),
            (Status::Reversed, second)
        );
        assert_eq!((stock(&store, 1).await, stock(&store, 2).await), (10, 10));
    }
    let missing = store
        .reverse(OrderId::new(9).expect("in range"), None, at())
        .await;
    assert!(matches!(missing, Err(ReverseError::Missing)), "{missing:?}");
}

pub(crate) async fn totals_follow_every_order_and_reversal(kind: Kind) {
    let (store, _home) = kind.store(10).await;
    assert_eq!(store.totals().await.expect("readable"), vec![]);
    let first = place(&store, &[(1, 2), (2, 1)]).await.expect("enough");
    let second = place(&store, &[(3, 3)]).await.expect("enough");
    place(&store, &[(1, 99)]).await.expect_err("not enough");
    store
        .reverse(first.id, None, at())
        .await
        .expect("it stands");
    store
        .reverse(first.id, None, at())
        .await
        .expect("it was reversed");
    let totals = store.totals().await.expect("readable");
    let [euros] = totals.as_slice() else {
        panic!("one currency: {totals:?}")
    };
    assert_eq!(euros.currency, Currency::EUR);
    assert_eq!((euros.placed, euros.reversed), (2, 1));
    assert_eq!((euros.pieces, euros.pieces_back), (6, 3));
    let amount = |order: &Order| order.total.amount().unsigned_abs();
    assert_eq!(euros.revenue, amount(&first) + amount(&second));
    assert_eq!(euros.revenue_back, amount(&first));
    assert_eq!(euros.average(), Some(amount(&second)));
}

pub(crate) async fn a_closed_shop_takes_no_orders_and_does_all_else(kind: Kind) {
    let (store, _home) = kind.store(10).await;
    assert!(store.shop().await.expect("readable").open);
    let before = store
        .place(keyed(&[(1, 1)], "k", at()))
        .await
        .expect("open");
    let closed = store.set_open(false, at()).await.expect("writable");
    assert_eq!((closed.open, closed.since), (false, at()));
    let later = at() + Duration::from_secs(5);
    // Closing twice is fine and changes nothing.
    assert_eq!(
        store.set_open(false, later).await.expect("writable"),
        closed
    );
    let refused = place(&store, &[(1, 1)]).await.expect_err("closed");
    assert!(
        matches!(refused, PlaceError::Rejected(Rejection::ShopClosed)),
        "{refused}"
    );
    let again = store.place(keyed(&[(1, 1)], "k", later)).await;
    assert!(again.expect("it was placed before").replayed);
    store
        .reverse(before.order.id, None, later)
        .await
        .expect("it stands");
    assert_eq!(stock(&store, 1).await, 10);
    assert!(store.set_open(true, later).await.expect("writable").open);
    place(&store, &[(1, 1)]).await.expect("open again");
}

pub(crate) async fn orders_are_found_by_what_they_are_like(kind: Kind) {
    let (store, _home) = kind.store(100).await;
    let customer = UserId::new(3).expect("in range");
    for second in 0..6 {
        let purchase = Purchase {
            customer: (second % 2 == 0).then_some(customer),
            ..Purchase::anonymous(order(&[(1, 1)]), at() + Duration::from_secs(second))
        };
        store.place(purchase).await.expect("enough");
    }
    let third = OrderId::new(3).expect("in range");
    store.reverse(third, None, at()).await.expect("it stands");
    let found = async |filter: order::Filter| {
        let query = order::Query {
            filter,
            ..order::Query::default()
        };
        let orders = store.orders(query, 9).await.expect("readable");
        orders
            .iter()
            .map(|order| order.id.get())
            .collect::<Vec<_>>()
    };
    let of_customer = order::Filter {
        customer: Some(customer),
        ..order::Filter::default()
    };
    assert_eq!(found(of_customer.clone()).await, [1, 3, 5]);
    let standing = order::Filter {
        status: Some(Status::Placed),
        ..of_customer
    };
    assert_eq!(found(standing).await, [1, 5]);
    let between = order::Filter {
        from: Some(at() + Duration::from_secs(1)),
        until: Some(at() + Duration::from_secs(4)),
        ..order::Filter::default()
    };
    assert_eq!(found(between).await, [2, 3, 4]);
}

pub(crate) async fn orders_are_found_by_what_they_hold(kind: Kind) {
    let (store, _home) = kind.store(100).await;
    for product in [1, 2, 1, 3, 1] {
        place(&store, &[(4, 1), (product, 2)])
            .await
            .expect("enough");
    }
    let reversed = OrderId::new(3).expect("in range");
    store.reverse(reversed, None, at()).await.expect("stands");
    let holding = |product| order::Query {
        filter: order::Filter {
            product: Some(id(product)),
            ..order::Filter::default()
        },
        ..order::Query::default()
    };
    let found = async |query: order::Query, count| {
        let orders = store.orders(query, count).await.expect("readable");
        assert!(
            orders.iter().all(|order| order.lines.len() == 2),
            "whole orders: {orders:?}"
        );
        let ids = orders.iter().map(|order| order.id.get());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(found(holding(1), 9).await, [1, 3, 5]);
    assert_eq!(found(holding(9), 9).await, [] as [i64; 0]);
    assert_eq!(found(holding(4), 2).await, [1, 2]);
    let mut query = holding(1);
    query.after = Some(reversed);
    assert_eq!(found(query.clone(), 9).await, [5]);
    query.direction = Direction::Descending;
    assert_eq!(found(query.clone(), 9).await, [1]);
    query.after = None;
    assert_eq!(found(query.clone(), 2).await, [5, 3]);
    query.filter.status = Some(Status::Placed);
    assert_eq!(found(query, 9).await, [5, 1]);
}

pub(crate) async fn products_are_found_sorted_and_paged(kind: Kind) {
    let (store, _home) = kind.store(1).await;
    place(&store, &[(3, 1)]).await.expect("enough");
    let found = async |query: product::Query| {
        let products = store.products(query, 3).await.expect("readable");
        products
            .iter()
            .map(|product| product.id.get())
            .collect::<Vec<_>>()
    };
    let by_price = |direction, after: Option<i64>| product::Query {
        sort: SortBy::Price,
        direction,
        after: after.map(id),
        ..product::Query::default()
    };
    assert_eq!(
        found(by_price(Direction::Ascending, None)).await,
        [9, 11, 10]
    );
    assert_eq!(
        found(by_price(Direction::Ascending, Some(11))).await,
        [10, 6, 3]
    );
    assert_eq!(
        found(by_price(Direction::Descending, Some(5))).await,
        [12, 1, 8]
    );
    let tea = product::Query {
        filter: Filter {
            name: Some(ProductName::new("TEA,").expect("a name")),
            in_stock: Some(true),
            ..Filter::default()
        },
        sort: SortBy::Name,
        ..product::Query::default()
    };
    assert_eq!(found(tea).await, [2]);
    let cheap = product::Query {
        filter: Filter {
            min_price: Some(600),
            max_price: Some(850),
            ..Filter::default()
        },
        ..product::Query::default()
    };
    assert_eq!(found(cheap).await, [6, 10, 11]);
}

pub(crate) async fn products_change_under_their_version_and_shelves_are_filled(kind: Kind) {
    let (store, _home) = kind.store(5).await;
    let dearer = product::Change {
        price: Some(Money::new(9_999, Currency::EUR).expect("in range")),
        ..product::Change::default()
    };
    let changed = store
        .change_product(id(1), Some(Version::FIRST), dearer.clone(), at())
        .await
        .expect("as expected");
    assert_eq!(changed.version, Version::FIRST.next());
    let stale = store
        .change_product(
            id(1),
            Some(Version::FIRST),
            product::Change::default(),
            at(),
        )
        .await;
    assert!(matches!(stale, Err(ChangeError::Stale(_))), "{stale:?}");
    let missing = store.change_product(id(99), None, dearer, at()).await;
    assert!(matches!(missing, Err(ChangeError::Missing)), "{missing:?}");

    place(&store, &[(1, 2)]).await.expect("enough");
    let pieces = Quantity::new(10).expect("in range");
    let filled = store.restock(id(1), pieces, at()).await.expect("room");
    assert_eq!((filled.stock.get(), filled.supplied.get()), (13, 15));
    assert_eq!(filled.price.amount(), 9_999);

    let new = product::NewProduct {
        name: ProductName::new("Kettle").expect("a name"),
        price: Money::new(3_900, Currency::EUR).expect("in range"),
        stock: types::Stock::new(2).expect("in range"),
    };
    let kettle = store.create_product(new, at()).await.expect("writable");
    assert_eq!(
        store.product(kettle.id).await.expect("readable"),
        Some(kettle)
    );
}

pub(crate) async fn users_have_names_of_their_own(kind: Kind) {
    let (store, _home) = kind.store(1).await;
    let new = |name: &str| NewUser {
        name: UserName::new(name).expect("a name"),
        roles: Roles::of(&[Role::Shopper]),
    };
    let ada = store.create_user(new("Ada"), at()).await.expect("new");
    let taken = store.create_user(new("Ada"), at()).await;
    assert!(matches!(taken, Err(CreateError::NameTaken)), "{taken:?}");
    let bob = store.create_user(new("Bob"), at()).await.expect("new");
    let promoted = user::Change {
        roles: Some(Roles::of(&[Role::Staff, Role::Admin])),
        enabled: Some(false),
    };
    let changed = store
        .change_user(ada.id, Some(ada.version), promoted)
        .await
        .expect("as expected");
    assert_eq!(
        store.user(ada.id).await.expect("readable"),
        Some(changed.clone())
    );
    let named = async |name| {
        let name = UserName::new(name).expect("a name");
        store.user_named(name).await.expect("readable")
    };
    assert_eq!(named("Ada").await, Some(changed));
    assert_eq!(named("ada").await, None);
    let stale = store.change_user(ada.id, Some(ada.version), promoted).await;
    assert!(
        matches!(stale, Err(user::ChangeError::Stale(_))),
        "{stale:?}"
    );
    assert_eq!(
        store.users(Some(ada.id), 5).await.expect("readable"),
        vec![bob]
    );
}

pub(crate) async fn scarce_stock_is_sold_exactly_once(kind: Kind) {
    let (store, _home) = kind.store(30).await;
    let mut shoppers = JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        shoppers.spawn(async move { place(&store, &[(1, 1), (2, 1)]).await });
    }
    let answers = shoppers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 30);
    assert_eq!((stock(&store, 1).await, stock(&store, 2).await), (0, 0));
    assert_eq!(orders(&store, 100).await.len(), 30);
}
