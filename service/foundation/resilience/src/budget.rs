//! Retries as a share of requests.

/// Lets through so many retries for each request that was made, and a few more after a quiet time.
///
/// Every request puts a share of a token in, every retry takes a whole one out. So for each hundred requests there are
/// `100 × share` retries at most, besides the `reserve` that the budget begins with and never exceeds. The idea is that of
/// "Site Reliability Engineering" (Google, chapter 21, "Handling Overload"), where clients keep the ratio of retries below 10 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    share: f64,
    reserve: f64,
    tokens: f64,
}

impl Budget {
    /// A full budget. `share` is retries per request (0.1: one in ten), `reserve` how many may come at once.
    pub fn new(share: f64, reserve: u32) -> Budget {
        let reserve = f64::from(reserve);
        Budget {
            share: share.max(0.0),
            reserve,
            tokens: reserve,
        }
    }

    /// A request is made, which is no retry.
    pub fn request(&mut self) {
        self.tokens = (self.tokens + self.share).min(self.reserve);
    }

    /// Takes out a retry; false if there is none left.
    pub fn retry(&mut self) -> bool {
        // What ten tenths add up to is a little less than one.
        let is_there = self.tokens > 1.0 - 1e-9;
        if is_there {
            self.tokens = (self.tokens - 1.0).max(0.0);
        }
        is_there
    }

    /// How many retries are left.
    pub fn left(&self) -> f64 {
        self.tokens
    }
}
