//! Logging in, coming back, and being sent away.

use auth::{Password, RefreshToken};
use serde::{Deserialize, Serialize};
use types::{Invalid, UserId, UserName};
use utoipa::ToSchema;
use web::ApiError;

use super::given::{Given, Object};
use super::{given_name, plain};
use crate::errors::Faults;

/// Who somebody says they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user's name.
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = "^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]+$", example = "Ada")]
    name: Given<String>,
    /// Their password.
    #[schema(value_type = String, format = Password, max_length = 512, example = "what only Ada knows")]
    password: Given<String>,
}

impl Credentials {
    /// Name and password, checked for their form alone.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<Credentials>) -> Result<(UserName, Password), ApiError> {
        let mut faults = Faults::default();
        let Credentials { name, password } = given.open("", &mut faults);
        let name = name.required("name", &mut faults, |text| {
            given_name(&text, UserName::MAX_CHARS, UserName::new)
        });
        let password = password.required("password", &mut faults, |text| Password::given(&text));
        match (name, password) {
            (Some(name), Some(password)) if faults.is_empty() => Ok((name, password)),
            _ => Err(faults.in_body()),
        }
    }
}

/// A password to come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password from now on.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 512)]
    password: Given<String>,
    /// The password until now; needed by whoever changes their own and is no admin.
    #[schema(value_type = String, format = Password, max_length = 512, required = false)]
    current: Given<String>,
}

impl NewPassword {
    /// The new password and the current one.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<NewPassword>) -> Result<(Password, Option<Password>), ApiError> {
        let mut faults = Faults::default();
        let NewPassword { password, current } = given.open("", &mut faults);
        let password = password.required("password", &mut faults, |text| Password::new(&text));
        let current = current.optional("current", &mut faults, |text| Password::given(&text));
        match password {
            Some(password) if faults.is_empty() => Ok((password, current)),
            _ => Err(faults.in_body()),
        }
    }
}

/// What somebody comes back with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// As it was given last.
    #[schema(value_type = String, max_length = 100)]
    refresh_token: Given<String>,
}

impl Refresh {
    /// Nothing longer is read.
    const MAX_CHARS: usize = 100;

    /// The token, if it can be one.
    ///
    /// # Errors
    /// 422 if it is not given, or far too long.
    pub fn check(given: Object<Refresh>) -> Result<Option<RefreshToken>, ApiError> {
        let mut faults = Faults::default();
        let Refresh { refresh_token } = given.open("", &mut faults);
        let token = refresh_token.required("refresh_token", &mut faults, |text| {
            if text.chars().count() > Self::MAX_CHARS {
                return Err(Invalid::TooLong {
                    max: Self::MAX_CHARS,
                });
            }
            Ok(RefreshToken::parse(&text))
        });
        match token {
            Some(token) if faults.is_empty() => Ok(token),
            _ => Err(faults.in_body()),
        }
    }
}

/// What somebody gets who has logged in or come back (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// To be sent with each request as `Authorization: Bearer …`.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds until it expires.
    pub expires_in: u64,
    /// For `POST /v1/refresh`; good for one use.
    pub refresh_token: String,
    /// Seconds until it expires if it is not used.
    pub refresh_expires_in: u64,
}

/// Whose tokens shall not be believed any more; one of these.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(max_properties = 1)]
pub struct NewRevocation {
    /// A user, with all of their sessions.
    #[schema(value_type = i64, required = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    user: Given<i64>,
    /// Somebody who is no user of the shop, as tokens were made out to them.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$")]
    subject: Given<String>,
    /// One token, by its id (`jti`).
    #[schema(value_type = String, required = false, pattern = "^[!-~]{1,64}$")]
    token: Given<String>,
}

/// What is to be revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// All of a user.
    User(UserId),
    /// All of somebody else.
    Subject(String),
    /// One token.
    Token(String),
}

impl NewRevocation {
    /// What is to be revoked.
    ///
    /// # Errors
    /// 422 with every field that is wrong.
    pub fn check(given: Object<NewRevocation>) -> Result<Revoked, ApiError> {
        let mut faults = Faults::default();
        let NewRevocation {
            user,
            subject,
            token,
        } = given.open("", &mut faults);
        let user = user.optional("user", &mut faults, UserId::new);
        let subject = subject.optional("subject", &mut faults, |text| {
            plain(text, auth::Claims::MAX_SUBJECT)
        });
        let token = token.optional("token", &mut faults, |text| {
            if auth::Claims::is_id(&text) {
                Ok(text)
            } else {
                Err("must have 1 to 64 visible ASCII characters")
            }
        });
        if !faults.is_empty() {
            return Err(faults.in_body());
        }
        match (user, subject, token) {
            (Some(user), None, None) => Ok(Revoked::User(user)),
            (None, Some(subject), None) => Ok(Revoked::Subject(subject)),
            (None, None, Some(token)) => Ok(Revoked::Token(token)),
            _ => {
                faults.add(
                    "user",
                    "one of user, subject and token must be given, and no other",
                );
                Err(faults.in_body())
            }
        }
    }
}
