//! What can befall a request, each effect a function with its name in the profiles.

use std::hint::black_box;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use http::StatusCode;
use sync::AsyncMutex;

/// After so much work others have their turn: it is a load, and no blocked worker.
const SLICE: Duration = Duration::from_millis(1);

/// Keeps a CPU busy, in slices.
pub async fn burn_cpu(time: Duration) {
    let mut left = time;
    while !left.is_zero() {
        let slice = left.min(SLICE);
        spin(slice);
        left -= slice;
        tokio::task::yield_now().await;
    }
}

#[inline(never)]
fn spin(time: Duration) {
    let began = Instant::now();
    let mut value = 1_u64;
    while began.elapsed() < time {
        for _ in 0..100 {
            value = black_box(
                value
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1),
            );
        }
    }
}

/// What must not be done in a handler: nothing else on this worker moves meanwhile.
#[inline(never)]
pub fn block_the_worker(time: Duration) {
    std::thread::sleep(time);
}

/// Holds the lock that all such requests want.
pub async fn hold_the_lock(lock: &AsyncMutex<()>, time: Duration) {
    let _held = lock.lock().await;
    tokio::time::sleep(time).await;
}

/// A response whose body fails before its head is sent: the connection ends without an answer. Variables and the log have
/// it as a 500.
pub fn no_answer() -> Response {
    let gone = io::Error::new(io::ErrorKind::ConnectionAborted, "chaos: no answer");
    let body = stream::once(std::future::ready(Err::<&'static str, _>(gone)));
    let mut response = Response::new(Body::from_stream(body));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// Memory that is taken and never given back.
#[derive(Debug, Default)]
pub struct Kept {
    blocks: Mutex<Vec<Vec<u8>>>,
}

impl Kept {
    /// More is never kept: it is to be seen, and not to end the machine.
    pub const MOST: usize = 256 * 1024 * 1024;

    /// How much it is.
    pub fn bytes(&self) -> usize {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.iter().map(Vec::len).sum()
    }

    /// Takes so much more; false if that is too much.
    pub fn keep(&self, bytes: usize) -> bool {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = blocks.iter().map(Vec::len).sum();
        if kept.saturating_add(bytes) > Self::MOST {
            return false;
        }
        // Zeros would be pages that nobody has touched.
        blocks.push(vec![1; bytes]);
        true
    }
}
