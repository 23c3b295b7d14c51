//! Who may do what: the profiles, and the tokens that tell who somebody is.
//!
//! Each route declares its [`Policy`] where its handler is, as the extension `x-policy` of its documentation; the document of
//! the API shows it, and a route without one keeps the service from starting.
//!
//! | policy | development | development with `--keys` | production |
//! |---|---|---|---|
//! | `public` (health, logging in, the document of the API and its pages) | anybody | anybody | anybody |
//! | `anyone` (browse, order, one's own orders) | anybody | anybody | a valid token |
//! | `token` (one's password) | anybody | a valid token | a valid token |
//! | `staff` (products, the shop's door) | anybody | staff, admins | staff, admins |
//! | `admin` (users, revocations, the audit log, events that nobody took) | anybody | admins | admins |
//!
//! A token that is sent is checked in every profile: one that is not valid makes nobody anonymous, and its roles bind. Whose it
//! is, whether it was revoked, and who is shut out, is looked up further inside: see [`acting`](crate::acting).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use auth::{Claims, Verifier};
use axum::extract::MatchedPath;
use clap::ValueEnum;
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use user::{Role, Roles};
use web::{ApiError, Auth, Caller};

use crate::routes::docs;

/// For whom the service runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Anybody may browse and order, this machine as fast as it likes, and things may go wrong on purpose
    #[default]
    Development,
    /// A token is needed for everything but health, logging in and the documents, and everybody is limited
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

/// What a route asks of whoever uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing.
    Public,
    /// To be somebody who may use the service: in production, a token.
    Anyone,
    /// A token.
    Token,
    /// A token with this role.
    Role(Role),
}

impl Policy {
    /// All of them.
    pub const ALL: [Policy; 5] = [
        Policy::Public,
        Policy::Anyone,
        Policy::Token,
        Policy::Role(Role::Staff),
        Policy::Role(Role::Admin),
    ];

    /// As routes declare it.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Public => "public",
            Policy::Anyone => "anyone",
            Policy::Token => "token",
            Policy::Role(role) => role.name(),
        }
    }

    /// The policy of this name.
    pub fn named(name: &str) -> Option<Policy> {
        Policy::ALL.into_iter().find(|policy| policy.name() == name)
    }
}

/// How strictly a service asks for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// It has no keys: nobody is asked for a token, and one that is sent is refused.
    Keyless,
    /// Who shows no token may do everything; who shows one is held to its roles.
    Lenient,
    /// A token is needed where it matters who somebody is.
    Roles,
    /// A token is needed for all that is not public.
    Everywhere,
}

impl Strictness {
    /// Whether nobody may use a route of this policy without a token.
    pub fn needs_token(self, policy: Policy) -> bool {
        match self {
            Strictness::Keyless | Strictness::Lenient => false,
            Strictness::Roles => !matches!(policy, Policy::Public | Policy::Anyone),
            Strictness::Everywhere => policy != Policy::Public,
        }
    }
}

/// The policies of the routes, by method and template.
pub type Policies = HashMap<(Method, String), Policy>;

/// Who may do what.
#[derive(Clone, Debug)]
pub struct Access {
    profile: Profile,
    /// `None` in a service without keys, where nobody can prove who they are.
    verifier: Option<Verifier>,
    strictness: Strictness,
    policies: Arc<Policies>,
    clock: fn() -> SystemTime,
}

impl Access {
    /// The policy of a profile. In production nobody gets in without a verifier.
    pub fn new(profile: Profile, verifier: Option<Verifier>, clock: fn() -> SystemTime) -> Access {
        // Without a document there is no policy, and nobody but admins gets in; the router says what is wrong.
        let policies = crate::app::policies().unwrap_or_default();
        let strictness = match (profile, &verifier) {
            (Profile::Production, _) => Strictness::Everywhere,
            (Profile::Development, Some(_)) => Strictness::Roles,
            (Profile::Development, None) => Strictness::Keyless,
        };
        Access {
            profile,
            verifier,
            strictness,
            policies: Arc::new(policies),
            clock,
        }
    }

    /// In development, with keys that are only there to log in with: who shows no token may do everything all the same.
    #[must_use]
    pub fn lenient(mut self) -> Access {
        if self.strictness == Strictness::Roles {
            self.strictness = Strictness::Lenient;
        }
        self
    }

    /// How strictly tokens are asked for.
    pub fn strictness(&self) -> Strictness {
        self.strictness
    }

