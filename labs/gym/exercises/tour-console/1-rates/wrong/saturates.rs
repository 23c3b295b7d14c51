//! Takes a counter that fell for one that has not grown.

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
    let mut last: Option<Reading> = None;
    let rate = |reading: &Option<Reading>| {
        let now = (*reading)?;
        let before = last.replace(now)?;
        let grown = now.requests.saturating_sub(before.requests);
        Some(f64::from(grown) / (now.at - before.at))
    };
    readings.iter().map(rate).collect()
}
