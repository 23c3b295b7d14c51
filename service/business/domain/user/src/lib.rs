//! The user domain: who may do what in the shop.
//!
//! A user has a name and roles. What each role may do is decided where requests come in; this
//! domain keeps who has which. There are no passwords: tokens are issued apart.
//!
//! Layout:
//! - [`model`]: a user, before and after they are known
//! - [`role`]: the roles
//! - [`store`]: what this domain asks of a store

pub mod model;
pub mod role;
pub mod store;

pub use model::{Change, NewUser, User};
pub use role::{Role, Roles, UnknownRole};
pub use store::{ChangeError, CreateError, Store};

use std::time::SystemTime;

use types::{Page, PageLimit, StoreError, UserId, UserName, Version};

/// What can be done with users.
#[derive(Clone, Debug)]
pub struct Users<S> {
    store: S,
}

impl<S: Store> Users<S> {
    /// Users kept in `store`.
    pub fn new(store: S) -> Users<S> {
        Users { store }
    }

    /// Makes a user known.
    ///
    /// # Errors
    /// The name is taken, or the store failed.
    pub async fn create(&self, user: NewUser, at: SystemTime) -> Result<User, CreateError> {
        self.store.create_user(user, at).await
    }

    /// The user with this id, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn get(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.store.user(id).await
    }

    /// The user with this name, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn named(&self, name: UserName) -> Result<Option<User>, StoreError> {
        self.store.user_named(name).await
    }

    /// The page of users that follows user `after` (or starts with the first), by ascending id.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        after: Option<UserId>,
        limit: PageLimit,
    ) -> Result<Page<User, UserId>, StoreError> {
        // One more than the page holds tells whether there is a next one.
        let items = self.store.users(after, limit.get() + 1).await?;
        Ok(Page::cut(items, limit, |user| user.id))
    }

    /// Changes a user.
    ///
    /// # Errors
    /// There is no such user, another version was expected, or the store failed.
    pub async fn change(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: Change,
    ) -> Result<User, ChangeError> {
        self.store.change_user(id, expected, change).await
    }
}
