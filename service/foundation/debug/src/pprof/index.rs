//! The page that lists the profiles, in the manner of Go's.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::catalogue::{CATALOGUE, Entry};
use crate::Config;
use crate::reply::{self, escape};

pub(crate) async fn index(State(config): State<Arc<Config>>) -> Response {
    let program = config.cmdline.first().map_or("", String::as_str);
    reply::html(page(program))
}

fn page(program: &str) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>/debug/pprof/</title>\n</head>\n<body>\n\
         <h1>/debug/pprof/</h1>\n<p>{}</p>\n<p><a href=\"/debug/vars\">variables</a></p>\n\
         <h2>Types of profiles available</h2>\n<ul>\n",
        escape(program)
    );
    for entry in CATALOGUE.iter().filter(|entry| entry.available().is_ok()) {
        let (name, about) = (entry.name, escape(entry.about));
        // Writing to a string cannot fail.
        let _ = writeln!(page, "<li><a href=\"{name}\">{name}</a>: {about}</li>");
    }
    page.push_str("</ul>\n<h2>Not available here</h2>\n<ul>\n");
    for (entry, why) in CATALOGUE.iter().filter_map(unavailable) {
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

fn unavailable(entry: &Entry) -> Option<(&Entry, &'static str)> {
    entry.available().err().map(|why| (entry, why))
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
