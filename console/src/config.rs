//! The config file: what one does not want to type each time.
//!
//! `$XDG_CONFIG_HOME/cutaway/config.toml` (`~/.config/cutaway/config.toml`). The command line outranks it. Every key is in
//! the template that `cutaway config` prints, with its default; `cutaway config --schema` prints a JSON schema.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What may stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) targets: Option<Vec<String>>,
    pub(crate) interval: Option<String>,
    pub(crate) timeout: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) vars: Option<Vec<String>>,
    pub(crate) filter: Option<String>,
    pub(crate) theme: Option<String>,
    pub(crate) mouse: Option<bool>,
    pub(crate) history: Option<String>,
    pub(crate) variables: Option<usize>,
    pub(crate) profile_seconds: Option<u32>,
    pub(crate) max_profile: Option<String>,
    pub(crate) record_limit: Option<String>,
    #[serde(default)]
    pub(crate) tls: TlsConfig,
    #[serde(default)]
    pub(crate) auth: AuthConfig,
    #[serde(default)]
    pub(crate) keys: BTreeMap<String, Vec<String>>,
}

/// The table `tls`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsConfig {
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) insecure: Option<bool>,
}

/// The table `auth`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthConfig {
    pub(crate) user: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) bearer_file: Option<PathBuf>,
}

/// Which colours are used.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ThemeName {
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// The strongest contrasts.
    HighContrast,
    /// The terminal's own sixteen colours.
    #[value(name = "16")]
    Sixteen,
}

/// A key of the file: its name, an example of its value in TOML, what it is.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
    pub(crate) what: &'static str,
}

