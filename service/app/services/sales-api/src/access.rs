//! Who may do what: the profiles, and the tokens that tell who somebody is.
//!
//! | request | development | development with `--keys` | production |
//! |---|---|---|---|
//! | health, the document of the API and its pages | anybody | anybody | anybody |
//! | browse, order | anybody | anybody | a valid token |
//! | read and take back orders | anybody | anybody; with a token, staff, admins, their customer | staff, admins, their customer |
//! | products, the shop's door | anybody | staff, admins | staff, admins |
//! | users | anybody | admins | admins |
//!
//! A token that is sent is checked in every profile: one that is not valid makes nobody anonymous. Whose it is, and who is
//! shut out, is looked up further inside: see [`acting`](crate::acting).

use std::time::SystemTime;

use auth::Verifier;
use axum::extract::MatchedPath;
use clap::ValueEnum;
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use user::{Role, Roles};
use web::{ApiError, Auth, Caller};

use crate::protection::HEALTH;
use crate::routes::docs;

/// For whom the service runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Anybody may browse and order, this machine as fast as it likes, and things may go wrong on purpose
    #[default]
    Development,
    /// A token is needed for everything but health, and everybody is limited
    Production,
}

impl Profile {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Development => "development",
            Profile::Production => "production",
        }
    }
}

/// The policy.
#[derive(Clone, Debug)]
pub struct Access {
    profile: Profile,
    /// `None` in a service without keys, where nobody can prove who they are.
    verifier: Option<Verifier>,
    clock: fn() -> SystemTime,
}

impl Access {
    /// The policy of a profile. In production nobody gets in without a verifier.
    pub fn new(profile: Profile, verifier: Option<Verifier>, clock: fn() -> SystemTime) -> Access {
        Access {
            profile,
            verifier,
            clock,
        }
    }

    /// For whom the service runs.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Whether this request of a route may go on, and whose it is.
    fn at(&self, request: &Parts, route: &str) -> Result<Option<Known>, ApiError> {
        if is_open(route) {
            return Ok(None);
        }
        let needed = needed(&request.method, route);
        let Some(token) = token(request)? else {
            let open = match (self.profile, &self.verifier) {
                (Profile::Production, _) => false,
                (Profile::Development, None) => true,
                (Profile::Development, Some(_)) => needed.is_none(),
            };
            return if open {
                Ok(None)
            } else {
                Err(unauthenticated("a token is needed for this", CHALLENGE))
            };
        };
        let verifier = self.verifier.as_ref().ok_or_else(|| {
            let message = "the service has no keys to check tokens with; send none";
            unauthenticated(message, INVALID)
        })?;
        let claims = verifier.verify(token, (self.clock)()).map_err(|error| {
            unauthenticated("the token is not valid, or not any more", INVALID).with_cause(error)
        })?;
        if needed.is_some_and(|role| !may(claims.roles(), role)) {
            return Err(forbidden(
                "the token is valid, but its roles do not allow this",
            ));
        }
        Ok(Some(Known {
            caller: Caller(claims.subject().into()),
            roles: claims.roles(),
        }))
    }
}

impl Auth for Access {
    fn check<'a>(
        &'a self,
        request: &'a mut Parts,
    ) -> BoxFuture<'a, Result<Option<Caller>, ApiError>> {
        let route = request.extensions.get::<MatchedPath>();
        let route = route.map_or("none", MatchedPath::as_str);
        let known = self.at(request, route);
        let caller = known.map(|known| {
            let known = known?;
            request.extensions.insert(known.clone());
            Some(known.caller)
        });
        Box::pin(std::future::ready(caller))
    }
}

/// Who a token says is asking. [`acting`](crate::acting) finds it among the request's extensions.
#[derive(Clone, Debug)]
pub struct Known {
    caller: Caller,
    roles: Roles,
}

impl Known {
    /// Whom the token was made out to.
    pub fn subject(&self) -> &str {
        &self.caller.0
    }

    /// True for staff and admins.
    pub fn is_staff(&self) -> bool {
        may(self.roles, Role::Staff)
    }
}

/// Which role a request needs; `None` if anybody who may use the service may do it.
fn needed(method: &Method, route: &str) -> Option<Role> {
    let within = |resource: &str| {
        let rest = route.strip_prefix(resource);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if within("/v1/users") {
        Some(Role::Admin)
    } else if !reads && (within("/v1/products") || within("/v1/shop")) {
        Some(Role::Staff)
    } else {
        None
    }
}

/// True if nobody needs a token for this: health, and what the API looks like, which is the same for all and no secret.
pub fn is_open(route: &str) -> bool {
    HEALTH.contains(&route) || docs::is_page(route)
}

/// Admins may do whatever staff may.
fn may(roles: Roles, needed: Role) -> bool {
    roles.has(needed) || (needed == Role::Staff && roles.has(Role::Admin))
}

/// The bearer token (RFC 6750, section 2.1), if there is one.
fn token(request: &Parts) -> Result<Option<&str>, ApiError> {
    let mut given = request.headers.get_all(AUTHORIZATION).iter();
    let Some(header) = given.next() else {
        return Ok(None);
    };
    let token = header.to_str().ok().and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("Bearer")
            .then_some(token.trim())
    });
    match token {
        Some(token) if !token.is_empty() && given.next().is_none() => Ok(Some(token)),
        _ => {
            let message = "Authorization must be given once, as Bearer and a token";
            Err(unauthenticated(message, INVALID))
        }
    }
}

