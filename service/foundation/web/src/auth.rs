//! Who may do what is the application's affair; when it is asked is the pipeline's: inside of everything that watches,
//! before anything that costs.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use futures_util::future::BoxFuture;
use http::request::Parts;

use crate::ApiError;

/// Whose request it is: a name for the log and for the limits. No secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller(
    /// The name, such as a user's id.
    pub Arc<str>,
);

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The application's policy.
pub trait Auth: Send + Sync + 'static {
    /// Whether this request may go on, and whose it is; `None` is an anonymous caller.
    ///
    /// The route that matched is in the extensions ([`axum::extract::MatchedPath`]); what handlers should know about the
    /// caller can be put there. The [`Caller`] returned is put there too.
    ///
    /// # Errors
    /// What the client is answered, usually 401 (with `WWW-Authenticate`) or 403.
    fn check<'a>(
        &'a self,
        request: &'a mut Parts,
    ) -> BoxFuture<'a, Result<Option<Caller>, ApiError>>;
}

/// The request, and whose it is if it may go on.
pub(crate) async fn check(
    policy: &dyn Auth,
    request: Request,
) -> (Request, Result<Option<Caller>, ApiError>) {
    let (mut parts, body) = request.into_parts();
    let checked = policy.check(&mut parts).await;
    if let Ok(Some(caller)) = &checked {
        parts.extensions.insert(caller.clone());
    }
    (Request::from_parts(parts, body), checked)
}
