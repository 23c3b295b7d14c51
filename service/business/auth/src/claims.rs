//! What a token says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use user::{Role, Roles};

/// Who issues tokens, as they say it (`iss`).
pub const ISSUER: &str = "sales";
/// Whom tokens are for, as they say it (`aud`).
pub const AUDIENCE: &str = "sales-api";

/// Who somebody is, what they are to the shop, and for how long that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    subject: String,
    roles: Roles,
    issued_at: u64,
    expires_at: u64,
    id: Option<String>,
    session: Option<i64>,
}

/// Why claims make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadClaims {
    /// Nobody, or a name that would spoil terminals and logs.
    #[error(
        "the subject must have 1 to {} characters, none of them a control character",
        Claims::MAX_SUBJECT
    )]
    Subject,
    /// Expires before it begins, or too late.
    #[error("a token must hold for at least a second and at most {} hours", Claims::MAX_LIFE.as_secs() / 3_600)]
    Life,
}

impl Claims {
    /// The longest subject, in characters.
    pub const MAX_SUBJECT: usize = 100;
    /// The longest life. What is to last longer logs in, and comes back with its refresh token.
    pub const MAX_LIFE: Duration = Duration::from_hours(24);
    /// The longest id of a token, in characters.
    pub const MAX_ID: usize = 64;

    /// That `subject` has these roles, from `now` for as long as `life`.
    ///
    /// # Errors
    /// The subject or the life makes no sense.
    pub fn new(
        subject: &str,
        roles: Roles,
        now: SystemTime,
        life: Duration,
    ) -> Result<Claims, BadClaims> {
        let length = subject.chars().count();
        if !(1..=Self::MAX_SUBJECT).contains(&length) || subject.chars().any(char::is_control) {
            return Err(BadClaims::Subject);
        }
        if life < Duration::from_secs(1) || life > Self::MAX_LIFE {
            return Err(BadClaims::Life);
        }
        let issued_at = seconds(now);
        Ok(Claims {
            subject: subject.to_owned(),
            roles,
            issued_at,
            expires_at: issued_at.saturating_add(life.as_secs()),
            id: None,
            session: None,
        })
    }

    /// Whether this may be a token's id: visible ASCII, and not too much of it.
    pub fn is_id(text: &str) -> bool {
        (1..=Claims::MAX_ID).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// With an id of its own (`jti`), by which it can be revoked. The bytes must be random.
    #[must_use]
    pub fn with_id(mut self, random: [u8; 16]) -> Claims {
        self.id = Some(format!("{:032x}", u128::from_be_bytes(random)));
        self
    }

    /// Issued in the session with this number (`sid`), with which it ends.
    #[must_use]
    pub fn in_session(mut self, session: i64) -> Claims {
        self.session = Some(session);
        self
    }

    /// Who it is.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What they are to the shop.
    pub fn roles(&self) -> Roles {
        self.roles
    }

    /// The token's own id, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The session that it was issued in, if it was.
    pub fn session(&self) -> Option<i64> {
        self.session
    }

    /// When it was issued, to the second.
    pub fn issued_at(&self) -> SystemTime {
        time(self.issued_at)
    }

    /// When it ends.
    pub fn expires_at(&self) -> SystemTime {
        time(self.expires_at)
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire {
            iss: ISSUER.to_owned(),
            aud: Audience::One(AUDIENCE.to_owned()),
            sub: self.subject.clone(),
            roles: self
                .roles
                .iter()
                .map(|role| role.name().to_owned())
                .collect(),
            iat: self.issued_at,
            nbf: Some(self.issued_at),
            exp: self.expires_at,
            jti: self.id.clone(),
            sid: self.session.map(|session| session.to_string()),
        }
    }
}

fn time(seconds: u64) -> SystemTime {
    let after = Duration::from_secs(seconds);
    UNIX_EPOCH.checked_add(after).unwrap_or(UNIX_EPOCH)
}

/// Seconds since 1970, as JSON Web Tokens count time.
pub(crate) fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The claims in JSON, with the names of RFC 7519. What else a token holds is ignored.
#[derive(Serialize, Deserialize)]
pub(crate) struct Wire {
    pub(crate) iss: String,
    pub(crate) aud: Audience,
    sub: String,
    roles: Vec<String>,
    pub(crate) iat: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nbf: Option<u64>,
    pub(crate) exp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

/// One name, or several.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Audience::One(one) => one == name,
            Audience::Several(several) => several.iter().any(|one| one == name),
        }
    }
}

impl Wire {
    /// The claims, once their origin and time are checked.
    pub(crate) fn claims(self) -> Option<Claims> {
        let roles = self.roles.iter().map(|name| name.parse::<Role>());
        let roles: Vec<Role> = roles.collect::<Result<_, _>>().ok()?;
        let length = self.sub.chars().count();
        let session = self.sid.map(|session| session.parse()).transpose().ok()?;
        let fine = (1..=Claims::MAX_SUBJECT).contains(&length)
            && !self.sub.chars().any(char::is_control)
            && self.jti.as_deref().is_none_or(Claims::is_id)
            && self.exp.saturating_sub(self.iat) <= Claims::MAX_LIFE.as_secs();
        fine.then_some(Claims {
            subject: self.sub,
            roles: Roles::of(&roles),
            issued_at: self.iat,
            expires_at: self.exp,
            id: self.jti,
            session,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_bounded() {
        let new = |subject: &str, life| {
            Claims::new(
                subject,
                Roles::default(),
                UNIX_EPOCH,
                Duration::from_secs(life),
            )
        };
        assert_eq!(new("ada", 60).map(|claims| claims.expires_at), Ok(60));
        for subject in ["", "a\nb", &"x".repeat(101)] {
            assert_eq!(new(subject, 60), Err(BadClaims::Subject), "{subject:?}");
        }
        assert_eq!(new("ada", 0), Err(BadClaims::Life));
        assert_eq!(new("ada", 86_401), Err(BadClaims::Life));
    }
}
