//! What is told of a ring: short CPU profiles of a target, taken one after the other while nobody else takes one.

use std::sync::Arc;
use std::time::Duration;

use profile::Profile;

use crate::{At, Cause};

/// How a ring takes its profiles.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct RingPace {
    /// Length of each profile, in seconds.
    pub seconds: u32,
    /// How often a second of CPU time is sampled. Go's services sample at 100 Hz whatever they are asked.
    pub hz: u32,
}

/// Something that happened to a ring.
#[derive(Clone, Debug)]
pub enum RingNews {
    /// From now on profiles are asked for.
    On(RingPace),
    /// From now on they are not.
    Off,
    /// A profile is in.
    Taken {
        /// When it was asked for: it covers its duration from then on.
        since: At,
        /// The profile.
        profile: Arc<Profile>,
        /// CPU time that the target needed to make a profile of its samples, where it says so.
        cost: Option<Duration>,
        /// Whether the target ends such a capture as soon as somebody else asks for one.
        gives_way: bool,
    },
    /// There is none of the time since then.
    Missed {
        /// When it was asked for.
        since: At,
        /// Why.
        why: Missed,
    },
}

/// Why a ring has no profile of some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// It was ended because somebody else asked for one; in the target's words.
    Yielded(String),
    /// Somebody else's was under way; in the target's words.
    Refused(String),
    /// This console took one for its user.
    StoodBack,
    /// Something else.
    Failed(Cause),
}
