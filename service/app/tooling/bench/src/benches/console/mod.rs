//! What the console costs, as a program of its own on a terminal.

pub(crate) mod frames;
mod rival;
pub(crate) mod start;
mod targets;
pub(crate) mod top;
pub(crate) mod watch;

use std::path::PathBuf;
use std::time::Duration;

use crate::context::Context;
use crate::terminal::{Terminal, Where};

/// The program.
pub(crate) struct Console {
    program: PathBuf,
}

impl Console {
    pub(crate) fn find(context: &Context) -> anyhow::Result<Console> {
        let program = context.program("cutaway", "cutaway")?;
        Ok(Console { program })
    }

    pub(crate) fn start(
        &self,
        context: &Context,
        place: Where,
        arguments: &[String],
    ) -> anyhow::Result<Terminal> {
        Terminal::start(&context.cores, place, &self.program, arguments)
    }
}

/// Which build was measured.
pub(crate) fn build_note() -> String {
    let built = if cfg!(debug_assertions) {
        "the dev build, which is what `cargo run` starts; it is optimised, too"
    } else {
        "the release build; what `cargo run` starts is the dev build"
    };
    format!("Measured: {built}.")
}

/// What was used in `length`, in nanoseconds a minute.
fn minute(used: Duration, length: Duration) -> f64 {
    used.as_nanos() as f64 * 60.0 / length.as_secs_f64()
}
