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
        "book/src/part/queues.md:8: there is no exercise \"queues/2\" (did you mean queues/1?); there are: queues/1",
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

/// A question for the tiny book's lab, of which a test breaks one line.
const QUESTION: &str = "\
```predict
id = \"send\"
question = \"How long is a send?\"
figure = \"queue/defaults\"
measure = \"[16/send p50] / [0/send p50]\"
unit = \"×\"
knobs = { work = 100 }
explanation = \"It was {{#number queue/defaults 0/send p50}}.\"
[[choice]]
answer = \"Shorter\"
right = \"..0.5\"
[[choice]]
answer = \"Longer\"
right = \"0.5..\"
```";

#[track_caller]
fn check_question(sound: &str, broken: &str, expected: &str) {
    assert!(QUESTION.contains(sound), "{sound}");
    check_text(&QUESTION.replacen(sound, broken, 1), expected);
}

#[test]
fn a_question_stands_on_the_page_with_its_answer_folded_away() {
    let tiny = Tiny::new();
    tiny.write(
        CHAPTER,
        &format!("# Queues\n\n{{{{#lab queue}}}}\n\n{QUESTION}\n"),
    );
    let out = tiny.folder.path().join("out");
    book::build(&tiny.workspace, &out).expect("a sound book");
    let page = std::fs::read_to_string(out.join("part/queues.html")).expect("the page");
    for expected in [
        "<legend><span class=\"predict-label\">Predict</span> How long is a send?</legend>",
        "name=\"answer\" value=\"1\" data-range=\"\" data-low=\"0.5\"",
        "data-scale=\"1\" data-recorded=\"0.00072\"",
        "<summary>The answer</summary>",
        "<strong>0.00072×</strong>. So: Shorter.",
        "<p>It was 1.25 ms.</p>",
    ] {
        assert!(
            page.contains(expected),
            "no {expected:?} in the page {page}"
        );
    }
}

#[test]
fn faults_of_questions() {
    let at = |line: usize, what: &str| format!("book/src/part/queues.md:{line}: {what}");
    check_question("id = \"send\"\n", "", &at(8, "missing field `id`"));
    check_question(
        "id = \"send\"",
        "id = \"Send it\"",
        &at(9, "\"Send it\" is no id"),
    );
    check_question("knobs", "knob", &at(14, "unknown field `knob`"));
    check_question("= \"×\"", "= ×", &at(13, ""));
    check_question(
        "queue/defaults",
        "queue/none",
        &at(11, "cannot read labs/queue/figures/none.json"),
    );
    check_question(
        "[16/send p50]",
        "[17/send p50]",
        &at(12, "the report has no row \"17\""),
    );
    check_question(
        "[0/send p50]",
        "[0/send",
        &at(12, "a bracket in the measure is not closed"),
    );
    check_question(
        "/ [0/send p50]",
        "- 2",
        &at(12, "the measure adds or subtracts a time and a count"),
    );
    check_question(
        "\"×\"",
        "\"ms\"",
        &at(
            13,
            "the measure is a count, a share or a ratio; \"ms\" is none of its units",
        ),
    );
    check_question(
        "work = 100",
        "work = 150",
        &at(
            14,
            "the question is about work 150, but queue/defaults was made with another",
        ),
    );
    check_question(
        "work = 100",
        "speed = 1",
        &at(14, "queue has no knob --speed"),
    );
    check_question(
        "#number queue/defaults 0",
        "#number queue/defaults 3",
        &at(15, "the report has no row \"3\""),
    );
    check_question(
        "\"..0.5\"",
        "\"under 0.5\"",
        &at(18, "\"under 0.5\" is no range"),
    );
    check_question(
        "\"0.5..\"",
        "\"1..\"",
        &at(
            21,
            "the ranges leave a gap: no choice is right for values from 0.5 to 1",
        ),
    );
    check_question(
        "\"0.5..\"",
        "\"0.4..\"",
        &at(21, "the ranges overlap: values from 0.4 are in two of them"),
    );
    check_question(
        "\"0.5..\"",
        "\"never\"",
        &at(
            18,
            "the ranges leave a gap: no choice is right for values from 0.5 on",
        ),
    );
    check_question(
        "```predict",
        "```predict now",
        &at(8, "predict takes no argument"),
    );
    let choices = &QUESTION
        [QUESTION.find("[[choice]]").expect("choices")..QUESTION.rfind("```").expect("an end")];
    check_question(
        choices,
        "",
        &at(8, "a question needs two [[choice]] at least, or a [number]"),
    );
    check_question(
        "[[choice]]",
        "[number]\ntolerance = \"5\"\n[[choice]]",
        &at(16, "a question has choices or a number, not both"),
    );
    check_question(
        choices,
        "[number]\ntolerance = \"about\"\n",
        &at(16, "\"about\" is no tolerance"),
    );
    check_text(
        &format!("{QUESTION}\n{QUESTION}"),
        &at(24, "the prediction \"send\" is already on this page"),
    );
}

