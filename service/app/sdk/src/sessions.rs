//! Logging in and coming back.

use http::Method;
use http::header::HeaderValue;

use crate::models::{Credentials, NewPassword, Tokens};
use crate::{Client, Error};

impl Client {
    /// Begins a session.
    ///
    /// # Errors
    /// `invalid_credentials`, `too_many_requests`, or as always.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<Tokens, Error> {
        let request = self.ask(Method::POST, "/v1/login");
        let body = Credentials { name, password };
        request.json(&body, JSON).send().await?.json()
    }

    /// Goes on with a session. The token is used up, whatever comes: keep the one that is answered, and log in again if none is.
    ///
    /// # Errors
    /// `invalid_refresh_token`, or as always.
    pub async fn refresh(&self, token: &str) -> Result<Tokens, Error> {
        let request = self.ask(Method::POST, "/v1/refresh");
        request.json(&refresh(token), JSON).send().await?.json()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// As always.
    pub async fn log_out(&self, token: &str) -> Result<(), Error> {
        let request = self.ask(Method::POST, "/v1/logout");
        request.json(&refresh(token), JSON).send().await.map(drop)
    }

    /// Sets a user's password; `current` is needed by whoever is no admin.
    ///
    /// # Errors
    /// `forbidden`, `invalid_request`, or as always.
    pub async fn set_password(
        &self,
        user: i64,
        password: &str,
        current: Option<&str>,
    ) -> Result<(), Error> {
        let request = self.ask(Method::PUT, &format!("/v1/users/{user}/password"));
        let body = NewPassword { password, current };
        request.json(&body, JSON).send().await.map(drop)
    }

    /// The same client with another access token. It shares the connections.
    ///
    /// # Errors
    /// The text is no token.
    pub fn with_token(&self, access: &str) -> Result<Client, Error> {
        let header = HeaderValue::try_from(format!("Bearer {access}"));
        let mut header = header.map_err(|_| Error::Request("the token is none".to_owned()))?;
        header.set_sensitive(true);
        let mut client = self.clone();
        client.set_token(header);
        Ok(client)
    }
}

const JSON: &str = "application/json";

fn refresh(token: &str) -> serde_json::Value {
    serde_json::json!({"refresh_token": token})
}
