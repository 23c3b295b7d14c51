//! The slice of a list that a query asks for.

use serde::Deserialize;
use types::{Invalid, PageLimit};
use web::ApiError;

use crate::errors::Faults;

/// `?after=ID&limit=N`, as it comes in.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    after: Option<i64>,
    limit: Option<i64>,
}

impl Paging {
    /// The checked slice; `id` checks the id.
    pub(super) fn check<Id>(
        &self,
        id: fn(i64) -> Result<Id, Invalid>,
    ) -> Result<(Option<Id>, PageLimit), ApiError> {
        let mut faults = Faults::default();
        // 0 is before the first: whoever pages in a loop can begin with it.
        let after = self
            .after
            .filter(|after| *after != 0)
            .and_then(|after| faults.take("after", id(after)));
        let limit = self.limit.map_or(Some(PageLimit::default()), |limit| {
            faults.take("limit", PageLimit::new(limit))
        });
        match limit {
            Some(limit) if faults.is_empty() => Ok((after, limit)),
            _ => Err(faults.in_query()),
        }
    }
}