#[test]
fn faults_of_tables_of_ours() {
    let at = |line: usize, what: &str| format!("book/src/part/queues.md:{line}: {what}");
    let go = "| Go | Rust | what is different |\n|---|---|---|\n";
    check_text(
        &format!("\n{go}| a | b | c |\n| a | | c |"),
        &at(12, "the cell \"Rust\" is empty"),
    );
    check_text(
        &format!("\n{go}| a | b |"),
        &at(11, "a row of 2 cells in a table of 3 columns"),
    );
    check_text(
        "\n| Go | Rust |\n|---|---|\n",
        &at(
            9,
            "a table of this kind has the columns Go | Rust | what is different",
        ),
    );

    let measured = "| claim | measured | verdict |\n|---|---|---|\n";
    let number = "{{#number queue/defaults 0/send p50}}";
    let row = |measured: &str, verdict: &str| {
        format!(
            "\n| claim | measured | verdict |\n|---|---|---|\n| A send waits | {measured} | {verdict} |"
        )
    };
    check_text(
        &row("a while", "holds"),
        &at(11, "nothing is measured: this cell needs a {{#number"),
    );
    check_text(
        &row(&format!("{number} and 12 ms"), "holds"),
        &at(11, "a measurement typed by hand: \"12 ms\""),
    );
    check_text(
        &row(number, "true"),
        &at(
            11,
            "a verdict begins with one of: holds, hardly, does not hold, depends; this one is \"true\"",
        ),
    );
    check_text(
        &row("{{#number queue/defaults 3/send p50}}", "holds"),
        &at(11, "the report has no row \"3\""),
    );
    check_text(
        &format!("\n{measured}| | {number} | holds |"),
        &at(11, "the cell \"claim\" is empty"),
    );
    check_text(
        &format!("\n{go}| [x](#nowhere) | b | c |"),
        &at(11, "dead link #nowhere"),
    );
    // A table in somebody else's listing is a listing.
    let tiny = Tiny::new();
    tiny.write(
        CHAPTER,
        &format!("# Queues\n\n{{{{#lab queue}}}}\n\n```text\n{go}| a | | c |\n```\n"),
    );
    assert_eq!(problems(&tiny), [""; 0]);
}

#[test]
fn a_measured_table_keeps_a_place_for_the_readers_run() {
    let tiny = Tiny::new();
    tiny.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n| claim | measured | verdict |\n|---|---|---|\n\
         | \"A *send* waits\" | {{#number queue/defaults 0/send p50}} at capacity 0 | does not hold: `send` \\| x |\n",
    );
    let out = tiny.folder.path().join("out");
    book::build(&tiny.workspace, &out).expect("a sound book");
    let page = std::fs::read_to_string(out.join("part/queues.html")).expect("the page");
    for expected in [
        "<th scope=\"row\" role=\"rowheader\" data-label=\"claim\">“A <em>send</em> waits”</th>",
        "<span class=\"number\" data-lab=\"queue\" data-path=\"0/send p50\">1.25 ms</span> at capacity 0",
        "<strong class=\"verdict verdict-does\">does not hold</strong>: <code>send</code> | x",
        "class=\"measured-yours\" hidden",
        "<p class=\"measured-source\">queue: capacity 0, work 100. 2 s on 2 cores, Test CPU, linux x86_64, release build, 2026-01-31.",
    ] {
        assert!(
            page.contains(expected),
            "no {expected:?} in the page {page}"
        );
    }
}

