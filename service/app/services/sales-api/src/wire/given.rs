//! What a client gives, read so that nothing is lost: a value of the wrong kind, a missing one and an unknown one are
//! noted beside the good ones, and the client learns of all of them in one answer.
//!
//! The structs of [`wire`](super) that come in have fields of [`Given`] (bodies) or [`Param`] (queries). The document
//! of the API is made from the same structs, so what is read and what is documented cannot differ.

use std::fmt::Display;

use serde::de::value::MapDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Map, Value};

use crate::errors::Faults;

/// A field of a body.
#[derive(Clone, Debug)]
pub enum Given<T> {
    /// It is not there.
    Missing,
    /// It is `null`.
    Null,
    /// It is of another kind.
    Wrong,
    /// It is of the right kind; its value is still to be checked.
    Is(T),
}

/// A kind of JSON value.
pub trait Kind: Sized {
    /// What it must be, for messages: `a whole number`.
    const EXPECTED: &'static str;

    /// The value, if it is of this kind.
    fn read(value: Value) -> Option<Self>;
}

/// A kind of value that a query can hold.
pub trait Text: Kind {
    /// The value that this text stands for.
    fn parse(text: String) -> Option<Self>;
}

impl<T: Kind> Given<T> {
    fn of(value: Value) -> Given<T> {
        match value {
            Value::Null => Given::Null,
            value => T::read(value).map_or(Given::Wrong, Given::Is),
        }
    }

    /// The checked value; `None` with a note of what is wrong if there is no good one.
    pub fn required<U, E: Display>(
        self,
        field: impl Display,
        faults: &mut Faults,
        check: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        if matches!(self, Given::Missing) {
            faults.misshapen(field, "is required");
            return None;
        }
        self.optional(field, faults, check)
    }

    /// The checked value; `None` if it was not given, or with a note of what is wrong with it.
    pub fn optional<U, E: Display>(
        self,
        field: impl Display,
        faults: &mut Faults,
        check: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        match self {
            Given::Missing => None,
            Given::Null | Given::Wrong => {
                faults.misshapen(field, format_args!("must be {}", T::EXPECTED));
                None
            }
            Given::Is(value) => faults.take(field, check(value)),
        }
    }
}

/// A derived `Deserialize` asks fields that are missing for an option and takes `None` for an answer; [`Present`] sees to
/// it that `null` is none such.
impl<'de, T: Kind> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Value>::deserialize(deserializer)?;
        Ok(value.map_or(Given::Missing, Given::of))
    }
}

/// A parameter of a query.
#[derive(Clone, Debug)]
pub struct Param<T>(Given<T>);

impl<T> Default for Param<T> {
    fn default() -> Self {
        Param(Given::Missing)
    }
}

impl<T: Kind> Param<T> {
    /// The checked value; `None` if it was not given, or with a note of what is wrong with it.
    pub fn optional<U, E: Display>(
        self,
        name: &str,
        faults: &mut Faults,
        check: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        self.0.optional(name, faults, check)
    }
}

impl<'de, T: Text> Deserialize<'de> for Param<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let parsed = |text| T::parse(text).map_or(Given::Wrong, Given::Is);
        Ok(Param(text.map_or(Given::Missing, parsed)))
    }
}

/// An object with the fields of `T`, and the names of those that `T` lacks.
#[derive(Clone, Debug)]
pub struct Object<T> {
    fields: T,
    unknown: Vec<String>,
}

impl<T> Object<T> {
    /// The fields. Those that nobody knows are noted; `path` is put before their names.
    pub fn open(self, path: &str, faults: &mut Faults) -> T {
        for name in &self.unknown {
            faults.misshapen(format_args!("{path}{name}"), "is unknown here");
        }
        self.fields
    }
}

impl<T: for<'de> Deserialize<'de>> Kind for Object<T> {
    const EXPECTED: &'static str = "an object";

    fn read(value: Value) -> Option<Self> {
        let Value::Object(given) = value else {
            return None;
        };
        let mut unknown = Vec::new();
        let record = Record {
            given,
            unknown: &mut unknown,
        };
        let fields = T::deserialize(record).ok()?;
        Some(Object { fields, unknown })
    }
}

