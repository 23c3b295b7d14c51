/// A name that a metric may have: what is not among `[a-zA-Z0-9_:]` becomes `_`, and so begins what would begin with a
/// digit.
///
/// ```
/// assert_eq!(exposition::metric_name("http.requests"), "http_requests");
/// assert_eq!(exposition::metric_name("2xx"), "_2xx");
/// ```
pub fn metric_name(text: &str) -> String {
    allowed(text, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | ':')
    })
}

/// A name that a label may have: what is not among `[a-zA-Z0-9_]` becomes `_`. Two underscores at the beginning, which
/// Prometheus keeps for itself, become one.
///
/// ```
/// assert_eq!(exposition::label_name("status-code"), "status_code");
/// assert_eq!(exposition::label_name("__name__"), "_name__");
/// ```
pub fn label_name(text: &str) -> String {
    let name = allowed(text, |c| c.is_ascii_alphanumeric() || c == '_');
    let rest = name.trim_start_matches('_');
    if name.len() - rest.len() > 1 {
        format!("_{rest}")
    } else {
        name
    }
}

fn allowed(text: &str, is_allowed: impl Fn(char) -> bool) -> String {
    let mut name = String::with_capacity(text.len() + 1);
    if text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) {
        name.push('_');
    }
    name.extend(text.chars().map(|c| if is_allowed(c) { c } else { '_' }));
    name
}
