//! The one line that a request leaves in the log.

use std::time::Duration;

use http::{Method, StatusCode, Uri};
use trace::Short;

use crate::{ApiError, Caller, RequestId, TraceContext};

/// What is known about a request at its end.
pub(crate) struct Line<'a> {
    pub(crate) id: Option<&'a RequestId>,
    pub(crate) trace: Option<&'a TraceContext>,
    pub(crate) method: &'a Method,
    pub(crate) route: &'a str,
    pub(crate) uri: &'a Uri,
    pub(crate) caller: Option<&'a Caller>,
    /// None if the client left before the answer.
    pub(crate) status: Option<StatusCode>,
    pub(crate) took: Duration,
    pub(crate) error: Option<&'a ApiError>,
    /// Nobody wants to read this unless it went wrong.
    pub(crate) quiet: bool,
}

impl Line<'_> {
    /// Writes it. The query is left out: it may hold secrets.
    pub(crate) fn write(&self) {
        let trace = self.trace.map(|trace| trace.trace_id().text());
        let span = self.trace.map(|trace| trace.span_id().text());
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    // A text as it is; as the macro's last argument it would be formatted.
                    message = "request",
                    request_id = self.id.map(RequestId::as_str),
                    trace_id = trace.as_ref().map(Short::as_str),
                    span_id = span.as_ref().map(Short::as_str),
                    method = self.method.as_str(),
                    route = self.route,
                    path = self.uri.path(),
                    caller = self.caller.map(|caller| &*caller.0),
                    status = self.status.map(|status| status.as_u16()),
                    took_us = self.took.as_micros() as u64,
                    code = self.error.map(|error| error.code),
                    cause = self.error.and_then(|error| error.cause.as_deref()),
                )
            };
        }
        let is_failure = self.status.is_some_and(|status| status.is_server_error());
        if is_failure && !self.is_refusal() {
            line!(error);
        } else if self.quiet {
            line!(debug);
        } else {
            line!(info);
        }
    }

    /// Nothing is broken when there is too much to do, and nobody wants to read of that in thousands of errors.
    fn is_refusal(&self) -> bool {
        self.error.is_some_and(|error| error.code == "overloaded")
    }
}
