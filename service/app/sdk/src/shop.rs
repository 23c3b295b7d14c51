//! The shop's door, its figures and its health.

use http::Method;

use crate::{Client, Error, Shop, Statistics};

impl Client {
    /// Whether orders are taken.
    ///
    /// # Errors
    /// The service's, or what comes between.
    pub async fn shop(&self) -> Result<Shop, Error> {
        self.get("/v1/shop").await
    }

    /// Takes no further orders. Fine if it is closed already.
    ///
    /// # Errors
    /// The service's, or what comes between.
    pub async fn close_shop(&self) -> Result<Shop, Error> {
        self.ask(Method::POST, "/v1/shop/close")
            .send()
            .await?
            .json()
    }

    /// Takes orders again. Fine if it is open already.
    ///
    /// # Errors
    /// The service's, or what comes between.
    pub async fn open_shop(&self) -> Result<Shop, Error> {
        self.ask(Method::POST, "/v1/shop/open").send().await?.json()
    }

    /// What was sold.
    ///
    /// # Errors
    /// The service's, or what comes between.
    pub async fn statistics(&self) -> Result<Statistics, Error> {
        self.get("/v1/statistics").await
    }

    /// Whether the service says that it can work.
    ///
    /// # Errors
    /// `not_ready`, or as always.
    pub async fn ready(&self) -> Result<(), Error> {
        self.ask(Method::GET, "/v1/readiness")
            .send()
            .await
            .map(|_| ())
    }
}
