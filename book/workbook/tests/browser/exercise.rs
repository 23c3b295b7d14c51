//! An exercise from the page: started, refused, put right, ticked, here and in a second page, and after the server was
//! started again.

use crate::PAGE;
use crate::driver::Browser;
use crate::look::PALE;
use crate::server::{Workbook, root};
use http::Method;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempDir;
use workbook::exercises::Catalogue;
use workbook::exercises::progress::Store;
use workbook::workspace::Workspace;

const SECTION: &str = "section[data-exercise=\"channels/2\"]";

/// This workspace, but for what a learner has done in it.
fn room() -> (TempDir, Workspace) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let link = |from: &Path, to: PathBuf| std::os::unix::fs::symlink(from, to).expect("a link");
    let root = root().canonicalize().expect("this workspace");
    for entry in std::fs::read_dir(&root).expect("this workspace").flatten() {
        let name = entry.file_name();
        if ![".cutaway", ".git", "exercises", "target"].contains(&&*name.to_string_lossy()) {
            link(&entry.path(), folder.path().join(name));
        }
    }
    // What exercises depend on is built once, for all tests.
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises/target");
    let target = folder.path().join(".cutaway/exercises/target");
    std::fs::create_dir_all(&built).expect("a folder");
    std::fs::create_dir_all(target.parent().expect("a parent")).expect("a folder");
    link(&built, target);
    let workspace = Workspace::at(folder.path().to_path_buf());
    (folder, workspace)
}

/// An expression of a script about an element of the exercise.
fn of(selector: &str) -> String {
    format!("document.querySelector('{SECTION} {selector}')")
}

async fn click(browser: &Browser, selector: &str) {
    browser.click(&format!("{SECTION} {selector}")).await;
}

async fn until_text(browser: &Browser, selector: &str, text: &str) {
    let found = format!("{}?.textContent.includes({})", of(selector), json!(text));
    browser.until(&found).await;
}

async fn window(browser: &Browser, handle: &serde_json::Value) {
    browser.post("window", json!({ "handle": handle })).await;
}

/// What is shown now, in two sizes and two themes: it fits, and can be read.
async fn look(browser: &Browser, name: &str) {
    for (size, width, height) in [("phone", 390, 844), ("desktop", 1280, 900)] {
        browser.size(width, height).await;
        // A phone's page begins without the sidebar.
        let wanted = size == "desktop";
        let sidebar = "document.querySelector('#mdbook-sidebar-toggle-anchor')";
        browser
            .script(&format!(
                "if ({sidebar}.checked !== {wanted}) {sidebar}.click()"
            ))
            .await;
        for theme in ["navy", "light"] {
            let show = format!(
                "document.querySelector('#mdbook-theme-{theme}').click(); \
                 document.querySelector('{SECTION}').scrollIntoView()"
            );
            browser.script(&show).await;
            let shown = format!("document.documentElement.classList.contains('{theme}')");
            browser.until(&shown).await;
            browser.shoot(&format!("{name}-{size}-{theme}")).await;
            let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(
                browser.script(wide).await,
                json!(0),
                "{name} on a {size} scrolls sideways"
            );
            let pale = browser.script(PALE).await;
            assert_eq!(
                pale,
                json!([]),
                "{name} on a {size} in {theme}: text without the contrast of 4.5"
            );
        }
    }
}

