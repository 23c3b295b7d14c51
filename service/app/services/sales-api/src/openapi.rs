//! The document of the API (OpenAPI 3.1), made from the handlers, their types and the list of errors.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use user::Role;
use utoipa::{OpenApi, ToSchema};

use crate::access::{Policies, Policy, Strictness};
use crate::errors::catalogue;

/// Where the document is served.
pub const PATH: &str = "/v1/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sales",
        description = "Products, orders, users and figures of a small shop. Errors are problem details (RFC 9457); \
            their `code` never changes its meaning. Lists are read page by page: `next` is the `after` of the next one.",
        license(name = "MIT", identifier = "MIT")
    ),
    components(schemas(Problem)),
    tags(
        (name = "products", description = "What is for sale"),
        (name = "orders", description = "What was sold"),
        (name = "statistics", description = "What it came to"),
        (name = "shop", description = "Whether orders are taken"),
        (name = "users", description = "Who may do what"),
        (name = "events", description = "What others could not be told"),
        (name = "sessions", description = "Logging in, coming back, and being sent away"),
        (name = "audit", description = "Who changed what"),
        (name = "process", description = "A request in steps, to see how it fails"),
        (name = "health", description = "How the service is"),
    )
)]
struct Sales;

/// What is the same for all routes.
pub fn base() -> utoipa::openapi::OpenApi {
    Sales::openapi()
}

/// What went wrong (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its form counts; the pipeline writes it")]
struct Problem {
    /// Names the kind of problem.
    #[schema(example = "/errors/out_of_stock")]
    r#type: String,
    /// The kind of problem, for people.
    title: String,
    status: u16,
    /// This very problem, for people.
    detail: String,
    /// The kind of problem, for programs; it never changes its meaning.
    code: String,
    /// What is wrong where.
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
    /// The request's id, under which the log has it.
    #[schema(required = false)]
    request_id: String,
    /// The trace that the request belongs to.
    #[schema(required = false)]
    trace_id: String,
}

/// One part of a request that is wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its form counts; the pipeline writes it")]
struct FieldProblem {
    /// Which part.
    #[schema(example = "items[0].quantity")]
    field: String,
    message: String,
}

/// The document, complete: with the errors of each operation, with the forms of partial answers, and with what a service that
/// is so strict asks of whoever uses it.
///
/// # Errors
/// A handler names an error that is not on the list.
pub fn finish(routes: &utoipa::openapi::OpenApi, strictness: Strictness) -> Result<Value, String> {
    let mut document = serde_json::to_value(routes).map_err(|error| error.to_string())?;
    let mut schemas = document["components"]["schemas"].take();
    let known = schemas
        .as_object_mut()
        .ok_or("the document has no schemas")?;
    for (_, operation) in operations(&mut document) {
        let policy = policy(operation)?;
        operation["security"] = security(policy, strictness);
        add_errors(operation, policy)?;
        allow_parts(operation, known);
    }
    forget_unused(&document, known);
    ask_for_one(known);
    document["components"]["schemas"] = schemas;
    document["components"]["securitySchemes"] = json!({"token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": about_tokens(strictness),
    }});
    Ok(document)
}

/// What is only there because a page of it is, which has its own form.
fn forget_unused(document: &Value, schemas: &mut Map<String, Value>) {
    let text = format!("{document}{}", Value::Object(schemas.clone()));
    schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
}

/// Where one field may be given at most, one must be. The derive can say the one, but not the other.
fn ask_for_one(schemas: &mut Map<String, Value>) {
    for schema in schemas.values_mut() {
        if schema["maxProperties"] == 1 {
            schema["minProperties"] = json!(1);
        }
    }
}

/// Path and operation.
fn operations(document: &mut Value) -> impl Iterator<Item = (&str, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        item.as_object_mut()
            .into_iter()
            .flatten()
            .map(|(_, operation)| (path.as_str(), operation))
    })
}

/// Errors that every operation can have: whatever is sent with a request is read before it is looked at.
const COMMON: &[(u16, &str)] = &[
    (400, "incomplete_body"),
    (408, "body_timed_out"),
    (406, "not_acceptable"),
    (413, "body_too_large"),
    (429, "too_many_requests"),
    (500, "internal"),
    (503, "not_ready"),
    (503, "overloaded"),
    (503, "store_busy"),
    (504, "timed_out"),
];

/// Errors of operations with a parameter there.
const IN_PATH: &[(u16, &str)] = &[(400, "invalid_path")];
const IN_QUERY: &[(u16, &str)] = &[(400, "invalid_query"), (400, "invalid_request")];

/// Errors of operations with a body.
const IN_BODY: &[(u16, &str)] = &[
    (400, "malformed_json"),
    (415, "unsupported_media_type"),
    (422, "invalid_body"),
    (422, "invalid_request"),
];

/// Errors of operations that need a token in one of the profiles: its user may be shut out.
const WITH_TOKEN: &[(u16, &str)] = &[(401, "unauthenticated"), (403, "forbidden")];

/// What each operation asks of whoever uses it.
///
/// # Errors
/// One of them does not say so.
pub fn policies(document: &Value) -> Result<Policies, String> {
    let mut policies = Policies::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let method = method.to_uppercase().parse();
            let method = method.map_err(|_| format!("{path} has an unknown method"))?;
            policies.insert((method, path.clone()), policy(operation)?);
        }
    }
    Ok(policies)
}

