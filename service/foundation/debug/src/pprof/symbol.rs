//! Names for addresses, as pprof's programs ask for them.

use std::fmt::Write as _;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;

use crate::app::App;
use crate::failure::Failure;
use crate::reply;

/// More addresses than a profile has.
const MOST: usize = 1 << 16;

/// The addresses are in the query.
pub(crate) async fn get(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    answer(&app, query.as_deref().unwrap_or_default()).await
}

/// The addresses are in the body.
pub(crate) async fn post(State(app): State<App>, body: String) -> Response {
    answer(&app, &body).await
}

async fn answer(app: &App, asked: &str) -> Response {
    let addresses = addresses(asked);
    if addresses.len() > MOST {
        let message = format!(
            "{} addresses are more than the {MOST} of one request",
            addresses.len()
        );
        return reply::error(StatusCode::PAYLOAD_TOO_LARGE, &message);
    }
    let names = app.work(move || Ok::<_, Failure>(collect::symbols(&addresses)?));
    match names.await {
        Ok(names) => {
            // Programs ask only whether there are any names at all.
            let mut text = "num_symbols: 1\n".to_owned();
            for (address, name) in names {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{address:#x} {name}");
            }
            reply::text(text)
        }
        Err(failure) => failure.answer(),
    }
}

/// Numbers with a `+` between them, as C writes them; 0 and what is no number is left out, as Go does.
fn addresses(text: &str) -> Vec<u64> {
    let words = text.split('+').map(str::trim);
    words.filter_map(number).filter(|n| *n != 0).collect()
}

fn number(word: &str) -> Option<u64> {
    let hexadecimal = word.strip_prefix("0x").or(word.strip_prefix("0X"));
    hexadecimal
        .map_or_else(|| word.parse(), |digits| u64::from_str_radix(digits, 16))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_plus_between_them() {
        assert_eq!(addresses("0x10+0XfF+12\n"), [16, 255, 12]);
        assert!(addresses("").is_empty());
        assert_eq!(addresses("0x0+main+-1+0x+5++0xffffffffffffffffff"), [5]);
    }
}
