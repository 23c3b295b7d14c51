//! The stock of all products, in one map for everybody: the same two operations, five ways to guard them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use dashmap::DashMap;
use lab_kit::busy;

/// How many shards a sharded map has.
pub(crate) const SHARDS: usize = 16;

/// How many pieces there are of each product.
pub(crate) trait Stock: Send + Sync {
    /// Looks a product up. The work is what its reader does before it lets go.
    fn look(&self, product: u64, work: Duration) -> u64;
    /// Adds a piece, to a new product too.
    fn add(&self, product: u64, work: Duration);
}

/// A lock that one at a time has: std's, where time is measured, or one with a name, where a picture is taken.
pub(crate) trait Lock: Send + Sync {
    fn with<R>(&self, act: impl FnOnce(&mut HashMap<u64, u64>) -> R) -> R;
}

impl Lock for Mutex<HashMap<u64, u64>> {
    fn with<R>(&self, act: impl FnOnce(&mut HashMap<u64, u64>) -> R) -> R {
        act(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lock for sync::Mutex<HashMap<u64, u64>> {
    fn with<R>(&self, act: impl FnOnce(&mut HashMap<u64, u64>) -> R) -> R {
        act(&mut self.lock())
    }
}

/// One lock around everything.
pub(crate) struct Whole<L>(pub(crate) L);

impl<L: Lock> Stock for Whole<L> {
    fn look(&self, product: u64, work: Duration) -> u64 {
        self.0.with(|map| look(map, product, work))
    }

    fn add(&self, product: u64, work: Duration) {
        self.0.with(|map| add(map, product, work));
    }
}

/// A lock that many readers or one writer have.
pub(crate) struct Readers(pub(crate) RwLock<HashMap<u64, u64>>);

impl Stock for Readers {
    fn look(&self, product: u64, work: Duration) -> u64 {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        look(&map, product, work)
    }

    fn add(&self, product: u64, work: Duration) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        add(&mut map, product, work);
    }
}

/// The same with a name, for the picture.
pub(crate) struct NamedReaders(pub(crate) sync::RwLock<HashMap<u64, u64>>);

impl Stock for NamedReaders {
    fn look(&self, product: u64, work: Duration) -> u64 {
        look(&self.0.read(), product, work)
    }

    fn add(&self, product: u64, work: Duration) {
        add(&mut self.0.write(), product, work);
    }
}

// ANCHOR: sharded
/// Many small maps with a lock each. A product is always in the same.
pub(crate) struct Sharded<L> {
    shards: Vec<L>,
}

impl<L: Lock> Sharded<L> {
    fn shard(&self, product: u64) -> &L {
        // Well mixed, and cheap: the map inside hashes anew.
        let mixed = product.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &self.shards[(mixed >> 32) as usize % SHARDS]
    }
}
// ANCHOR_END: sharded

impl<L: Lock> Sharded<L> {
    pub(crate) fn new(lock: impl Fn(usize) -> L) -> Self {
        Self {
            shards: (0..SHARDS).map(lock).collect(),
        }
    }
}

impl<L: Lock> Stock for Sharded<L> {
    fn look(&self, product: u64, work: Duration) -> u64 {
        self.shard(product).with(|map| look(map, product, work))
    }

    fn add(&self, product: u64, work: Duration) {
        self.shard(product).with(|map| add(map, product, work));
    }
}

// ANCHOR: padded
/// A lock with no other in its line, nor in the one beside it, which
/// many processors fetch along.
#[repr(align(128))]
pub(crate) struct Padded<L>(pub(crate) L);
// ANCHOR_END: padded

impl<L: Lock> Lock for Padded<L> {
    fn with<R>(&self, act: impl FnOnce(&mut HashMap<u64, u64>) -> R) -> R {
        self.0.with(act)
    }
}

impl Stock for DashMap<u64, u64> {
    fn look(&self, product: u64, work: Duration) -> u64 {
        let pieces = self.get(&product).map_or(0, |entry| *entry);
        busy(work);
        pieces
    }

    fn add(&self, product: u64, work: Duration) {
        // The shard stays locked as long as the entry lives.
        let mut pieces = self.entry(product).or_insert(0);
        *pieces += 1;
        busy(work);
    }
}

fn look(map: &HashMap<u64, u64>, product: u64, work: Duration) -> u64 {
    let pieces = map.get(&product).copied().unwrap_or(0);
    busy(work);
    pieces
}

fn add(map: &mut HashMap<u64, u64>, product: u64, work: Duration) {
    *map.entry(product).or_insert(0) += 1;
    busy(work);
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mutex,
    RwLock,
    Packed,
    Sharded,
    DashMap,
}

impl Kind {
    pub(crate) const ALL: [Kind; 5] = [
        Kind::Mutex,
        Kind::RwLock,
        Kind::Packed,
        Kind::Sharded,
        Kind::DashMap,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Mutex => "mutex",
            Kind::RwLock => "rwlock",
            Kind::Packed => "shards, packed",
            Kind::Sharded => "shards",
            Kind::DashMap => "dashmap",
        }
    }

    /// An empty one, on the locks that services use.
    pub(crate) fn measured(self) -> Box<dyn Stock> {
        let lock = |_| Mutex::new(HashMap::new());
        match self {
            Kind::Mutex => Box::new(Whole(Mutex::new(HashMap::new()))),
            Kind::RwLock => Box::new(Readers(RwLock::new(HashMap::new()))),
            Kind::Packed => Box::new(Sharded::new(lock)),
            Kind::Sharded => Box::new(Sharded::new(|number| Padded(lock(number)))),
            Kind::DashMap => Box::new(DashMap::with_shard_amount(SHARDS)),
        }
    }

    /// An empty one on locks that tell who waits for whom; none where the locks are inside and tell nobody.
    pub(crate) fn seen(self) -> Option<Box<dyn Stock>> {
        match self {
            Kind::Mutex => Some(Box::new(Whole(sync::Mutex::new("map", HashMap::new())))),
            Kind::RwLock => Some(Box::new(NamedReaders(sync::RwLock::new(
                "map",
                HashMap::new(),
            )))),
            Kind::Packed | Kind::Sharded => Some(Box::new(Sharded::new(|number| {
                sync::Mutex::new(format!("shard {number}"), HashMap::new())
            }))),
            Kind::DashMap => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_them_is_a_map() {
        let all = Kind::ALL.into_iter();
        for stock in all
            .clone()
            .map(Kind::measured)
            .chain(all.filter_map(Kind::seen))
        {
            assert_eq!(stock.look(7, Duration::ZERO), 0);
            for product in 0..100 {
                stock.add(product % 10, Duration::ZERO);
            }
            assert_eq!(stock.look(7, Duration::ZERO), 10);
            assert_eq!(stock.look(10, Duration::ZERO), 0);
        }
    }

    #[test]
    fn no_update_is_lost_by_any() {
        for kind in Kind::ALL {
            let stock = kind.measured();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..1_000).for_each(|_| stock.add(1, Duration::ZERO)));
                }
            });
            assert_eq!(stock.look(1, Duration::ZERO), 4_000, "{}", kind.name());
        }
    }

    #[test]
    fn padded_locks_share_no_line_and_packed_ones_do() {
        assert_eq!(size_of::<Padded<Mutex<HashMap<u64, u64>>>>(), 128);
        assert!(!size_of::<Mutex<HashMap<u64, u64>>>().is_multiple_of(64));
    }
}
