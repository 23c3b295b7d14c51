//! The page that lists the profiles, in the manner of Go's.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;

use super::catalogue::{CATALOGUE, Entry, Kind};
use crate::app::App;
use crate::reply::{self, escape};

pub(crate) async fn index(State(app): State<App>) -> Response {
    reply::html(page(app.program()))
}

fn page(program: &str) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>/debug/pprof/</title>\n\
         <link rel=\"stylesheet\" href=\"/debug/page.css\">\n</head>\n<body>\n\
         <header><h1>/debug/pprof/</h1><p>{} · <a href=\"/debug/\">with charts</a> · <a href=\"/debug/vars\">variables</a></p>\
         </header>\n<h2>Types of profiles available</h2>\n\
         <div class=\"wide\"><table>\n<thead><tr><th>Count</th><th>Profile</th><th>As text</th><th>For tools</th>\
         <th>Sampled</th></tr></thead>\n<tbody>\n",
        escape(program)
    );
    let (here, absent): (Vec<_>, Vec<_>) = CATALOGUE
        .iter()
        .partition(|entry| entry.available().is_ok());
    for entry in &here {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{}", row(entry));
    }
    page.push_str("</tbody>\n</table></div>\n");
    if here.iter().any(|entry| entry.name == "goroutine") {
        page.push_str("<p><a href=\"goroutine?debug=2\">full goroutine stack dump</a></p>\n");
    }
    page.push_str("<h2>Profile descriptions</h2>\n<ul>\n");
    for entry in &here {
        let _ = writeln!(page, "<li>{}: {}</li>", entry.name, escape(entry.about));
    }
    page.push_str("</ul>\n<h2>Not available here</h2>\n<ul>\n");
    for entry in &absent {
        let why = entry.available().err().unwrap_or_default();
        let _ = writeln!(
            page,
            "<li>{}: {}. {}</li>",
            entry.name,
            escape(entry.about),
            escape(why)
        );
    }
    page.push_str("</ul>\n</body>\n</html>\n");
    page
}

fn row(entry: &Entry) -> String {
    let (name, count) = (entry.name, entry.count().unwrap_or(0));
    let mut row = format!(
        "<tr><td class=\"number\">{count}</td><td><a href=\"{}\">{name}</a></td><td>",
        href(entry)
    );
    for debug in entry.texts {
        let _ = write!(row, "<a href=\"{name}?debug={debug}\">debug={debug}</a> ");
    }
    row.push_str("</td><td>");
    if matches!(entry.kind, Kind::Snapshot(_) | Kind::Cpu) {
        let _ = write!(row, "<a href=\"{name}\">pprof</a>");
    }
    let sampled = entry.sampled().unwrap_or_default();
    let _ = write!(row, "</td><td>{sampled}</td></tr>");
    row
}

/// Profiles are shown as text, as Go's index does: a browser can do nothing with the rest.
fn href(entry: &Entry) -> String {
    match entry.kind {
        Kind::Snapshot(_) => format!("{}?debug=1", entry.name),
        _ => entry.name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_every_profile_and_escapes_the_program() {
        let page = page("<b>sales</b>");
        for entry in &CATALOGUE {
            assert!(page.contains(entry.name), "{}", entry.name);
        }
        assert!(
            page.contains("&lt;b&gt;sales&lt;/b&gt;") && !page.contains("<b>"),
            "{page}"
        );
    }
}