#[test]
fn faults_of_steps_and_of_the_console() {
    let at = |what: &str| format!("book/src/part/queues.md:8: {what}");
    check_text(
        "{{#steps ./queues.md}}",
        &at("steps need two programs at least"),
    );
    check_text(
        "{{#steps ./queues.md ./nowhere.rs}}",
        &at("cannot include ./nowhere.rs: No such file"),
    );
    check_text(
        "{{#steps ./queues.md ./queues.md}}",
        &at("nothing changes from queues.md to queues.md"),
    );
    check_text(
        "{{#console nowhere Look.}}",
        &at("there is no lab \"nowhere\" in labs/"),
    );
    check_text(
        "{{#console queue --capacity 4}}",
        &at("say what to look at"),
    );
    check_text(
        "{{#console queue --speed 4 Look.}}",
        &at("queue has no knob --speed; there are capacity, work"),
    );
    check_text("{{#console queue --capacity 99 Look.}}", &at("--capacity"));
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

/// Builds the chapter with `text` as its lines 8 and on.
#[track_caller]
fn check_sound(text: &str) {
    let tiny = Tiny::new();
    tiny.write(
        CHAPTER,
        &format!("# Queues\n\n{{{{#lab queue}}}}\n\n## Run it\n\nDone.\n{text}\n"),
    );
    assert_eq!(problems(&tiny), [""; 0], "{text}");
}

#[test]
fn links_into_widgets_and_other_pages_hold_and_those_out_of_the_book_do_not() {
    check_sound("[panel](#lab-queue) and its [slider](queues.md#lab-queue-capacity)");
    check_text(
        "[panel](#lab-queu)",
        "book/src/part/queues.md:8: dead link #lab-queu: part/queues.html has no anchor #lab-queu; did you mean #lab-queue",
    );
    check_text(
        "[its code](../../../labs/queue/src/main.rs)",
        "book/src/part/queues.md:8: dead link ../../../labs/queue/src/main.rs: that is a file of the workspace",
    );
    let two = Tiny::new();
    two.write(
        "book/src/SUMMARY.md",
        "# Summary\n\n- [Queues](part/queues.md)\n- [Maps](maps.md)\n",
    );
    two.write(
        "book/src/maps.md",
        "# Maps\n\n[there](part/queues.md#lab-queue)\n\n[nowhere](part/queues.md#lab-maps)\n",
    );
    check(
        &two,
        "book/src/maps.md:5: dead link part/queues.md#lab-maps: part/queues.html has no anchor #lab-maps",
    );
}

#[test]
fn files_named_in_the_text_are_there() {
    check_sound(
        "\n`labs/queue/src/main.rs`, `labs/queue/`, `application/json`, `and/or`, `labs/<concept>/src`, `book/src/*.md`",
    );
    check_text(
        "\nSee `labs/queue/src/mian.rs`.",
        "book/src/part/queues.md:9: labs/queue/src/mian.rs is named here, and the workspace has no such file",
    );
}

#[test]
fn faults_of_listings() {
    check_sound("```go,ignore\na := 1\n```\n\n````markdown\n```what\n```\n````");
    check_text(
        "```diagarm A sends to B\na --> b\n```",
        "book/src/part/queues.md:8: unknown block \"diagarm\"; did you mean diagram?: ours are notes, ",
    );
    check_text(
        "```rust,ignore\n{{#include queues.md:1}}\nlet a = 1;\n```",
        "book/src/part/queues.md:10: a listing in Rust is code that is compiled: {{#include PATH:anchor}}",
    );
    check_text(
        "```rsut\n```",
        "book/src/part/queues.md:8: unknown block \"rsut\"; did you mean rust?",
    );
    check_text(
        "```\na\n```",
        "book/src/part/queues.md:8: a listing without a language: ```text",
    );
    check_text(
        "```text\na",
        "book/src/part/queues.md:8: this listing has no end",
    );
    check_text(
        "~~~text\na\n~~~",
        "book/src/part/queues.md:8: a listing begins and ends with ```",
    );
}

#[test]
fn directives_that_would_stand_on_the_page_as_they_are() {
    check_text(
        "{{#number\nqueue/defaults date}}",
        "book/src/part/queues.md:8: a directive ends in the line that it begins in",
    );
    check_text(
        "{{number queue/defaults date}}",
        "book/src/part/queues.md:8: a directive is written {{#number …}}",
    );
    check_sound("`{{ .Values.name }}`, `format!(\"{{{name}}}\")`");
}

#[test]
fn a_diagram_stands_in_its_chapter_and_a_wrong_one_names_its_line() {
    let tiny = Tiny::new();
    tiny.write(CHAPTER, "# Queues\n\n{{#lab queue}}\n\n```diagram A sends to B\n+---+   +---+\n| A |-->| B |\n+---+   +---+\n```\n");
    let out = tiny.folder.path().join("out");
    book::build(&tiny.workspace, &out).expect("a sound book");
    let page = std::fs::read_to_string(out.join("part/queues.html")).expect("the page");
    for expected in [
        "<figure class=\"diagram\"",
        ">A sends to B</title>",
        ">A, B</desc>",
        ">A sends to B</figcaption>",
    ] {
        assert!(page.contains(expected), "no {expected:?} in the page");
    }
    check_text(
        "```diagram A sends to B\n\n+--+\n| A |\n+---+\n```",
        "book/src/part/queues.md:10: '+' in column 4 joins only one line",
    );
    check_text(
        "```diagram\na --> b\n```",
        "book/src/part/queues.md:8: a diagram without words",
    );
    check_text(
        "```diagram A\na --> b",
        "book/src/part/queues.md:8: the block \"diagram\" has no end",
    );
    check_text(
        "```diagram A\n\n```",
        "book/src/part/queues.md:8: a diagram with nothing in it",
    );
    let twice = "```diagram A\na --> b\n```\n\n";
    check_text(
        &twice.repeat(2),
        "book/src/part/queues.md:12: the same diagram is already on this page",
    );
}

#[test]
fn words_for_those_who_cannot_see_and_an_order_for_those_who_do_not_look() {
    for (text, expected) in [
        (
            "\n#### Deep",
            "9: a heading of level 4 below one of level 2",
        ),
        ("\n# Again", "9: a second title"),
        ("\n## ", "9: a heading without words"),
        ("\n<img src=\"data:,\">", "9: a picture without words"),
        (
            "\n<img alt=\" \" src=\"data:,\">",
            "9: a picture without words",
        ),
        ("![](data:,)", "8: a picture without words"),
        ("[](#run-it)", "8: a link without words"),
        ("[![](data:,)](#run-it)", "8: a picture without words"),
    ] {
        check_text(text, &format!("book/src/part/queues.md:{expected}"));
    }
    check_sound(
        "[`code`](#run-it), [![a queue](data:,)](#run-it), <img alt='a queue' src='data:,'>\n\n### A\n\n## B",
    );
    let tiny = Tiny::new();
    tiny.write(CHAPTER, "## Queues\n\n{{#lab queue}}\n");
    check(
        &tiny,
        "book/src/part/queues.md:1: a chapter begins with its title",
    );
    tiny.write(CHAPTER, "{{#lab queue}}\n");
    check(
        &tiny,
        "book/src/part/queues.md:1: a chapter without a title",
    );
}

#[test]
fn an_id_stands_once_on_a_page() {
    check_text(
        "<p id=\"lab-queue\">Mine.</p>",
        "book/src/part/queues.md:8: the id \"lab-queue\" is on this page twice",
    );
}

#[test]
fn a_picture_that_outweighs_its_page() {
    let tiny = Tiny::new();
    tiny.write("book/src/part/queue.png", &"a".repeat(513 * 1024));
    tiny.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n![A queue](queue.png)\n",
    );
    check(
        &tiny,
        "book/src/part/queue.png:1: 513 KiB, where a page has room for 512",
    );
}

