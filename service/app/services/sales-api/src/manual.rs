//! What there is to know of the service, as tables in Markdown: its endpoints and its settings. They are made of the routes
//! and the command line themselves.

use std::fmt::Write as _;

use clap::{Arg, Command};
use serde_json::Value;
use user::Role;

use crate::access::{Policy, Strictness};
use crate::{app, config, openapi};

/// A text for a cell of a table.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('|', "\\|")
}

/// Every endpoint of the API and of the debug listener.
///
/// # Errors
/// The routes contradict each other.
pub fn endpoints() -> Result<String, String> {
    let document = app::document(Strictness::Everywhere)?;
    let mut text = "| endpoint | what it does | who may |\n|---|---|---|\n".to_owned();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let said = |name: &str| operation[name].as_str().map(cell).unwrap_or_default();
            let who = who_may(operation);
            let method = method.to_uppercase();
            // A String takes everything.
            let _never = writeln!(text, "| `{method} {path}` | {} | {who} |", said("summary"));
        }
    }
    let own = [
        (openapi::PATH, "The document of all of this (OpenAPI 3.1)"),
        ("/docs", "A page to try it out"),
        ("/errors/{code}", "What an error's code means"),
    ];
    for (path, what) in own {
        let _never = writeln!(text, "| `GET {path}` | {what} | everybody |");
    }
    text.push_str("\n| of the debug listener | what it gives |\n|---|---|\n");
    for (path, gives) in debug::endpoints() {
        let _never = writeln!(text, "| `{path}` | {} |", cell(&gives));
    }
    Ok(text)
}

/// Who may use an operation.
fn who_may(operation: &Value) -> &'static str {
    match operation["x-policy"].as_str().and_then(Policy::named) {
        Some(Policy::Public) => "everybody",
        Some(Policy::Anyone) => "everybody; in production, with a token",
        Some(Policy::Token) => "with a token",
        Some(Policy::Role(Role::Staff)) => "staff, admin",
        Some(Policy::Role(role)) => role.name(),
        None => "",
    }
}

/// Every setting: its flag, its variable, its default and what it does.
pub fn settings() -> String {
    let mut text = "| flag | variable | default | what it does |\n|---|---|---|---|\n".to_owned();
    let command = config::command();
    for arg in command
        .get_arguments()
        .filter(|arg| is_setting(arg, &command))
    {
        let long = arg.get_long().unwrap_or_default();
        let variable = arg.get_env().map(|name| name.to_string_lossy());
        let variable = variable.map_or(String::new(), |name| format!("`{name}`"));
        let names = arg.get_value_names().unwrap_or_default();
        let value = match names.first() {
            Some(name) if takes_value(arg) => format!(" {name}"),
            _ => String::new(),
        };
        let defaults = arg.get_default_values().iter();
        let default = defaults.map(|value| value.to_string_lossy());
        let default = default.collect::<Vec<_>>().join(",");
        let default = match default.as_str() {
            "" | "false" => String::new(),
            default => format!("`{}`", cell(default)),
        };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let _never = writeln!(
            text,
            "| `--{long}{value}` | {variable} | {default} | {} |",
            cell(&help)
        );
    }
    for (name, what) in WITHOUT_FLAG {
        let _never = writeln!(text, "| | `{name}` | | {what} |");
    }
    text
}

/// What only the environment has: secrets, and what is called the same everywhere.
const WITHOUT_FLAG: [(&str, &str); 8] = [
    (
        "SALES_DEBUG_TOKEN",
        "The token of the debug listener, where no file holds it",
    ),
    (
        "SALES_SUPPLIER_TOKEN",
        "The bearer token that the supplier wants, where no file holds it",
    ),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "As `--otlp-endpoint`, of the collector as a whole: spans go to `/v1/traces` below it",
    ),
    (
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "The same for spans alone, as it stands",
    ),
    (
        "OTEL_EXPORTER_OTLP_HEADERS",
        "Headers for the collector, such as its token",
    ),
    ("OTEL_SERVICE_NAME", "What the service is called in traces"),
    ("OTEL_RESOURCE_ATTRIBUTES", "What else they say of it"),
    ("OTEL_SDK_DISABLED", "With `true`, no spans are sent"),
];

/// What says something and ends is none.
fn is_setting(arg: &Arg, command: &Command) -> bool {
    let ends = matches!(arg.get_id().as_str(), "help" | "version") || arg.is_exclusive_set();
    !ends && !arg.is_hide_set() && !command.is_hide_set()
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}
