//! Ten times as many, suddenly; what counts is the time after.

use super::{EVERYDAY, PATIENT, Phase, Plan, ROOM};

pub(super) const PLAN: Plan = Plan {
    phases: &[
        Phase {
            name: "before",
            share: 0.4,
            factor: 1.0,
        },
        Phase {
            name: "spike",
            share: 0.2,
            factor: 10.0,
        },
        Phase {
            name: "after",
            share: 0.4,
            factor: 1.0,
        },
    ],
    mix: EVERYDAY,
    hot: 0,
    slow: 0,
    retries: 0,
    in_flight: ROOM,
    timeout: PATIENT,
};
