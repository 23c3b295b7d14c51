//! What logging in needs: a key to sign with, a bound on tries, and a bound on hashing, which is slow on purpose.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth::{Claims, Folder, Password, PasswordHash, RefreshToken, Verifier};
use clap::Args;
use expvar::{Error, Family, Registry};
use http::StatusCode;
use session::{Lives, Next, Secret, Session, TokenHash};
use sync::Semaphore;
use user::User;
use web::{ApiError, Caller, Client, Rate, RateLimit, Shed};

use crate::values::within;

/// How long what people get by logging in is good for.
#[derive(Args, Clone, Debug)]
#[group(id = "logins")]
pub struct Settings {
    /// How long a token is good for that somebody gets by logging in; 24 hours at most
    #[arg(long, env = "SALES_TOKEN_LIFE", value_name = "TIME", default_value = "10m", value_parser = life)]
    pub token_life: Duration,

    /// How long after its last use a session ends; longer than a token is good for
    #[arg(long, env = "SALES_SESSION_IDLE", value_name = "TIME", default_value = "7days", value_parser = days)]
    pub session_idle: Duration,

    /// How long after its beginning a session ends, however often it is used
    #[arg(long, env = "SALES_SESSION_LIFE", value_name = "TIME", default_value = "30days", value_parser = days)]
    pub session_life: Duration,

    /// How much the clocks of whoever issues tokens and of this machine may differ; 5 minutes at most
    #[arg(long, env = "SALES_CLOCK_SKEW", value_name = "TIME", default_value = "30s", value_parser = skew)]
    pub clock_skew: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            token_life: Duration::from_mins(10),
            session_idle: Duration::from_hours(7 * 24),
            session_life: Duration::from_hours(30 * 24),
            clock_skew: Verifier::LEEWAY,
        }
    }
}

fn life(text: &str) -> Result<Duration, String> {
    let bounds = Duration::from_secs(1)..=Claims::MAX_LIFE;
    within(text, &bounds, "must be from 1s to 24h")
}

/// Bounded, so that sessions end before the clock does.
fn days(text: &str) -> Result<Duration, String> {
    let bounds = Duration::from_secs(1)..=Duration::from_hours(3_650 * 24);
    within(text, &bounds, "must be from 1s to 3650days")
}

fn skew(text: &str) -> Result<Duration, String> {
    let bounds = Duration::ZERO..=Verifier::MAX_LEEWAY;
    within(text, &bounds, "must be at most 5m")
}

/// As the flags that would make it.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [token, idle, life, skew] = [
            self.token_life,
            self.session_idle,
            self.session_life,
            self.clock_skew,
        ]
        .map(humantime::format_duration);
        write!(
            f,
            "--token-life {token} --session-idle {idle} --session-life {life} --clock-skew {skew}"
        )
    }
}

/// What the handlers of sessions work with. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Logins {
    folder: Option<Folder>,
    settings: Settings,
    /// How many passwords are hashed at once: each takes a CPU and 19 MiB for its time.
    hashing: Arc<Semaphore>,
    /// Places for those whose password is hashed, and for those who wait for that.
    line: Arc<tokio::sync::Semaphore>,
    /// Tries with one name's password.
    tries: Option<Arc<RateLimit>>,
    /// What came of logins, refreshes and the rest.
    outcomes: Option<Family<expvar::Counter>>,
}

/// So many passwords are hashed at once; more wait for their turn as long as their request may take.
const HASHING: usize = 2;
/// So many may wait. Without a bound, whoever tries passwords would soon have all the places that there are for requests of
/// any kind.
const WAITING: usize = 32;
/// Ten tries with one name's password at once, then one a second: a thousand million years for twelve characters.
const TRIES: u32 = 10;

impl Logins {
    /// Where nobody can log in, for want of a key.
    pub fn without_keys() -> Logins {
        Logins {
            folder: None,
            settings: Settings::default(),
            hashing: Arc::new(Semaphore::new("password hashing", HASHING)),
            line: Arc::new(tokio::sync::Semaphore::new(HASHING + WAITING)),
            tries: None,
            outcomes: None,
        }
    }

