//! The channel under real concurrency.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sync::{Receiver, Sender, channel};
use tokio::task::yield_now;

const PRODUCERS: u64 = 8;
const CONSUMERS: usize = 8;
const EACH: u64 = 2_000;

type Received = Arc<Mutex<Vec<u64>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_value_arrives_once() {
    for capacity in [0, 1, 7] {
        let received = run(capacity, produce, consume).await;
        assert_eq!(
            received,
            (0..PRODUCERS * EACH).collect::<Vec<_>>(),
            "capacity {capacity}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_value_arrives_once_although_everyone_keeps_giving_up() {
    for capacity in [0, 1, 7] {
        let received = run(capacity, produce_impatiently, consume_impatiently).await;
        assert_eq!(
            received,
            (0..PRODUCERS * EACH).collect::<Vec<_>>(),
            "capacity {capacity}"
        );
    }
}

/// All values that the consumers received, sorted.
async fn run<P, C>(
    capacity: usize,
    produce: fn(Sender<u64>, u64) -> P,
    consume: fn(Receiver<u64>, Received) -> C,
) -> Vec<u64>
where
    P: Future<Output = ()> + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = channel("load", capacity);
    let received = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for producer in 0..PRODUCERS {
        tasks.push(sync::spawn("producer", produce(sender.clone(), producer)));
    }
    for _ in 0..CONSUMERS {
        tasks.push(sync::spawn(
            "consumer",
            consume(receiver.clone(), Arc::clone(&received)),
        ));
    }
    drop((sender, receiver));
    for task in tasks {
        task.await.expect("no task panics");
    }
    let mut received = received.lock().expect("no task panics").clone();
    received.sort_unstable();
    received
}

async fn produce(sender: Sender<u64>, producer: u64) {
    for value in 0..EACH {
        sender
            .send(producer * EACH + value)
            .await
            .expect("there are consumers");
    }
}

async fn consume(receiver: Receiver<u64>, received: Received) {
    while let Some(value) = receiver.recv().await {
        received.lock().expect("no task panics").push(value);
    }
}

/// Gives a send up after a yield or a few, and tries again with the value that comes back.
async fn produce_impatiently(sender: Sender<u64>, producer: u64) {
    for value in 0..EACH {
        let mut unsent = Some(producer * EACH + value);
        let mut patience = value % 5;
        while let Some(value) = unsent.take() {
            let mut send = sender.send(value);
            tokio::select! {
                biased;
                sent = &mut send => sent.expect("there are consumers"),
                () = yields(patience) => unsent = send.cancel(),
            }
            patience += 1;
        }
    }
}

async fn consume_impatiently(receiver: Receiver<u64>, received: Received) {
    let mut patience = 0;
    loop {
        patience = (patience + 1) % 5;
        let value = tokio::select! {
            biased;
            value = receiver.recv() => value,
            () = yields(patience) => continue,
        };
        let Some(value) = value else { return };
        received.lock().expect("no task panics").push(value);
    }
}

async fn yields(count: u64) {
    for _ in 0..count {
        yield_now().await;
    }
}

/// A task whose channel is always ready still lets others run: there is a budget, as with tokio's own channels.
#[tokio::test(flavor = "current_thread")]
async fn a_busy_channel_does_not_starve_other_tasks() {
    const ROUNDS: usize = 10_000;
    let (sender, receiver) = channel("busy", ROUNDS);
    for direction in ["in", "out"] {
        let others_ran = Arc::new(AtomicBool::new(false));
        let raise = Arc::clone(&others_ran);
        sync::spawn("other", async move { raise.store(true, Ordering::Relaxed) });
        for round in 0..ROUNDS {
            if direction == "in" {
                sender.send(round).await.expect("the receiver is here");
            } else {
                assert_eq!(receiver.recv().await, Some(round));
            }
        }
        assert!(
            others_ran.load(Ordering::Relaxed),
            "the other task never ran on the way {direction}"
        );
    }
}
