//! A look at a lab's variables while it runs: what `--samples` prints and a page draws.

use serde::{Deserialize, Serialize};

/// What a lab's variables were at one moment. One line of JSON, `{"sample":{…}}`, before the run's own document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When, in nanoseconds since the lab began.
    pub at_ns: u64,
    /// The numbers among the variables that `/debug/vars` would show, by their path with dots.
    pub readings: Vec<Reading>,
}

/// One variable at that moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The path: `channels.orders.depth`.
    pub name: String,
    /// What it was.
    pub value: f64,
    /// Whether it only grows, so that its rate is what tells something.
    pub grows: bool,
}

/// The line's outer object, which tells it from the run.
#[derive(Serialize, Deserialize)]
struct Line {
    sample: Sample,
}

impl Sample {
    /// What every sample's line begins with.
    pub const LINE: &str = "{\"sample\":";

    /// The sample as its line, without the line break.
    pub fn to_line(&self) -> String {
        let line = Line {
            sample: self.clone(),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// The sample that a line is, if it is one.
    pub fn of_line(line: &[u8]) -> Option<Sample> {
        let line: Line = serde_json::from_slice(line).ok()?;
        Some(line.sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_sample_or_something_else() {
        let sample = Sample {
            at_ns: 5,
            readings: vec![Reading {
                name: "channels.orders.depth".to_owned(),
                value: 3.0,
                grows: false,
            }],
        };
        let line = sample.to_line();
        assert!(line.starts_with(Sample::LINE), "{line}");
        assert_eq!(Sample::of_line(line.as_bytes()), Some(sample));
        assert_eq!(Sample::of_line(b"{\"version\":1,\"lab\":\"queue\"}"), None);
    }
}
