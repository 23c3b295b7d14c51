//! Everybody wants the same product, and there is not enough: the race in which a careless store oversells.

use super::{Mix, PATIENT, Phase, Plan, ROOM};

pub(super) const PLAN: Plan = Plan {
    phases: &[
        Phase {
            name: "before",
            share: 0.2,
            factor: 1.0,
        },
        Phase {
            name: "sale",
            share: 0.5,
            factor: 5.0,
        },
        Phase {
            name: "after",
            share: 0.3,
            factor: 1.0,
        },
    ],
    mix: Mix {
        order: 65,
        look_up: 5,
        give_back: 5,
    },
    hot: 80,
    slow: 0,
    retries: 0,
    in_flight: ROOM,
    timeout: PATIENT,
};
