//! The parameters of a request.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;

use crate::reply;

/// What stands behind the `?` of a request, decoded. Parameters that nobody asks for mean nothing.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(error) => Err(reply::error(StatusCode::BAD_REQUEST, &error.body_text())),
        }
    }
}

impl Params {
    /// The last value of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter().rev();
        pairs
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// The whole number of this name, if it is given.
    ///
    /// # Errors
    /// It is none, or out of bounds: the text says so.
    pub(crate) fn number<T>(
        &self,
        name: &str,
        bounds: RangeInclusive<T>,
    ) -> Result<Option<T>, String>
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.parse() {
            Ok(number) if bounds.contains(&number) => Ok(Some(number)),
            _ => Err(format!(
                "{name} must be a whole number from {} to {}, not {value:?}",
                bounds.start(),
                bounds.end()
            )),
        }
    }

    /// Whether the switch of this name is on: `name=true`, `name=1`, or the name alone.
    ///
    /// # Errors
    /// It is neither on nor off.
    pub(crate) fn switch(&self, name: &str) -> Result<bool, String> {
        match self.get(name) {
            None | Some("false" | "0") => Ok(false),
            Some("" | "true" | "1") => Ok(true),
            Some(value) => Err(format!("{name} must be true or false, not {value:?}")),
        }
    }
}

#[cfg(test)]
pub(crate) fn params(query: &str) -> Params {
    let uri = format!("/?{query}").parse().expect("a valid target");
    let Query(pairs) = Query::try_from_uri(&uri).expect("a valid query");
    Params(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds_and_errors_say_what_was_given() {
        let seconds = |query| params(query).number::<u32>("seconds", 1..=600);
        assert_eq!(seconds(""), Ok(None));
        assert_eq!(seconds("debug=1&seconds=5"), Ok(Some(5)));
        assert_eq!(seconds("seconds=5&seconds=600"), Ok(Some(600)));
        for (query, given) in [
            ("seconds", ""),
            ("seconds=", ""),
            ("seconds=0", "0"),
            ("seconds=601", "601"),
            ("seconds=-1", "-1"),
            ("seconds=1.5", "1.5"),
            ("seconds=%3Cb%3E", "<b>"),
            ("seconds=99999999999", "99999999999"),
        ] {
            assert_eq!(
                seconds(query),
                Err(format!(
                    "seconds must be a whole number from 1 to 600, not {given:?}"
                )),
                "{query}"
            );
        }
    }

    #[test]
    fn switches_are_on_or_off() {
        for (query, on) in [
            ("", Ok(false)),
            ("force", Ok(true)),
            ("force=1", Ok(true)),
            ("force=true", Ok(true)),
            ("force=false", Ok(false)),
            ("force=0", Ok(false)),
            (
                "force=maybe",
                Err("force must be true or false, not \"maybe\"".to_owned()),
            ),
        ] {
            assert_eq!(params(query).switch("force"), on, "{query}");
        }
    }
}
