//! The channels page in a real browser: headless Chromium, driven through its WebDriver.
//!
//! Run it with `cargo test -p workbook --test browser`; it needs `chromium` and `chromedriver`
//! (Debian: chromium, chromium-driver). Pictures of what it saw are left in `target/tmp/`.

#[path = "browser/exercise.rs"]
mod exercise;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use workbook::process::Group;

const PAGE: &str = "concurrency/channels.html";

#[tokio::test]
async fn the_channels_page_runs_its_lab() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.link).await;
    browser.go(&server.url(PAGE)).await;

    // The committed run stands there before anything was run.
    browser
        .until("document.querySelector('.lab-picture svg.swim')")
        .await;
    browser
        .until("document.querySelector('.lab-whose').textContent === 'A run made earlier'")
        .await;

    set_slider(&browser, "capacity", 4).await;
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
            let wide = browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
            assert_eq!(wide, json!(0), "{name} in {theme} scrolls sideways");
            let pale = browser.script(PALE).await;
            assert_eq!(
                pale,
                json!([]),
                "{name} in {theme}: text without the contrast of 4.5 that reading takes"
            );
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

#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    let server = Workbook::serve().await;
    let browser = Browser::open().await;
    browser.go(&server.link).await;
    browser.go(&server.url(PAGE)).await;
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
    set_slider(&browser, "capacity", 4).await;
    browser
        .until("document.querySelector('.lab-command code').textContent.includes('--capacity 4')")
        .await;
    browser.shoot("channels-static").await;
    browser.expect_no_complaints().await;
    browser.close().await;
}

