//! Who changed what.

use serde::{Deserialize, Serialize};
use types::{EntryId, PageLimit};
use utoipa::{IntoParams, ToSchema};

use super::given::Param;
use super::{Selectable, plain, time};
use crate::errors::Faults;

/// What somebody did, or tried to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entry {
    id: i64,
    /// As `2026-01-31T12:00:00.123Z`.
    #[schema(format = DateTime)]
    at: String,
    /// Whom the token was made out to; `anonymous` without one.
    subject: String,
    /// What, such as `product.create`.
    action: String,
    /// To what, such as `products/7`.
    object: String,
    /// `done` or `refused`.
    outcome: String,
    /// The request's id, under which the log has it; empty if there was no request.
    request_id: String,
}

impl Selectable for Entry {
    const FIELDS: &'static [&'static str] = &[
        "id",
        "at",
        "subject",
        "action",
        "object",
        "outcome",
        "request_id",
    ];
}

impl From<audit::Entry> for Entry {
    fn from(entry: audit::Entry) -> Entry {
        let event = entry.event;
        Entry {
            id: entry.id.get(),
            at: time(event.author.at),
            subject: event.author.subject,
            action: event.action,
            object: event.object,
            outcome: event.outcome.name().to_owned(),
            request_id: event.author.request,
        }
    }
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// The entries that follow this one; 0, or nothing, for the first page.
    #[param(value_type = Option<i64>, required = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    after: Param<i64>,
    /// How many entries at most.
    #[param(value_type = Option<i64>, required = false, minimum = 1, maximum = 100, default = 20)]
    limit: Param<i64>,
    /// Only those of this subject.
    #[param(value_type = Option<String>, required = false, min_length = 1, max_length = 100, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$")]
    subject: Param<String>,
    /// Only those about this object, such as `products/7`.
    #[param(value_type = Option<String>, required = false, min_length = 1, max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$")]
    object: Param<String>,
    /// Only these fields of each entry, with commas between them.
    #[param(value_type = Option<String>, required = false, example = "id,action")]
    pub fields: Param<String>,
}

impl AuditQuery {
    /// What is asked of the business; faults are noted.
    pub fn check(self, faults: &mut Faults) -> (audit::Query, PageLimit) {
        let text = |max: usize| move |text: String| plain(text, max);
        let query = audit::Query {
            after: super::after(self.after, faults, EntryId::new),
            subject: self.subject.optional("subject", faults, text(100)),
            object: self.object.optional("object", faults, text(200)),
        };
        (query, super::limit(self.limit, faults))
    }
}
