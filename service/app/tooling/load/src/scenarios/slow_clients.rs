//! Clients that hold a connection for long and ask for little: others must not notice.

use super::{EVERYDAY, PATIENT, Plan, ROOM, THROUGHOUT};

pub(super) const PLAN: Plan = Plan {
    phases: THROUGHOUT,
    mix: EVERYDAY,
    hot: 0,
    slow: 50,
    retries: 0,
    in_flight: ROOM,
    timeout: PATIENT,
};
