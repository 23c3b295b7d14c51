//! `/debug/`: what one looks at first, with charts of the variables and ready flame graphs.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::flame;
use crate::pprof::{CATALOGUE, Entry};
use crate::reply::{self, escape};

const PAGE: &str = include_str!("page.html");

pub(crate) async fn page(State(app): State<App>) -> Response {
    reply::html(write(app.program()))
}

pub(crate) async fn style() -> Response {
    reply::reply("text/css; charset=utf-8", include_str!("page.css"))
}

pub(crate) async fn script() -> Response {
    reply::reply("text/javascript; charset=utf-8", include_str!("page.js"))
}

fn write(program: &str) -> String {
    PAGE.replace("{{flames}}", &flames())
        .replace("{{profiles}}", &profiles())
        // Last, so that nothing in it is taken for a place to fill.
        .replace("{{program}}", &escape(program))
}

/// A link for each flame graph; what cannot be had says why.
fn flames() -> String {
    let mut links = String::new();
    for graph in &flame::GRAPHS {
        let title = graph.title;
        // Writing to a string cannot fail.
        let _ = match graph.available() {
            Ok(()) => write!(links, "<a href=\"{}\">{title}</a>", escape(graph.href)),
            Err(why) => write!(
                links,
                "<span title=\"{}\">{title}: not here</span>",
                escape(why)
            ),
        };
        links.push('\n');
    }
    links
}

fn profiles() -> String {
    let mut rows = String::new();
    for entry in &CATALOGUE {
        let _ = writeln!(rows, "{}", row(entry));
    }
    rows
}

fn row(entry: &Entry) -> String {
    let (name, about) = (entry.name, escape(entry.about));
    if let Err(why) = entry.available() {
        return format!(
            "<tr class=\"why\"><td>{name}</td><td></td><td></td><td></td><td>Not here: {}</td></tr>",
            escape(why)
        );
    }
    let count = entry
        .count()
        .map_or_else(String::new, |count| count.to_string());
    let sampled = entry.sampled().unwrap_or_default();
    let mut texts = String::new();
    for debug in entry.texts {
        let _ = write!(
            texts,
            "<a href=\"/debug/pprof/{name}?debug={debug}\">{debug}</a> "
        );
    }
    format!(
        "<tr><td><a href=\"/debug/pprof/{name}\">{name}</a></td><td class=\"number\">{count}</td><td>{}</td><td>{sampled}</td><td>{about}</td></tr>",
        texts.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_every_place_is_filled() {
        let page = write("<b>{{profiles}}</b>");
        assert!(
            page.contains("<h1>&lt;b&gt;{{profiles}}&lt;/b&gt;</h1>"),
            "{page}"
        );
        assert_eq!(
            page.matches("{{").count(),
            page.matches("{{profiles}}&lt;").count()
        );
        assert!(page.contains("/debug/pprof/cmdline"), "{page}");
    }

    #[test]
    fn the_policy_has_nothing_to_forbid() {
        let page = write("sales-api");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        for inline in [
            "<style", "style=", "onclick", "onload", "http://", "https://", "//cdn",
        ] {
            assert!(!page.contains(inline), "{inline}: {page}");
        }
    }
}
