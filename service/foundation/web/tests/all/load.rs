//! More requests than can be served: who waits, who is refused, and what is left for those who are served.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use expvar::{Map, Registry};
use futures_util::FutureExt;
use http::Method;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;
use web::{Capacity, Config, Deadline, Gate, Priority, Shed};

use crate::support::{Api, request};

const MS: Duration = Duration::from_millis(1);

fn capacity(concurrency: usize, queue: usize) -> Capacity {
    Capacity {
        concurrency,
        queue,
        target: 5 * MS,
        interval: 100 * MS,
        patience: 500 * MS,
    }
}

fn gate(capacity: Capacity) -> Gate {
    Gate::new(capacity, &Map::default()).expect("free names")
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

#[tokio::test(start_paused = true)]
async fn those_who_find_no_place_wait_and_come_in_by_priority_and_age() {
    let gate = gate(capacity(1, 10));
    let inside = gate.enter(Priority::Low, soon()).await.expect("free");
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut waiting = JoinSet::new();
    for (name, priority) in [
        ("low 1", Priority::Low),
        ("high 1", Priority::High),
        ("low 2", Priority::Low),
        ("high 2", Priority::High),
    ] {
        let (gate, order) = (gate.clone(), Arc::clone(&order));
        waiting.spawn(async move {
            let permit = gate.enter(priority, soon()).await.expect("in the end");
            order.lock().expect("no panic").push(name);
            drop(permit);
        });
        tokio::task::yield_now().await;
    }
    drop(gate.enter(Priority::Vital, soon()).await.expect("always"));
    assert!(order.lock().expect("no panic").is_empty());
    drop(inside);
    waiting.join_all().await;
    let order = order.lock().expect("no panic");
    assert_eq!(*order, ["high 1", "high 2", "low 1", "low 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_once_and_the_low_make_room_for_the_high() {
    let gate = gate(capacity(1, 1));
    let _inside = gate.enter(Priority::Low, soon()).await.expect("free");
    let mut low = Box::pin(gate.enter(Priority::Low, soon()));
    assert!((&mut low).now_or_never().is_none());
    let refused = gate.enter(Priority::Low, soon()).now_or_never();
    assert_eq!(refused.expect("at once").err(), Some(Shed::Full));

    let mut high = Box::pin(gate.enter(Priority::High, soon()));
    assert!((&mut high).now_or_never().is_none());
    assert_eq!(low.await.err(), Some(Shed::Displaced));
    let refused = gate.enter(Priority::High, soon()).now_or_never();
    assert_eq!(refused.expect("at once").err(), Some(Shed::Full));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_its_patience_or_its_deadline() {
    let gate = gate(capacity(1, 10));
    let _inside = gate.enter(Priority::High, soon()).await.expect("free");
    for (deadline, why, waited) in [
        (1000, Shed::Waited, 500),
        (200, Shed::Late, 200),
        (0, Shed::Late, 0),
    ] {
        let started = Instant::now();
        let deadline = Deadline::after(deadline * MS);
        let refused = gate.enter(Priority::High, deadline).await;
        assert_eq!(refused.err(), Some(why));
        assert_eq!(started.elapsed().as_millis(), waited);
    }
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_served_before_its_deadline_is_refused_before_it_waits() {
    let gate = gate(Capacity {
        target: Duration::from_secs(1),
        ..capacity(1, 100)
    });
    let mut inside = JoinSet::new();
    for _ in 0..10 {
        let gate = gate.clone();
        inside.spawn(async move {
            let _permit = gate.enter(Priority::High, soon()).await.expect("in time");
            tokio::time::sleep(20 * MS).await;
        });
    }
    // By then it is known how fast the queue moves; six wait still, for 20 ms each.
    tokio::time::sleep(70 * MS).await;
    let too_soon = Deadline::after(100 * MS);
    let refused = gate.enter(Priority::High, too_soon).now_or_never();
    assert_eq!(refused.expect("at once").err(), Some(Shed::Late));
    let far = Deadline::after(300 * MS);
    drop(gate.enter(Priority::High, far).await.expect("in time"));
    inside.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_leaves_no_trace() {
    let variables = Registry::new();
    let map = variables.map("overload").expect("a free name");
    let gate = Gate::new(capacity(1, 2), &map).expect("free names");
    let read = |name: &str| crate::support::variable(&variables, &format!("overload.{name}"));
    let inside = gate.enter(Priority::High, soon()).await.expect("free");
    let mut gone = Box::pin(gate.enter(Priority::High, soon()));
    let mut next = Box::pin(gate.enter(Priority::High, soon()));
    assert!((&mut gone).now_or_never().is_none());
    assert!((&mut next).now_or_never().is_none());
    assert_eq!((read("running"), read("waiting")), ("1".into(), "2".into()));
    drop(gone);
    assert_eq!(read("waiting"), "1");
    // The place is given to the next one, which leaves before it knows.
    drop(inside);
    assert_eq!((read("running"), read("waiting")), ("1".into(), "0".into()));
    drop(next);
    assert_eq!(read("running"), "0");
    drop(gate.enter(Priority::Low, soon()).await.expect("free again"));
}

/// What comes of so many requests a second, for five seconds after one that does not count.
struct Outcome {
    /// Answered with success, a second.
    goodput: f64,
    /// Milliseconds within which 99 of 100 of these were answered.
    p99: f64,
    refused: usize,
    most_waiting: usize,
}

const TICKETS: usize = 8;
const WORK: Duration = Duration::from_millis(5);
const QUEUE: usize = 64;

/// Random arrivals at a handler that holds a ticket for 5 ms.
async fn offer(times_capacity: f64) -> Outcome {
    let routes = Router::new().route("/v1/process", get(async || tokio::time::sleep(WORK).await));
    let api = Api::new(routes, Config::default(), |onion, variables| {
        let map = variables.map("overload").expect("a free name");
        // Twice the time of the work is what a burst may cost.
        let capacity = Capacity {
            patience: 2 * WORK,
            ..capacity(TICKETS, QUEUE)
        };
        let gate = Gate::new(capacity, &map).expect("free names");
        onion.limit_load(gate, |_, _| Priority::High)
    });
    let answers = Arc::new(std::sync::Mutex::new(Vec::new()));
    let refused = Arc::new(AtomicUsize::new(0));
    let per_ms = times_capacity * TICKETS as f64 / WORK.as_millis() as f64;
    let mut random = 1_u64;
    let mut most_waiting = 0;
    for millisecond in 0..6_000 {
        for _ in 0..poisson(per_ms, &mut random) {
            let (router, answers, refused) = (
                api.router.clone(),
                Arc::clone(&answers),
                Arc::clone(&refused),
            );
            tokio::spawn(async move {
                let started = Instant::now();
                let answer = router
                    .oneshot(request(Method::GET, "/v1/process", ""))
                    .await;
                let answer = answer.expect("a router does not fail");
                if millisecond < 1_000 {
                } else if answer.status() == 200 {
                    answers.lock().expect("no panic").push(started.elapsed());
                } else {
                    assert_eq!(answer.status(), 503);
                    assert_eq!(answer.headers()["retry-after"], "1");
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        if millisecond % 100 == 0 {
            let waiting: f64 = api.variable("overload.waiting").parse().expect("a number");
            most_waiting = most_waiting.max(waiting as usize);
        }
        tokio::time::sleep(MS).await;
    }
    let mut answers = std::mem::take(&mut *answers.lock().expect("no panic"));
    answers.sort_unstable();
    Outcome {
        goodput: answers.len() as f64 / 5.0,
        p99: answers[answers.len() * 99 / 100].as_secs_f64() * 1e3,
        refused: refused.load(Ordering::Relaxed),
        most_waiting,
    }
}

/// How many of a kind that comes so often on average (Knuth's method, by its products).
fn poisson(mean: f64, random: &mut u64) -> usize {
    let mut product = 1.0;
    for count in 0.. {
        *random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        product *= (*random >> 11) as f64 / (1_u64 << 53) as f64;
        if product < (-mean).exp() {
            return count;
        }
    }
    unreachable!("products of numbers below one end below any other")
}

#[tokio::test(start_paused = true)]
async fn ten_times_as_much_as_can_be_done_leaves_as_much_done_and_as_fast() {
    let calm = offer(0.8).await;
    assert_eq!(calm.refused, 0, "at 80 % everybody is served");
    let mut loads = Vec::new();
    for times in [1.0, 1.2, 2.0, 5.0, 10.0] {
        loads.push((times, offer(times).await));
    }
    let peak = loads
        .iter()
        .map(|(_, load)| load.goodput)
        .fold(0.0, f64::max);
    for (times, load) in loads {
        let share = if times > 5.0 { 0.9 } else { 0.95 };
        assert!(
            load.goodput >= share * peak,
            "{times} times: {} of {peak} a second",
            load.goodput
        );
        assert!(
            load.p99 <= 2.0 * calm.p99,
            "{times} times: {} ms, {} ms when calm",
            load.p99,
            calm.p99
        );
        assert!(load.most_waiting <= QUEUE);
    }
}
