//! Widgets where there is no server, and where a page has several labs.

use crate::common::{self, Tiny, info, run};
use crate::driver::Browser;
use crate::server::root;
use lab_format::{Column, Report, Unit};
use serde_json::json;
use workbook::book;

const CHAPTER: &str = "# Queues

{{#lab queue}}

```predict
id = \"queue\"
question = \"How long?\"
figure = \"queue/defaults\"
measure = \"[0/send p50]\"
unit = \"ms\"
explanation = \"Because.\"
[number]
tolerance = \"10 %\"
```

{{#console queue Look.}}

## Shelves

{{#lab shelf}}

```predict
id = \"shelf\"
question = \"Does it hold?\"
figure = \"shelf/defaults\"
measure = \"[oak/load]\"
unit = \"boxes\"
explanation = \"Because.\"
[[choice]]
answer = \"No\"
right = \"..5\"
[[choice]]
answer = \"Yes\"
right = \"5..\"
```

{{#console shelf --capacity 3 Look.}}

| claim | measured | verdict |
|---|---|---|
| It holds | {{#number shelf/defaults oak/load}} | holds |
";

/// A book with two labs on its page, in the real theme; the second lab's report has columns of its own.
fn two_labs() -> Tiny {
    let tiny = Tiny::new();
    let theme = root().join("book/theme");
    for entry in std::fs::read_dir(&theme).expect("the theme").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("scripts and styles");
        tiny.write(
            &format!("book/theme/{}", entry.file_name().to_string_lossy()),
            &text,
        );
    }
    let toml = std::fs::read_to_string(root().join("book/book.toml")).expect("its settings");
    tiny.write("book/book.toml", &toml);

    let mut shelf = info();
    "shelf".clone_into(&mut shelf.name);
    let mut made = run(0, 100);
    "shelf".clone_into(&mut made.lab);
    let mut report = Report::new([
        Column::new("wood", Unit::None),
        Column::new("load", Unit::Count),
    ]);
    report.row(["oak".into(), 7_u64.into()]);
    made.report = report;
    tiny.write("labs/shelf/src/main.rs", "fn main() {}\n");
    tiny.write("labs/shelf/figures/knobs.json", &common::json(&shelf));
    tiny.write("labs/shelf/figures/defaults.json", &common::json(&made));
    tiny.write(
        "labs/shelf/figures/defaults.svg",
        "<svg class=\"swim\"></svg>",
    );
    tiny.write("book/src/part/queues.md", CHAPTER);
    tiny
}

#[tokio::test]
async fn labs_on_one_page_do_not_disturb_each_other() {
    let tiny = two_labs();
    let out = tiny.folder.path().join("site");
    book::build(&tiny.workspace, &out).expect("a sound book");
    let browser = Browser::open().await;
    browser
        .go(&format!(
            "file://{}",
            out.join("part/queues.html").display()
        ))
        .await;
    browser
        .until("document.querySelectorAll('.predict[data-state=open]').length === 2")
        .await;

    browser
        .script("const slider = document.querySelector('[data-lab=shelf] [data-knob=work]'); slider.value = 500; slider.dispatchEvent(new Event('input'))")
        .await;
    let commands = browser
        .script("return Array.from(document.querySelectorAll('.lab-command code, .console-hold'), code => code.textContent)")
        .await;
    assert_eq!(
        commands,
        json!([
            "cargo run -p queue -- --capacity 0 --work 100",
            "cargo run -p queue -- --hold",
            "cargo run -p shelf -- --capacity 0 --work 500",
            "cargo run -p shelf -- --capacity 3 --work 500 --hold",
        ])
    );

    // Without a server, the recorded result grades.
    browser.click("#predict-queue input").await;
    browser.keys("2").await;
    browser.click("#predict-queue .predict-commit").await;
    browser.click("#predict-queue .predict-recorded").await;
    let verdict = browser.text("#predict-queue .predict-verdict").await;
    assert!(
        verdict.starts_with("Not this time. The recorded run measured 1.25 ms. You said 2 ms."),
        "{verdict}"
    );

    // A result of one lab grades its own questions only; its columns are its own.
    browser.click("#predict-shelf input[value='0']").await;
    browser.click("#predict-shelf .predict-commit").await;
    // One that says that the machine was too busy grades nothing.
    browser
        .script(
            "document.querySelector('section.lab[data-lab=shelf]').dispatchEvent(new CustomEvent('lab:result', { bubbles: true, \
             detail: { lab: 'shelf', tooBusy: true, knobs: { capacity: 0, work: 100 }, numbers: { 'oak/load': { text: '5', value: 5 } }, \
             source: 'shelf: mine' } }))",
        )
        .await;
    let verdict = browser.text("#predict-shelf .predict-verdict").await;
    assert!(verdict.contains("too busy"), "{verdict}");
    browser
        .script(
            "document.querySelector('section.lab[data-lab=shelf]').dispatchEvent(new CustomEvent('lab:result', { bubbles: true, \
             detail: { lab: 'shelf', knobs: { capacity: 0, work: 100 }, numbers: { 'oak/load': { text: '9', value: 9 } }, source: 'shelf: mine' } }))",
        )
        .await;
    let verdict = browser.text("#predict-shelf .predict-verdict").await;
    assert!(
        verdict.starts_with("Not this time. Your run measured 9 boxes. That makes the answer: Yes"),
        "{verdict}"
    );
    assert!(
        browser
            .text("#predict-queue .predict-verdict")
            .await
            .contains("The recorded run")
    );
    assert_eq!(browser.text("td.measured-yours").await, "9");
    browser.expect_no_complaints().await;
    browser.close().await;
}