fn policy(operation: &Value) -> Result<Policy, String> {
    let declared = operation["x-policy"].as_str().and_then(Policy::named);
    declared.ok_or_else(|| {
        let name = &operation["operationId"];
        format!("{name} does not say who may use it: it needs an x-policy")
    })
}

/// As OpenAPI has it: one of these must hold, and nothing is a token that need not be shown. From version 3.1 on, a scheme may
/// be followed by roles.
fn security(policy: Policy, strictness: Strictness) -> Value {
    if policy == Policy::Public || strictness == Strictness::Keyless {
        return json!([]);
    }
    let roles = match policy {
        Policy::Role(Role::Staff) => vec![json!(["staff"]), json!(["admin"])],
        Policy::Role(role) => vec![json!([role.name()])],
        Policy::Public | Policy::Anyone | Policy::Token => vec![json!([])],
    };
    let nothing = (!strictness.needs_token(policy)).then(|| json!({}));
    let tokens = roles.into_iter().map(|roles| json!({"token": roles}));
    nothing.into_iter().chain(tokens).collect()
}

fn about_tokens(strictness: Strictness) -> String {
    let needed = match strictness {
        Strictness::Keyless => "This service has no keys to check tokens with, and refuses them",
        Strictness::Lenient => {
            "This service lets whoever shows none do everything; one that is shown is checked, and its roles bind"
        }
        Strictness::Roles | Strictness::Everywhere => {
            "The names beside it are the roles of which one is needed"
        }
    };
    format!(
        "`POST /v1/login` gives one, and so does `sales-admin token`; its subject is a user's id or name. {needed}"
    )
}

fn add_errors(operation: &mut Value, policy: Policy) -> Result<(), String> {
    let mut errors: Vec<(u16, String)> = Vec::new();
    let mut add = |list: &[(u16, &str)]| {
        errors.extend(
            list.iter()
                .map(|(status, code)| (*status, (*code).to_owned())),
        );
    };
    add(COMMON);
    if policy != Policy::Public {
        add(WITH_TOKEN);
    }
    if has_parameter(operation, "path") {
        add(IN_PATH);
    }
    if has_parameter(operation, "query") {
        add(IN_QUERY);
    }
    if operation.get("requestBody").is_some() {
        add(IN_BODY);
    }
    for code in own_errors(operation) {
        let known = catalogue::find(&code).ok_or_else(|| format!("unknown code {code}"))?;
        errors.push((known.statuses[0], code));
    }
    let mut by_status: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for (status, code) in errors {
        by_status.entry(status).or_default().push(code);
    }
    for (status, codes) in by_status {
        operation["responses"][status.to_string()] = error_response(status, &codes);
    }
    Ok(())
}

/// Takes the extension in which a handler names its own errors.
fn own_errors(operation: &mut Value) -> Vec<String> {
    let own = operation
        .as_object_mut()
        .and_then(|operation| operation.remove("x-errors"));
    serde_json::from_value(own.unwrap_or_default()).unwrap_or_default()
}

fn has_parameter(operation: &Value, place: &str) -> bool {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .into_iter()
        .any(|parameter| parameter["in"] == place)
}

fn error_response(status: u16, codes: &[String]) -> Value {
    let lines: Vec<String> = codes
        .iter()
        .map(|code| {
            let meaning = catalogue::find(code).map_or("", |known| known.meaning);
            format!("`{code}`: {meaning}")
        })
        .collect();
    let mut response = json!({
        "description": lines.join("\n\n"),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    if matches!(status, 429 | 503) {
        response["headers"] = json!({"Retry-After": {
            "description": "After so many seconds it makes sense to try again",
            "schema": {"type": "integer", "minimum": 1},
        }});
    }
    if status == 401 {
        response["headers"] = json!({"WWW-Authenticate": {
            "description": "How to say who one is (RFC 6750)",
            "schema": {"type": "string"},
        }});
    }
    response
}

/// An operation whose answer's fields can be selected may also answer with a part of it.
fn allow_parts(operation: &mut Value, schemas: &mut Map<String, Value>) {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut parameters = parameters.into_iter();
    let Some(index) = parameters.position(|parameter| parameter["name"] == "fields") else {
        return;
    };
    let whole = operation["responses"]["200"]["content"]["application/json"]["schema"].clone();
    let Some(name) = whole["$ref"]
        .as_str()
        .and_then(|name| name.rsplit('/').next())
    else {
        return;
    };
    let Some((part, fields)) = part_of(name, schemas) else {
        return;
    };
    let field = format!("({})", fields.join("|"));
    let pattern = format!("^{field}(,{field})*$");
    let part_name = format!("{name}Part");
    let part_ref = json!({"$ref": format!("#/components/schemas/{part_name}")});
    schemas.insert(part_name, part);
    operation["parameters"][index]["schema"] = json!({"type": "string", "pattern": pattern});
    operation["responses"]["200"]["content"]["application/json"]["schema"] =
        json!({"anyOf": [whole, part_ref]});
}

/// The same schema without required fields, and the names of the fields; of a page, those of its items.
fn part_of(name: &str, schemas: &Map<String, Value>) -> Option<(Value, Vec<String>)> {
    let mut part = schemas.get(name)?.clone();
    part["description"] = json!("With `fields`: those that were asked for.");
    let is_page = part["properties"]["next"].is_object();
    let of = if is_page {
        &mut part["properties"]["items"]["items"]
    } else {
        &mut part
    };
    let of = of.as_object_mut()?;
    of.remove("required");
    let fields = of.get("properties")?.as_object()?.keys().cloned().collect();
    Some((part, fields))
}
