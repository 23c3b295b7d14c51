//! A chapter from its question to the answer: predict, turn a knob, run, see it move, be graded.

use crate::PAGE;
use crate::driver::Browser;
use crate::look::expect_readable;
use crate::server::Workbook;
use serde_json::json;

const ENTER: &str = "\u{e007}";
const SPACE: &str = " ";
const TAB: &str = "\u{e004}";
const RIGHT: &str = "\u{e014}";

#[tokio::test]
async fn a_prediction_is_graded_by_the_readers_own_run() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.link).await;
    browser.go(&server.url(PAGE)).await;
    browser.until(&all_predictions("open")).await;
    assert_eq!(
        browser.script("return document.querySelectorAll('.predict details:not([hidden]), .measured-yours:not([hidden])').length").await,
        json!(0),
        "nothing is given away"
    );

    // Nothing runs before the questions are answered.
    browser.click(".lab-run").await;
    browser
        .until("document.querySelector('.lab-status').textContent.startsWith('Predict first: 3 questions')")
        .await;
    server.until_labs(0).await;

    browser.click("#predict-send input[value='0']").await;
    browser.click("#predict-send .predict-commit").await;
    browser.click("#predict-delivery input").await;
    browser.keys("7").await;
    browser.click("#predict-delivery .predict-commit").await;
    browser.click("#predict-rate input[value='1']").await;
    browser.click("#predict-rate .predict-commit").await;
    browser.until(&all_predictions("committed")).await;

    // A committed answer outlives the page, and cannot be changed.
    browser.go(&server.url(PAGE)).await;
    browser.until(&all_predictions("committed")).await;
    assert_eq!(
        browser
            .script("return document.querySelectorAll('.predict fieldset:not(:disabled)').length")
            .await,
        json!(0)
    );

    // A run with a changed knob, which the console's command follows.
    browser.turn("capacity", 4).await;
    assert_eq!(
        browser.text(".console-hold").await,
        "cargo run -p channels -- --capacity 4 --hold"
    );
    let before = browser.text(".lab-picture").await;
    browser.click(".lab-run").await;
    browser
        .until("document.querySelector('.lab').dataset.ended")
        .await;
    assert_eq!(browser.text(".lab-status").await, "Finished.");
    assert_ne!(browser.text(".lab-picture").await, before);
    let charts = browser
        .script("return Array.from(document.querySelectorAll('.lab-charts svg'), svg => svg.getAttribute('aria-label'))")
        .await;
    let charts: Vec<&str> = charts
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|label| label.as_str())
        .collect();
    assert!(
        charts
            .iter()
            .any(|label| label.starts_with("orders: received over ")),
        "{charts:?}"
    );

    // On a busy machine the run grades nothing, and the recorded one does.
    let is_busy = browser
        .text(".lab-report")
        .await
        .contains("too busy to show it");
    if is_busy {
        for id in ["send", "delivery", "rate"] {
            let verdict = browser
                .text(&format!("#predict-{id} .predict-verdict"))
                .await;
            assert!(verdict.contains("too busy"), "{id}: {verdict}");
            browser
                .click(&format!("#predict-{id} .predict-recorded"))
                .await;
        }
    }
    browser.until(&all_predictions("graded")).await;
    let (whose, capacity) = if is_busy {
        ("The recorded run measured", "capacity 0")
    } else {
        ("Your run measured", "capacity 4")
    };
    for id in ["send", "delivery", "rate"] {
        let verdict = browser
            .text(&format!("#predict-{id} .predict-verdict"))
            .await;
        assert!(
            verdict.contains(whose) && verdict.contains(capacity),
            "{id}: {verdict}"
        );
        assert!(
            verdict.starts_with("Right.") || verdict.starts_with("Not this time."),
            "{verdict}"
        );
    }
    // What the verdict says is what the report of that run says.
    let agrees = browser
        .script(
            "const rows = Array.from(document.querySelectorAll('.lab-report tr'), row => Array.from(row.cells, cell => cell.textContent));
             const at = rows[0].indexOf('send p50');
             const yours = document.querySelector('.measured-yours .number[data-path=\"0/send p50\"]').textContent;
             return rows.find(row => row[0] === '0')[at] === yours && yours !== document.querySelector('.measured .number').textContent",
        )
        .await;
    assert_eq!(
        agrees,
        json!(true),
        "the last column holds the reader's own numbers"
    );
    assert!(browser.text(".measured-hint").await.contains("capacity 4"));
    for (name, width, height) in [("desktop", 1280, 900), ("phone", 390, 844)] {
        browser.size(width, height).await;
        if name == "phone" {
            // A page that is opened on a phone begins without it.
            browser
                .script("document.querySelector('#mdbook-sidebar-toggle-anchor').click()")
                .await;
        }
        for theme in ["light", "rust", "coal", "navy", "ayu"] {
            // The book's own menu: it changes the listings' colours too.
            let dress = format!("document.querySelector('#mdbook-theme-{theme}').click()");
            browser.script(&dress).await;
            browser.shoot(&format!("graded-{name}-{theme}")).await;
            expect_readable(&browser, &format!("the graded page, {name} in {theme}")).await;
        }
    }

    // The question is about 1 ms of work: a run with another does not grade.
    browser.click("#predict-rate .predict-again").await;
    browser.click("#predict-rate input[value='0']").await;
    browser.click("#predict-rate .predict-commit").await;
    browser.turn("work", 100).await;
    browser.click(".lab-run").await;
    browser
        .until("document.querySelector('#predict-rate .predict-verdict').textContent.startsWith('Your run had work 100')")
        .await;
    // The recorded result grades as well.
    browser.click("#predict-rate .predict-recorded").await;
    browser
        .until("document.querySelector('#predict-rate .predict-verdict').textContent.startsWith('Not this time. The recorded run')")
        .await;
    browser
        .until("document.querySelector('.lab').dataset.ended")
        .await;
    browser.expect_no_complaints().await;
    browser.close().await;
    server.end().await;
}

