//! The shop domain: whether orders are taken.
//!
//! A closed shop rejects new orders. Those that are being placed when it closes are finished, and
//! everything else goes on: browsing, looking up, reversing. Whether the shop is open is kept by the
//! store and looked at in the transaction that places an order, so it holds for every process that
//! sells from the same store.

use std::time::SystemTime;

use types::StoreError;

/// Whether orders are taken, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shop {
    /// True while orders are taken.
    pub open: bool,
    /// When it was last opened or closed, to the millisecond.
    pub since: SystemTime,
}

/// Keeps whether the shop is open.
pub trait Store: Send + Sync {
    /// How it is now.
    fn shop(&self) -> impl Future<Output = Result<Shop, StoreError>> + Send;

    /// Opens or closes it. When this returns, it is on disk and no order is placed any more after a
    /// closing. If it is so already, nothing changes, `since` included.
    fn set_open(
        &self,
        open: bool,
        at: SystemTime,
    ) -> impl Future<Output = Result<Shop, StoreError>> + Send;
}

/// What can be done with the shop.
#[derive(Clone, Debug)]
pub struct Door<S> {
    store: S,
}

impl<S: Store> Door<S> {
    /// The door of the shop that `store` keeps.
    pub fn new(store: S) -> Door<S> {
        Door { store }
    }

    /// Whether orders are taken.
    ///
    /// # Errors
    /// The store's.
    pub async fn state(&self) -> Result<Shop, StoreError> {
        self.store.shop().await
    }

    /// Lets orders in. Fine if it is open already.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(&self, at: SystemTime) -> Result<Shop, StoreError> {
        self.store.set_open(true, at).await
    }

    /// Lets no further order in. Fine if it is closed already.
    ///
    /// # Errors
    /// The store's.
    pub async fn close(&self, at: SystemTime) -> Result<Shop, StoreError> {
        self.store.set_open(false, at).await
    }
}
