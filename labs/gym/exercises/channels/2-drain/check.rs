//! What closing promises.

use super::exercise::close;
use gym::sync::mpsc;
use gym::{Check, expect, note, task};

/// The cases.
pub fn check() -> Check {
    Check::new()
        .case("what lies on the shelf is packed", shelf)
        .when_stuck("The writer is at home, and `close` still waits for orders.")
        .case("what was accepted is packed", accepted)
        .when_stuck("`close` waits for a writer, or a writer for `close`. Whoever is refused goes on.")
        .case("writers may stay", stays)
        .when_stuck(
            "The writer keeps its sender, so the channel never closes by itself, and `recv` waits for the next order. The \
             receiver has to close it.",
        )
}

async fn shelf() {
    let (orders, shelf) = mpsc::channel(4);
    let sent = [orders.send(1).await, orders.send(2).await];
    expect(
        sent == [Ok(()), Ok(())],
        "there is room for two",
        || format!("{sent:?}"),
        "",
    );
    drop(orders);
    let packed = close(shelf).await;
    expect(
        packed == [1, 2],
        "orders 1 and 2 are packed, in this order",
        || format!("packed: {packed:?}"),
        "They lay on the shelf when the shop closed.",
    );
}

async fn accepted() {
    let (orders, shelf) = mpsc::channel(2);
    let writer = task::spawn_named("writer", async move {
        let mut accepted = Vec::new();
        for order in [1, 2] {
            if orders.send(order).await.is_ok() {
                note(format!("order {order} is accepted"));
                accepted.push(order);
            }
        }
        accepted
    });
    let packed = close(shelf).await;
    note(format!("has packed {packed:?}"));
    for accepted in task::join_all([writer]).await.into_iter().flatten() {
        for order in accepted {
            expect(
                packed.contains(&order),
                "every order whose `send` returned `Ok` is packed",
                || format!("order {order} was accepted and is not packed"),
                "It came after your last look at the shelf and before the channel was closed: the writer was told `Ok`, and \
                 the order was dropped with the receiver.",
            );
        }
    }
}

async fn stays() {
    let (orders, shelf) = mpsc::channel(2);
    let (home, night) = gym::sync::oneshot::channel::<()>();
    let writer = task::spawn_named("writer", async move {
        let sent = orders.send(1).await;
        // It goes home after the shop has closed.
        let _ = night.await;
        drop(orders);
        sent.is_ok()
    });
    let packed = close(shelf).await;
    note(format!("has packed {packed:?}"));
    let _ = home.send(());
    for accepted in task::join_all([writer]).await.into_iter().flatten() {
        expect(
            packed == if accepted { vec![1] } else { Vec::new() },
            "what was accepted is packed, and nothing else",
            || format!("accepted: {accepted}, packed: {packed:?}"),
            "Between your last look at the shelf and its end, an order was accepted.",
        );
    }
}