#[tokio::test]
async fn an_exercise_is_started_refused_put_right_and_ticked() {
    let (folder, workspace) = room();
    let server = Workbook::serve_at(folder.path(), "127.0.0.1:0").await;
    let browser = Browser::open().await;

    // Without the token the page reads, and says how to get more.
    browser.go(&server.url(PAGE)).await;
    until_text(
        &browser,
        ".access-note",
        "cargo workbook link --book 127.0.0.1:",
    )
    .await;
    click(&browser, ".exercise-start").await;
    until_text(&browser, ".exercise-status", "This page may only read.").await;
    browser.expect_no_complaints_but("401").await;

    browser.go(&server.link).await;
    assert!(
        !browser
            .script("return location.href")
            .await
            .to_string()
            .contains("token")
    );
    browser.go(&server.url(PAGE)).await;
    let second = browser.post("window/new", json!({ "type": "tab" })).await["handle"].clone();
    let path = format!("/session/{}/window", browser.session);
    let first = browser.call(Method::GET, &path, &json!({})).await;
    window(&browser, &second).await;
    browser.go(&server.url(PAGE)).await;
    window(&browser, &first).await;
    click(&browser, ".exercise-start").await;
    until_text(
        &browser,
        ".exercise-status",
        "Edit exercises/channels/2-drain.rs",
    )
    .await;
    // The focus is where it goes on.
    browser
        .until(&format!(
            "document.activeElement === {}",
            of(".exercise-check")
        ))
        .await;
    let file = folder.path().join("exercises/channels/2-drain.rs");
    assert!(file.is_file());

    browser.keys("\u{e007}").await;
    browser
        .until(&format!(
            "document.querySelector('{SECTION}').dataset.verdict === 'failed'"
        ))
        .await;
    until_text(
        &browser,
        ".exercise-status",
        "Not yet: what was accepted is packed.",
    )
    .await;
    until_text(
        &browser,
        ".exercise-verdict dl",
        "was accepted and is not packed",
    )
    .await;
    browser.until(&of(".exercise-verdict svg.swim")).await;
    until_text(
        &browser,
        ".exercise-replay",
        "cargo workbook check channels/2 --replay 2:",
    )
    .await;
    until_text(&browser, ".exercise-next button", "Hint: nudge").await;
    look(&browser, "exercise-failed").await;
    click(&browser, ".exercise-next button").await;
    browser
        .until(&format!("{}.open", of(".exercise-hint")))
        .await;

    // Saved while the page watches, it is checked again.
    click(&browser, ".exercise-watch input").await;
    click(&browser, ".exercise-check").await;
    until_text(
        &browser,
        ".exercise-status",
        "Waiting for the file to be saved",
    )
    .await;
    let catalogue = Catalogue::read(&workspace).expect("sound exercises");
    let solution = catalogue
        .find("channels/2")
        .and_then(|exercise| exercise.solution());
    std::fs::write(&file, solution.expect("a solution")).expect("the learner saves");
    browser
        .until(&format!(
            "document.querySelector('{SECTION}').dataset.verdict === 'passed'"
        ))
        .await;
    browser
        .until(&format!("{}.checkVisibility()", of(".exercise-passed")))
        .await;
    click(&browser, ".exercise-stop").await;
    browser
        .until(&format!(
            "document.querySelector('{SECTION}').dataset.ended === 'stopped'"
        ))
        .await;
    click(&browser, ".exercise-solution summary").await;
    until_text(&browser, ".exercise-solution", "is a promise").await;
    look(&browser, "exercise-passed").await;
    browser.expect_no_complaints().await;

    // The others are passed in a terminal: the sidebar is ticked here and there, also after a restart.
    let store = Store::of(&workspace);
    let open: Vec<String> = catalogue
        .names()
        .iter()
        .filter(|name| name.starts_with("channels/") && **name != "channels/2")
        .map(|name| (*name).to_owned())
        .collect();
    let address = server.address();
    server.end().await;
    let server = Workbook::serve_at(folder.path(), &address).await;
    for name in &open {
        store.note(name, true, SystemTime::now()).expect("noted");
    }
    let ticked =
        "document.querySelector('#mdbook-sidebar a.exercises-passed, .sidebar a.exercises-passed')";
    browser.until(ticked).await;
    window(&browser, &second).await;
    browser.until(ticked).await;
    // The token is still the same, and so the page may still run.
    click(&browser, ".exercise-check").await;
    browser
        .until(&format!(
            "document.querySelector('{SECTION}').dataset.verdict === 'passed'"
        ))
        .await;
    browser.close().await;
    server.end().await;
}