/// Hands a derived `Deserialize` the fields it knows and notes the names of the others.
struct Record<'a> {
    given: Map<String, Value>,
    unknown: &'a mut Vec<String>,
}

impl<'de> Deserializer<'de> for Record<'_> {
    type Error = serde_json::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let mut fields = Vec::with_capacity(self.given.len());
        for (name, value) in self.given {
            if known.contains(&name.as_str()) {
                fields.push((name, Present(value)));
            } else {
                self.unknown.push(name);
            }
        }
        visitor.visit_map(MapDeserializer::new(fields.into_iter()))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(MapDeserializer::new(self.given.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A value that is there, even if it is `null`.
struct Present(Value);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Present {
    type Deserializer = Present;

    fn into_deserializer(self) -> Present {
        self
    }
}

impl<'de> Deserializer<'de> for Present {
    type Error = serde_json::Error;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self.0)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.0.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl Kind for i64 {
    const EXPECTED: &'static str = "a whole number";

    /// JSON does not tell 1 from 1.0.
    fn read(value: Value) -> Option<i64> {
        value.as_i64().or_else(|| {
            let number = value.as_f64()?;
            // 2^53: beyond, a float is not one whole number but several.
            let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
            exact.then_some(number as i64)
        })
    }
}

impl Text for i64 {
    fn parse(text: String) -> Option<i64> {
        text.parse().ok()
    }
}

impl Kind for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(value: Value) -> Option<bool> {
        value.as_bool()
    }
}

impl Text for bool {
    fn parse(text: String) -> Option<bool> {
        text.parse().ok()
    }
}

impl Kind for String {
    const EXPECTED: &'static str = "a text";

    fn read(value: Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Text for String {
    fn parse(text: String) -> Option<String> {
        Some(text)
    }
}

impl<T: Kind> Kind for Vec<Given<T>> {
    const EXPECTED: &'static str = "a list";

    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(items.into_iter().map(Given::of).collect()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Deserialize)]
    struct Tea {
        grams: Given<i64>,
        name: Given<String>,
        fresh: Given<bool>,
        tags: Given<Vec<Given<String>>>,
    }

    /// What is said of each field.
    fn faults_of(value: Value) -> Vec<String> {
        let mut faults = Faults::default();
        let tea = Object::<Tea>::read(value).expect("an object");
        let tea = tea.open("tea.", &mut faults);
        let fine = |_: i64| Ok::<_, String>(());
        tea.grams.required("grams", &mut faults, fine);
        tea.name
            .optional("name", &mut faults, |_| Err::<(), _>("is not nice"));
        tea.fresh.optional("fresh", &mut faults, Ok::<_, String>);
        for (index, tag) in (0..).zip(
            tea.tags
                .optional("tags", &mut faults, Ok::<_, String>)
                .unwrap_or_default(),
        ) {
            tag.required(format_args!("tags[{index}]"), &mut faults, Ok::<_, String>);
        }
        let error = faults.in_body();
        let said = |field: &web::Field| format!("{} {}", field.field, field.message);
        error.fields.iter().map(said).collect()
    }

    #[test]
    fn all_that_is_wrong_is_noted() {
        assert_eq!(faults_of(json!({"grams": 100})), Vec::<String>::new());
        assert_eq!(
            faults_of(json!({"grams": 1e2, "tags": []})),
            Vec::<String>::new()
        );
        assert_eq!(
            faults_of(
                json!({"name": "x", "fresh": null, "tags": ["a", 1, null], "cups": 1, "more": {}})
            ),
            [
                "tea.cups is unknown here",
                "tea.more is unknown here",
                "grams is required",
                "name is not nice",
                "fresh must be true or false",
                "tags[1] must be a text",
                "tags[2] must be a text",
            ]
        );
        for grams in [
            json!(1.5),
            json!("1"),
            json!([1]),
            json!(1e300),
            json!(u64::MAX),
        ] {
            assert_eq!(
                faults_of(json!({"grams": grams})),
                ["grams must be a whole number"]
            );
        }
    }

    #[test]
    fn a_list_is_no_object() {
        assert!(Object::<Tea>::read(json!([100, "x", true, []])).is_none());
    }
}
