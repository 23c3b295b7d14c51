//! The shop on the locks that services use, and on threads: one run after the other.

use lab_kit::Latency;
use lab_kit::anyhow::Result;
use lab_kit::spawn;
use sync::AsyncMutex as Mutex;
use tokio::task::yield_now as pause;

#[allow(clippy::duplicate_mod, reason = "the same text, on other locks")]
#[path = "shop.rs"]
pub(crate) mod shop;

use shop::{Code, Shop};

/// Nobody draws these runs.
fn note(_text: impl FnOnce() -> String) {}

/// What many runs came to.
#[derive(Default)]
pub(crate) struct Seen {
    /// In how many of them more was sold than there was.
    pub(crate) oversold: u64,
    /// The most that was sold in one.
    pub(crate) most: u64,
}

/// Lets so many buyers in at once, so many times.
pub(crate) async fn run(
    runs: u64,
    buyers: usize,
    stock: i64,
    code: Code,
    latency: &Latency,
) -> Result<Seen> {
    let mut seen = Seen::default();
    for _ in 0..runs {
        let shop = Shop::new(stock, code);
        let mut people = Vec::with_capacity(buyers);
        for number in 1..=buyers {
            let (latency, buying) = (latency.clone(), shop.clone().buy());
            people.push(spawn(format!("buyer {number}"), async move {
                latency.time(buying).await
            }));
        }
        let mut sold = 0;
        for person in people {
            sold += u64::from(person.await?);
        }
        seen.most = seen.most.max(sold);
        seen.oversold += u64::from(sold > stock.unsigned_abs());
    }
    Ok(seen)
}
