//! Who sends.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::wire::Message;

/// Who sends: the attributes that all spans and metrics of a process share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Names and values; `service.name` is among them.
    pub attributes: Vec<(String, String)>,
}

impl Resource {
    /// The service `name`, unless `OTEL_SERVICE_NAME` says another, and what `OTEL_RESOURCE_ATTRIBUTES` adds
    /// (`key=value,key=value`, percent-encoded). `env` reads a variable of the environment.
    pub fn from_env(name: &str, env: impl Fn(&str) -> Option<String>) -> Resource {
        let given = env("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let mut attributes = pairs(&given);
        let named = env("OTEL_SERVICE_NAME").filter(|name| !name.is_empty());
        let has_name = attributes.iter().any(|(key, _)| key == "service.name");
        if named.is_some() || !has_name {
            attributes.retain(|(key, _)| key != "service.name");
            let name = named.unwrap_or_else(|| name.to_owned());
            attributes.insert(0, ("service.name".into(), name));
        }
        Resource { attributes }
    }

    /// With one more attribute, unless it is there already.
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Resource {
        if self.attributes.iter().all(|(have, _)| have != key) {
            self.attributes.push((key.to_owned(), value.into()));
        }
        self
    }

    pub(crate) fn write(&self, message: &mut Message) {
        for (key, value) in &self.attributes {
            attribute(message, 1, key, |any| any.text(1, value));
        }
    }
}

/// `KeyValue`, whose value `write` writes into `AnyValue`.
pub(crate) fn attribute(
    message: &mut Message,
    field: u64,
    key: &str,
    write: impl FnOnce(&mut Message),
) {
    message.message(field, |pair| {
        pair.text(1, key);
        pair.message(2, write);
    });
}

/// The library that spans and metrics come from.
pub(crate) fn scope(message: &mut Message) {
    message.message(1, |scope| {
        scope.text(1, env!("CARGO_PKG_NAME"));
        scope.text(2, env!("CARGO_PKG_VERSION"));
    });
}

/// Nanoseconds since 1970.
pub(crate) fn nanos(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// `key=value,key=value`, with percent-encoded values; what is none is left out.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| (decoded(key.trim()), decoded(value.trim())));
    pairs.filter(|(key, _)| !key.is_empty()).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        // A sign is no digit, other than for the parser of numbers.
        let code = after.get(..2).filter(|code| code[0] != b'+');
        let code = code.and_then(|code| str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        let (byte, rest_after) = match code {
            Some(code) if byte == b'%' => (code, &after[2..]),
            _ => (byte, after),
        };
        bytes.push(byte);
        rest = rest_after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_service() {
        for (name, attributes, expected) in [
            (None, None, "service.name=sales-api"),
            (Some("shop"), None, "service.name=shop"),
            (
                None,
                Some("service.name=a, zone=eu%2Cwest,bad,=x"),
                "service.name=a zone=eu,west",
            ),
            (
                Some("shop"),
                Some("service.name=a,x=%zz%+1"),
                "service.name=shop x=%zz%+1",
            ),
        ] {
            let env = |variable: &str| match variable {
                "OTEL_SERVICE_NAME" => name.map(str::to_owned),
                _ => attributes.map(str::to_owned),
            };
            let resource = Resource::from_env("sales-api", env);
            let shown: Vec<_> = resource
                .attributes
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            assert_eq!(shown.join(" "), expected);
        }
    }
}
