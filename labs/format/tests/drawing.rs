//! Draws recordings and looks at the result as a reader's programs do.
//!
//! The pictures are also left in the target directory's `tmp/`, to be looked at.

mod common;

use common::{Shop, kinds, shop};
use lab_format::draw::{self, SvgOptions, TerminalOptions};
use lab_format::{Lane, LaneId, LaneKind, Timeline};
use unicode_width::UnicodeWidthStr;

const SMALL: Shop = Shop {
    producers: 3,
    consumers: 2,
    capacity: 0,
    items: 24,
};

fn terminal(timeline: &Timeline, width: usize) -> String {
    draw::terminal(
        timeline,
        &TerminalOptions {
            width,
            ..TerminalOptions::default()
        },
    )
}

fn svg(timeline: &Timeline, name: &str) -> String {
    let options = SvgOptions {
        title: format!("Picture: {name}"),
        ..SvgOptions::default()
    };
    let text = draw::svg(timeline, &options);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.svg"));
    std::fs::write(file, &text).expect("the target directory is writable");
    text
}

#[test]
fn a_rendezvous_in_a_terminal() {
    insta::assert_snapshot!("rendezvous_80", terminal(&shop(SMALL), 80));
    insta::assert_snapshot!("rendezvous_200", terminal(&shop(SMALL), 200));
}

#[test]
fn a_buffer_in_a_terminal() {
    insta::assert_snapshot!(
        "buffered_80",
        terminal(
            &shop(Shop {
                capacity: 8,
                ..SMALL
            }),
            80
        )
    );
}

#[test]
fn every_kind_in_a_terminal() {
    insta::assert_snapshot!("kinds_80", terminal(&kinds(), 80));
}

#[test]
fn a_crowd_fits_the_terminal() {
    let crowd = shop(Shop {
        producers: 60,
        consumers: 20,
        capacity: 4,
        items: 5_000,
    });
    for width in [40, 80, 200] {
        let text = terminal(&crowd, width);
        assert!(text.contains("41 more lanes"), "{text}");
        assert!(text.lines().count() < 50, "{text}");
        for line in text.lines() {
            assert!(line.width() <= width, "{} columns: {line}", line.width());
        }
    }
}

#[test]
fn colours_change_nothing_else() {
    let timeline = shop(SMALL);
    let options = TerminalOptions {
        color: true,
        ..TerminalOptions::default()
    };
    let coloured = draw::terminal(&timeline, &options);
    let mut plain = String::new();
    for (index, part) in coloured.split('\u{1b}').enumerate() {
        let rest = if index == 0 {
            part
        } else {
            part.split_once('m').expect("a colour's end").1
        };
        plain.push_str(rest);
    }
    assert_ne!(plain, coloured);
    assert_eq!(plain, terminal(&timeline, 80));
}

#[test]
fn a_window_shows_a_part_of_it() {
    let timeline = shop(SMALL);
    let options = TerminalOptions {
        window: Some(2_000_000..4_000_000),
        ..TerminalOptions::default()
    };
    let text = draw::terminal(&timeline, &options);
    assert!(
        text.contains("3.5 ms") && !text.contains("4.5 ms"),
        "{text}"
    );
    let options = SvgOptions {
        window: Some(0..4_000_000),
        ..SvgOptions::default()
    };
    assert!(draw::svg(&timeline, &options).contains(">the first 4 ms of "));
}

