//! Every resource through the typed client.

use std::time::Duration;

use crate::support::{TestApp, spawn_app, spawn_app_with_stock};
use sales_client::{
    Client, Error, Money, NewItem, NewProduct, NewUser, Options, OrderSort, OrderStatus,
    OrdersQuery, ProductPatch, ProductSort, ProductsQuery, Role, UserPatch,
};

pub(crate) fn client(app: &TestApp) -> Client {
    let options = Options {
        timeout: Duration::from_mins(1),
        ..Options::default()
    };
    Client::new(&format!("http://{}", app.addr), options).expect("a plain address")
}

fn one(product_id: i64) -> [NewItem; 1] {
    [NewItem {
        product_id,
        quantity: 1,
    }]
}

fn euros(amount: i64) -> Money {
    Money {
        amount,
        currency: "EUR".to_owned(),
    }
}

fn code<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "fine".to_owned(),
        Err(error) => error.code().unwrap_or_default().to_owned(),
    }
}

#[tokio::test]
async fn a_product_is_made_changed_restocked_and_found() {
    let app = spawn_app().await;
    let shop = client(&app);
    let new = NewProduct {
        name: "Käse & Brot".to_owned(),
        price: euros(500),
        stock: 3,
    };
    let made = shop.create_product(&new).await.expect("made");
    assert_eq!(
        (made.value.id, made.value.stock, made.value.version),
        (13, 3, 1)
    );
    assert_eq!(shop.product(13).await.as_ref(), Ok(&made));
    assert_eq!(shop.product_if_changed(13, &made.etag).await, Ok(None));

    let patch = ProductPatch {
        amount: Some(550),
        ..ProductPatch::default()
    };
    let dearer = shop
        .change_product(13, &made.etag, &patch)
        .await
        .expect("changed");
    assert_eq!(
        (&dearer.value.price, dearer.value.version),
        (&euros(550), 2)
    );
    assert_eq!(
        code(shop.change_product(13, &made.etag, &patch).await),
        "precondition_failed"
    );
    let other = shop
        .replace_product(13, &dearer.etag, "Käse", &euros(1))
        .await
        .expect("replaced");
    assert_eq!(
        (&*other.value.name, &other.value.price),
        ("Käse", &euros(1))
    );
    let more = shop.restock(13, 7).await.expect("restocked").value;
    assert_eq!((more.stock, more.supplied, more.version), (10, 10, 3));
    assert_eq!(code(shop.restock(99, 7).await), "not_found");

    let query = ProductsQuery {
        name: Some("kä".replace('ä', "")),
        sort: Some(ProductSort::PriceDescending),
        in_stock: Some(true),
        max_price: Some(100),
        limit: Some(1),
        ..ProductsQuery::default()
    };
    let page = shop.products(&query).await.expect("a page");
    assert_eq!((page.items, page.next), (vec![more], None));
    let twice = NewProduct {
        name: " ".to_owned(),
        price: euros(-1),
        stock: -1,
    };
    let Err(Error::Problem(problem)) = shop.create_product(&twice).await else {
        panic!("it cannot be made");
    };
    let fields: Vec<_> = problem.errors.iter().map(|error| &*error.field).collect();
    assert_eq!(
        (problem.status, fields),
        (422, vec!["name", "price.amount", "stock"])
    );
    assert!(!problem.request_id.is_empty());
}

