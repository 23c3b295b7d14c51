//! Users.

use std::time::SystemTime;

use types::{StoreError, UserId, UserName, Version};
use user::{Change, ChangeError, CreateError, NewUser, User};

/// In the order of their ids, which count from 1.
#[derive(Debug, Default)]
pub(super) struct People(Vec<User>);

impl People {
    pub(super) fn get(&self, id: UserId) -> Option<&User> {
        self.0.get(place(id))
    }

    pub(super) fn named(&self, name: &UserName) -> Option<&User> {
        self.0.iter().find(|user| user.name == *name)
    }

    pub(super) fn list(&self, after: Option<UserId>, count: usize) -> Vec<User> {
        let from = after.map_or(0, |id| place(id) + 1);
        self.0.iter().skip(from).take(count).cloned().collect()
    }

    pub(super) fn create(&mut self, new: NewUser, at: SystemTime) -> Result<User, CreateError> {
        if self.named(&new.name).is_some() {
            return Err(CreateError::NameTaken);
        }
        let user = User {
            id: UserId::new(self.0.len() as i64 + 1).map_err(StoreError::failed)?,
            name: new.name,
            roles: new.roles,
            enabled: true,
            created_at: at,
            version: Version::FIRST,
        };
        self.0.push(user.clone());
        Ok(user)
    }

    pub(super) fn change(
        &mut self,
        id: UserId,
        expected: Option<Version>,
        change: Change,
    ) -> Result<User, ChangeError> {
        let user = self.0.get_mut(place(id)).ok_or(ChangeError::Missing)?;
        *user = change.apply(user.clone(), expected)?;
        Ok(user.clone())
    }
}

fn place(id: UserId) -> usize {
    id.get() as usize - 1
}