#[test]
fn what_the_readme_and_other_pages_beside_the_book_link_to_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = pages_beside_the_book(&root);
    assert!(pages.contains(&root.join("README.md")), "{pages:?}");
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a page");
        for (line, target) in book::targets(&text) {
            let path = target.split('#').next().unwrap_or_default();
            let there =
                path.is_empty() || path.contains("://") || page.with_file_name(path).exists();
            assert!(there, "{}:{line}: dead link {target}", page.display());
        }
    }
}

/// The Markdown of the repository that is not the book's, nor made by a build or a learner.
fn pages_beside_the_book(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let made = ["target", "exercises", "node_modules"]
            .iter()
            .any(|made| name == *made);
        if made || name.to_string_lossy().starts_with('.') || path.ends_with("book/src") {
            continue;
        }
        if path.is_dir() {
            found.extend(pages_beside_the_book(&path));
        } else if path.extension().is_some_and(|kind| kind == "md") {
            found.push(path);
        }
    }
    found
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
    let found = problems(&undrawn);
    let starts = [
        "book/src/part/queues.md:3: queue has no committed run with its default knobs",
        "labs/queue/figures/defaults.json:1: cannot read labs/queue/figures/defaults.svg",
    ];
    assert!(
        found.len() == 2
            && found
                .iter()
                .zip(starts)
                .all(|(found, start)| found.starts_with(start)),
        "{found:#?}"
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
fn a_figure_that_no_page_shows_fits_its_lab_too() {
    let tiny = Tiny::new();
    let mut old = run(0, 100);
    old.knobs.remove("work");
    tiny.figure("old", &old);
    check(
        &tiny,
        "labs/queue/figures/old.json:1: labs/queue/figures/old.json is out of date with its lab's knobs: it says nothing of --work",
    );
}

#[test]
fn a_fault_of_the_contents_hides_none_of_the_chapters() {
    let tiny = Tiny::new();
    tiny.write(
        "book/src/SUMMARY.md",
        "# Summary\n\n- [Queues](part/queues.md)\n- [Maps](part/maps.md)\n- [Again](part/queues.md)\n- [Bytes](bytes.md)\n",
    );
    std::fs::write(tiny.folder.path().join("book/src/bytes.md"), b"# \xff\n").expect("a file");
    tiny.write(CHAPTER, "# Queues\n\n{{#lab queue}}\n\n[x](#nowhere)\n");
    let found = problems(&tiny);
    let starts = [
        "book/src/SUMMARY.md:4: part/maps.md does not exist",
        "book/src/SUMMARY.md:5: part/queues.md is listed twice",
        "book/src/bytes.md:1: is not text in UTF-8",
        "book/src/part/queues.md:5: dead link #nowhere",
    ];
    assert!(
        found.len() == starts.len()
            && found
                .iter()
                .zip(starts)
                .all(|(found, start)| found.starts_with(start)),
        "{found:#?}"
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

#[test]
fn a_chapter_says_how_long_it_takes() {
    let silent = Tiny::new();
    silent.write_exactly(CHAPTER, "# Queues\n\n{{#lab queue}}\n");
    check(
        &silent,
        "book/src/part/queues.md:1: the chapter does not say how long it takes: write {{#minutes reading=20}}",
    );
    let hidden = Tiny::new();
    hidden.write_exactly(
        CHAPTER,
        "# Queues\n{{#minutes reading=5}}\n\n{{#lab queue}}\n",
    );
    check(
        &hidden,
        "book/src/part/queues.md:1: the chapter has a lab and does not say how long",
    );
    let wrong = Tiny::new();
    wrong.write_exactly(
        CHAPTER,
        "# Queues\n\n{{#minutes reading=soon}}\n\n{{#lab queue}}\n",
    );
    check(&wrong, "book/src/part/queues.md:3: \"reading=soon\"");
    let twice = Tiny::new();
    let minutes = "{{#minutes reading=5 lab=5}}";
    twice.write_exactly(
        CHAPTER,
        &format!("# Queues\n\n{minutes}\n\n{{{{#lab queue}}}}\n\n{minutes}\n"),
    );
    check(
        &twice,
        "book/src/part/queues.md:7: the chapter's minutes are said already",
    );
}

#[test]
fn a_chapters_minutes_stand_on_its_page_with_those_of_its_exercises() {
    let tiny = Tiny::new();
    add_exercise(&tiny, "queues/1-take");
    tiny.write_exactly(
        CHAPTER,
        "# Queues\n\n{{#minutes reading=20 lab=5}}\n\n{{#lab queue}}\n\n{{#exercise queues/1}}\n\n[x](#nowhere)\n",
    );
    check(&tiny, "book/src/part/queues.md:9: dead link #nowhere");
    tiny.write_exactly(
        CHAPTER,
        "# Queues\n\n{{#minutes reading=20 lab=5}}\n\n{{#lab queue}}\n\n{{#exercise queues/1}}\n",
    );
    let out = tiny.folder.path().join("out");
    book::build(&tiny.workspace, &out).expect("a sound book");
    let page = std::fs::read_to_string(out.join("part/queues.html")).expect("the page");
    let pages = book::pages(&tiny.workspace).expect("a sound book");
    let practice = pages[0].minutes.practice();
    assert!(practice > 0);
    let line = format!(
        "<p class=\"minutes\">{} minutes: reading 20, lab 5, exercises {practice}</p>",
        25 + practice
    );
    assert!(page.contains(&line), "{line}");
}

#[test]
fn an_instructors_book_has_notes_minutes_and_schedules() {
    let tiny = Tiny::new();
    tiny.write(
        "book/src/SUMMARY.md",
        "# Summary\n\n- [Queues | <b>](part/queues.md)\n- [Maps]()\n",
    );
    tiny.write(
        CHAPTER,
        "# Queues\n\n{{#lab queue}}\n\n```notes\nAsk who *waits*.\n```\n",
    );
    tiny.write("book/workshop.toml", WORKSHOP);
    let out = tiny.folder.path().join("out");
    book::build_for(book::Audience::Instructor, &tiny.workspace, &out).expect("a sound book");
    let read = |path: &str| std::fs::read_to_string(out.join(path)).expect(path);
    let page = read("part/queues.html");
    let said = "Ask who <em>waits</em>.";
    assert!(page.contains("<aside class=\"notes\"") && page.contains(said));
    assert!(read("instructor/notes.html").contains(said));
    let schedule = read("instructor/schedules.html");
    for expected in [
        "<td>09:00</td><td>09:05</td>",
        "<a href=\"../part/queues.html\">Queues | &lt;b&gt;</a>: told",
        "open: questions",
    ] {
        let found = schedule.contains(expected);
        assert!(found, "no {expected:?} in the schedule");
    }
    assert!(read("toc.html").contains("For the instructor"));
    assert!(read("instructor/minutes.html").contains("<strong>10</strong>"));

    book::build(&tiny.workspace, &out).expect("a sound book");
    assert!(!out.join("instructor").exists());
    assert!(!read("toc.html").contains("For the instructor"));
}

#[test]
fn a_schedule_that_does_not_work_is_an_error_of_the_book() {
    for (from, to, expected) in [
        (
            "queues.md",
            "maps.md",
            "book/workshop.toml:9: the book has no chapter part/maps.md",
        ),
        (
            "12:30",
            "09:04",
            "book/workshop.toml:9: half-day does not fit: from here on 10 of its 10 minutes",
        ),
        ("days = 1", "days =", "book/workshop.toml:4: "),
    ] {
        let tiny = Tiny::new();
        tiny.write("book/workshop.toml", &WORKSHOP.replace(from, to));
        check(&tiny, expected);
    }
}

const WORKSHOP: &str = "[[workshop]]\nname = \"half-day\"\ntitle = \"Half a day\"\ndays = 1\nstart = \"09:00\"\nend = \"12:30\"\n\
                        pause = { after = 75, minutes = 15 }\nchapters = [\n  \"part/queues.md\",\n]\n";

#[test]
fn a_dead_link_in_a_note_is_dead() {
    check_text(
        "```notes\nSay:\n[x](#nowhere)\n```",
        "book/src/part/queues.md:10: dead link #nowhere",
    );
}
