use std::fmt;
use std::num::NonZeroUsize;

use crate::decimal::Decimal;
use crate::{Cgroup, Downward, Quota};

/// How many worker threads there should be, and by whose word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// Worker threads: the limit rounded up and at least 1, or what was set by hand.
    pub workers: NonZeroUsize,
    /// Whether the number of workers was set by hand.
    pub by_hand: bool,
    /// What CPU the process has, in CPUs; 1 if nothing is known.
    pub limit: f64,
    /// Who sets that limit.
    pub basis: Basis,
}

/// Who sets the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The CPUs on which the process may run.
    Affinity,
    /// The quota of a cgroup.
    Quota,
    /// Kubernetes' downward API.
    Downward,
    /// [`std::thread::available_parallelism`].
    Parallelism,
    /// Nobody said anything.
    Nothing,
}

/// What was found out.
pub(crate) struct Known<'a> {
    pub(crate) affinity: Option<usize>,
    pub(crate) cpu: Option<&'a Cgroup<Quota>>,
    pub(crate) downward: Option<Downward>,
    pub(crate) parallelism: Option<usize>,
    pub(crate) by_hand: Option<NonZeroUsize>,
}

impl Decision {
    pub(crate) fn new(known: &Known<'_>) -> Self {
        let (limit, basis) = known.limit();
        // Converting a float to an integer saturates.
        let workers = NonZeroUsize::new(limit.ceil() as usize).unwrap_or(NonZeroUsize::MIN);
        Self {
            workers: known.by_hand.unwrap_or(workers),
            by_hand: known.by_hand.is_some(),
            limit,
            basis,
        }
    }
}

impl Known<'_> {
    /// The tightest limit; of equal ones the first in this order, which is from the firmest to the vaguest.
    fn limit(&self) -> (f64, Basis) {
        let limits = [
            (self.affinity.map(|cpus| cpus as f64), Basis::Affinity),
            (self.quota().map(Quota::cores), Basis::Quota),
            (self.downward().map(Downward::cores), Basis::Downward),
            (
                self.parallelism().map(|cpus| cpus as f64),
                Basis::Parallelism,
            ),
        ];
        let known = limits
            .into_iter()
            .filter_map(|(limit, basis)| Some((limit?, basis)));
        let tightest = known.min_by(|(a, _), (b, _)| a.total_cmp(b));
        tightest.unwrap_or((1.0, Basis::Nothing))
    }

    fn quota(&self) -> Option<&Quota> {
        self.cpu?.tightest().map(|(_, quota)| quota)
    }

    /// The downward API's value, unless it is known better.
    fn downward(&self) -> Option<Downward> {
        self.downward.filter(|_| !knows_better(self.cpu))
    }

    /// Counts only where the affinity is not known. Std floors the quota: where it says as much, that is what it says.
    fn parallelism(&self) -> Option<usize> {
        let floor = self.quota().map(|quota| quota.whole_cores().max(1));
        let unknown = self.parallelism.filter(|_| self.affinity.is_none());
        unknown.filter(|&cpus| floor.is_none_or(|floor| (cpus as u128) < floor))
    }
}

/// Whether the cgroups say all that the downward API could: it gives a copy of the quota, rounded and as old as the
/// container. (A limit can be changed while a container runs; what its environment says stays.)
pub(crate) fn knows_better(cpu: Option<&Cgroup<Quota>>) -> bool {
    cpu.is_some_and(|cpu| cpu.own_seen && cpu.tightest().is_some())
}

impl Basis {
    /// The word for it in a variable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Affinity => "affinity",
            Self::Quota => "quota",
            Self::Downward => "downward",
            Self::Parallelism => "parallelism",
            Self::Nothing => "nothing",
        }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Affinity => "the affinity",
            Self::Quota => "the cgroup's quota",
            Self::Downward => "the downward API",
            Self::Parallelism => "available_parallelism",
            Self::Nothing => "nothing",
        })
    }
}

impl fmt::Display for Decision {
    /// `2 worker threads: 1.5 CPUs by the cgroup's quota, rounded up`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workers = self.workers;
        write!(f, "{workers} worker thread{}: ", plural(workers.get() == 1))?;
        match (self.by_hand, self.basis) {
            (true, _) => write!(f, "set by hand; the limit is {}", self.limit_in_words()),
            (false, Basis::Nothing) => write!(f, "the limit is {}", self.limit_in_words()),
            (false, _) => write!(f, "{}{}", self.limit_in_words(), self.rounded()),
        }
    }
}

impl Decision {
    fn limit_in_words(&self) -> String {
        match self.basis {
            Basis::Nothing => "not known".to_owned(),
            basis => format!(
                "{} CPU{} by {basis}",
                Decimal(self.limit),
                plural(self.limit <= 1.0)
            ),
        }
    }

    fn rounded(&self) -> &'static str {
        if self.limit.fract() > 0.0 {
            ", rounded up"
        } else {
            ""
        }
    }
}

/// The ending of a word that is one or several.
pub(crate) fn plural(one: bool) -> &'static str {
    if one { "" } else { "s" }
}
