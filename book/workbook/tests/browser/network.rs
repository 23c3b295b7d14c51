//! What pages ask for, as the browser's own log of the network tells it: nothing of another origin, nothing that is not
//! there, nothing that a policy refuses.

use crate::driver::Browser;
use crate::server::Workbook;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use workbook::book;
use workbook::workspace::Workspace;

/// A request, and what became of it.
#[derive(Debug, Default)]
struct Request {
    url: String,
    status: i64,
    failed: Option<String>,
    over: bool,
}

/// What a page has asked for, once all of it is over.
async fn requests(browser: &Browser) -> Vec<Request> {
    let mut all: BTreeMap<String, Request> = BTreeMap::new();
    let wait = async {
        loop {
            let log = browser
                .post("se/log", json!({ "type": "performance" }))
                .await;
            for entry in log.as_array().into_iter().flatten() {
                let message = entry["message"].as_str().unwrap_or_default();
                let message: Value = serde_json::from_str(message).expect("JSON");
                note(&mut all, &message["message"]);
            }
            // The browser begins with a page of its own, which is left at some time.
            all.retain(|_, request| !request.url.starts_with("chrome"));
            if !all.is_empty() && all.values().all(|request| request.over) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_mins(1), wait).await;
    assert!(in_time.is_ok(), "requests that never end: {all:#?}");
    all.into_values().collect()
}

/// Takes note of an event. What began on the page before is not this one's.
fn note(all: &mut BTreeMap<String, Request>, event: &Value) {
    let of = &event["params"];
    let id = of["requestId"].as_str().unwrap_or_default();
    let method = event["method"].as_str().unwrap_or_default();
    if method == "Network.requestWillBeSent" {
        let request = all.entry(id.to_owned()).or_default();
        let url = of["request"]["url"].as_str().unwrap_or_default();
        url.clone_into(&mut request.url);
        // News of the learner's progress: a stream that stays open.
        request.over = of["type"] == "EventSource";
        return;
    }
    let Some(request) = all.get_mut(id) else {
        return;
    };
    match method {
        "Network.responseReceived" => {
            request.status = of["response"]["status"].as_i64().unwrap_or(-1);
        }
        "Network.loadingFinished" => request.over = true,
        "Network.loadingFailed" => {
            request.over = true;
            // A page that is left ends its streams.
            if of["canceled"] != true {
                request.failed = Some(of.to_string());
            }
        }
        _ => {}
    }
}

/// Opens a page and looks at what it asks for; `home` is how all of that begins.
async fn expect_at_home(browser: &Browser, url: &str, home: &str) {
    browser.go(url).await;
    browser.until("document.readyState === 'complete'").await;
    // Whatever waits to be seen is loaded now.
    browser
        .script("window.scrollTo(0, document.body.scrollHeight)")
        .await;
    let all = requests(browser).await;
    assert!(
        all.iter().any(|request| request.url.starts_with(home)),
        "{url}: {all:#?}"
    );
    for request in &all {
        let near = request.url.starts_with(home) || request.url.starts_with("data:");
        assert!(near, "{url} asks elsewhere: {request:?}");
        assert_eq!(request.failed, None, "{url}: {request:?}");
        assert!(request.status < 400, "{url}: {request:?}");
    }
    // A policy that refuses something says so here.
    browser.expect_no_complaints().await;
}

/// The pages of a built site, and one with a search.
fn pages(site: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![site.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "html") {
                let page = path.strip_prefix(site).expect("a page of the site");
                found.push(page.display().to_string());
            }
        }
    }
    // A frame inside the others, where there are no scripts.
    found.retain(|page| page != "toc.html");
    assert!(found.len() > 10, "{found:?}");
    found.sort();
    found.push("index.html?search=rendezvous".to_owned());
    found
}

#[tokio::test]
async fn no_page_asks_elsewhere_or_for_what_is_not_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = folder.path().join("site");
    let workspace = Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this workspace");
    book::build(&workspace, &site).expect("the book builds");
    let pages = pages(&site);

    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    // Once with the right to run, and then without it in another session.
    let home = format!("http://{}/", server.address());
    browser.go(&server.link).await;
    requests(&browser).await;
    for page in &pages {
        expect_at_home(&browser, &format!("{home}{page}"), &home).await;
    }
    browser.close().await;

    let reader = Browser::open().await;
    for page in &pages {
        expect_at_home(&reader, &format!("{home}{page}"), &home).await;
    }
    // Our own page says that there is none.
    for missing in ["nothing.html", "concurrency/nothing", "a/b/c/"] {
        reader.go(&format!("{home}{missing}")).await;
        assert_eq!(reader.text("main h1").await, "No such page", "{missing}");
        requests(&reader).await;
    }
    reader.expect_no_complaints_but("404").await;
    server.end().await;

    // Without any server.
    let home = format!("file://{}/", site.display());
    for page in &pages {
        expect_at_home(&reader, &format!("{home}{page}"), &home).await;
    }
    reader.close().await;
}