#[tokio::test]
async fn an_order_is_placed_once_and_reversed_once() {
    let app = spawn_app_with_stock(1).await;
    let shop = client(&app);
    let placed = shop.place_order(&one(2), Some("k")).await.expect("placed");
    assert_eq!(
        shop.place_order(&one(2), Some("k")).await.as_ref(),
        Ok(&placed)
    );
    assert_eq!(code(shop.place_order(&one(2), None).await), "out_of_stock");
    assert_eq!(shop.order(1).await.as_ref(), Ok(&placed));

    assert_eq!(
        code(shop.reverse_order(1, Some("\"9\"")).await),
        "precondition_failed"
    );
    let reversed = shop
        .reverse_order(1, Some(&placed.etag))
        .await
        .expect("reversed");
    assert_eq!(reversed.value.status, OrderStatus::Reversed);
    assert!(reversed.value.reversed_at.is_some());
    // Twice, as after an answer that was lost.
    assert_eq!(
        shop.reverse_order(1, Some(&placed.etag)).await.as_ref(),
        Ok(&reversed)
    );
    assert_eq!(code(shop.reverse_order(2, None).await), "not_found");
    assert_eq!(app.stock(2).await, 1);

    shop.place_order(&one(2), None)
        .await
        .expect("there is one again");
    let query = OrdersQuery {
        sort: Some(OrderSort::Latest),
        status: Some(OrderStatus::Placed),
        product: Some(2),
        from: Some("2020-01-01T00:00:00Z".to_owned()),
        ..OrdersQuery::default()
    };
    let orders = shop.orders(&query).await.expect("a page").items;
    assert_eq!(orders.iter().map(|order| order.id).collect::<Vec<_>>(), [2]);

    let totals = shop.statistics().await.expect("figures").totals;
    assert_eq!(totals.len(), 1);
    assert_eq!((totals[0].orders_placed, totals[0].orders_reversed), (2, 1));
    assert_eq!((totals[0].revenue, totals[0].reversals), (2 * 1250, 1250));
    assert_eq!((totals[0].pieces_sold, totals[0].pieces_returned), (2, 1));
    assert_eq!(totals[0].average_order, Some(1250));
}

#[tokio::test]
async fn a_closed_shop_takes_no_orders_and_does_all_else() {
    let app = spawn_app().await;
    let shop = client(&app);
    assert!(shop.shop().await.expect("open").open);
    shop.place_order(&one(1), Some("before"))
        .await
        .expect("placed");
    let closed = shop.close_shop().await.expect("closed");
    assert_eq!(
        shop.close_shop().await.as_ref(),
        Ok(&closed),
        "closing twice is fine"
    );
    assert!(!closed.open);
    assert_eq!(code(shop.place_order(&one(1), None).await), "shop_closed");
    shop.place_order(&one(1), Some("before"))
        .await
        .expect("was placed");
    shop.reverse_order(1, None).await.expect("reversed");
    shop.ready().await.expect("ready");
    assert!(shop.open_shop().await.expect("open").open);
    shop.place_order(&one(1), None).await.expect("placed");
}

#[tokio::test]
async fn users_are_made_known_and_changed() {
    let app = spawn_app().await;
    let shop = client(&app);
    let new = NewUser {
        name: "Ada".to_owned(),
        roles: vec![Role::Shopper, Role::Staff],
    };
    let ada = shop.create_user(&new).await.expect("known");
    assert_eq!(ada.value.roles, [Role::Shopper, Role::Staff]);
    assert!(ada.value.enabled);
    assert_eq!(code(shop.create_user(&new).await), "name_taken");
    assert_eq!(shop.user(1).await.as_ref(), Ok(&ada));
    let patch = UserPatch {
        roles: Some(vec![]),
        enabled: Some(false),
    };
    let out = shop
        .change_user(1, &ada.etag, &patch)
        .await
        .expect("changed");
    assert_eq!(
        (out.value.enabled, out.value.roles.len(), out.value.version),
        (false, 0, 2)
    );
    assert_eq!(
        code(shop.change_user(1, &ada.etag, &patch).await),
        "precondition_failed"
    );
    let page = shop.users(None, Some(5)).await.expect("a page");
    assert_eq!((page.items, page.next), (vec![out.value], None));
}

#[tokio::test]
async fn what_comes_between_has_a_name() {
    let app = spawn_app().await;
    let shop = client(&app);
    assert!(matches!(
        shop.place_order(&one(1), Some("a\nb")).await,
        Err(Error::Request(_))
    ));
    let hasty = Options {
        timeout: Duration::from_millis(1),
        ..Options::default()
    };
    // It takes connections and never answers: a service may be faster than the shortest time limit.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", silent.local_addr().expect("bound"));
    let hasty = Client::new(&address, hasty).expect("a plain address");
    assert_eq!(hasty.ready().await, Err(Error::TimedOut));
    let small = Options {
        max_answer: 10,
        ..Options::default()
    };
    let small = Client::new(&format!("http://{}", app.addr), small).expect("a plain address");
    assert_eq!(
        small.product(1).await,
        Err(Error::Answer("it is too long".to_owned()))
    );
    app.store.close().await;
    assert_eq!(
        shop.ready().await.map_err(|error| error.to_string()),
        Err("HTTP 503 not_ready".to_owned())
    );
    let Err(Error::Problem(problem)) = shop.ready().await else {
        panic!("it is closed");
    };
    assert_eq!(problem.retry_after, Some(Duration::from_secs(1)));
}
