//! Values and their units, as `go tool pprof` scales and prints them.

/// A unit and what it is worth in the smallest of its family.
struct Unit {
    name: &'static str,
    aliases: &'static [&'static str],
    factor: f64,
}

/// Units that can be turned into each other.
struct Family {
    units: &'static [Unit],
    /// The name and factor of the unit to fall back to.
    default: (&'static str, f64),
}

const fn unit(name: &'static str, aliases: &'static [&'static str], factor: f64) -> Unit {
    Unit {
        name,
        aliases,
        factor,
    }
}

const FAMILIES: [Family; 3] = [
    Family {
        units: &[
            unit("B", &["b", "byte"], 1.0),
            unit("kB", &["kb", "kbyte", "kilobyte"], 1024.0),
            unit("MB", &["mb", "mbyte", "megabyte"], 1_048_576.0),
            unit("GB", &["gb", "gbyte", "gigabyte"], 1_073_741_824.0),
            unit("TB", &["tb", "tbyte", "terabyte"], 1_099_511_627_776.0),
            unit("PB", &["pb", "pbyte", "petabyte"], 1_125_899_906_842_624.0),
        ],
        default: ("B", 1.0),
    },
    Family {
        units: &[
            unit("ns", &["ns", "nanosecond"], 1.0),
            unit("us", &["μs", "us", "microsecond"], 1e3),
            unit("ms", &["ms", "millisecond"], 1e6),
            unit("s", &["s", "sec", "second"], 1e9),
            unit("hrs", &["hour", "hr"], 3600e9),
        ],
        default: ("s", 1e9),
    },
    Family {
        units: &[
            unit("n*GCU", &["nanogcu"], 1e-9),
            unit("u*GCU", &["microgcu"], 1e-6),
            unit("m*GCU", &["milligcu"], 1e-3),
            unit("GCU", &["gcu"], 1.0),
            unit("k*GCU", &["kilogcu"], 1e3),
            unit("M*GCU", &["megagcu"], 1e6),
            unit("G*GCU", &["gigagcu"], 1e9),
            unit("T*GCU", &["teragcu"], 1e12),
            unit("P*GCU", &["petagcu"], 1e15),
        ],
        default: ("GCU", 1.0),
    },
];

/// A value in another unit, and how that unit is written: `auto` takes the largest in which the value is not below 1.
/// A unit that cannot be turned into the other stays as it is; counts have an empty unit.
///
/// ```
/// use profile::units::scale;
///
/// assert_eq!(scale(1536, "bytes", "kb"), (1.5, "kB".to_owned()));
/// assert_eq!(scale(90_000, "nanoseconds", "auto"), (90.0, "us".to_owned()));
/// assert_eq!(scale(7, "count", "auto"), (7.0, String::new()));
/// ```
pub fn scale(value: i64, from: &str, to: &str) -> (f64, String) {
    if value < 0 && value != i64::MIN {
        let (value, unit) = scale(-value, from, to);
        return (-value, unit);
    }
    let known = FAMILIES.iter().find_map(|f| f.convert(value, from, to));
    if let Some((value, unit)) = known {
        return (value, unit.to_owned());
    }
    let plain = ["count", "sample", "unit", "minimum", "auto"].contains(&to);
    let unit = if plain { "" } else { to };
    (value as f64, unit.to_owned())
}

/// A value with its unit for people, at most two decimals: `1.50kB`, `90us`, `0`. See [`scale`] for `to`.
pub fn label(value: i64, from: &str, to: &str) -> String {
    let (value, unit) = scale(value, from, to);
    let text = format!("{value:.2}");
    let text = text.strip_suffix(".00").unwrap_or(&text);
    if matches!(text, "0" | "-0") {
        return "0".to_owned();
    }
    format!("{text}{unit}")
}

/// A share of a total in percent, with at least two digits of precision: `12.50%`, `0.31%`. Signs do not count.
pub fn percentage(value: i64, total: i64) -> String {
    if total == 0 {
        return "0%".to_owned();
    }
    let percent = (value as f64 / total as f64).abs() * 100.0;
    match percent {
        0.0 => "0%".to_owned(),
        99.95..=100.05 => "100%".to_owned(),
        1.0.. => format!("{percent:.2}%"),
        _ => {
            let digits = (1 - percent.log10().floor() as i32).clamp(1, 9) as usize;
            format!("{percent:.digits$}%")
        }
    }
}

/// Whether values in one unit can be turned into the other.
pub(crate) fn compatible(one: &str, other: &str) -> bool {
    let both = |family: &Family| family.find(one).is_some() && family.find(other).is_some();
    one == other || FAMILIES.iter().any(both)
}

impl Family {
    fn find(&self, name: &str) -> Option<&Unit> {
        let name = name.to_lowercase();
        let singular = name.strip_suffix('s').filter(|_| name.len() > 2);
        let name = singular.unwrap_or(&name);
        self.units.iter().find(|unit| unit.aliases.contains(&name))
    }

    fn convert(&self, value: i64, from: &str, to: &str) -> Option<(f64, &'static str)> {
        let value = value as f64 * self.find(from)?.factor;
        let (name, factor) = if matches!(to, "auto" | "minimum") {
            let fits = |unit: &&Unit| value / unit.factor >= 1.0;
            let largest = self.units.iter().rfind(fits);
            largest.map_or(self.default, |unit| (unit.name, unit.factor))
        } else {
            let unit = self.find(to);
            unit.map_or(self.default, |unit| (unit.name, unit.factor))
        };
        Some((value / factor, name))
    }
}
