//! The run panel: run, stopped, left; by mouse and by keyboard; without a server.

use crate::PAGE;
use crate::driver::Browser;
use crate::server::{Workbook, root};
use serde_json::json;
use tokio::process::Command;

#[tokio::test]
async fn the_channels_page_runs_its_lab() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.url(PAGE)).await;
    run_without_predicting(&browser).await;

    // The committed run stands there before anything was run.
    browser
        .until("document.querySelector('.lab-picture svg.swim')")
        .await;
    browser
        .until("document.querySelector('.lab-whose').textContent === 'A run made earlier'")
        .await;

    browser.turn("capacity", 4).await;
    browser
        .until("document.querySelector('.lab-command code').textContent.includes('--capacity 4')")
        .await;
    let before = browser
        .script("return document.querySelector('.lab-picture').innerHTML")
        .await;
    browser.click(".lab-run").await;
    browser
        .until("document.querySelector('.lab-output').textContent.trim() !== ''")
        .await;
    browser
        .until("document.querySelector('.lab').dataset.ended")
        .await;
    let ended = browser
        .script("return document.querySelector('.lab-status').textContent")
        .await;
    assert_eq!(ended, json!("Finished."));
    browser
        .until("document.querySelector('.lab-whose').textContent === 'Your run'")
        .await;
    let after = browser
        .script("return document.querySelector('.lab-picture').innerHTML")
        .await;
    assert!(
        after
            .as_str()
            .is_some_and(|svg| svg.contains("class=\"swim\""))
            && after != before
    );
    let source = browser
        .script("return document.querySelector('.lab-source').textContent")
        .await;
    assert!(
        source
            .as_str()
            .is_some_and(|text| text.contains("capacity 4")),
        "{source}"
    );
    browser.shoot("channels-after-a-run").await;

    // Again, and stopped half way: nothing of it may stay.
    browser.click(".lab-run").await;
    browser
        .until("document.querySelector('.lab-status').textContent.startsWith('Running')")
        .await;
    server.until_labs(1).await;
    browser.click(".lab-stop").await;
    browser
        .until("document.querySelector('.lab').dataset.ended === 'stopped'")
        .await;
    server.until_labs(0).await;

    // And left half way, by going to another page.
    browser.click(".lab-run").await;
    browser
        .until("document.querySelector('.lab-status').textContent.startsWith('Running')")
        .await;
    server.until_labs(1).await;
    browser.go(&server.url("index.html")).await;
    server.until_labs(0).await;

    browser.expect_no_complaints().await;
    browser.close().await;
    server.end().await;
}

#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.url(PAGE)).await;
    run_without_predicting(&browser).await;
    browser
        .until("!document.querySelector('.lab-run').hidden")
        .await;
    let path = browser.script("return location.pathname").await;
    browser
        .script("document.querySelector('[data-knob=capacity]').focus()")
        .await;
    let right = "\u{e014}";
    browser.keys(right).await;
    // The slider has moved, and mdBook has not turned the page.
    browser.until("document.querySelector('[data-exact=capacity]').value !== document.querySelector('[data-exact=capacity]').defaultValue").await;
    assert_eq!(browser.script("return location.pathname").await, path);

    let unlabelled = "return Array.from(document.querySelectorAll('.lab input, .lab button')).filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim())).length";
    assert_eq!(
        browser.script(unlabelled).await,
        json!(0),
        "each control says what it is"
    );
    browser
        .script("document.querySelector('.lab-run').focus()")
        .await;
    browser.keys("\u{e007}").await;
    // The focus follows to the button that can be used now.
    browser
        .until("document.activeElement.classList.contains('lab-stop')")
        .await;
    browser.keys("\u{e007}").await;
    browser
        .until("document.querySelector('.lab').dataset.ended")
        .await;
    browser
        .until("document.activeElement.classList.contains('lab-run')")
        .await;
    browser.expect_no_complaints().await;
    browser.close().await;
    server.end().await;
}

#[tokio::test]
async fn a_static_copy_shows_the_committed_run_and_the_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("site");
    let status = Command::new(env!("CARGO_BIN_EXE_workbook"))
        .arg("build")
        .arg("--out")
        .arg(&out)
        .current_dir(root())
        .status()
        .await;
    assert!(status.expect("the workbook runs").success());
    let browser = Browser::open().await;
    browser
        .go(&format!("file://{}", out.join(PAGE).display()))
        .await;
    browser
        .until("document.querySelector('.lab-picture svg.swim')")
        .await;
    let visible =
        |selector: &str| format!("document.querySelector('{selector}').checkVisibility()");
    browser.until(&visible(".lab-offline")).await;
    browser.until(&format!("!{}", visible(".lab-run"))).await;
    browser.turn("capacity", 4).await;
    browser
        .until("document.querySelector('.lab-command code').textContent.includes('--capacity 4')")
        .await;
    browser.shoot("channels-static").await;
    browser.expect_no_complaints().await;
    browser.close().await;
}

/// The page asks for predictions before the first run; this test is about the panel alone.
pub(crate) async fn run_without_predicting(browser: &Browser) {
    browser
        .until("document.querySelector('.predict')?.dataset.state === 'open'")
        .await;
    browser.click(".lab-run").await;
    browser
        .until("document.querySelector('.lab-status').textContent.startsWith('Predict first')")
        .await;
}
