//! By keyboard and by ear.

use crate::page::{SITE, Tag, tags};
use std::collections::BTreeSet;

/// Every page that is read; the table of contents is a frame for browsers without scripts.
fn each(mut check: impl FnMut(&str, &[Tag], &str)) {
    for (path, html) in &SITE.pages {
        if path.ends_with("toc.html") {
            continue;
        }
        check(&path.display().to_string(), &tags(html), html);
    }
}

#[test]
fn a_page_has_a_language_a_title_a_width_and_one_main_part() {
    each(|page, tags, _| {
        let first = |name: &str| tags.iter().find(|tag| tag.name == name);
        assert_eq!(
            first("html").and_then(|html| html.get("lang")),
            Some("en"),
            "{page}"
        );
        assert!(
            first("title").is_some_and(|title| !title.words.is_empty()),
            "{page}"
        );
        let viewport = tags.iter().any(|tag| tag.get("name") == Some("viewport"));
        assert!(viewport, "{page}: a phone would shrink it");
        let mains = tags.iter().filter(|tag| tag.name == "main").count();
        assert_eq!(mains, 1, "{page}");
        for nav in tags.iter().filter(|tag| tag.name == "nav") {
            assert!(
                nav.get("aria-label").is_some(),
                "{page}: {nav:?} has no name"
            );
        }
    });
}

#[test]
fn the_first_link_leads_past_the_contents() {
    each(|page, tags, html| {
        if page == "404.html" {
            return;
        }
        let first = tags.iter().find(|tag| tag.name == "a").expect("a link");
        assert_eq!(first.words, "Skip to the text", "{page}");
        let target = first
            .get("href")
            .expect("its target")
            .trim_start_matches('#');
        assert!(html.contains(&format!("id=\"{target}\"")), "{page}");
    });
}

#[test]
fn ids_stand_once_and_what_refers_to_them_finds_them() {
    each(|page, tags, _| {
        let mut ids = BTreeSet::new();
        for id in tags.iter().filter_map(|tag| tag.get("id")) {
            assert!(ids.insert(id), "{page}: the id {id:?} stands there twice");
        }
        for tag in tags {
            for attribute in ["aria-labelledby", "aria-describedby", "for"] {
                for id in tag.get(attribute).unwrap_or_default().split_whitespace() {
                    assert!(
                        ids.contains(id),
                        "{page}: {attribute} names {id:?}: {tag:?}"
                    );
                }
            }
        }
    });
}

#[test]
fn whatever_can_be_used_has_a_name() {
    each(|page, tags, html| {
        let labelled: BTreeSet<&str> = tags
            .iter()
            .filter(|tag| tag.name == "label")
            .filter_map(|label| label.get("for"))
            .collect();
        for tag in tags {
            let named = tag
                .get("aria-label")
                .is_some_and(|name| !name.trim().is_empty())
                || tag.get("aria-labelledby").is_some()
                || tag.get("id").is_some_and(|id| labelled.contains(id));
            let ok = match tag.name.as_str() {
                "input" | "select" | "textarea" => {
                    named || tag.labelled || tag.get("type") == Some("hidden")
                }
                "button" => named || !tag.words.is_empty(),
                "img" => tag.get("alt").is_some_and(|alt| !alt.trim().is_empty()),
                "svg" => tag.get("role") != Some("img") || named,
                "summary" => !tag.words.is_empty(),
                _ => tag.get("role") != Some("region") || named,
            };
            assert!(ok, "{page}: {tag:?} has no name");
            assert!(
                tag.get("tabindex")
                    .is_none_or(|index| index == "0" || index == "-1"),
                "{page}: {tag:?} changes the order of the keyboard"
            );
        }
        assert!(
            !html.contains(" onclick="),
            "{page}: the policy runs no script in an attribute"
        );
    });
}

#[test]
fn headings_go_down_by_one_level() {
    each(|page, _, html| {
        let text = html
            .split_once("<main>")
            .and_then(|(_, rest)| rest.split_once("</main>"))
            .expect("a main part")
            .0;
        let mut last = 0;
        for tag in tags(text) {
            let level = tag
                .name
                .strip_prefix('h')
                .and_then(|level| level.parse::<usize>().ok());
            if let Some(level) = level {
                assert!(level <= last + 1, "{page}: level {level} below {last}");
                last = level;
            }
        }
        assert!(last > 0, "{page} has no heading");
    });
}