    /// For whom the service runs.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Whether this request of a route may go on, and whose it is.
    fn at(&self, request: &Parts, route: &str) -> Result<Option<Known>, ApiError> {
        let policy = self.policy(&request.method, route);
        if policy == Policy::Public {
            return Ok(None);
        }
        let Some(token) = token(request)? else {
            return if self.strictness.needs_token(policy) {
                Err(unauthenticated("a token is needed for this", CHALLENGE))
            } else {
                Ok(None)
            };
        };
        let verifier = self.verifier.as_ref().ok_or_else(|| {
            let message = "the service has no keys to check tokens with; send none";
            unauthenticated(message, INVALID)
        })?;
        let claims = verifier.verify(token, (self.clock)()).map_err(|error| {
            unauthenticated("the token is not valid, or not any more", INVALID).with_cause(error)
        })?;
        if !may(claims.roles(), policy) {
            return Err(forbidden(NOT_ALLOWED));
        }
        Ok(Some(Known { claims, policy }))
    }

    /// What nobody has declared anything of is for admins, unless there is nothing.
    fn policy(&self, method: &Method, route: &str) -> Policy {
        if docs::is_page(route) {
            return Policy::Public;
        }
        let method = if *method == Method::HEAD {
            Method::GET
        } else {
            method.clone()
        };
        let key = (method, route.to_owned());
        if let Some(declared) = self.policies.get(&key) {
            return *declared;
        }
        let known = self
            .policies
            .iter()
            .filter(|((_, known), _)| known == route);
        let known: Vec<Policy> = known.map(|(_, policy)| *policy).collect();
        // What a route answers to methods that it has not is no secret, nor is that there is no such route.
        if known.contains(&Policy::Public) {
            Policy::Public
        } else if !known.is_empty() || route == NO_ROUTE {
            Policy::Anyone
        } else {
            Policy::Role(Role::Admin)
        }
    }
}

impl Auth for Access {
    fn check<'a>(
        &'a self,
        request: &'a mut Parts,
    ) -> BoxFuture<'a, Result<Option<Caller>, ApiError>> {
        let route = request.extensions.get::<MatchedPath>();
        let route = route.map_or(NO_ROUTE, MatchedPath::as_str);
        let known = self.at(request, route);
        let caller = known.map(|known| {
            let known = known?;
            let caller = Caller(known.claims.subject().into());
            request.extensions.insert(known);
            Some(caller)
        });
        Box::pin(std::future::ready(caller))
    }
}

const NO_ROUTE: &str = "none";

/// Why somebody who is known may not do something.
pub(crate) const NOT_ALLOWED: &str = "the token is valid, but its roles do not allow this";

/// What a token says of who is asking, and what they ask for. [`acting`](crate::acting) finds it among the request's
/// extensions.
#[derive(Clone, Debug)]
pub struct Known {
    /// What the token says.
    pub claims: Claims,
    /// What is asked for.
    pub policy: Policy,
}

/// Whether these roles are enough. Admins may do whatever staff may.
pub fn may(roles: Roles, policy: Policy) -> bool {
    match policy {
        Policy::Public | Policy::Anyone | Policy::Token => true,
        Policy::Role(Role::Staff) => roles.has(Role::Staff) || roles.has(Role::Admin),
        Policy::Role(role) => roles.has(role),
    }
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

/// 401: the token was taken back.
pub(crate) fn revoked() -> ApiError {
    unauthenticated("the token was revoked, or its session has ended", INVALID)
}

/// 401 `code`: whoever asks has not said well enough who they are.
pub(crate) fn not_known(code: &'static str, message: &'static str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, message)
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE))
}

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

    use auth::{Keys, SigningKey};
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
        let events = ("POST", "/v1/events/dead/requeue");
        for (profile, keys, anonymous, by_shopper, by_staff, by_admin, requests) in [
            (
                Development,
                false,
                200,
                401,
                401,
                401,
                &[browse, order, create, close, users, events][..],
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
            (Development, true, 401, 403, 403, 200, &[users, events]),
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
            (Production, true, 401, 403, 403, 200, &[users, events]),
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
            for method in ["GET", "HEAD", "TRACE"] {
                assert_eq!(status(Production, true, (method, open), None), 200);
            }
        }
        assert_eq!(status(Production, true, ("TRACE", "/v1/orders"), None), 401);
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
