//! The same all the time.

use super::{EVERYDAY, PATIENT, Plan, ROOM, THROUGHOUT};

pub(super) const PLAN: Plan = Plan {
    phases: THROUGHOUT,
    mix: EVERYDAY,
    hot: 0,
    slow: 0,
    retries: 0,
    in_flight: ROOM,
    timeout: PATIENT,
};
