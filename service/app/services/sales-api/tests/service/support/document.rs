//! Holds every answer against the document of the API: its status, the code of an error, and its form.

use std::sync::OnceLock;

use hyper::{Method, StatusCode};
use sales_api::access::Strictness;
use serde_json::Value;

use super::client::Answer;

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    // Answers are the same, however strictly tokens are asked for.
    DOCUMENT.get_or_init(|| {
        sales_api::app::document(Strictness::Everywhere).expect("documented routes")
    })
}

/// Panics if the answer is not what the document says of such a request.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let what = format!("{method} {path} → {answer:?}");
    let head = method == Method::HEAD;
    let method = if head {
        "get"
    } else {
        &method.as_str().to_lowercase()
    };
    let Some(item) = item(path) else {
        // The document itself, the pages, and what does not exist.
        let known = path == "/"
            || ["/docs", "/errors/", "/v1/openapi.json"]
                .iter()
                .any(|page| path.starts_with(page));
        assert!(
            known || answer.status == StatusCode::NOT_FOUND,
            "undocumented: {what}"
        );
        return;
    };
    let Some(operation) = item.get(method) else {
        let other = [StatusCode::NO_CONTENT, StatusCode::METHOD_NOT_ALLOWED];
        assert!(other.contains(&answer.status), "undocumented: {what}");
        return;
    };
    let response = &operation["responses"][answer.status.as_str()];
    assert!(response.is_object(), "an undocumented status: {what}");
    let kind = answer.header("content-type");
    let content = response["content"].as_object();
    match content.and_then(|content| content.iter().next()) {
        None => assert!(answer.body.is_empty(), "an undocumented body: {what}"),
        Some((documented, _)) if head => assert_eq!(kind, documented, "{what}"),
        Some((documented, content)) => {
            assert_eq!(kind, documented, "{what}");
            let fault = fault(&answer.json(), &content["schema"], "");
            assert_eq!(fault, None, "{what}");
        }
    }
    if answer.status.as_u16() >= 400 && !head {
        let code = format!("`{}`:", answer.code());
        let codes = response["description"].as_str().expect("a description");
        assert!(codes.contains(&code), "an undocumented code: {what}");
    }
}

/// What the document says of a path.
fn item(path: &str) -> Option<&'static Value> {
    let paths = document()["paths"].as_object()?;
    let fits = |template: &str| {
        template.split('/').count() == path.split('/').count()
            && template
                .split('/')
                .zip(path.split('/'))
                .all(|(part, given)| part == given || part.starts_with('{'))
    };
    paths
        .iter()
        .find(|(template, _)| fits(template))
        .map(|(_, item)| item)
}

/// Where a value has another form than its schema; as much of JSON Schema as the document uses for answers.
fn fault(value: &Value, schema: &Value, at: &str) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        let schema = &document()["components"]["schemas"][name];
        assert!(schema.is_object(), "no schema {name}");
        return fault(value, schema, at);
    }
    for any in ["anyOf", "oneOf"] {
        if let Some(schemas) = schema[any].as_array() {
            let faults: Vec<_> = schemas
                .iter()
                .map(|schema| fault(value, schema, at))
                .collect();
            return if faults.contains(&None) {
                None
            } else {
                faults.into_iter().next()?
            };
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return Some(format!("{at}: a schema without a type: {schema}")),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.contains(&kind) {
        return Some(format!("{at}: {kind}, not {kinds:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        return Some(format!("{at}: {value} is none of {allowed:?}"));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .find_map(|item| fault(item, &schema["items"], &format!("{at}[]"))),
        Value::Object(fields) => {
            let required = schema["required"].as_array().into_iter().flatten();
            let missing = required
                .into_iter()
                .find(|name| !fields.contains_key(name.as_str().unwrap_or_default()));
            if let Some(name) = missing {
                return Some(format!("{at}.{name} is missing"));
            }
            fields
                .iter()
                .find_map(|(name, value)| match &schema["properties"][name] {
                    Value::Null => Some(format!("{at}.{name} is undocumented")),
                    schema => fault(value, schema, &format!("{at}.{name}")),
                })
        }
        _ => None,
    }
}