#[test]
fn an_opening_shows_each_wait() {
    let short = shop(Shop { items: 8, ..SMALL });
    assert_eq!(
        draw::opening(&short, 60),
        0..short.end(),
        "all of what is short"
    );
    let long = shop(Shop {
        items: 4_000,
        ..SMALL
    });
    let window = draw::opening(&long, 60);
    assert!(
        window.start == 0 && window.end < long.end() / 10,
        "{window:?}"
    );
    let options = TerminalOptions {
        window: Some(window),
        ..TerminalOptions::default()
    };
    let text = draw::terminal(&long, &options);
    assert!(
        text.contains("the first ") && text.contains("░4") && text.contains("░5"),
        "{text}"
    );
    assert_eq!(draw::opening(&Timeline::new(), 60), 0..1);
    let mut late = long;
    for span in &mut late.spans {
        (span.start_ns, span.end_ns) = (span.start_ns + 50_000_000, span.end_ns + 50_000_000);
    }
    let window = draw::opening(&late, 60);
    assert!(
        window.start > 40_000_000 && window.contains(&50_000_000),
        "{window:?}"
    );
}

#[test]
fn an_empty_recording_is_drawn_too() {
    let mut timeline = Timeline::new();
    assert_eq!(check_xml(&svg(&timeline, "empty")), Ok(()));
    assert!(!terminal(&timeline, 80).is_empty());
    timeline
        .lanes
        .push(Lane::new(LaneId(3), "idle", LaneKind::Task));
    assert_eq!(check_xml(&svg(&timeline, "idle")), Ok(()));
    assert!(terminal(&timeline, 0).contains("idle"));
}

#[test]
fn a_picture_says_who_waits_for_whom() {
    let text = svg(&shop(SMALL), "rendezvous");
    assert_eq!(check_xml(&text), Ok(()));
    assert!(
        text.contains("<title>producer 2 waits to send on orders, "),
        "{text}"
    );
    assert!(
        text.contains(", until consumer 1 received</title>"),
        "{text}"
    );
    assert!(
        text.contains("<title>producer 1 hands order 0 to consumer 1 at "),
        "{text}"
    );
    assert!(
        text.contains("role=\"img\"") && text.contains("<desc "),
        "{text}"
    );
    assert!(
        text.contains("let go by consumer 1 ("),
        "the description says it in words: {text}"
    );
}

#[test]
fn a_picture_of_a_buffer_shows_how_long_orders_lay() {
    let text = svg(
        &shop(Shop {
            capacity: 8,
            ..SMALL
        }),
        "buffered",
    );
    assert_eq!(check_xml(&text), Ok(()));
    assert!(text.contains(" on the way</title>"), "{text}");
    assert!(text.contains("at most 8 of 8"), "{text}");
}

#[test]
fn names_cannot_break_a_picture() {
    let text = svg(&kinds(), "kinds");
    assert_eq!(check_xml(&text), Ok(()));
    assert!(!text.contains("<script"), "{text}");
    for kind in ["blocked", "holding"] {
        assert!(
            text.contains(&format!("class=\"s-span s-{kind}\"")),
            "{kind}: {text}"
        );
    }
}

#[test]
fn a_phone_shows_of_what_a_lane_did_what_has_room_beside_its_name() {
    let mut timeline = kinds();
    "worker".clone_into(&mut timeline.lanes[1].name);
    let text = svg(&timeline, "narrow");
    let narrow = text.split("class=\"s-dim s-num s-narrow\"").skip(1);
    let said: Vec<&str> = narrow
        .filter_map(|rest| {
            rest.split_once('>')?
                .1
                .split_once('<')
                .map(|(said, _)| said)
        })
        .collect();
    assert_eq!(said, ["running 70 %", "holding 72 % · blocked 67 %"]);
    assert!(text.contains(">holding 72 % · blocked 67 % · running 33 %<"));
}

#[test]
fn large_recordings_are_summed_up_and_say_so() {
    let long = Shop {
        producers: 3,
        consumers: 2,
        capacity: 0,
        items: 20_000,
    };
    let many = Shop {
        producers: 60,
        consumers: 20,
        capacity: 4,
        items: 2_000,
    };
    let crowd = Shop {
        producers: 12,
        consumers: 8,
        capacity: 4,
        items: 100,
    };
    for (name, size) in [("long", long), ("many", many), ("crowd", crowd)] {
        let text = svg(&shop(size), name);
        assert_eq!(check_xml(&text), Ok(()), "{name}");
        let nodes = text.matches('<').count() - text.matches("</").count();
        assert!(nodes <= 5_000, "{name}: {nodes} elements");
        assert!(text.contains(" hand-overs not drawn"), "{name}");
        assert_eq!(text.contains(" spans summed up"), name != "crowd", "{name}");
    }
}