    /// Where tokens are signed with the key in use in this folder. Its variables are `logins`: `outcomes` by what was asked
    /// and what came of it, and `tries` with the tries let through and refused.
    ///
    /// # Errors
    /// A variable's name is taken.
    pub fn new(folder: Folder, settings: Settings, variables: &Registry) -> Result<Logins, Error> {
        let logins = variables.map("logins")?;
        let rate = Rate {
            per_second: NonZeroU32::MIN,
            burst: NonZeroU32::new(TRIES).expect("not zero"),
        };
        Ok(Logins {
            folder: Some(folder),
            settings,
            tries: Some(Arc::new(RateLimit::new(rate, &logins.map("tries")?)?)),
            outcomes: Some(logins.counters("outcomes", &["outcome"])?),
            ..Logins::without_keys()
        })
    }

    /// Counts what came of a request.
    pub fn count(&self, outcome: &'static str) {
        if let Some(outcomes) = &self.outcomes {
            outcomes.with(&[outcome]).inc();
        }
    }

    /// Counts a try with this name's password.
    ///
    /// # Errors
    /// 429 if there were too many.
    pub fn try_once(&self, name: &str) -> Result<(), ApiError> {
        let client = Client::Known(Caller(name.into()));
        self.tries
            .as_ref()
            .map_or(Ok(()), |tries| tries.count(&client))
    }

    /// A refresh token, and what of it is kept.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn refresh_token(&self, at: SystemTime) -> Result<(RefreshToken, Next), ApiError> {
        let token = RefreshToken::of(random()?);
        let lives = Lives {
            idle: self.settings.session_idle,
            session: self.settings.session_life,
        };
        let next = Next {
            token: TokenHash(token.hash()),
            at,
            lives,
        };
        Ok((token, next))
    }

    /// Makes sure that tokens can be signed here.
    ///
    /// # Errors
    /// 503 `no_logins`: they cannot.
    pub fn check(&self) -> Result<(), ApiError> {
        self.signer().map(drop)
    }

    /// An access token of a session, and how long it is good for.
    ///
    /// # Errors
    /// There is no key to sign it with.
    pub fn access_token(
        &self,
        user: &User,
        session: &Session,
        at: SystemTime,
    ) -> Result<(String, Duration), ApiError> {
        let life = self.settings.token_life;
        let claims = Claims::new(&user.id.to_string(), user.roles, at, life);
        let claims = claims.map_err(ApiError::internal)?;
        let claims = claims.with_id(random()?).in_session(session.id.get());
        Ok((self.signer()?.sign(&claims), life))
    }

    fn signer(&self) -> Result<Arc<auth::SigningKey>, ApiError> {
        let none = || {
            let message = "nobody can log in here: the service has no private key";
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "no_logins", message)
        };
        let folder = self.folder.as_ref().ok_or_else(none)?;
        folder.signer().map_err(|cause| none().with_cause(cause))
    }

    /// What of a new password is kept.
    ///
    /// # Errors
    /// 503 `overloaded` if too many wait; or the system gives no random numbers.
    pub async fn hash(&self, password: Password) -> Result<Secret, ApiError> {
        let salt = random()?;
        let hash = self.slowly(move || password.hash(salt)).await?;
        Ok(Secret(hash.as_str().to_owned()))
    }

    /// Whether this is the password that is kept; without one, no, after as long a time.
    ///
    /// # Errors
    /// 503 `overloaded` if too many wait.
    pub async fn matches(&self, kept: Option<Secret>, given: Password) -> Result<bool, ApiError> {
        let kept = kept.map_or_else(PasswordHash::nobodys, |kept| PasswordHash::kept(kept.0));
        self.slowly(move || kept.matches(&given)).await
    }

    /// Away from the workers of the runtime, and not too many at once.
    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let _place = self.line.try_acquire().map_err(|_| Shed::Full)?;
        let permit = Arc::clone(&self.hashing).acquire_owned().await;
        let permit = permit.map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(ApiError::internal)
    }
}

fn random<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn few_may_wait_for_a_password_to_be_hashed() {
        let logins = Logins::without_keys();
        let password = Password::given("any").expect("short");
        let all = u32::try_from(HASHING + WAITING).expect("few");
        let others = logins.line.try_acquire_many(all).expect("all are free");
        let refused = logins.matches(None, password.clone()).await;
        let refused = refused.expect_err("too many wait");
        assert_eq!((refused.status.as_u16(), refused.code), (503, "overloaded"));
        drop(others);
        assert_eq!(logins.matches(None, password).await.ok(), Some(false));
    }
}
