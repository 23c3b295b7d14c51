//! Events that nobody took.

use serde::{Deserialize, Serialize};
use types::{EventId, PageLimit};
use utoipa::{IntoParams, ToSchema};

use super::given::Param;
use super::{Selectable, time};
use crate::errors::Faults;

/// An event that was refused so often that it is not tried any more.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetter {
    id: i64,
    /// What happened.
    #[schema(example = "order.placed")]
    r#type: String,
    /// What it happened to. Later events of the same subject wait for this one.
    #[schema(example = "order/7")]
    subject: String,
    /// When it happened, as `2026-01-31T12:00:00.123Z`.
    #[schema(format = DateTime)]
    happened_at: String,
    /// How often it was refused.
    attempts: u32,
    /// Why, the last time.
    #[schema(example = "the answer was 422 Unprocessable Entity")]
    error: String,
}

impl Selectable for DeadLetter {
    const FIELDS: &'static [&'static str] =
        &["id", "type", "subject", "happened_at", "attempts", "error"];
}

impl From<event::DeadLetter> for DeadLetter {
    fn from(letter: event::DeadLetter) -> DeadLetter {
        let event = letter.event;
        let kind = event.news.kind;
        DeadLetter {
            id: event.id.get(),
            r#type: kind.name().to_owned(),
            subject: format!("{}/{}", kind.subject().name(), event.news.number),
            happened_at: time(event.news.at),
            attempts: event.attempts,
            error: letter.error,
        }
    }
}

/// How many dead letters are published again.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Requeued {
    /// So many.
    pub requeued: u64,
}

/// Which dead letters are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeadLettersQuery {
    /// The dead letters that follow this one; 0, or nothing, for the first page.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Param<i64>,
    /// How many at most.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Param<i64>,
    /// Only these fields of each, with commas between them.
    #[param(value_type = Option<String>, required = false, example = "id,error")]
    pub fields: Param<String>,
}

impl DeadLettersQuery {
    /// What is asked of the business; faults are noted.
    pub fn check(self, faults: &mut Faults) -> (Option<EventId>, PageLimit) {
        let after = super::after(self.after, faults, EventId::new);
        (after, super::limit(self.limit, faults))
    }
}