#[test]
fn more_counters_than_anybody_reads_are_left_out_and_counted() {
    let mut timeline = shop(SMALL);
    let counter = timeline.counters[0].clone();
    timeline.counters = vec![counter; 40];
    let text = svg(&timeline, "counters");
    assert!(text.contains(" · 24 counters not drawn"), "{text}");
    assert_eq!(text.matches("s-area\"").count(), 16);
    assert!(terminal(&timeline, 100).contains("24 counters not drawn"));
}

#[test]
fn a_part_says_which_it_is_and_where_more_comes_from() {
    let options = SvgOptions {
        window: Some(1_000_000..2_000_000),
        source: "/api/labs/shop/timeline?run=1&x".to_owned(),
        ..SvgOptions::default()
    };
    let text = draw::svg(&shop(SMALL), &options);
    assert_eq!(check_xml(&text), Ok(()));
    for attribute in [
        "data-unit=\"ns\"",
        "data-from=\"1000000\"",
        "data-to=\"2000000\"",
        "data-source=\"/api/labs/shop/timeline?run=1&amp;x\"",
        "data-by=\"",
        "class=\"s-row\" data-name=\"producer 1\"",
    ] {
        assert!(text.contains(attribute), "{attribute} in {text}");
    }
    assert!(!text.contains(" style=\""), "a strict policy forbids it");
}

#[test]
fn two_pictures_can_stand_in_one_page() {
    let (one, other) = (svg(&shop(SMALL), "one"), svg(&shop(SMALL), "other"));
    let id = |text: &str| {
        text.split("id=\"")
            .nth(1)
            .expect("an id")
            .split('"')
            .next()
            .map(str::to_owned)
    };
    assert_ne!(id(&one), id(&other));
    assert_eq!(
        one,
        svg(&shop(SMALL), "one"),
        "the same recording gives the same picture"
    );
}

/// Checks that elements are closed in order, attributes are quoted and unique, and entities are known.
fn check_xml(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.trim_end();
    while let Some((before, after)) = rest.split_once('<') {
        check_text(before)?;
        let (tag, next) = after.split_once('>').ok_or("a tag without an end")?;
        rest = next;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop();
            if last != Some(name) {
                return Err(format!("</{name}> closes {last:?}"));
            }
            continue;
        }
        let (name, attributes) = tag
            .split_once(' ')
            .unwrap_or((tag.trim_end_matches('/'), ""));
        check_attributes(attributes.trim_end_matches('/'))?;
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    if open.is_empty() && rest.is_empty() {
        Ok(())
    } else {
        Err(format!("left open: {open:?} {rest:?}"))
    }
}

fn check_attributes(text: &str) -> Result<(), String> {
    let mut seen = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or(format!("no value: {rest}"))?;
        let (value, next) = after.split_once('"').ok_or(format!("no end: {rest}"))?;
        check_text(value)?;
        if name.contains(' ') || seen.contains(&name) {
            return Err(format!("bad attribute {name:?}"));
        }
        seen.push(name);
        rest = next.trim_start();
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), String> {
    if let Some(bad) = text.chars().find(|c| c.is_control() && *c != '\n') {
        return Err(format!("control character {bad:?}"));
    }
    let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
    match text
        .split('&')
        .skip(1)
        .find(|part| !known.iter().any(|entity| part.starts_with(entity)))
    {
        Some(part) => Err(format!("a raw & before {part:?}")),
        None => Ok(()),
    }
}