/// Text in the panel whose colour is too close to what is behind it (WCAG's contrast, 4.5).
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
    return Array.from(document.querySelectorAll('.lab *, .lab-figure *, .exercise *')).filter(e => {
        if (e.closest('svg') || !Array.from(e.childNodes).some(n => n.nodeType === 3 && n.textContent.trim())) return false;
        if (!e.checkVisibility() || e.disabled) return false;
        const [a, b] = [luminance(numbers(getComputedStyle(e).color).slice(0, 3)), luminance(behind(e))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    }).map(e => e.outerHTML.slice(0, 80));
";

async fn set_slider(browser: &Browser, knob: &str, value: i64) {
    let script = format!(
        "const slider = document.querySelector('[data-knob={knob}]'); slider.value = {value}; \
         slider.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    );
    browser.script(&script).await;
}

/// `workbook serve` on a free port.
struct Workbook {
    group: Group,
    /// What opens the book with the right to run.
    link: String,
    _folder: TempDir,
}

impl Workbook {
    async fn serve() -> Workbook {
        Workbook::serve_at(&root(), "127.0.0.1:0").await
    }

    /// Serves the workspace of a folder on an address.
    async fn serve_at(root: &Path, address: &str) -> Workbook {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbook"));
        command
            .args(["serve", "--book", address, "--deadline", "120", "--out"])
            .arg(folder.path().join("book"));
        let (group, line) = start(command.current_dir(root), "http://").await;
        let link = line
            .split(' ')
            .find(|word| word.starts_with("http://"))
            .expect("an address");
        Workbook {
            group,
            link: link.to_owned(),
            _folder: folder,
        }
    }

    /// Where it listens.
    fn address(&self) -> String {
        let rest = self.link.trim_start_matches("http://");
        rest.split('/').next().unwrap_or_default().to_owned()
    }

    fn url(&self, page: &str) -> String {
        let server = self.link.split("?token=").next().unwrap_or_default();
        format!("{server}{page}")
    }

    /// Waits until exactly so many programs that the server has started are labs.
    async fn until_labs(&self, count: usize) {
        let id = self.group.id();
        let labs = || {
            let children = std::fs::read_dir(format!("/proc/{id}/task")).expect("the server runs");
            let children = children
                .flatten()
                .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
            let children: Vec<String> = children
                .flat_map(|ids| {
                    ids.split_whitespace()
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                })
                .collect();
            let runs = |id: &String| {
                std::fs::read_link(format!("/proc/{id}/exe"))
                    .is_ok_and(|exe| exe.ends_with("channels"))
            };
            children.iter().filter(|id| runs(id)).count()
        };
        patiently("the lab's process", async || labs() == count).await;
    }

    async fn end(mut self) {
        let status = self
            .group
            .end(Duration::from_mins(1))
            .await
            .expect("the server ends");
        assert!(status.success(), "{status}");
    }
}

/// Starts a program and waits for the line of its output that holds `sign`.
async fn start(command: &mut Command, sign: &str) -> (Group, String) {
    let mut group =
        Group::spawn(command.stdout(Stdio::piped())).expect("the program can be started");
    let mut lines = BufReader::new(group.child.stdout.take().expect("a pipe")).lines();
    loop {
        let line = lines
            .next_line()
            .await
            .expect("output")
            .expect("the program says where it listens");
        if line.contains(sign) {
            // What else it says must not block it.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (group, line);
        }
    }
}

async fn patiently(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(10), wait)
        .await
        .unwrap_or_else(|_| panic!("{what}: waited in vain"));
}

/// A Chromium with a window of its own, driven by its chromedriver.
struct Browser {
    driver: Group,
    address: SocketAddr,
    session: String,
    _profile: TempDir,
}

impl Browser {
    async fn open() -> Browser {
        let profile = tempfile::tempdir().expect("a temporary folder");
        let (driver, line) = start(
            Command::new("chromedriver").arg("--port=0"),
            "started successfully on port",
        )
        .await;
        let port: u16 = line
            .trim_end_matches('.')
            .rsplit(' ')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port");
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
        ];
        let flags: Vec<String> = flags
            .map(str::to_owned)
            .into_iter()
            .chain([format!("--user-data-dir={}", profile.path().display())])
            .collect();
        let mut browser = Browser {
            driver,
            address: ([127, 0, 0, 1], port).into(),
            session: String::new(),
            _profile: profile,
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": flags },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 600_000 },
        } } });
        let made = browser.call(Method::POST, "/session", &wanted).await;
        made["sessionId"]
            .as_str()
            .expect("a session")
            .clone_into(&mut browser.session);
        browser
    }

    async fn go(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// Runs a script in the page and gives what it returns.
    async fn script(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] }))
            .await
    }

    /// Waits in the page until an expression holds.
    async fn until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1], end = Date.now() + 300000;
             const look = () => {{ if ({expression}) done(true); else if (Date.now() > end) done(false); else setTimeout(look, 20); }};
             look();"
        );
        let held = self
            .post("execute/async", json!({ "script": script, "args": [] }))
            .await;
        if held != json!(true) {
            let panel = self
                .script("return document.querySelector('.lab')?.innerText.slice(0, 2000)")
                .await;
            panic!(
                "waited in vain for {expression}; the panel shows\n{}",
                panel.as_str().unwrap_or_default()
            );
        }
    }

    async fn click(&self, selector: &str) {
        let found = self
            .post(
                "element",
                json!({ "using": "css selector", "value": selector }),
            )
            .await;
        let id = found
            .as_object()
            .and_then(|element| element.values().next()?.as_str())
            .expect("an element");
        self.post(&format!("element/{id}/click"), json!({})).await;
    }

    /// Presses and releases a key, wherever the focus is.
    async fn keys(&self, key: &str) {
        let press = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post(
            "actions",
            json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": press }] }),
        )
        .await;
    }

    async fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.post(
            "goog/cdp/execute",
            json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics }),
        )
        .await;
    }

    /// Leaves a picture of the whole page in `target/tmp`.
    async fn shoot(&self, name: &str) {
        let options = json!({ "captureBeyondViewport": true });
        let shot = self
            .post(
                "goog/cdp/execute",
                json!({ "cmd": "Page.captureScreenshot", "params": options }),
            )
            .await;
        let png = STANDARD
            .decode(shot["data"].as_str().expect("a picture"))
            .expect("base64");
        std::fs::write(
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png")),
            png,
        )
        .expect("a file");
    }

    /// No errors, no refused scripts or styles, no requests that came to nothing.
    async fn expect_no_complaints(&self) {
        self.expect_no_complaints_but("(nothing)").await;
    }

    async fn expect_no_complaints_but(&self, allowed: &str) {
        let log = self.post("se/log", json!({ "type": "browser" })).await;
        let messages: Vec<&str> = log
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["message"].as_str())
            .collect();
        let complaints: Vec<&&str> = messages
            .iter()
            .filter(|message| !message.contains(allowed))
            .collect();
        assert!(
            complaints.is_empty(),
            "the browser complains:\n{complaints:#?}"
        );
    }

    async fn post(&self, command: &str, body: Value) -> Value {
        self.call(
            Method::POST,
            &format!("/session/{}/{command}", self.session),
            &body,
        )
        .await
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let stream = TcpStream::connect(self.address)
            .await
            .expect("chromedriver listens");
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1");
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string());
        let request = request
            .body(Full::new(Bytes::from(body.to_string())))
            .expect("a request");
        let response = sender.send_request(request).await.expect("an answer");
        let body = response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        let mut answer: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(
            answer["value"]["error"].is_null(),
            "{path}: {}",
            answer["value"]["message"]
        );
        answer["value"].take()
    }

    async fn close(mut self) {
        self.call(
            Method::DELETE,
            &format!("/session/{}", self.session),
            &json!({}),
        )
        .await;
        let _ = self.driver.end(Duration::from_secs(10)).await;
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
