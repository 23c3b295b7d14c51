use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// The CPU limit as Kubernetes' downward API tells it to a container.
///
/// In the manifest, with the limit in millicores so that nothing is rounded:
///
/// ```yaml
/// env:
///   - name: CPU_MILLICORES
///     valueFrom: { resourceFieldRef: { resource: limits.cpu, divisor: 1m } }
///   - name: CPU_LIMIT
///     value: "$(CPU_MILLICORES)m"
/// ```
///
/// Without the divisor it comes in whole cores: a limit of `1500m` as `2`. For a container without a limit it is all
/// that the node has.
///
/// ```
/// use cpulimit::Downward;
///
/// assert_eq!("1500m".parse::<Downward>()?.cores(), 1.5);
/// assert_eq!("1500m".parse::<Downward>()?.to_string(), "1500m");
/// assert_eq!("2".parse::<Downward>()?.cores(), 2.0);
/// # Ok::<(), cpulimit::ParseDownwardError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Downward {
    /// Whole cores, rounded up by Kubernetes (divisor `1`, the default).
    Cores(NonZeroU32),
    /// Thousandths of a core (divisor `1m`).
    Millicores(NonZeroU32),
}

impl Downward {
    /// The limit in cores.
    pub fn cores(self) -> f64 {
        match self {
            Self::Cores(cores) => f64::from(cores.get()),
            Self::Millicores(millicores) => f64::from(millicores.get()) / 1000.0,
        }
    }
}

impl fmt::Display for Downward {
    /// As it is parsed: `2`, `1500m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cores(cores) => write!(f, "{cores}"),
            Self::Millicores(millicores) => write!(f, "{millicores}m"),
        }
    }
}

impl FromStr for Downward {
    type Err = ParseDownwardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, make): (_, fn(_) -> _) = match text.strip_suffix('m') {
            Some(digits) => (digits, Self::Millicores),
            None => (text, Self::Cores),
        };
        digits
            .parse()
            .map(make)
            .map_err(|_| ParseDownwardError(text.to_owned()))
    }
}

/// The text is no CPU limit of the downward API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither whole cores, as in 2, nor millicores, as in 1500m")]
pub struct ParseDownwardError(String);
