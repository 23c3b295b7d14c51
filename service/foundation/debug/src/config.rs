//! What is served, and to whom.

use std::fmt;
use std::time::Duration;

use expvar::Registry;

use crate::{Token, standard};

/// What the debug endpoints show, and to whom.
#[derive(Clone)]
pub struct Config {
    /// The variables of `/debug/vars` and `/metrics`.
    pub registry: Registry,
    /// The command line to show, by [`Config::new`] this process's. Secrets in it are masked.
    pub cmdline: Vec<String>,
    /// Whether the listener may be reachable from other machines; it needs a [`token`](Config::token) then. Default: no.
    pub allow_remote: bool,
    /// What requests must carry, on loopback too. Default: nothing.
    pub token: Option<Token>,
    /// How long requests under way may take when stopping. Default: 500 ms.
    pub drain: Duration,
}

impl Config {
    /// The endpoints for these variables, for this machine only.
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            cmdline: standard::process_args(),
            allow_remote: false,
            token: None,
            drain: Duration::from_millis(500),
        }
    }
}

impl fmt::Debug for Config {
    /// Without the command line: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut config = f.debug_struct("Config");
        config
            .field("allow_remote", &self.allow_remote)
            .field("token", &self.token)
            .field("drain", &self.drain)
            .finish_non_exhaustive()
    }
}
