//! Users.

use http::Method;
use http::header::IF_MATCH;

use crate::client::path;
use crate::{Client, Error, NewUser, Page, Tagged, User, UserPatch};

impl Client {
    /// A page of users: those that follow user `after`, at most `limit`.
    ///
    /// # Errors
    /// The service's, or what comes between.
    pub async fn users(&self, after: Option<i64>, limit: Option<u32>) -> Result<Page<User>, Error> {
        let query = [
            ("after", after.map(|after| after.to_string())),
            ("limit", limit.map(|limit| limit.to_string())),
        ];
        self.get(&path("/v1/users", &query)).await
    }

    /// One user.
    ///
    /// # Errors
    /// `not_found`, or as always.
    pub async fn user(&self, id: i64) -> Result<Tagged<User>, Error> {
        let request = self.ask(Method::GET, &format!("/v1/users/{id}"));
        request.send().await?.tagged()
    }

    /// Makes a user known.
    ///
    /// # Errors
    /// `name_taken`, or as always.
    pub async fn create_user(&self, user: &NewUser) -> Result<Tagged<User>, Error> {
        let request = self.ask(Method::POST, "/v1/users");
        let answer = request.json(user, "application/json").send().await?;
        answer.tagged()
    }

    /// Changes what a user may do.
    ///
    /// # Errors
    /// `not_found`, `precondition_failed`, or as always.
    pub async fn change_user(
        &self,
        id: i64,
        etag: &str,
        patch: &UserPatch,
    ) -> Result<Tagged<User>, Error> {
        let request = self.ask(Method::PATCH, &format!("/v1/users/{id}"));
        let request = request.header(IF_MATCH, etag);
        let answer = request
            .json(patch, "application/merge-patch+json")
            .send()
            .await?;
        answer.tagged()
    }
}
