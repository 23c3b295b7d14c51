//! A relay between a debug listener and who asks it, which counts what goes through.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A relay at work, until it is dropped.
pub(super) struct Between {
    pub(super) address: SocketAddr,
    counts: Arc<Counters>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Counters {
    bytes: AtomicU64,
    requests: AtomicU64,
    profiles: AtomicU64,
}

/// What has gone through so far.
pub(super) struct Counts {
    pub(super) bytes: u64,
    pub(super) requests: u64,
    /// Of these, for a CPU profile.
    pub(super) profiles: u64,
}

impl Between {
    pub(super) async fn start(target: SocketAddr) -> io::Result<Between> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counters::default());
        let counted = Arc::clone(&counts);
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                // How a connection ends is its two ends' business.
                tokio::spawn(async move { drop(relay(near, target, counted).await) });
            }
        });
        Ok(Between {
            address,
            counts,
            accepting,
        })
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            bytes: self.counts.bytes.load(Ordering::Relaxed),
            requests: self.counts.requests.load(Ordering::Relaxed),
            profiles: self.counts.profiles.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn relay(near: TcpStream, target: SocketAddr, counts: Arc<Counters>) -> io::Result<()> {
    let far = TcpStream::connect(target).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    let there = pour(from_near, to_far, &counts, true);
    let back = pour(from_far, to_near, &counts, false);
    tokio::try_join!(there, back).map(drop)
}

/// One direction. A client sends its next request when it has the answer, so a piece that begins like one is one.
async fn pour(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    counts: &Counters,
    asks: bool,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        let piece = &buffer[..length];
        counts.bytes.fetch_add(length as u64, Ordering::Relaxed);
        if asks && (piece.starts_with(b"GET ") || piece.starts_with(b"POST ")) {
            counts.requests.fetch_add(1, Ordering::Relaxed);
            let profile = u64::from(piece.starts_with(b"GET /debug/pprof/profile"));
            counts.profiles.fetch_add(profile, Ordering::Relaxed);
        }
        to.write_all(piece).await?;
    }
}
