//! Who may do what is the application's affair; when it is asked is the pipeline's: inside of everything that watches,
//! before anything that costs.

use std::fmt;
use std::sync::Arc;

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

/// Asks the policy, and tells handlers whose request it is.
pub(crate) async fn check(
    policy: &dyn Auth,
    request: &mut Parts,
) -> Result<Option<Caller>, ApiError> {
    let caller = policy.check(request).await?;
    if let Some(caller) = &caller {
        request.extensions.insert(caller.clone());
    }
    Ok(caller)
}
