//! Rules: what a value is, where its name does not say it.

use expvar::Unit;
use expvar::read::Path;
use serde::Deserialize;

/// The rules of this program, which come after those of a file.
const BUILT_IN: &str = include_str!("rules.toml");

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It is left out.
    Skip,
}

/// Rules, the first that fits counts.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What every metric's name begins with.
    pub prefix: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    rule: Vec<Written>,
}

/// A rule as it stands in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    path: String,
    #[serde(rename = "type")]
    kind: Option<Type>,
    name: Option<String>,
    unit: Option<String>,
    help: Option<String>,
}

#[derive(Clone, Debug)]
struct Rule {
    keys: Vec<Key>,
    told: Told,
}

/// One key of a rule's path.
#[derive(Clone, Debug)]
enum Key {
    /// This one.
    Is(String),
    /// Any one, which stays part of the name: `*`.
    Any,
    /// Any one, which becomes the value of this label: `{label}`.
    Label(String),
    /// All that follow: `**`.
    Rest,
}

/// What a rule says of a value.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What it is, if the rule says.
    pub kind: Option<Type>,
    /// The metric's name, without its prefix and the suffixes of its type.
    pub name: Option<String>,
    /// The unit in which it is read.
    pub unit: Option<Unit>,
    /// The metric's description.
    pub help: Option<String>,
}

/// A value's place after a rule has looked at it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The keys that make the metric's name.
    pub path: Path,
    /// The keys that became labels.
    pub labels: Vec<(String, String)>,
    /// What the rule says.
    pub told: Told,
}

/// Rules that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum BadRules {
    /// Not TOML, or with other keys than there are.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A rule makes no sense.
    #[error("rule {number} ({path:?}): {cause}")]
    Rule {
        /// Which, from 1.
        number: usize,
        /// Its path.
        path: String,
        /// What is wrong.
        cause: String,
    },
}

impl Rules {
    /// The rules of a file, followed by the built-in ones.
    ///
    /// # Errors
    /// Names the line, or the rule, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Rules, BadRules> {
        let mut rules = read(text)?;
        rules.rules.extend(read(BUILT_IN)?.rules);
        Ok(rules)
    }

    /// What the first rule that fits says of the value at `path`; without one, what its name says.
    pub fn place(&self, path: &Path) -> Place {
        let found = self.rules.iter().find_map(|rule| rule.place(path));
        found.unwrap_or_else(|| {
            by_name(
                path.segments().iter().map(|key| (&**key, None)),
                Told::default(),
            )
        })
    }
}

fn read(text: &str) -> Result<Rules, BadRules> {
    let file: File = toml::from_str(text)?;
    let rules = file.rule.into_iter().enumerate().map(|(at, written)| {
        let path = written.path.clone();
        Rule::new(written).map_err(|cause| BadRules::Rule {
            number: at + 1,
            path,
            cause,
        })
    });
    Ok(Rules {
        prefix: file.prefix,
        rules: rules.collect::<Result<_, _>>()?,
    })
}

impl Rule {
    fn new(written: Written) -> Result<Rule, String> {
        let path = Path::from(written.path.as_str());
        let keys: Vec<Key> = path.segments().iter().map(|key| Key::of(key)).collect();
        if keys
            .iter()
            .rev()
            .skip(1)
            .any(|key| matches!(key, Key::Rest))
        {
            return Err("`**` stands for all that follow, and must come last".into());
        }
        let mut labels: Vec<&str> = keys
            .iter()
            .filter_map(|key| {
                if let Key::Label(name) = key {
                    Some(&**name)
                } else {
                    None
                }
            })
            .collect();
        labels.sort_unstable();
        if let Some(bad) = labels
            .iter()
            .find(|label| exposition::label_name(label) != **label)
        {
            return Err(format!(
                "{bad:?} is no name for a label: letters, digits and underscores are"
            ));
        }
        if labels.windows(2).any(|two| two[0] == two[1]) {
            return Err("a label is there twice".into());
        }
        if let Some(name) = written
            .name
            .as_ref()
            .filter(|name| exposition::metric_name(name) != **name)
        {
            return Err(format!(
                "{name:?} is no name for a metric: letters, digits, underscores and colons are"
            ));
        }
        let unit = written.unit.as_deref().map(unit).transpose()?;
        Ok(Rule {
            keys,
            told: Told {
                kind: written.kind,
                name: written.name,
                unit,
                help: written.help,
            },
        })
    }

    fn place(&self, path: &Path) -> Option<Place> {
        let mut have = path.segments().iter();
        let mut keys = Vec::new();
        for key in &self.keys {
            match key {
                Key::Rest => break,
                Key::Is(name) => {
                    let have = have.next()?;
                    if **have != **name {
                        return None;
                    }
                    keys.push((&**have, None));
                }
                Key::Any => keys.push((&**have.next()?, None)),
                Key::Label(label) => keys.push((&**have.next()?, Some(&**label))),
            }
        }
        if matches!(self.keys.last(), Some(Key::Rest)) {
            keys.extend(have.map(|key| (&**key, None)));
        } else if have.next().is_some() {
            return None;
        }
        Some(by_name(keys.into_iter(), self.told.clone()))
    }
}

