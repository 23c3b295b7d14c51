//! A bounded number of things that are dear to make, such as database connections.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::event::Operation;
use crate::guard::stay_on_the_stack;
use crate::recover;
use crate::resource::{Identity, ResourceId, ResourceKind};
use crate::semaphore::Closed;
use crate::semaphore::core::Core;
use crate::task::TaskId;

/// Makes a pool's items and tells which are still good.
///
/// An async closure that makes one is a manager, for items that do not break by themselves.
pub trait Manage: Send + Sync + 'static {
    /// What the pool holds.
    type Item: Send + 'static;
    /// Why none could be made.
    type Error: Error + Send + Sync + 'static;

    /// Makes an item.
    fn create(&self) -> impl Future<Output = Result<Self::Item, Self::Error>> + Send;

    /// Whether an item that has not been used for so long is still good: asked before it is given out. One that is not
    /// is dropped, and another one made.
    fn check(
        &self,
        item: &mut Self::Item,
        unused_for: Duration,
    ) -> impl Future<Output = bool> + Send {
        let _ = (item, unused_for);
        async { true }
    }

    /// Whether an item that comes back can be given out again, for example because no transaction is open in it. Must
    /// not block.
    fn keep(&self, item: &mut Self::Item) -> bool {
        let _ = item;
        true
    }
}

impl<F, Made, T, E> Manage for F
where
    F: Fn() -> Made + Send + Sync + 'static,
    Made: Future<Output = Result<T, E>> + Send,
    T: Send + 'static,
    E: Error + Send + Sync + 'static,
{
    type Item = T;
    type Error = E;

    fn create(&self) -> impl Future<Output = Result<T, E>> + Send {
        self()
    }
}

/// At most so many items, made when they are needed and used again.
///
/// Clones share the items. Whoever waited longest for one goes first; a wait may be given up by dropping it. The item
/// used last is given out first, so that those that are not needed stay unused.
///
/// ```
/// # use std::convert::Infallible;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sync::PoolError<Infallible>> {
/// let connect = || async { Ok::<_, Infallible>(String::from("connection")) };
/// let pool = sync::Pool::new("database", 2, connect);
///
/// let mut one = pool.get().await?;
/// one.push_str(" 1");
/// drop(one);
/// assert_eq!(*pool.get().await?, "connection 1", "the same one again");
/// assert_eq!(pool.status().created, 1);
/// # Ok(())
/// # }
/// ```
pub struct Pool<M: Manage> {
    shared: Arc<Shared<M>>,
}

struct Shared<M: Manage> {
    core: Core,
    manager: M,
    capacity: usize,
    items: Mutex<Items<M::Item>>,
}

struct Items<T> {
    unused: Vec<Unused<T>>,
    created: u64,
}

struct Unused<T> {
    item: T,
    since: Instant,
}

impl<M: Manage> Pool<M> {
    /// A pool of that name for at most `capacity` items; none is made yet.
    pub fn new(name: impl Into<Cow<'static, str>>, capacity: usize, manager: M) -> Self {
        let identity = Identity::new(ResourceKind::Pool, name.into(), Some(capacity));
        let items = Items {
            unused: Vec::new(),
            created: 0,
        };
        Self {
            shared: Arc::new(Shared {
                core: Core::new(identity, Operation::CheckOut, capacity),
                manager,
                capacity,
                items: Mutex::new(items),
            }),
        }
    }

    /// Checks an item out: one that is unused and still good, or a new one; waits while all are in use.
    ///
    /// # Errors
    /// The pool is closed, or a new item could not be made.
    pub async fn get(&self) -> Result<Pooled<M>, PoolError<M::Error>> {
        let shared = &self.shared;
        let holder = shared.core.acquire(1).await?;
        let mut pooled = Pooled {
            item: None,
            broken: false,
            holder,
            pool: Arc::clone(shared),
        };
        while let Some(Unused { mut item, since }) = shared.take() {
            if shared.manager.check(&mut item, since.elapsed()).await {
                pooled.item = Some(item);
                return Ok(pooled);
            }
        }
        let item = shared.manager.create().await.map_err(PoolError::Create)?;
        recover(shared.items.lock()).created += 1;
        pooled.item = Some(item);
        Ok(pooled)
    }

