//! As whom a request acts: the user that its token was made out to.
//!
//! A token's subject is a user's id, or else a user's name; neither ever changes. A subject that is no user of the shop may do
//! what the token's roles say, but is nobody's customer: no order is theirs. A user who is shut out (`enabled` is false) may do
//! nothing any more, however long the token is still good for; neither may who comes with a token that was revoked or whose
//! session has ended. Of the roles of a token that somebody got by logging in, those count that its user still has.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use audit::Author;
use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use event::Events;
use futures_util::future::{BoxFuture, Either};
use http::request::Parts;
use order::Orders;
use product::Products;
use session::{Presented, Store as _};
use shop::Door;
use stores::Any;
use tower::{Layer, Service, ServiceExt};
use types::{SessionId, UserId, UserName};
use user::{Role, User, Users};
use web::{ApiError, Caller, RequestId};

use crate::access::{Known, NOT_ALLOWED, Policy, forbidden, may, revoked};
use crate::app::App;
use crate::errors::store_failed;

/// As whom a request acts. Handlers find it among the request's extensions if a token came with it.
#[derive(Clone, Copy, Debug)]
pub struct Acting {
    /// The user, if the token's subject is one.
    pub user: Option<UserId>,
    /// True for staff and admins.
    pub is_staff: bool,
    /// True for admins.
    pub is_admin: bool,
}

/// Looks up the user of each token that the policy has believed.
///
/// Inside of the limits, because it asks the store. A layer of its own kind, so that requests without a token pay nothing.
#[derive(Clone, Debug)]
pub struct AsUser {
    /// The users, their sessions and what was revoked.
    pub store: Any,
}

impl<S> Layer<S> for AsUser {
    type Service = LookedUp<S>;

    fn layer(&self, inner: S) -> LookedUp<S> {
        LookedUp {
            store: self.store.clone(),
            inner,
        }
    }
}

/// Made by [`AsUser`].
#[derive(Clone, Debug)]
pub struct LookedUp<S> {
    store: Any,
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
        let (store, inner) = (self.store.clone(), self.inner.clone());
        Either::Right(Box::pin(async move {
            match acting(&store, &known).await {
                Ok(acting) => {
                    request.extensions_mut().insert(acting);
                    inner.oneshot(request).await
                }
                Err(error) => Ok(error.into_response()),
            }
        }))
    }
}

async fn acting(store: &Any, known: &Known) -> Result<Acting, ApiError> {
    let claims = &known.claims;
    let session = claims.session().map(SessionId::new).transpose();
    let presented = Presented {
        id: claims.id().map(str::to_owned),
        session: session.map_err(|_| revoked())?,
        subject: claims.subject().to_owned(),
        issued_at: claims.issued_at(),
    };
    let in_session = presented.session.is_some();
    let is_revoked = store.is_revoked(presented).await;
    if is_revoked.map_err(|error| store_failed(&error))? {
        return Err(revoked());
    }
    let user = user(&Users::new(store.clone()), claims.subject()).await;
    let user = user.map_err(|error| store_failed(&error))?;
    if user.as_ref().is_some_and(|user| !user.enabled) {
        return Err(forbidden("the user is shut out"));
    }
    let roles = match &user {
        Some(user) if in_session => claims.roles().both(user.roles),
        _ => claims.roles(),
    };
    if !may(roles, known.policy) {
        return Err(forbidden(NOT_ALLOWED));
    }
    Ok(Acting {
        user: user.map(|user| user.id),
        is_staff: may(roles, Policy::Role(Role::Staff)),
        is_admin: may(roles, Policy::Role(Role::Admin)),
    })
}

/// The user that a token's subject is.
pub(crate) async fn user(
    users: &Users<Any>,
    subject: &str,
) -> Result<Option<User>, types::StoreError> {
    if let Some(id) = id(subject) {
        return users.get(id).await;
    }
    match UserName::new(subject) {
        Ok(name) => users.named(name).await,
        Err(_) => Ok(None),
    }
}

/// On whose behalf a request changes things: what the audit log says of it.
#[derive(Clone, Debug)]
pub struct By(Arc<Author>);

/// Who shows no token, in the audit log.
const ANONYMOUS: &str = "anonymous";

impl By {
    /// On behalf of somebody else: who has just said who they are.
    #[must_use]
    pub fn subject(self, subject: String) -> By {
        By(Arc::new(Author {
            subject,
            ..(*self.0).clone()
        }))
    }

    /// What the audit log says of whoever asks.
    pub fn author(&self) -> &Author {
        &self.0
    }

    /// The store, in their name.
    pub fn store(&self, app: &App) -> Any {
        app.store.by(Arc::clone(&self.0))
    }

    /// The catalogue, in their name.
    pub fn products(&self, app: &App) -> Products<Any> {
        Products::new(self.store(app))
    }

    /// The orders, in their name.
    pub fn orders(&self, app: &App) -> Orders<Any> {
        Orders::new(self.store(app))
    }

    /// The users, in their name.
    pub fn users(&self, app: &App) -> Users<Any> {
        Users::new(self.store(app))
    }

    /// Events that nobody took, in their name.
    pub fn events(&self, app: &App) -> Events<Any> {
        Events::new(self.store(app))
    }

    /// The shop's door, in their name.
    pub fn door(&self, app: &App) -> Door<Any> {
        Door::new(self.store(app))
    }
}

impl FromRequestParts<Arc<App>> for By {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let request = RequestId::from_request_parts(parts, app).await?;
        let caller = parts.extensions.get::<Caller>();
        Ok(By(Arc::new(Author {
            subject: caller.map_or(ANONYMOUS, |caller| &caller.0).to_owned(),
            request: request.as_str().to_owned(),
            at: (app.clock)(),
        })))
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