#[rustfmt::skip] // A table: one key, one line.
pub(crate) const KEYS: &[Key] = &[
    key("targets", r#"["4000"]"#, "What to watch when the command line names nothing."),
    key("interval", r#""1s""#, "Time between two readings of a target."),
    key("timeout", r#""1s""#, "The longest a reading may take; by default the interval, between 1s and 10s."),
    key("endpoint", r#""/debug/vars""#, "Where a target without a path has its variables."),
    key("vars", r#"["mem:memstats.Alloc"]"#, "Variables to pin to the board, as after --vars."),
    key("filter", r#""""#, "What the variables are filtered by at first."),
    key("theme", r#""dark""#, "Colours: dark, light, high-contrast or 16. NO_COLOR outranks it."),
    key("mouse", "false", "Whether the mouse is used; it can then not mark text as usual."),
    key("history", r#""15m""#, "How far back charts reach. Memory: 12 bytes a reading and variable."),
    key("variables", "8000", "The most variables kept of all targets together."),
    key("profile_seconds", "3", "Length of one CPU profile."),
    key("max_profile", r#""64MB""#, "The largest profile that is read from a target, in its inflated form."),
    key("record_limit", r#""256MB""#, "The largest a recording may become, with the part before it."),
    key("tls.ca", r#""/etc/ssl/my-ca.pem""#, "Certification authorities to believe instead of the system's, as PEM."),
    key("tls.cert", r#""me.pem""#, "A certificate to show to targets, as PEM."),
    key("tls.key", r#""me.key""#, "Its private key, as PEM."),
    key("tls.insecure", "false", "Whether to believe any certificate; targets are then marked as not verified."),
    key("auth.user", r#""me""#, "The user of basic authentication; HTTP_USER outranks it."),
    key("auth.password_file", r#""/run/secrets/password""#, "The file that holds the password; HTTP_PASSWORD outranks it."),
    key("auth.bearer_file", r#""/run/secrets/token""#, "The file that holds a bearer's token; HTTP_BEARER outranks it."),
    key("keys", r#"{ "board.pin" = ["p"] }"#, "Keys for actions by name; cutaway keys lists them."),
];

const fn key(name: &'static str, example: &'static str, what: &'static str) -> Key {
    Key {
        name,
        example,
        what,
    }
}

impl Config {
    /// Reads the file named, or the usual one if it is there.
    pub(crate) fn load(named: Option<&Path>) -> anyhow::Result<Self> {
        let usual = usual_place();
        let Some(path) = named.map(Path::to_owned).or(usual) else {
            return Ok(Self::default());
        };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).with_context(|| format!("{}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {
                Ok(Self::default())
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Reads what stands in a file.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text)?;
        if let Some(theme) = &config.theme {
            ThemeName::from_str(theme, false).map_err(|_| {
                anyhow::anyhow!("theme = {theme:?}: it is dark, light, high-contrast or 16")
            })?;
        }
        config.keys.retain(|name, _| !name.is_empty());
        Ok(config)
    }

    /// The theme, if one is named.
    pub(crate) fn theme(&self) -> Option<ThemeName> {
        ThemeName::from_str(self.theme.as_deref()?, false).ok()
    }
}

/// Where the file is looked for.
pub(crate) fn usual_place() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = || Some(set("HOME")?.join(".config"));
    Some(
        set("XDG_CONFIG_HOME")
            .or_else(home)?
            .join("cutaway/config.toml"),
    )
}

/// A file with every key, all of them commented out.
pub(crate) fn template() -> String {
    let mut lines = vec!["# cutaway's config: remove the # before a key to change it.".to_owned()];
    let mut table = "";
    for key in KEYS {
        let (in_table, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if in_table != table && !in_table.is_empty() {
            lines.extend([String::new(), format!("[{in_table}]")]);
        } else if key.name == "keys" {
            lines.extend([String::new(), "[keys]".to_owned()]);
        }
        table = in_table;
        lines.extend([String::new(), format!("# {}", key.what)]);
        lines.push(if key.name == "keys" {
            format!("# {}", key.example.trim_matches(['{', '}', ' ']))
        } else {
            format!("# {name} = {}", key.example)
        });
    }
    lines.join("\n") + "\n"
}

/// A JSON schema of the file.
pub(crate) fn schema() -> Value {
    let mut top = Map::new();
    for key in KEYS {
        let value: toml::Table =
            toml::from_str(&format!("example = {}", key.example)).unwrap_or_default();
        let mut about = kind(value.get("example"));
        about["description"] = key.what.into();
        match key.name.split_once('.') {
            None => drop(top.insert(key.name.to_owned(), about)),
            Some((table, name)) => {
                let table = top.entry(table).or_insert_with(
                    || json!({"type": "object", "additionalProperties": false, "properties": {}}),
                );
                table["properties"][name] = about;
            }
        }
    }
    top["theme"]["enum"] = json!(["dark", "light", "high-contrast", "16"]);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cutaway config",
        "type": "object",
        "additionalProperties": false,
        "properties": top,
    })
}

fn kind(example: Option<&toml::Value>) -> Value {
    match example {
        Some(toml::Value::Boolean(_)) => json!({"type": "boolean"}),
        Some(toml::Value::Integer(_)) => json!({"type": "integer", "minimum": 0}),
        Some(toml::Value::Array(_)) => json!({"type": "array", "items": {"type": "string"}}),
        Some(toml::Value::Table(_)) => {
            let keys = json!({"type": "array", "items": {"type": "string"}});
            json!({"type": "object", "additionalProperties": keys})
        }
        _ => json!({"type": "string"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The template with all keys in force.
    fn in_force() -> String {
        let line = |line: &str| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") => key.to_owned() + "\n",
            _ => line.to_owned() + "\n",
        };
        template().lines().map(line).collect()
    }

    #[test]
    fn the_template_is_a_config_that_changes_nothing() {
        assert_eq!(
            Config::parse(&template()).expect("valid"),
            Config::default()
        );
    }

    #[test]
    fn every_key_is_in_the_template_and_in_the_schema() {
        let config = Config::parse(&in_force()).expect("valid");
        let Config {
            targets: Some(_),
            interval: Some(_),
            timeout: Some(_),
            endpoint: Some(_),
            vars: Some(_),
            filter: Some(_),
            theme: Some(_),
            mouse: Some(_),
            history: Some(_),
            variables: Some(_),
            profile_seconds: Some(_),
            max_profile: Some(_),
            record_limit: Some(_),
            tls:
                TlsConfig {
                    ca: Some(_),
                    cert: Some(_),
                    key: Some(_),
                    insecure: Some(_),
                },
            auth:
                AuthConfig {
                    user: Some(_),
                    password_file: Some(_),
                    bearer_file: Some(_),
                },
            keys,
        } = config
        else {
            panic!("a key is missing:\n{}", in_force());
        };
        assert_eq!(keys.len(), 1);
        let schema = schema();
        for key in KEYS {
            let at = key.name.replace('.', "/properties/");
            let about = schema.pointer(&format!("/properties/{at}"));
            assert!(
                about.is_some_and(|about| about["type"].is_string()),
                "{}",
                key.name
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("intervall = \"1s\"", "intervall"),
            ("theme = \"pink\"", "high-contrast"),
            ("mouse = 1", "mouse"),
            ("[tls]\nauthority = \"x\"", "authority"),
        ] {
            let error = Config::parse(text).expect_err(text);
            assert!(format!("{error:#}").contains(words), "{error:#}");
        }
    }
}
