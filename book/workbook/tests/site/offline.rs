//! Without a server, without other machines, in any folder.

use crate::page::{SITE, files, tags};
use regex::Regex;
use std::path::Path;
use workbook::workspace::Workspace;

/// What is wrong with an address that the file at `from` names, if it is one of the site's own.
fn fault(from: &Path, address: &str) -> Option<String> {
    let root = SITE.root();
    let path = address.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() || address.starts_with("data:") {
        return None;
    }
    if path.contains(':') || path.starts_with('/') {
        return Some(format!("{address} holds only on one host"));
    }
    let file = from.parent().expect("a folder").join(path);
    match file.canonicalize() {
        Ok(found) if found.starts_with(root.canonicalize().expect("the site")) => None,
        Ok(_) => Some(format!("{address} leads out of the site")),
        Err(_) => Some(format!("{address} is not there")),
    }
}

#[test]
fn what_a_page_loads_and_links_to_is_in_the_site_wherever_that_is() {
    let elsewhere = Regex::new("^(https?|mailto):").expect("a pattern");
    let mut links = 0;
    for (path, html) in &SITE.pages {
        let file = SITE.root().join(path);
        assert!(
            !html.contains("<base "),
            "{}: an address of its own",
            path.display()
        );
        for tag in tags(html) {
            for attribute in ["src", "href", "action", "poster", "data", "srcset"] {
                let Some(address) = tag.get(attribute) else {
                    continue;
                };
                // A reader may go to other sites; a page may not.
                if tag.name == "a" && elsewhere.is_match(address) {
                    continue;
                }
                links += 1;
                assert_eq!(fault(&file, address), None, "{}: {tag:?}", path.display());
            }
        }
    }
    assert!(links > 100, "only {links} addresses were found");
}

#[test]
fn styles_load_only_what_is_in_the_site() {
    let address = Regex::new(r#"url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']"#)
        .expect("a pattern");
    let mut fonts = 0;
    for file in files(&SITE.root(), "css") {
        let text = std::fs::read_to_string(&file).expect("a style sheet");
        for found in address.captures_iter(&text) {
            let address = found.get(1).or(found.get(2)).expect("an address").as_str();
            assert_eq!(fault(&file, address), None, "{}", file.display());
            fonts += usize::from(address.contains(".woff2"));
        }
    }
    assert!(fonts > 3, "the fonts are the site's own: {fonts}");
}

#[test]
fn our_scripts_ask_only_where_they_come_from() {
    let workspace = Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this workspace");
    let scripts = files(&workspace.book().join("theme"), "js");
    assert!(!scripts.is_empty());
    for file in scripts {
        // The name of a namespace is no address.
        let text = std::fs::read_to_string(&file)
            .expect("a script")
            .replace("http://www.w3.org/2000/svg", "");
        for far in [
            "http:",
            "https:",
            "//cdn",
            "ws:",
            "wss:",
            "importScripts",
            "eval(",
            "new Function",
        ] {
            assert!(!text.contains(far), "{}: {far}", file.display());
        }
    }
}

#[test]
fn the_text_of_a_page_is_complete_without_scripts() {
    let page = &SITE.pages[Path::new("concurrency/channels.html")];
    for expected in [
        "class=\"lab-picture\"",
        "class=\"lab-table\"",
        "<figure class=\"diagram\"",
        "<summary>Hint: nudge</summary>",
    ] {
        assert!(page.contains(expected), "no {expected:?}");
    }
    assert!(!page.contains("data-live"), "no server is behind it");
}
