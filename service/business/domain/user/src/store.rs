//! What this domain asks of a store.

use std::time::SystemTime;

use thiserror::Error;
use types::{Stale, StoreError, UserId, UserName, Version};

use crate::{Change, NewUser, User};

/// Keeps users.
pub trait Store: Send + Sync {
    /// Keeps a new user. When this returns them, they are on disk.
    fn create_user(
        &self,
        user: NewUser,
        at: SystemTime,
    ) -> impl Future<Output = Result<User, CreateError>> + Send;

    /// The user with this id, if there is one.
    fn user(&self, id: UserId) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;

    /// The user with this name, if there is one.
    fn user_named(
        &self,
        name: UserName,
    ) -> impl Future<Output = Result<Option<User>, StoreError>> + Send;

    /// At most `count` users with an id above `after` (from the first if `None`), by ascending id.
    fn users(
        &self,
        after: Option<UserId>,
        count: usize,
    ) -> impl Future<Output = Result<Vec<User>, StoreError>> + Send;

    /// Applies the change ([`Change::apply`]) in one transaction that is on disk before this
    /// returns.
    fn change_user(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: Change,
    ) -> impl Future<Output = Result<User, ChangeError>> + Send;
}

/// Why a user was not made known.
#[derive(Clone, Debug, Error)]
pub enum CreateError {
    /// Somebody else is called so.
    #[error("there is another user with this name")]
    NameTaken,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a user was not changed.
#[derive(Clone, Debug, Error)]
pub enum ChangeError {
    /// There is no such user.
    #[error("there is no such user")]
    Missing,
    /// Somebody else changed them first.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
