//! What can be waited for: its kind, name and identity.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::event::Event;
use crate::observe::tell;

/// What kind of thing tasks wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResourceKind {
    /// A [`channel`](crate::channel()).
    Channel,
    /// A [`Mutex`](crate::Mutex).
    Mutex,
    /// An [`RwLock`](crate::RwLock).
    RwLock,
    /// An [`AsyncMutex`](crate::AsyncMutex).
    AsyncMutex,
    /// An [`AsyncRwLock`](crate::AsyncRwLock).
    AsyncRwLock,
    /// A [`Semaphore`](crate::Semaphore).
    Semaphore,
    /// A [`Pool`](crate::Pool).
    Pool,
}

impl ResourceKind {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Mutex => "mutex",
            Self::RwLock => "rwlock",
            Self::AsyncMutex => "async mutex",
            Self::AsyncRwLock => "async rwlock",
            Self::Semaphore => "semaphore",
            Self::Pool => "pool",
        }
    }

    /// True if whoever waits for it blocks its thread; otherwise the thread does other work meanwhile.
    pub fn blocks(self) -> bool {
        matches!(self, Self::Mutex | Self::RwLock)
    }
}

/// Identity of a resource, unique in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(u64);

impl ResourceId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The number behind it: counts from 1 in the order of creation.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who a resource is.
pub(crate) struct Identity {
    /// Given out at once, but for constants, which get theirs when they are first used.
    id: OnceLock<ResourceId>,
    pub(crate) kind: ResourceKind,
    pub(crate) name: Cow<'static, str>,
    capacity: Option<usize>,
}

impl Identity {
    pub(crate) fn new(
        kind: ResourceKind,
        name: Cow<'static, str>,
        capacity: Option<usize>,
    ) -> Self {
        let identity = Self {
            id: OnceLock::new(),
            kind,
            name,
            capacity,
        };
        identity.id();
        identity
    }

    pub(crate) const fn constant(kind: ResourceKind, name: &'static str) -> Self {
        Self {
            id: OnceLock::new(),
            kind,
            name: Cow::Borrowed(name),
            capacity: None,
        }
    }

    pub(crate) fn id(&self) -> ResourceId {
        *self.id.get_or_init(|| {
            let resource = ResourceId::next();
            tell(|| Event::ResourceCreated {
                resource,
                kind: self.kind,
                name: &self.name,
                capacity: self.capacity,
            });
            resource
        })
    }
}
