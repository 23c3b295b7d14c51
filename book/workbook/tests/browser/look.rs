//! What pages look like: on a phone and a desk, in every theme.

use crate::PAGE;
use crate::driver::Browser;
use crate::server::Workbook;
use serde_json::json;

#[tokio::test]
async fn pages_fit_a_phone_and_every_theme_can_be_read() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    for (name, width, height) in [("phone", 390, 844), ("desktop", 1280, 900)] {
        browser.size(width, height).await;
        for theme in ["light", "rust", "coal", "navy", "ayu"] {
            browser.go(&server.url(PAGE)).await;
            browser
                .script(&format!("localStorage.setItem('mdbook-theme', '{theme}')"))
                .await;
            browser.go(&server.url(PAGE)).await;
            browser
                .until(&format!(
                    "document.documentElement.classList.contains('{theme}')"
                ))
                .await;
            browser
                .until("document.querySelector('.lab-picture svg.swim')")
                .await;
            browser.shoot(&format!("channels-{name}-{theme}")).await;
            expect_readable(&browser, &format!("{name} in {theme}")).await;
        }
    }
    for page in [
        "index.html",
        "start/tour-console.html",
        "start/layers.html",
        "architecture.html",
        "nothing.html",
    ] {
        browser.go(&server.url(page)).await;
        browser.until("document.querySelector('main h1')").await;
    }
    browser
        .go(&server.url("index.html?search=rendezvous"))
        .await;
    browser
        .until("document.querySelector('#mdbook-searchresults li a')")
        .await;
    browser.expect_no_complaints_but("404").await;
    browser.close().await;
    server.end().await;
}

/// Nothing sticks out to the side, and nothing is too pale to read.
pub(crate) async fn expect_readable(browser: &Browser, what: &str) {
    let wide = browser
        .script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
        )
        .await;
    assert_eq!(wide, json!(0), "{what} scrolls sideways");
    let pale = browser.script(PALE).await;
    assert_eq!(
        pale,
        json!([]),
        "{what}: text without the contrast of 4.5 that reading takes"
    );
}

/// Text in the widgets whose colour is too close to what is behind it (WCAG's contrast, 4.5).
const PALE: &str = "
    const luminance = rgb => rgb.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const behind = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = numbers(getComputedStyle(e).backgroundColor);
            if (colour.length < 4 || colour[3] === 1) return colour.slice(0, 3);
        }
        return [255, 255, 255];
    };
    return Array.from(document.querySelectorAll('.lab *, .lab-figure *, .predict *, .console *, .steps *, .cards *, .measured-source *')).filter(e => {
        if (e.closest('svg') || !Array.from(e.childNodes).some(n => n.nodeType === 3 && n.textContent.trim())) return false;
        if (!e.checkVisibility() || e.disabled) return false;
        const [a, b] = [luminance(numbers(getComputedStyle(e).color).slice(0, 3)), luminance(behind(e))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    }).map(e => e.outerHTML.slice(0, 80));
";
