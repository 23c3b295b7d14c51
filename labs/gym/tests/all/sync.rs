//! tokio's locks, permits and signs.

use super::{explored, fault, options};
use gym::sync::{
    Barrier, CancellationToken, Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc,
    oneshot,
};
use gym::{Check, FaultKind, expect, note, select, task};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[test]
fn permits_limit_and_come_back() {
    let check = Check::new().case("at most one", || async {
        let (permits, inside) = (Arc::new(Semaphore::new(1)), Arc::new(AtomicUsize::new(0)));
        let tasks = [(); 3].map(|()| {
            let (permits, inside) = (Arc::clone(&permits), Arc::clone(&inside));
            task::spawn(async move {
                let _permit = permits.acquire_owned().await.expect("open");
                let others = inside.fetch_add(1, SeqCst);
                expect(others == 0, "one inside", || format!("{others} others"), "");
                task::yield_now().await;
                inside.fetch_sub(1, SeqCst);
            })
        });
        task::join_all(tasks).await;
        expect(permits.available_permits() == 1, "1", String::new, "");
        permits.try_acquire().expect("one is left").forget();
        permits.close();
        expect(permits.acquire().await.is_err(), "closed", String::new, "");
    });
    let said = explored(&check);
    assert!(said.starts_with("all "), "{said}");
}

#[test]
fn readers_share_and_writers_do_not() {
    let check = Check::new().case("read and write", || async {
        let price = Arc::new(RwLock::new(1));
        let writer = Arc::clone(&price);
        let writer = task::spawn_named("writer", async move { *writer.write().await += 1 });
        let (one, other) = (price.read().await, price.read().await);
        note("two read");
        expect(
            *one == *other,
            "the same",
            || format!("{one:?} {other:?}"),
            "",
        );
        drop((one, other));
        writer.await.expect("nobody aborts it");
    });
    let verdict = check.run(&options());
    // Fair: the second read waits behind the writer, which waits for the first.
    assert_eq!(fault(&verdict).0, FaultKind::Stuck);
}

#[test]
fn everybody_hears_a_broadcast_and_who_is_slow_misses_some() {
    let check = Check::new().case("two hear", || async {
        let (news, mut slow) = broadcast::channel(1);
        let mut quick = news.subscribe();
        let heard = task::spawn(async move { quick.recv().await });
        expect(
            news.send(1).is_ok_and(|receivers| receivers == 2) || news.receiver_count() == 1,
            "sent",
            String::new,
            "",
        );
        let _ = news.send(2);
        drop(news);
        let missed = slow.recv().await;
        expect(
            missed == Err(broadcast::RecvError::Lagged(1)),
            "one is missed",
            || format!("{missed:?}"),
            "",
        );
        let rest = (slow.recv().await, slow.recv().await);
        expect(
            rest == (Ok(2), Err(broadcast::RecvError::Closed)),
            "2, closed",
            || format!("{rest:?}"),
            "",
        );
        heard.await.expect("nobody aborts it").ok();
    });
    explored(&check);
}

#[test]
fn nobody_passes_a_barrier_alone_and_a_cell_is_set_once() {
    let check = Check::new().case("three meet", || async {
        let shared = Arc::new((Barrier::new(3), AtomicUsize::new(0), OnceCell::new()));
        let tasks = [1, 2, 3].map(|number| {
            let shared = Arc::clone(&shared);
            task::spawn(async move {
                shared.1.fetch_add(1, SeqCst);
                let leads = shared.0.wait().await.is_leader();
                expect(shared.1.load(SeqCst) == 3, "3", String::new, "");
                (leads, *shared.2.get_or_init(|| async { number }).await)
            })
        });
        let results: Vec<(bool, i32)> = task::join_all(tasks).await.into_iter().flatten().collect();
        let leaders = results.iter().filter(|result| result.0).count();
        expect(leaders == 1, "one leader", || leaders.to_string(), "");
        let same = results
            .iter()
            .all(|result| Some(&result.1) == shared.2.get());
        expect(same, "one value", || format!("{results:?}"), "");
    });
    explored(&check);
}

#[test]
fn a_sign_goes_to_children_and_not_to_parents() {
    let check = Check::new().case("cancel", || async {
        let shop = CancellationToken::new();
        let (counter, till) = (shop.child_token(), shop.child_token());
        let work = till.clone();
        let work = task::spawn_named("till", async move {
            work.run_until_cancelled(std::future::pending::<()>()).await
        });
        counter.cancel();
        let only = counter.is_cancelled() && !shop.is_cancelled() && !till.is_cancelled();
        expect(only, "only the counter", String::new, "");
        drop(shop.clone().drop_guard());
        counter.cancelled().await;
        shop.child_token().cancelled_owned().await;
        let ended = work.await.expect("nobody aborts it");
        expect(ended.is_none(), "ended by the sign", String::new, "");
    });
    let said = explored(&check);
    assert!(said.starts_with("all "), "{said}");
}

#[test]
fn who_looks_before_listening_misses_a_call_and_who_listens_first_does_not() {
    let check = |listens_first: bool| {
        Check::new().case("the call is heard", move || async move {
            let shop = Arc::new((Notify::new(), Mutex::new(false)));
            let owner = Arc::clone(&shop);
            let owner = task::spawn_named("owner", async move {
                *owner.1.lock().await = true;
                owner.0.notify_waiters();
            });
            if listens_first {
                let mut call = pin!(shop.0.notified());
                call.as_mut().enable();
                if !*shop.1.lock().await {
                    call.await;
                }
            } else if !*shop.1.lock().await {
                shop.0.notified().await;
            }
            owner.await.expect("nobody aborts it");
        })
    };
    explored(&check(true));
    let verdict = check(false).run(&options());
    let (kind, observed) = fault(&verdict);
    assert_eq!(kind, FaultKind::Stuck);
    assert!(
        observed.contains("main waits to be notified on the notify (line "),
        "{observed}"
    );
}

#[test]
fn room_can_be_reserved_and_channels_can_have_no_limit() {
    let check = Check::new().case("reserve", || async {
        let (orders, mut shelf) = mpsc::channel(1);
        let (notes, mut board) = mpsc::unbounded_channel();
        let writer = task::spawn(async move {
            let room = orders.reserve().await.expect("open");
            notes.send("room").expect("open");
            room.send(1);
            drop(orders.reserve().await);
        });
        let (answer, mut question) = oneshot::channel();
        expect(question.try_recv().is_err(), "empty", String::new, "");
        answer.send(2).expect("open");
        expect(question.try_recv() == Ok(2), "2", String::new, "");
        let mut seen = (None, None);
        while seen.0.is_none() || seen.1.is_none() {
            select! {
                order = shelf.recv(), if seen.0.is_none() => seen.0 = order,
                note = board.recv(), if seen.1.is_none() => seen.1 = note,
            }
        }
        writer.await.expect("nobody aborts it");
        expect(
            seen == (Some(1), Some("room")),
            "both",
            || format!("{seen:?}"),
            "",
        );
    });
    explored(&check);
}
