//! The JSON that goes in and out, and how it becomes values of the business and back. Nothing but these files knows the
//! form; the document of the API is made from these types.
//!
//! - [`given`]: what comes in, read so that every fault is found
//! - [`orders`], [`products`], [`quotes`], [`users`], [`sessions`], [`audit`], [`shop`], [`events`], [`process`]: one resource each
//! - [`v2`]: what the second version of the API says differently

pub mod audit;
pub mod events;
pub mod given;
pub mod orders;
pub mod process;
pub mod products;
pub mod quotes;
pub mod sessions;
pub mod shop;
pub mod users;
pub mod v2;

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use types::{Currency, Invalid, PageLimit};
use utoipa::{IntoParams, ToSchema};

use crate::errors::Faults;
use given::{Given, Object, Param};

/// Names one thing by its number.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ById {
    /// Which one.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub id: i64,
}

/// Selects fields of the answer.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Selection {
    /// Only these fields of the answer, with commas between them.
    #[param(value_type = Option<String>, required = false, example = "id")]
    pub fields: Param<String>,
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<Item> {
    /// At most as many items as asked for.
    pub items: Vec<Item>,
    /// The `after` of the next page; `null` on the last.
    #[schema(required)]
    pub next: Option<i64>,
}

impl<Item> Page<Item> {
    /// The page with each item in its JSON form; `number` is an id's.
    pub fn of<Business, Id>(page: types::Page<Business, Id>, number: fn(Id) -> i64) -> Page<Item>
    where
        Item: From<Business>,
    {
        Page {
            items: page.items.into_iter().map(Item::from).collect(),
            next: page.next.map(number),
        }
    }
}

/// What has named fields, some of which a client can ask for.
pub trait Selectable {
    /// Their names.
    const FIELDS: &'static [&'static str];

    /// Leaves only the fields asked for.
    fn select(json: &mut Value, only: &[&str]) {
        if let Value::Object(fields) = json {
            fields.retain(|name, _| only.contains(&name.as_str()));
        }
    }
}

/// A page's own fields are always there; the selection is among its items'.
impl<Item: Selectable> Selectable for Page<Item> {
    const FIELDS: &'static [&'static str] = Item::FIELDS;

    fn select(json: &mut Value, only: &[&str]) {
        let items = json.get_mut("items").and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            Item::select(item, only);
        }
    }
}

/// Where a page begins: 0 is before the first, so that whoever pages in a loop can begin with it.
fn after<Id>(
    param: Param<i64>,
    faults: &mut Faults,
    id: fn(i64) -> Result<Id, Invalid>,
) -> Option<Id> {
    let check = |number| match number {
        0 => Ok(None),
        number => id(number).map(Some),
    };
    param.optional("after", faults, check).flatten()
}

fn limit(param: Param<i64>, faults: &mut Faults) -> PageLimit {
    param
        .optional("limit", faults, PageLimit::new)
        .unwrap_or_default()
}

/// An amount in minor units: `{"amount":1250,"currency":"EUR"}`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Money {
    /// Minor units (cents).
    #[schema(minimum = 0, maximum = 1_000_000_000_000_000_i64, example = 1250)]
    amount: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: String,
}

impl From<types::Money> for Money {
    fn from(money: types::Money) -> Money {
        Money {
            amount: money.amount(),
            currency: money.currency().to_string(),
        }
    }
}

/// An amount in minor units.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenMoney {
    /// Minor units (cents).
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000_000_000_000_i64, example = 1250)]
    amount: Given<i64>,
    /// ISO 4217.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$", example = "EUR")]
    currency: Given<String>,
}

impl GivenMoney {
    /// The checked amount; faults are noted under `path`.
    fn check(given: Object<GivenMoney>, path: &str, faults: &mut Faults) -> Option<types::Money> {
        let GivenMoney { amount, currency } = given.open(&format!("{path}."), faults);
        // Its range does not depend on the currency, and both faults are to be seen at once.
        let in_range = |amount| types::Money::new(amount, Currency::EUR).map(types::Money::amount);
        let amount = amount.required(format_args!("{path}.amount"), faults, in_range);
        let currency = currency.required(format_args!("{path}.currency"), faults, |code| {
            code.parse::<Currency>()
        });
        types::Money::new(amount?, currency?).ok()
    }
}

/// A name as it may be given: as long as it looks, and without control characters even at its ends.
fn given_name<Name>(
    text: &str,
    max: usize,
    name: fn(&str) -> Result<Name, Invalid>,
) -> Result<Name, Invalid> {
    if text.chars().count() > max {
        return Err(Invalid::TooLong { max });
    }
    if text.chars().any(char::is_control) {
        return Err(Invalid::ControlCharacter);
    }
    name(text)
}

/// A text of 1 to `max` characters, as it may be given where none is a control character.
fn plain(text: String, max: usize) -> Result<String, String> {
    let fine = (1..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fine {
        Ok(text)
    } else {
        Err(format!(
            "must have 1 to {max} characters, none of them a control character"
        ))
    }
}

/// As `2026-01-31T12:00:00.123Z`.
fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_millis(at).to_string()
}
