//! A book that builds is a book that works: each way to break it is an error with file and line.

mod common;

use common::{Tiny, run};
use std::path::PathBuf;
use workbook::book::{self, BuildError};

const CHAPTER: &str = "book/src/part/queues.md";

/// What the build of a book says is wrong, one `file:line: message` each.
fn problems(tiny: &Tiny) -> Vec<String> {
    match book::build(&tiny.workspace, &tiny.folder.path().join("out")) {
        Ok(_) => Vec::new(),
        Err(BuildError::Problems(problems)) => problems.iter().map(ToString::to_string).collect(),
        Err(other) => vec![other.to_string()],
    }
}

/// Adds `text` as lines 8 and on of the chapter, and checks the first thing that is wrong.
#[track_caller]
fn check_text(text: &str, expected: &str) {
    let tiny = Tiny::new();
    tiny.write(
        CHAPTER,
        &format!("# Queues\n\n{{{{#lab queue}}}}\n\n## Run it\n\nDone.\n{text}\n"),
    );
    check(&tiny, expected);
}

#[track_caller]
fn check(tiny: &Tiny, expected: &str) {
    let found = problems(tiny);
    assert!(
        found
            .first()
            .is_some_and(|first| first.starts_with(expected))
            && found.len() == 1,
        "expected one problem\n  {expected}\nfound\n  {}",
        found.join("\n  ")
    );
}

#[test]
fn an_instructors_notes_are_not_on_the_page() {
    let tiny = Tiny::new();
    tiny.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n```notes\nAsk who waits.\n```\n\n````text\n```notes\n```\nshown\n````\n",
    );
    let out = tiny.folder.path().join("out");
    book::build(&tiny.workspace, &out).expect("a sound book");
    let page = std::fs::read_to_string(out.join("part/queues.html")).expect("the page");
    assert!(!page.contains("Ask who waits"), "{page}");
    assert!(page.contains("```notes\n```\nshown"), "{page}");
}

#[test]
fn a_block_of_ours_that_is_wrong_names_its_line() {
    check_text(
        "```notes\n\n```",
        "book/src/part/queues.md:8: notes without text",
    );
    check_text(
        "```notes now\nAsk.\n```",
        "book/src/part/queues.md:8: notes take no argument: \"now\"",
    );
    check_text(
        "```notes\nAsk.\n",
        "book/src/part/queues.md:8: the block \"notes\" has no end",
    );
}

