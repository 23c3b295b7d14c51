//! A request from its header to its end, however that comes.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::{Method, StatusCode, Uri};

use crate::error::Names;
use crate::limits::deadline::Deadline;
use crate::log::Line;
use crate::onion::Onion;
use crate::span;
use crate::{ApiError, Caller, RequestId, TraceContext};

/// A request under way. If it is dropped before [`end`](Underway::end), the client has left.
pub(crate) struct Underway {
    onion: Arc<Onion>,
    pub(crate) id: Option<RequestId>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) caller: Option<Caller>,
    pub(crate) deadline: Deadline,
    pub(crate) route: Option<MatchedPath>,
    started: Instant,
    ended: bool,
}

/// What the pipeline tells handlers, where [`Deadline`], [`RequestId`] and [`TraceContext`] find it as their arguments. One
/// thing and not three: each would cost a request its own piece of memory.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) deadline: Deadline,
    pub(crate) id: Option<RequestId>,
    pub(crate) trace: Option<TraceContext>,
}

impl Underway {
    pub(crate) fn start(onion: Arc<Onion>, request: &mut Request) -> Self {
        let parts = onion.config.parts;
        let id = parts.ids.then(|| onion.ids.of(request.headers()));
        let trace = parts
            .traces
            .then(|| TraceContext(onion.tracer.context(request.headers())));
        if parts.metrics {
            onion.metrics.started();
        }
        let deadline = Deadline::after(onion.config.time_limit);
        request.extensions_mut().insert(Given {
            deadline,
            id: id.clone(),
            trace: trace.clone(),
        });
        Self {
            id,
            trace,
            method: request.method().clone(),
            uri: request.uri().clone(),
            caller: None,
            deadline,
            route: request.extensions().get().cloned(),
            started: Instant::now(),
            ended: false,
            onion,
        }
    }

    /// The template of the route, such as `/v1/orders/{id}`; `none` if there is none.
    pub(crate) fn route(&self) -> &str {
        self.route.as_ref().map_or("none", MatchedPath::as_str)
    }

    /// Makes the answer: of an error, or of what a handler made of one, with the request's names in it.
    pub(crate) fn answer(&self, result: Result<Response, ApiError>) -> Response {
        let types = &*self.onion.config.error_types;
        let names = Names {
            id: self.id.as_ref().map(RequestId::as_str),
            trace: self.trace.as_ref().map(|trace| trace.trace_id()),
        };
        match result {
            Ok(mut response) => {
                ApiError::complete(&mut response, types, &names);
                response
            }
            Err(error) => error.answer(types, &names),
        }
    }

    pub(crate) fn end(mut self, response: &Response) {
        self.ended = true;
        self.record(Some(response.status()), response.extensions().get());
    }

    fn record(&self, status: Option<StatusCode>, error: Option<&ApiError>) {
        let took = self.started.elapsed();
        let (config, route) = (&self.onion.config, self.route());
        if config.parts.metrics {
            let metrics = &self.onion.metrics;
            metrics.ended(&self.method, route, status, took);
        }
        if let Some(trace) = &self.trace
            && self.onion.tracer.records(trace)
        {
            let span = span::of(self, trace, status, error, took);
            self.onion.tracer.record(span);
        }
        if !config.parts.log {
            return;
        }
        let line = Line {
            id: self.id.as_ref(),
            trace: self.trace.as_ref(),
            method: &self.method,
            route,
            uri: &self.uri,
            caller: self.caller.as_ref(),
            status,
            took,
            error,
            quiet: config.quiet.iter().any(|quiet| quiet == route),
        };
        line.write();
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if !self.ended {
            self.record(None, None);
        }
    }
}
