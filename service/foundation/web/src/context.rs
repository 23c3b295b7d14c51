//! Which trace a request belongs to.

use std::convert::Infallible;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::underway::Given;

/// The trace that a request belongs to, and the part of it that is this service's work. Handlers take it as an argument
/// and hand it on with [`inject`](trace::Context::inject) when they call others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext(pub(crate) trace::Context);

impl Deref for TraceContext {
    type Target = trace::Context;

    fn deref(&self) -> &trace::Context {
        &self.0
    }
}

/// Outside the pipeline: a trace whose ids are zero, which others take for none.
impl<S: Send + Sync> FromRequestParts<S> for TraceContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let given = parts.extensions.get::<Given>();
        let trace = given.and_then(|given| given.trace.clone());
        Ok(trace.unwrap_or(Self(trace::Context::NONE)))
    }
}
