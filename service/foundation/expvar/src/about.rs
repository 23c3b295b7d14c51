use std::borrow::Cow;

/// What a variable means, for those who look at it: the `HELP`, `UNIT` and `TYPE` of metrics text, the line beside it
/// on a page. The document of `/debug/vars` does not show it.
///
/// ```
/// use expvar::{About, Unit};
///
/// let vars = expvar::Registry::new();
/// vars.describe("orders", "Orders placed since the start.");
/// vars.describe("pause", About::new("Time spent paused.").unit(Unit::Nanoseconds).counter());
/// vars.func("pause", || 12_000.into())?;
/// let about = vars.variables()[0].about.clone().expect("it was described");
/// assert_eq!(about.help, "Time spent paused.");
/// # Ok::<(), expvar::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// One sentence.
    pub help: String,
    /// The unit of the published value; where there is none, [`Unit::of_name`] may know.
    pub unit: Option<Unit>,
    /// Whether a value that is computed by a function only grows (`Some(true)`) or goes up and down (`Some(false)`).
    /// Other kinds of variables say it themselves.
    pub grows: Option<bool>,
}

impl About {
    /// A description in one sentence.
    pub fn new(help: impl Into<String>) -> Self {
        Self {
            help: help.into(),
            ..Self::default()
        }
    }

    /// States the unit in which the value is published.
    pub fn unit(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }

    /// States that the value of a function only grows.
    pub fn counter(mut self) -> Self {
        self.grows = Some(true);
        self
    }

    /// States that the value of a function goes up and down.
    pub fn gauge(mut self) -> Self {
        self.grows = Some(false);
        self
    }
}

impl From<&str> for About {
    fn from(help: &str) -> Self {
        About::new(help)
    }
}

impl From<String> for About {
    fn from(help: String) -> Self {
        About::new(help)
    }
}

/// The unit in which a variable is published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// 10⁻⁹ s.
    Nanoseconds,
    /// 10⁻⁶ s.
    Microseconds,
    /// 10⁻³ s.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Another one, in the plural: `pages`, `celsius`.
    Other(Cow<'static, str>),
}

/// The words that end the names of variables in a unit.
const SUFFIXES: [(&str, Unit); 8] = [
    ("ns", Unit::Nanoseconds),
    ("nanoseconds", Unit::Nanoseconds),
    ("us", Unit::Microseconds),
    ("microseconds", Unit::Microseconds),
    ("ms", Unit::Milliseconds),
    ("milliseconds", Unit::Milliseconds),
    ("seconds", Unit::Seconds),
    ("bytes", Unit::Bytes),
];

impl Unit {
    /// The unit that the last word of a name says, and the name without that word: `latency_ns` is a `latency` in
    /// nanoseconds. A name that is nothing but a unit keeps it.
    ///
    /// ```
    /// use expvar::Unit;
    /// assert_eq!(Unit::of_name("latency_ns"), Some((Unit::Nanoseconds, "latency")));
    /// assert_eq!(Unit::of_name("depth"), None);
    /// ```
    pub fn of_name(name: &str) -> Option<(Unit, &str)> {
        let (rest, last) = name.rsplit_once('_').filter(|(rest, _)| !rest.is_empty())?;
        let (_, unit) = SUFFIXES.iter().find(|(suffix, _)| *suffix == last)?;
        Some((unit.clone(), rest))
    }

    /// The name of the base unit (seconds for all durations), and how many of this unit make one of it.
    pub fn base(&self) -> (&str, f64) {
        match self {
            Unit::Nanoseconds => ("seconds", 1e9),
            Unit::Microseconds => ("seconds", 1e6),
            Unit::Milliseconds => ("seconds", 1e3),
            Unit::Seconds => ("seconds", 1.0),
            Unit::Bytes => ("bytes", 1.0),
            Unit::Other(name) => (name, 1.0),
        }
    }
}
