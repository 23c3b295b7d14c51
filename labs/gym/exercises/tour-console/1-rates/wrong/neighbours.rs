//! Compares each reading with its neighbour, which may be missing.

/// What the service said at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When, in seconds by the reader's clock.
    pub at: f64,
    /// For how many seconds the process has been running.
    pub uptime: f64,
    /// How many requests it has had since it began to run.
    pub requests: u32,
}

/// Requests a second at each reading, since the last one that came.
pub fn rates(readings: &[Option<Reading>]) -> Vec<Option<f64>> {
    let rate = |at: usize| {
        let (before, now) = (readings.get(at.checked_sub(1)?).copied()??, readings[at]?);
        if now.uptime < before.uptime || now.requests < before.requests {
            return None;
        }
        Some(f64::from(now.requests - before.requests) / (now.at - before.at))
    };
    (0..readings.len()).map(rate).collect()
}
