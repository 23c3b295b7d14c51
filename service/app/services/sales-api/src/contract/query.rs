//! Queries: parameters from a known list.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Deserialize;
use serde_json::{Map, Value};
use web::ApiError;

use crate::errors::Faults;
use crate::wire::Selectable;
use crate::wire::given::{Kind, Object, Param};

/// The parameters that `T` knows; their values are still to be checked.
#[derive(Debug)]
pub struct Asked<T> {
    /// The parameters.
    pub query: T,
    /// What is wrong so far: parameters that are unknown or given twice.
    pub faults: Faults,
}

impl<T, S> FromRequestParts<S> for Asked<T>
where
    T: for<'de> Deserialize<'de> + Default,
    S: Send + Sync,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(match parts.uri.query() {
            None | Some("") => Asked {
                query: T::default(),
                faults: Faults::default(),
            },
            Some(_) => Asked::read(parts),
        })
    }
}

impl<T: for<'de> Deserialize<'de> + Default> Asked<T> {
    fn read(parts: &Parts) -> Asked<T> {
        let mut faults = Faults::default();
        let mut given = Map::new();
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        for (name, value) in pairs.map(|pairs| pairs.0).unwrap_or_default() {
            if given.contains_key(&name) {
                faults.misshapen(&name, "is given twice");
            }
            given.insert(name, Value::String(value));
        }
        let query = Object::<T>::read(Value::Object(given))
            .map(|object| object.open("", &mut faults))
            .unwrap_or_default();
        Asked { query, faults }
    }
}

/// The fields of the answer that a client wants.
pub type Only = Vec<&'static str>;

/// The fields that are asked for; `None` for all of them.
///
/// # Errors
/// 400 with every fault of the query, this parameter's included.
pub fn only<T: Selectable>(
    param: Param<String>,
    mut faults: Faults,
) -> Result<Option<Only>, ApiError> {
    let only = param.optional("fields", &mut faults, |names| {
        names
            .split(',')
            .map(|name| T::FIELDS.iter().copied().find(|field| *field == name))
            .collect::<Option<Only>>()
            .ok_or_else(|| {
                format!(
                    "must be some of {}, with commas between",
                    T::FIELDS.join(", ")
                )
            })
    });
    if faults.is_empty() {
        Ok(only)
    } else {
        Err(faults.in_query())
    }
}