    /// Closes the pool: whoever waits, or wants an item later, gets [`PoolError::Closed`]; unused items are dropped now,
    /// the others when they come back.
    pub fn close(&self) {
        self.shared.core.close();
        let unused = std::mem::take(&mut recover(self.shared.items.lock()).unused);
        drop(unused);
    }

    /// True once it is closed.
    pub fn is_closed(&self) -> bool {
        self.shared.core.is_closed()
    }

    /// How much of it is in use.
    pub fn status(&self) -> PoolStatus {
        let core = &self.shared.core;
        let (waiting, free) = (core.waiting(), core.available());
        let items = recover(self.shared.items.lock());
        PoolStatus {
            capacity: self.shared.capacity,
            in_use: self.shared.capacity.saturating_sub(free),
            unused: items.unused.len(),
            waiting,
            created: items.created,
        }
    }

    /// Its identity in [`Event`](crate::Event)s.
    pub fn id(&self) -> ResourceId {
        self.shared.core.identity.id()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.core.identity.name
    }
}

impl<M: Manage> Clone for Pool<M> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<M: Manage> fmt::Debug for Pool<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

impl<M: Manage> Shared<M> {
    fn take(&self) -> Option<Unused<M::Item>> {
        recover(self.items.lock()).unused.pop()
    }

    /// Keeps an item for the next one; gives it back if the pool is closed.
    fn put(&self, item: M::Item) -> Option<M::Item> {
        let mut items = recover(self.items.lock());
        // Asked under the lock: what is put here before the close is dropped by it.
        if self.core.is_closed() {
            return Some(item);
        }
        items.unused.push(Unused {
            item,
            since: Instant::now(),
        });
        None
    }
}

/// How much of a [`Pool`] is in use: a moment's numbers, each right for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// How many items there may be.
    pub capacity: usize,
    /// How many are checked out, or being made or checked.
    pub in_use: usize,
    /// How many lie in the pool.
    pub unused: usize,
    /// How many tasks wait for one.
    pub waiting: usize,
    /// How many have been made since the pool was.
    pub created: u64,
}

/// Why there is no item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError<E: Error> {
    /// The pool is closed.
    #[error("the pool is closed")]
    Closed,
    /// A new one could not be made.
    #[error("a pool's new item could not be made: {0}")]
    Create(#[source] E),
}

impl<E: Error> From<Closed> for PoolError<E> {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

/// An item that is checked out; goes back when dropped. One that is dropped by a panic is not used again.
#[must_use = "the item goes back at once if it is not kept"]
pub struct Pooled<M: Manage> {
    /// None while it is being made, and once it was taken out.
    item: Option<M::Item>,
    broken: bool,
    holder: Option<TaskId>,
    pool: Arc<Shared<M>>,
}

impl<M: Manage> Pooled<M> {
    /// Says that it is not to be used again: when it comes back it is dropped, and another one made when needed.
    pub fn mark_broken(&mut self) {
        self.broken = true;
    }

    /// Takes the item out of the pool for good; another one may be made in its place.
    ///
    /// # Panics
    /// Never: an item that was given out is there.
    pub fn detach(mut self) -> M::Item {
        self.item.take().expect(HERE)
    }
}

/// Items are missing only before they are given out and after they went.
const HERE: &str = "an item that was given out is there";

impl<M: Manage> Drop for Pooled<M> {
    fn drop(&mut self) {
        let broken = self.broken || std::thread::panicking();
        if let Some(mut item) = self.item.take()
            && !broken
            && self.pool.manager.keep(&mut item)
        {
            drop(self.pool.put(item));
        }
        // Only now, so that whoever waits finds it.
        self.pool.core.release(1, self.holder);
        stay_on_the_stack();
    }
}

impl<M: Manage> Deref for Pooled<M> {
    type Target = M::Item;

    fn deref(&self) -> &M::Item {
        self.item.as_ref().expect(HERE)
    }
}

impl<M: Manage> DerefMut for Pooled<M> {
    fn deref_mut(&mut self) -> &mut M::Item {
        self.item.as_mut().expect(HERE)
    }
}

impl<M: Manage<Item: fmt::Debug>> fmt::Debug for Pooled<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.item.fmt(f)
    }
}
