//! Where events go.

use std::time::Duration;

use super::file::File;
use super::form::Message;
use super::settings::{Address, Settings};
use super::signature::Secret;
use super::webhook::Webhook;

/// Where events go.
#[derive(Debug)]
pub enum Sink {
    /// To a consumer over HTTP.
    Webhook(Box<Webhook>),
    /// To a file, a line each.
    File(File),
}

/// How sending an event went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken.
    Taken,
    /// It was not, and that may be because of the event.
    Refused(String),
    /// Nobody was there to take any event.
    Unreachable {
        /// Why.
        why: String,
        /// How long they asked to be left alone.
        retry_after: Option<Duration>,
    },
}

/// A sink cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("--events: {0:#}")]
pub struct SinkError(anyhow::Error);

impl Sink {
    /// The sink of these settings, if they name one.
    ///
    /// # Errors
    /// The file cannot be written, or the secret cannot be read.
    pub fn open(settings: &Settings) -> Result<Option<Sink>, SinkError> {
        let Some(address) = &settings.sink else {
            return Ok(None);
        };
        let sink = match address {
            Address::File(path) => Sink::File(File::open(path).map_err(SinkError)?),
            Address::Webhook(uri) => {
                let secret = settings.secret.as_deref().map(Secret::read);
                let secret = secret.transpose().map_err(SinkError)?;
                let webhook = Webhook::new(uri.clone(), settings.timeout, secret);
                Sink::Webhook(Box::new(webhook))
            }
        };
        Ok(Some(sink))
    }

    /// Sends events of different subjects, and says of each how it went, in the same order.
    pub async fn send(&self, messages: &[Message]) -> Vec<Sent> {
        match self {
            Sink::Webhook(webhook) => webhook.send(messages).await,
            Sink::File(file) => file.append(messages).await,
        }
    }
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// How it went; `None` if it was not made, because nobody was there for another one.
    pub delivery: Option<Delivery>,
    /// How long it took.
    pub took: Duration,
}