const CHALLENGE: &str = "Bearer realm=\"sales\"";
const INVALID: &str = "Bearer realm=\"sales\", error=\"invalid_token\"";

fn unauthenticated(message: &'static str, challenge: &'static str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

/// 403 `forbidden`.
pub fn forbidden(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use auth::{Claims, Keys, SigningKey};
    use http::Request;

    use super::*;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn token_of(seed: u8, role: Role, issued: SystemTime) -> String {
        let hour = Duration::from_hours(1);
        let claims = Claims::new("7", Roles::of(&[role]), issued, hour).expect("claims");
        format!("Bearer {}", SigningKey::from_seed([seed; 32]).sign(&claims))
    }

    /// What the policy says: the status, 200 for those who get through.
    fn status(profile: Profile, keys: bool, request: (&str, &str), token: Option<&str>) -> u16 {
        let verifier = Verifier::new(Keys::of([SigningKey::from_seed([1; 32]).public()]));
        let access = Access::new(profile, keys.then_some(verifier), now);
        let mut built = Request::builder().method(request.0).uri(request.1);
        if let Some(token) = token {
            built = built.header(AUTHORIZATION, token);
        }
        let (parts, ()) = built.body(()).expect("a request").into_parts();
        let route = parts.uri.path().to_owned();
        match access.at(&parts, &route) {
            Ok(caller) => {
                assert_eq!(caller.is_some(), token.is_some());
                200
            }
            Err(error) => {
                let told = error
                    .headers
                    .iter()
                    .any(|(name, _)| name == WWW_AUTHENTICATE);
                assert_eq!(told, error.status == StatusCode::UNAUTHORIZED);
                error.status.as_u16()
            }
        }
    }

    #[test]
    fn the_table_holds() {
        use Profile::{Development, Production};
        let [shopper, staff, admin] =
            [Role::Shopper, Role::Staff, Role::Admin].map(|role| token_of(1, role, now()));
        let browse = ("GET", "/v1/products");
        let order = ("POST", "/v1/orders");
        let create = ("POST", "/v1/products");
        let restock = ("POST", "/v1/products/{id}/restock");
        let close = ("POST", "/v1/shop/close");
        let users = ("GET", "/v1/users");
        for (profile, keys, anonymous, by_shopper, by_staff, by_admin, requests) in [
            (
                Development,
                false,
                200,
                401,
                401,
                401,
                &[browse, order, create, close, users][..],
            ),
            (Development, true, 200, 200, 200, 200, &[browse, order]),
            (
                Development,
                true,
                401,
                403,
                200,
                200,
                &[create, restock, close],
            ),
            (Development, true, 401, 403, 403, 200, &[users]),
            (Production, true, 401, 200, 200, 200, &[browse, order]),
            (
                Production,
                true,
                401,
                403,
                200,
                200,
                &[create, restock, close],
            ),
            (Production, true, 401, 403, 403, 200, &[users]),
        ] {
            for request in requests {
                let with = |token| status(profile, keys, *request, token);
                let got = [
                    with(None),
                    with(Some(&*shopper)),
                    with(Some(&*staff)),
                    with(Some(&*admin)),
                ];
                assert_eq!(
                    got,
                    [anonymous, by_shopper, by_staff, by_admin],
                    "{profile:?} {request:?}"
                );
            }
        }
        for open in ["/v1/readiness", "/docs", "/v1/openapi.json"] {
            assert_eq!(status(Production, true, ("GET", open), None), 200);
        }
        assert_eq!(status(Production, false, browse, None), 401);
    }

    #[test]
    fn a_token_that_is_not_valid_lets_nobody_in() {
        let day = Duration::from_hours(24);
        for token in [
            token_of(2, Role::Admin, now()),
            token_of(1, Role::Admin, now() - day),
            token_of(1, Role::Admin, now() + day),
            "Bearer x.y.z".to_owned(),
            "Bearer ".to_owned(),
            "Basic YTpi".to_owned(),
        ] {
            for profile in [Profile::Development, Profile::Production] {
                let status = status(profile, true, ("GET", "/v1/products"), Some(&token));
                assert_eq!(status, 401, "{token}");
            }
        }
    }
}
