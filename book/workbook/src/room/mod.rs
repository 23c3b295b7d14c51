//! A room: who of the learners is at which exercise.
//!
//! The instructor's machine listens on an address of the local network, for joining and progress and nothing else.
//! Learners opt in with a short code. From then on their machine tells the room *only* their name, once, and for each
//! exercise when it was started and when it was passed. The instructor's machine shows the board on a second
//! listener, on loopback and behind a key, so that learners cannot read each other.
//!
//! | request of a learner | body | answer |
//! |---|---|---|
//! | `POST /join` | `{"code", "name"}` | `{"token"}`; 403 for a wrong code |
//! | `POST /progress`, `Authorization: Bearer TOKEN` | `{"now", "exercises": [{"name", "started", "passed"}]}` | 204; 401 for a token that is not known |
//! | `POST /leave`, `Authorization: Bearer TOKEN` | none | 204; the learner is gone from the board |
//!
//! Times are seconds since 1970, UTC, by the learner's clock; `now` is what that clock says, so that the board can set
//! them right. A learner always tells the whole state, so that telling it twice or after a break changes nothing.
//!
//! It is plain HTTP: the code keeps strangers out of the board, but whoever can listen to the network can read what
//! travels.
//!
//! Layout:
//! - [`desk`]: the room, kept in a file
//! - [`learners`]: who is in it, and how far
//! - [`door`]: the requests of learners
//! - [`board`], [`view`]: what the instructor sees
//! - `secret`: codes, tokens, and how they are compared
//! - `rate`: how often one client may ask
//! - [`member`], [`report`]: the learner's side
//! - [`commands`]: the command line

pub mod board;
pub mod commands;
pub mod desk;
pub mod door;
pub mod learners;
pub mod member;
mod rate;
pub mod report;
mod secret;
pub mod view;

pub use rate::Rate;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970, UTC.
pub type Seconds = u64;

/// What time it is. A test brings its own.
pub type Clock = fn() -> Seconds;

/// The system's clock.
pub fn now() -> Seconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// What a room allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many learners there may be.
    pub learners: usize,
    /// How many exercises each may tell of.
    pub exercises: usize,
    /// The largest body of a request, in bytes.
    pub body: usize,
    /// How often one address may try to join, or come with a token that is not known.
    pub strangers: Rate,
    /// How often one learner may tell something.
    pub members: Rate,
    /// How long the answer to a wrong code takes.
    pub wrong: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            learners: 200,
            exercises: 200,
            body: 32 * 1024,
            // A room may share one address; one guess a second finds a code in decades.
            strangers: Rate {
                burst: 60,
                every: Duration::from_secs(1),
            },
            members: Rate {
                burst: 30,
                every: Duration::from_secs(1),
            },
            wrong: Duration::from_millis(500),
        }
    }
}

/// Why a room refuses something. The text is for the learner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The code is not this room's.
    #[error("this is not the room's code: the instructor's screen shows it")]
    WrongCode,
    /// The token is not known: the room is another one, or the learner has left.
    #[error("the room does not know you: join again with the code on the instructor's screen")]
    NotJoined,
    /// There are too many.
    #[error("the room is full: it holds {0} learners")]
    Full(usize),
    /// The name cannot be shown.
    #[error("a name has 1 to {most} letters and no control characters: choose another with --name", most = learners::LONGEST_NAME)]
    Name,
    /// What was sent is not what a learner sends.
    #[error("{0}")]
    Malformed(String),
    /// Too many requests in a short time.
    #[error("too many requests: wait a minute")]
    TooOften,
}