impl Key {
    fn of(key: &str) -> Key {
        let label = key.strip_prefix('{').and_then(|key| key.strip_suffix('}'));
        match (key, label) {
            ("*", _) => Key::Any,
            ("**", _) => Key::Rest,
            (_, Some(label)) => Key::Label(label.to_owned()),
            _ => Key::Is(key.to_owned()),
        }
    }
}

fn unit(text: &str) -> Result<Unit, String> {
    Ok(match text {
        "ns" => Unit::Nanoseconds,
        "us" => Unit::Microseconds,
        "ms" => Unit::Milliseconds,
        "s" => Unit::Seconds,
        "bytes" => Unit::Bytes,
        _ => return Err(format!("the unit is ns, us, ms, s or bytes, not {text:?}")),
    })
}

/// Keys with the labels that a rule makes of them. Of the others those that are no words become labels too, `key`, `key_2`
/// and so on: clients can make them up, and names with their like in them would be others every day. The first key stays.
fn by_name<'a>(keys: impl Iterator<Item = (&'a str, Option<&'a str>)>, told: Told) -> Place {
    let (mut path, mut labels, mut nameless) = (Vec::new(), Vec::new(), 0);
    for (at, (key, label)) in keys.enumerate() {
        match label {
            Some(label) => labels.push((label.to_owned(), key.to_owned())),
            None if at == 0 || is_word(key) => path.push(key),
            None => {
                nameless += 1;
                let label = if nameless == 1 {
                    "key".into()
                } else {
                    format!("key_{nameless}")
                };
                labels.push((label, key.to_owned()));
            }
        }
    }
    Place {
        path: Path::new(path),
        labels,
        told,
    }
}

fn is_word(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(rules: &Rules, path: &str) -> (String, String) {
        let place = rules.place(&path.into());
        let labels: Vec<_> = place
            .labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (place.path.to_string(), labels.join(","))
    }

    #[test]
    fn keys_that_are_no_words_are_labels() {
        let rules = Rules::parse("").expect("no rules of its own");
        for (path, name, labels) in [
            ("requests", "requests", ""),
            ("store.pool.size", "store.pool.size", ""),
            (
                r"http\.hits./v1/orders.200",
                r"http\.hits",
                "key=/v1/orders,key_2=200",
            ),
            (
                "routes.GET./v1/orders/{id}.2xx",
                "routes",
                "method=GET,route=/v1/orders/{id},status=2xx",
            ),
            (
                "orders_rejected.out_of_stock",
                "orders_rejected",
                "code=out_of_stock",
            ),
        ] {
            assert_eq!(placed(&rules, path), (name.into(), labels.into()), "{path}");
        }
    }

    #[test]
    fn a_files_rules_come_first() {
        let text = "prefix = \"shop_\"\n[[rule]]\npath = \"routes.**\"\ntype = \"skip\"\n[[rule]]\npath = \"a.{x}.*.{y}\"\nname = \"b\"\nunit = \"ms\"\n";
        let rules = Rules::parse(text).expect("good rules");
        assert_eq!(rules.prefix, "shop_");
        assert_eq!(
            rules.place(&"routes.GET./.2xx".into()).told.kind,
            Some(Type::Skip)
        );
        let place = rules.place(&"a.1.c.2".into());
        assert_eq!(placed(&rules, "a.1.c.2"), ("a.c".into(), "x=1,y=2".into()));
        assert_eq!(
            (place.told.name.as_deref(), place.told.unit),
            (Some("b"), Some(Unit::Milliseconds))
        );
        assert_eq!(
            placed(&rules, "a.1.c.2.d").1,
            "key=1,key_2=2",
            "no rule fits"
        );
    }

    #[test]
    fn rules_that_cannot_be_are_refused_with_their_place() {
        for (text, cause) in [
            (
                "[[rule]]\npath = \"a.**.b\"",
                "rule 1 (\"a.**.b\"): `**` stands for all",
            ),
            ("[[rule]]\npath = \"a.{x}.{x}\"", "there twice"),
            (
                "[[rule]]\npath = \"a.{b c}\"",
                "\"b c\" is no name for a label",
            ),
            (
                "[[rule]]\npath = \"a\"\nname = \"b c\"",
                "\"b c\" is no name for a metric",
            ),
            (
                "[[rule]]\npath = \"a\"\nunit = \"weeks\"",
                "ns, us, ms, s or bytes",
            ),
            (
                "[[rule]]\npath = \"a\"\ntype = \"sum\"",
                "unknown variant `sum`",
            ),
            ("[[rule]]\ntype = \"gauge\"", "missing field `path`"),
            ("rules = 1", "unknown field `rules`"),
        ] {
            let error = Rules::parse(text).expect_err(text).to_string();
            assert!(error.contains(cause), "{error}");
        }
    }
}
