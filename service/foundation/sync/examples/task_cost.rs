//! What a named task costs over one of tokio's: `cargo run -p sync --example task_cost`.

use std::hint::black_box;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, yield_now};

const ROUNDS: usize = 25;
const TASKS: usize = 20_000;
const POLLS: usize = 200_000;

type Arm = (&'static str, fn(&Runtime) -> f64);

fn main() {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime without drivers");
    let arms: [Arm; 4] = [
        ("spawn, tokio's", |runtime| {
            spawns(runtime, || drop(tokio::spawn(work())))
        }),
        ("spawn, named", |runtime| {
            spawns(runtime, || drop(sync::spawn("work", work())))
        }),
        ("poll, tokio's", |runtime| {
            polls(runtime, || tokio::spawn(yields()))
        }),
        ("poll, named", |runtime| {
            polls(runtime, || sync::spawn("yields", yields()))
        }),
    ];
    let mut times = vec![Vec::new(); arms.len()];
    for _ in 0..ROUNDS {
        for ((_, arm), times) in arms.iter().zip(&mut times) {
            times.push(arm(&runtime));
        }
    }
    for ((name, _), mut times) in arms.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        println!(
            "{name}: median {:.1} ns, least {:.1} ns of {ROUNDS} rounds",
            times[ROUNDS / 2],
            times[0]
        );
    }
}

async fn work() {
    black_box(std::future::ready(())).await;
}

async fn yields() {
    for _ in 0..POLLS {
        yield_now().await;
    }
}

/// Nanoseconds from the spawn of a task to its end, for each of many.
fn spawns(runtime: &Runtime, spawn: impl Fn()) -> f64 {
    let began = Instant::now();
    runtime.block_on(async {
        for _ in 0..TASKS {
            spawn();
        }
        yield_now().await;
    });
    began.elapsed().as_nanos() as f64 / TASKS as f64
}

/// Nanoseconds for each poll of one task.
fn polls(runtime: &Runtime, spawn: impl Fn() -> JoinHandle<()>) -> f64 {
    let began = Instant::now();
    runtime
        .block_on(async { spawn().await })
        .expect("it does not panic");
    began.elapsed().as_nanos() as f64 / POLLS as f64
}
