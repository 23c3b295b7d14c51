//! The shops of the programs, as they are.

use orders::{Books, Day, Order, Refused, TakesOrders, Till};
use sync::AsyncMutex;

/// A program's `main` is of no use here.
macro_rules! programs {
    ($($module:ident = $path:literal)*) => {$(
        #[path = $path]
        #[allow(dead_code, reason = "the lab uses the shop only")]
        mod $module;
    )*};
}

programs! {
    map = "bin/orders-01-map.rs"
    race = "bin/orders-02-race.rs"
    dashmap = "bin/orders-03-dashmap.rs"
    mutex = "bin/orders-04-mutex.rs"
    channel = "bin/orders-05-channel.rs"
    pool = "bin/orders-06-pool.rs"
    close = "bin/orders-09-close.rs"
    context = "bin/orders-10-context.rs"
}

/// What the table calls them.
pub(crate) const NAMES: [&str; 8] = [
    "in line", "2 locks", "dashmap", "1 lock", "clerk", "pool", "closing", "context",
];

/// One of them.
pub(crate) enum AnyShop {
    /// The first cannot be shared: the shoppers stand in line for it.
    Map(AsyncMutex<map::Shop>),
    Race(race::Shop),
    Dashmap(dashmap::Shop),
    Mutex(mutex::Shop),
    Channel(channel::Shop),
    Pool(pool::Shop),
    Close(close::Shop),
    Context(context::Shop),
}

impl AnyShop {
    /// The shop of that number opens.
    pub(crate) fn open(number: usize, day: Day, till: &Till) -> Self {
        match number {
            0 => Self::Map(AsyncMutex::new("shop", map::Shop::open(day, till))),
            1 => Self::Race(race::Shop::open(day, till)),
            2 => Self::Dashmap(dashmap::Shop::open(day, till)),
            3 => Self::Mutex(mutex::Shop::open(day, till)),
            4 => Self::Channel(channel::Shop::open(day, till)),
            5 => Self::Pool(pool::Shop::open(day, till)),
            6 => Self::Close(close::Shop::open(day, till)),
            _ => Self::Context(context::Shop::open(day, till)),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        NAMES[match self {
            Self::Map(_) => 0,
            Self::Race(_) => 1,
            Self::Dashmap(_) => 2,
            Self::Mutex(_) => 3,
            Self::Channel(_) => 4,
            Self::Pool(_) => 5,
            Self::Close(_) => 6,
            Self::Context(_) => 7,
        }]
    }

    /// True if somebody else than the shopper works on an order.
    pub(crate) fn hands_over(&self) -> bool {
        matches!(
            self,
            Self::Channel(_) | Self::Pool(_) | Self::Close(_) | Self::Context(_)
        )
    }

    /// Closes it, if it can be closed.
    pub(crate) async fn close(&self) {
        match self {
            Self::Close(shop) => shop.close().await,
            Self::Context(shop) => shop.close().await,
            _ => {}
        }
    }

    pub(crate) async fn books(&self) -> Books {
        match self {
            Self::Map(shop) => shop.lock().await.books(),
            Self::Race(shop) => shop.books(),
            Self::Dashmap(shop) => shop.books(),
            Self::Mutex(shop) => shop.books(),
            Self::Channel(shop) => shop.books().await,
            Self::Pool(shop) => shop.books(),
            Self::Close(shop) => shop.books(),
            Self::Context(shop) => shop.books(),
        }
    }
}

impl TakesOrders for AnyShop {
    async fn place(&self, order: Order) -> Result<usize, Refused> {
        match self {
            Self::Map(shop) => shop.lock().await.place(order).await,
            Self::Race(shop) => shop.place(order).await,
            Self::Dashmap(shop) => shop.place(order).await,
            Self::Mutex(shop) => shop.place(order).await,
            Self::Channel(shop) => shop.place(order).await,
            Self::Pool(shop) => shop.place(order).await,
            Self::Close(shop) => shop.place(order).await,
            Self::Context(shop) => shop.place(order).await,
        }
    }
}