#[tokio::test]
async fn a_prediction_can_be_made_with_the_keyboard_alone() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.link).await;
    browser.go(&server.url(PAGE)).await;
    browser.until(&all_predictions("open")).await;
    browser
        .script("document.querySelector('#predict-send input').focus()")
        .await;
    browser.keys(RIGHT).await;
    browser
        .until("document.querySelector('#predict-send input[value=\"1\"]').checked")
        .await;
    browser.keys(ENTER).await;
    browser
        .until("document.activeElement.classList.contains('predict-recorded')")
        .await;
    browser.keys(ENTER).await;
    browser
        .until("document.querySelector('#predict-send').dataset.state === 'graded'")
        .await;
    browser
        .until("document.activeElement.classList.contains('predict-again')")
        .await;
    // On to the next question, past the answer that has opened.
    for _ in 0..10 {
        browser.keys(TAB).await;
        let there = browser
            .script("return document.activeElement.closest('#predict-delivery') !== null")
            .await;
        if there == json!(true) {
            break;
        }
    }
    browser.keys("5").await;
    browser.keys(ENTER).await;
    browser
        .until("document.querySelector('#predict-delivery').dataset.state === 'committed'")
        .await;

    // Tabs of steps turn with the arrow keys, and the page does not.
    browser
        .script("document.querySelector('.steps-tabs [aria-selected=true]').focus()")
        .await;
    browser.keys(RIGHT).await;
    browser
        .until("document.activeElement.getAttribute('aria-selected') === 'true' && document.activeElement.textContent.startsWith('2.')")
        .await;
    browser
        .until("document.querySelectorAll('.steps-step:not([hidden])').length === 1")
        .await;
    browser
        .script("document.querySelector('.steps-step:not([hidden]) .steps-lines').focus()")
        .await;
    browser.keys(SPACE).await;
    let path = browser.script("return location.pathname").await;
    assert_eq!(path, json!(format!("/{PAGE}")));
    browser.expect_no_complaints().await;
    browser.close().await;
    server.end().await;
}

fn all_predictions(state: &str) -> String {
    format!(
        "document.querySelectorAll('.predict').length === 3 && document.querySelectorAll('.predict[data-state={state}]').length === 3"
    )
}
