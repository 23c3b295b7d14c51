//! Swimlanes that are alive: zoom, keyboard, who waits for whom, and more detail from the server.

use crate::PAGE;
use crate::driver::Browser;
use crate::server::Workbook;
use serde_json::json;

/// The committed picture of the run panel.
const PICTURE: &str = "section.lab .lab-picture svg.swim";

#[tokio::test]
async fn a_picture_is_read_and_zoomed_by_keyboard_and_pointer() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.link).await;
    browser.go(&server.url(PAGE)).await;
    let picture = format!("document.querySelector('{PICTURE}')");
    browser
        .until(&format!("{picture}.closest('.swim-live')"))
        .await;
    let part = "document.querySelector('section.lab .swim-part').textContent";
    let told = "document.querySelector('section.lab .swim-told').textContent";

    // By keyboard: from span to span, and closer.
    browser
        .script(&format!("{picture}.scrollIntoView(); {picture}.focus()"))
        .await;
    for key in ["ArrowRight", "ArrowRight", "ArrowDown"] {
        press(&browser, &picture, key).await;
    }
    browser
        .until(&format!("{told}.startsWith('producer 2 ')"))
        .await;
    press(&browser, &picture, "+").await;
    browser.until(&format!("{part}.includes(' to ')")).await;
    let stretched =
        format!("parseFloat({picture}.querySelector('.s-time').getAttribute('width')) > 199");
    browser.until(&stretched).await;
    press(&browser, &picture, "0").await;
    browser.until(&format!("!{part}.includes(' to ')")).await;

    // A wait that is chosen says who ended it, and points there.
    let wait = format!("{picture}.querySelector('.s-waiting[data-by]')");
    browser
        .script(&format!(
            "{wait}.dispatchEvent(new MouseEvent('click', {{ bubbles: true }}))"
        ))
        .await;
    browser
        .until(&format!(
            "/ waits to send on orders, .*, until consumer \\d received/.test({told})"
        ))
        .await;
    browser
        .until(&format!(
            "{picture}.querySelector('.s-link').getAttribute('visibility') === 'visible'"
        ))
        .await;

    // Buttons have names, and those that do nothing are disabled.
    let buttons = browser
        .script(
            "return Array.from(document.querySelectorAll('section.lab .swim-tools button'), \
             button => [button.getAttribute('aria-label'), button.disabled])",
        )
        .await;
    let expected = json!([
        ["Zoom out", true],
        ["Zoom in", false],
        ["Earlier", true],
        ["Later", true],
        ["Show all of it", true]
    ]);
    assert_eq!(buttons, expected);
    browser.expect_no_complaints().await;
    browser.close().await;
    server.end().await;
}

#[tokio::test]
async fn closer_than_the_picture_the_server_draws_more() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.link).await;
    browser.go(&server.url(PAGE)).await;
    browser
        .until("document.querySelector('section.lab .swim-live')")
        .await;
    // As the panel does it: a run's picture takes the place of the one before.
    browser
        .script(
            "fetch('/api/labs/channels/run', { method: 'POST', headers: { 'content-type': 'application/json' }, \
             body: '{\"knobs\": {\"work\": 0, \"items\": 400}}' }) \
             .then(response => response.text()) \
             .then(text => { \
                 const result = text.trim().split('\\n').map(JSON.parse).find(told => told.event === 'result'); \
                 document.querySelector('section.lab .lab-picture').innerHTML = result.svg; \
             })",
        )
        .await;
    let picture = format!("document.querySelector('{PICTURE}')");
    browser
        .until(&format!(
            "{picture}.dataset.source && {picture}.closest('.swim-live')"
        ))
        .await;
    browser.script(&format!("{picture}.focus()")).await;
    for _ in 0..4 {
        press(&browser, &picture, "+").await;
    }
    // An eighth of all is drawn: a sixteenth, and as much around it.
    browser
        .until(&format!(
            "Number({picture}.dataset.to) - Number({picture}.dataset.from) < Number({picture}.dataset.end) / 7"
        ))
        .await;
    browser
        .until(&format!("document.activeElement === {picture}"))
        .await;
    let nodes = browser
        .script(&format!("return {picture}.querySelectorAll('*').length"))
        .await;
    assert!(
        nodes
            .as_u64()
            .is_some_and(|nodes| (50..5_000).contains(&nodes)),
        "{nodes}"
    );
    browser.expect_no_complaints().await;
    browser.close().await;
    server.end().await;
}

/// A key as the picture hears it.
async fn press(browser: &Browser, picture: &str, key: &str) {
    browser
        .script(&format!(
            "{picture}.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}))"
        ))
        .await;
}
