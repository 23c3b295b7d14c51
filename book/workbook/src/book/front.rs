//! The front page. mdBook repeats the first chapter as `index.html`, with links that hold only in that chapter's
//! folder.

use std::path::Path;

/// The text of the chapter in `folder`, with links that hold at the root of the site.
pub(super) fn at_the_root(html: &str, folder: &Path) -> String {
    let folder = folder.to_string_lossy();
    let parts = html.split_once("<main>").and_then(|(before, rest)| {
        let (text, after) = rest.split_once("</main>")?;
        Some((before, text, after))
    });
    match parts {
        Some((before, text, after)) if !folder.is_empty() => {
            let text = lead_into(&folder, " src=\"", &lead_into(&folder, " href=\"", text));
            format!("{before}<main>{text}</main>{after}")
        }
        _ => html.to_owned(),
    }
}

fn lead_into(folder: &str, attribute: &str, text: &str) -> String {
    let mut parts = text.split(attribute);
    let mut led = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        led.push_str(attribute);
        if is_relative(part.split('"').next().unwrap_or_default()) {
            led.push_str(folder);
            led.push('/');
        }
        led.push_str(part);
    }
    led
}

fn is_relative(address: &str) -> bool {
    !address.is_empty() && !address.starts_with(['#', '/']) && !address.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chapters_own_relative_links_are_led_into_its_folder() {
        let page = |tour: &str, up: &str, picture: &str| {
            format!(
                "<a href=\"tour.html\">next</a><main><a href=\"{tour}\"><img alt=\"\" src=\"{picture}\"></a><a class=\"x\" href=\"{up}\">\
                 <a href=\"#here\"><a href=\"/vars\"><a href=\"http://127.0.0.1:3000\"></main><script src=\"book.js\"></script>"
            )
        };
        assert_eq!(
            at_the_root(
                &page("tour.html#3", "../c.html", "p.png"),
                Path::new("start")
            ),
            page("start/tour.html#3", "start/../c.html", "start/p.png")
        );
    }

    #[test]
    fn a_first_chapter_at_the_root_stays_as_it_is() {
        let page = "<main><a href=\"tour.html\"></main>";
        assert_eq!(at_the_root(page, Path::new("")), page);
    }
}
