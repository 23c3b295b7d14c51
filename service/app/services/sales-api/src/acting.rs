//! As whom a request acts: the user that its token was made out to.
//!
//! A token's subject is a user's id, or else a user's name; neither ever changes. A subject that is no user of the shop may do
//! what the token's roles say, but is nobody's customer: no order is theirs. A user who is shut out (`enabled` is false) may do
//! nothing any more, however long the token is still good for.

use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, Either};
use stores::Any;
use tower::{Layer, Service, ServiceExt};
use types::{UserId, UserName};
use user::{User, Users};
use web::ApiError;

use crate::access::{Known, forbidden};
use crate::errors::store_failed;

/// As whom a request acts. Handlers find it among the request's extensions if a token came with it.
#[derive(Clone, Copy, Debug)]
pub struct Acting {
    /// The user, if the token's subject is one.
    pub user: Option<UserId>,
    /// True for staff and admins.
    pub is_staff: bool,
}

/// Looks up the user of each token that the policy has believed.
///
/// Inside of the limits, because it asks the store. A layer of its own kind, so that requests without a token pay nothing.
#[derive(Clone, Debug)]
pub struct AsUser {
    /// The users.
    pub users: Users<Any>,
}

impl<S> Layer<S> for AsUser {
    type Service = LookedUp<S>;

    fn layer(&self, inner: S) -> LookedUp<S> {
        LookedUp {
            users: self.users.clone(),
            inner,
        }
    }
}

/// Made by [`AsUser`].
#[derive(Clone, Debug)]
pub struct LookedUp<S> {
    users: Users<Any>,
    inner: S,
}

impl<S> Service<Request> for LookedUp<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let Some(known) = request.extensions_mut().remove::<Known>() else {
            return Either::Left(self.inner.call(request));
        };
        let (users, inner) = (self.users.clone(), self.inner.clone());
        Either::Right(Box::pin(async move {
            match acting(&users, &known).await {
                Ok(acting) => {
                    request.extensions_mut().insert(acting);
                    inner.oneshot(request).await
                }
                Err(error) => Ok(error.into_response()),
            }
        }))
    }
}

async fn acting(users: &Users<Any>, known: &Known) -> Result<Acting, ApiError> {
    let user = user(users, known.subject()).await;
    let user = user.map_err(|error| store_failed(&error))?;
    if user.as_ref().is_some_and(|user| !user.enabled) {
        return Err(forbidden("the user is shut out"));
    }
    Ok(Acting {
        user: user.map(|user| user.id),
        is_staff: known.is_staff(),
    })
}

async fn user(users: &Users<Any>, subject: &str) -> Result<Option<User>, types::StoreError> {
    if let Some(id) = id(subject) {
        return users.get(id).await;
    }
    match UserName::new(subject) {
        Ok(name) => users.named(name).await,
        Err(_) => Ok(None),
    }
}

/// Only as ids are written: `07` is a name.
fn id(subject: &str) -> Option<UserId> {
    let id = UserId::new(subject.parse().ok()?).ok()?;
    (id.to_string() == subject).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_as_an_id_is_one() {
        for (subject, expected) in [
            ("7", Some(7)),
            ("07", None),
            ("+7", None),
            ("0", None),
            ("ada", None),
            ("", None),
        ] {
            assert_eq!(id(subject).map(UserId::get), expected, "{subject}");
        }
    }
}
