use crate::TraceId;

/// Which of the traces that begin here are recorded; of those that a caller began the caller decides.
///
/// It goes by the trace's id, so that services with the same share record the same traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampler {
    /// Ids are recorded whose lower 63 bits are below this.
    below: u64,
}

impl Sampler {
    /// None of them.
    pub const NONE: Sampler = Sampler { below: 0 };
    /// All of them.
    pub const ALL: Sampler = Sampler { below: 1 << 63 };

    /// A share of them: 0 is none, 1 is all; what is no number is none.
    pub fn share(share: f64) -> Sampler {
        let below = share.clamp(0.0, 1.0) * Sampler::ALL.below as f64;
        Sampler {
            below: below as u64,
        }
    }

    pub(crate) fn takes(self, trace: TraceId) -> bool {
        (trace.low() >> 1) < self.below
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::context::Traces;

    #[test]
    fn about_the_share_that_was_asked_for_is_taken() {
        let traces = Traces::new(3);
        for (share, least, most) in [
            (0.0, 0, 0),
            (f64::NAN, 0, 0),
            (0.1, 800, 1_200),
            (0.5, 4_700, 5_300),
            (1.0, 10_000, 10_000),
            (7.0, 10_000, 10_000),
        ] {
            let sampler = Sampler::share(share);
            let contexts = (0..10_000).map(|_| traces.of(&HeaderMap::new(), sampler));
            let taken = contexts.filter(crate::Context::is_sampled).count();
            assert!((least..=most).contains(&taken), "{share}: {taken}");
        }
    }
}