#[test]
fn a_sound_book_builds_and_shows_what_was_committed() {
    let tiny = Tiny::new();
    tiny.write(
        "code/queue.rs",
        "// ANCHOR: take\nfn take() {}\n// ANCHOR_END: take\n",
    );
    tiny.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n## Run it\n\nA send takes {{#number queue/defaults 0/send p50}} on {{#number queue/defaults machine}}.\n\n\
         ```rust\n{{#include ../../../code/queue.rs:take}}\n```\n\n{{#figure queue/defaults Who waits.}}\n\n\
         [above](#run-it), [elsewhere](https://example.org/), \\{{#lab x}}\n",
    );
    let out = tiny.folder.path().join("out");
    let built = book::build(&tiny.workspace, &out).expect("a sound book");
    assert_eq!((built.chapters, built.drafts), (1, 1));
    assert_eq!(
        built.labs.get("queue"),
        Some(&PathBuf::from("part/queues.html"))
    );
    assert_eq!(
        built.external.iter().collect::<Vec<_>>(),
        ["https://example.org/"]
    );

    let page = std::fs::read_to_string(out.join("part/queues.html")).expect("the page");
    for expected in [
        "A send takes 1.25 ms on 2 cores, Test CPU, linux x86_64.",
        "fn take() {}",
        "data-knob=\"capacity\" min=\"0\" max=\"64\" step=\"1\" value=\"0\"",
        "<code tabindex=\"0\" aria-labelledby=\"lab-queue-command\"><span>cargo run -p queue --</span> <span>--capacity 0</span> <span>--work 100</span></code>",
        "class=\"swim\"",
        "Who waits. <span class=\"lab-source\">queue: capacity 0, work 100. 2 s on 2 cores",
        "release build, 2026-01-31.",
        "<tr class=\"lab-yours\">",
        "{{#lab x}}",
    ] {
        assert!(page.contains(expected), "no {expected:?} in the page");
    }
    assert!(
        !page.contains("data-live"),
        "a static page has no server behind it"
    );
}

/// An exercise like those of the book, as small as can be.
fn add_exercise(tiny: &Tiny, folder: &str) {
    let table = "title = \"Close\"\nminutes = 5\ndifficulty = \"easy\"\ntask = \"Write `close`.\"\n\
                 hints = [\"Who?\", \"When?\", \"How?\"]\ntrade_offs = \"None.\"\n\
                 [[wrong]]\nfile = \"a.rs\"\ncase = \"c\"\nsays = \"s\"\n[[wrong]]\nfile = \"b.rs\"\ncase = \"c\"\nsays = \"s\"\n";
    tiny.write(&format!("labs/gym/exercises/{folder}/exercise.toml"), table);
    tiny.write(
        &format!("labs/gym/exercises/{folder}/solution.rs"),
        "//: starter\n//| // Begin.\n//: end\n",
    );
}

/// The chapter with this directive in line 8.
fn with_directive(tiny: &Tiny, directive: &str) {
    tiny.write(
        CHAPTER,
        &format!("# Queues\n\n{{{{#lab queue}}}}\n\n## Run it\n\nDone.\n{directive}\n"),
    );
}

#[test]
fn an_exercise_stands_in_its_chapter() {
    let tiny = Tiny::new();
    add_exercise(&tiny, "queues/1-close");
    with_directive(&tiny, "\n{{#exercise queues/1}}");
    let out = tiny.folder.path().join("out");
    let built = book::build(&tiny.workspace, &out).expect("a sound book");
    assert_eq!(
        built.exercises.get("queues/1"),
        Some(&PathBuf::from("part/queues.html"))
    );
    let page = std::fs::read_to_string(out.join("part/queues.html")).expect("the page");
    for expected in [
        "data-exercise=\"queues/1\"",
        "<strong>Close</strong> <span>5 min, easy</span>",
        "<p>Write <code>close</code>.</p>",
        "cargo workbook start queues/1",
        "<summary>Hint: nudge</summary>",
        "<p>Who?</p>",
    ] {
        assert!(page.contains(expected), "no {expected:?} in the page");
    }
}

#[test]
fn faults_of_exercises() {
    let tiny = Tiny::new();
    add_exercise(&tiny, "queues/1-close");
    check(
        &tiny,
        "labs/gym/exercises/queues/1-close/exercise.toml:1: an exercise without a chapter: no page has {{#exercise queues/1}}",
    );
    with_directive(&tiny, "{{#exercise queues/1}} {{#exercise queues/1}}");
    check(
        &tiny,
        "book/src/part/queues.md:8: the exercise queues/1 is already on this page",
    );
    with_directive(&tiny, "{{#exercise queues/1}} {{#exercise queues/2}}");
    check(
        &tiny,
        "book/src/part/queues.md:8: there is no exercise \"queues/2\"; there are: queues/1",
    );
    with_directive(&tiny, "{{#exercise queues/1}}");
    tiny.write(
        "labs/gym/exercises/queues/1-close/solution.rs",
        "//: starter\n",
    );
    let found = problems(&tiny);
    assert!(
        found[0].starts_with("book/src/part/queues.md:8: ")
            && found[0].contains("the last mark is not closed"),
        "{found:?}"
    );
}

#[test]
fn faults_of_the_text() {
    check_text(
        "{{#include nowhere.rs}}",
        "book/src/part/queues.md:8: cannot include nowhere.rs: No such file",
    );
    check_text(
        "{{#include queues.md:nowhere}}",
        "book/src/part/queues.md:8: queues.md: no anchor nowhere",
    );
    check_text(
        "{{#include ../../../../x}}",
        "book/src/part/queues.md:8: ../../../../x lies outside of the workspace",
    );
    check_text(
        "{{#labb queue}}",
        "book/src/part/queues.md:8: unknown directive \"labb\"",
    );
    check_text(
        "{{#rustdoc_include x.rs}}",
        "book/src/part/queues.md:8: unknown directive \"rustdoc_include\"",
    );
    check_text(
        "{{#lab nowhere}}",
        "book/src/part/queues.md:8: there is no lab \"nowhere\" in labs/; there are: queue",
    );
    check_text(
        "{{#lab queue}}",
        "book/src/part/queues.md:8: the panel of queue is already on this page",
    );
    check_text(
        "{{#figure queue/nowhere}}",
        "book/src/part/queues.md:8: cannot read labs/queue/figures/nowhere.json",
    );
    check_text(
        "{{#figure queue}}",
        "book/src/part/queues.md:8: \"queue\" names no figure",
    );
    check_text(
        "{{#number queue/defaults 3/send p50}}",
        "book/src/part/queues.md:8: the report has no row \"3\"; there are 0, 16",
    );
    check_text(
        "{{#number queue/defaults 0/sent}}",
        "book/src/part/queues.md:8: the report has no column \"sent\"; there are capacity, send p50",
    );
    check_text(
        "{{#number queue/defaults knobs/speed}}",
        "book/src/part/queues.md:8: no knob \"speed\"",
    );
}

#[test]
fn dead_links() {
    check_text(
        "\n[x](nowhere.md)",
        "book/src/part/queues.md:9: dead link nowhere.md: the book has no part/nowhere.md",
    );
    check_text(
        "[x](#runit)",
        "book/src/part/queues.md:8: dead link #runit: part/queues.html has no anchor #runit; did you mean #run-it?",
    );
    check_text(
        "[x](queues.md#nowhere)",
        "book/src/part/queues.md:8: dead link queues.md#nowhere",
    );
    check_text(
        "![x](nowhere.png)",
        "book/src/part/queues.md:8: dead link nowhere.png",
    );
    check_text(
        "<a href=\"../nowhere.html\">x</a>",
        "book/src/part/queues.md:8: dead link ../nowhere.html",
    );
    check_text(
        "[x](/part/queues.html)",
        "book/src/part/queues.md:8: /part/queues.html: an absolute link breaks",
    );
    check_text("[x]()", "book/src/part/queues.md:8: a link to nothing");
    check_text(
        "</section>",
        "book/book.toml:1: unexpected HTML end tag `</section>`",
    );
}

#[test]
fn lines_are_those_of_the_file_whatever_was_included() {
    let tiny = Tiny::new();
    tiny.write("long.txt", &"line\n".repeat(40));
    tiny.write(CHAPTER, "# Queues\n\n{{#lab queue}}\n\n```text\n{{#include ../../../long.txt}}\n```\n\n[x](#nowhere)\n");
    check(&tiny, "book/src/part/queues.md:9: dead link #nowhere");
}

#[test]
fn faults_of_the_table_of_contents() {
    let summary = |lines: &str| {
        let tiny = Tiny::new();
        tiny.write(
            "book/src/SUMMARY.md",
            &format!("# Summary\n\n- [Queues](part/queues.md)\n{lines}\n"),
        );
        tiny
    };
    check(
        &summary("- [Maps](part/maps.md)"),
        "book/src/SUMMARY.md:4: part/maps.md does not exist",
    );
    check(
        &summary("- [Queues](part/queues.md)"),
        "book/src/SUMMARY.md:4: part/queues.md is listed twice",
    );

    let empty = summary("- [Maps](part/maps.md)");
    empty.write("book/src/part/maps.md", "\n");
    check(&empty, "book/src/SUMMARY.md:4: part/maps.md is empty");

    let draft = summary("- [Maps]()");
    draft.write("book/src/part/maps.md", "# Maps\n\nText.\n");
    check(
        &draft,
        "book/src/part/maps.md:1: a draft with text: SUMMARY.md line 4 lists \"Maps\" as a draft",
    );

    let stray = summary("");
    stray.write("book/src/notes.txt", "mine\n");
    check(
        &stray,
        "book/src/notes.txt:1: a stray file, which would be published",
    );

    let used = summary("");
    used.write("book/src/part/queue.png", "a picture");
    used.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n![A queue](queue.png)\n",
    );
    assert_eq!(problems(&used), [""; 0]);
}

#[test]
fn faults_of_the_labs() {
    let without = Tiny::new();
    without.write(CHAPTER, "# Queues\n\nNo panel.\n");
    check(
        &without,
        "labs/queue/src/main.rs:1: a lab without a chapter: no page has {{#lab queue}}",
    );

    let unknown = Tiny::new();
    unknown.remove("labs/queue/figures/knobs.json");
    check(
        &unknown,
        "book/src/part/queues.md:3: cannot read labs/queue/figures/knobs.json",
    );

    let undrawn = Tiny::new();
    undrawn.remove("labs/queue/figures/defaults.svg");
    check(
        &undrawn,
        "book/src/part/queues.md:3: queue has no committed run with its default knobs",
    );

    let named = Tiny::new();
    named.write(CHAPTER, "# Queues\n\n{{#lab queue buffered}}\n");
    check(
        &named,
        "book/src/part/queues.md:3: cannot read labs/queue/figures/buffered.json",
    );

    let outdated = Tiny::new();
    let mut old = run(0, 100);
    old.knobs.insert("speed".to_owned(), 1);
    outdated.figure("old", &old);
    outdated.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n{{#figure queue/old}}\n",
    );
    check(
        &outdated,
        "book/src/part/queues.md:5: labs/queue/figures/old.json is out of date with its lab's knobs: queue has no knob --speed",
    );
}

#[test]
fn all_faults_are_told_at_once() {
    let tiny = Tiny::new();
    tiny.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n{{#what}}\n\n[x](#nowhere)\n",
    );
    tiny.write("book/src/stray.md", "# Stray\n");
    assert_eq!(problems(&tiny).len(), 3, "{:#?}", problems(&tiny));
}

#[test]
fn a_folder_of_somebody_else_is_not_replaced() {
    let tiny = Tiny::new();
    let out = tiny.folder.path().join("mine");
    tiny.write("mine/letter.txt", "dear");
    let refused = book::build(&tiny.workspace, &out).expect_err("it is not ours");
    assert!(
        refused
            .to_string()
            .ends_with("choose another folder with --out DIR"),
        "{refused}"
    );
    assert!(out.join("letter.txt").is_file());
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_its_flag() {
    let tiny = Tiny::new();
    tiny.write("file", "in the way");
    let out = tiny.folder.path().join("file/site");
    let refused = book::build(&tiny.workspace, &out)
        .expect_err("a file is in the way")
        .to_string();
    let named = format!("cannot write to {}", out.display());
    assert!(
        refused.starts_with(&named) && refused.ends_with("--out DIR"),
        "{refused}"
    );
}

#[test]
fn a_broken_book_leaves_the_built_one_as_it_is() {
    let tiny = Tiny::new();
    let out = tiny.folder.path().join("out");
    book::build(&tiny.workspace, &out).expect("a sound book");
    tiny.write(CHAPTER, "# Queues\n\n{{#lab queue}}\n\n[x](#nowhere)\n");
    book::build(&tiny.workspace, &out).expect_err("a dead link");
    assert!(out.join("part/queues.html").is_file());
    let left = std::fs::read_dir(tiny.folder.path())
        .expect("the folder")
        .flatten();
    let mut names: Vec<_> = left.map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["book", "labs", "out"], "half a book is left behind");
}
