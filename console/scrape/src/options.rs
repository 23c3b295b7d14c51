//! How to read targets.

use std::time::Duration;

use cutaway_model::At;
use tokio::time::Instant;

use crate::find::Finder;
use crate::http::Limits;
use crate::target::{Credentials, Target};
use crate::tls::Tls;

/// How to read targets. Secrets in it are never printed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between two readings of a target.
    pub interval: Duration,
    /// The longest a reading may take, from connecting to the last byte; a CPU profile may take as much longer as it is
    /// asked to.
    pub timeout: Duration,
    /// Where expvar is looked for when the target names no path.
    pub endpoint: String,
    /// Who to be where the target does not say.
    pub credentials: Option<Credentials>,
    /// How to speak TLS; without it, targets with `https` cannot be read.
    pub tls: Option<Tls>,
    /// The largest reading, in bytes.
    pub max_body: usize,
    /// The largest profile, in bytes when it is inflated.
    pub max_profile: usize,
    /// Who finds pods; without anybody, there are none.
    pub finder: Option<Finder>,
    /// How long a target that went away is still shown.
    pub gone_stays: Duration,
    /// Where the randomness of waiting times starts from.
    pub seed: u64,
    /// The moment from which messages count their time.
    pub started: Instant,
}

impl Default for Options {
    /// Every second, at most a second; 16 MiB of variables, 64 MiB of profile; what is gone is shown for a minute; from
    /// now.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
            endpoint: "/debug/vars".to_owned(),
            credentials: None,
            tls: None,
            max_body: 16 << 20,
            max_profile: 64 << 20,
            finder: None,
            gone_stays: Duration::from_mins(1),
            seed: 0,
            started: Instant::now(),
        }
    }
}

impl Options {
    pub(crate) fn now(&self) -> At {
        self.started.elapsed()
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            timeout: self.timeout,
            max_body: self.max_body,
        }
    }

    /// The path under which profiles are looked for: beside the variables where those are in the usual place below a
    /// prefix, else in the usual place. Ends in `/`.
    pub(crate) fn profiles_path(&self, target: &Target) -> String {
        let path = target.path().unwrap_or(&self.endpoint);
        let path = path.split('?').next().unwrap_or_default();
        match (path.strip_suffix("/debug/vars"), path.find("/debug/pprof")) {
            (Some(prefix), _) => format!("{prefix}/debug/pprof/"),
            (None, Some(at)) => format!("{}/debug/pprof/", &path[..at]),
            (None, None) => "/debug/pprof/".to_owned(),
        }
    }
}
