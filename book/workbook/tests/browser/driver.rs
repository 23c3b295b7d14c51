//! A browser, and what a test does in it.

use crate::server::start;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;
use workbook::process::Group;

/// A Chromium with a window of its own, driven by its chromedriver.
pub(crate) struct Browser {
    driver: Group,
    address: SocketAddr,
    pub(crate) session: String,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn open() -> Browser {
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
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "timeouts": { "script": 600_000 },
        } } });
        let made = browser.call(Method::POST, "/session", &wanted).await;
        made["sessionId"]
            .as_str()
            .expect("a session")
            .clone_into(&mut browser.session);
        browser
    }

    pub(crate) async fn go(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// Runs a script in the page and gives what it returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] }))
            .await
    }

    /// Waits in the page until an expression holds.
    pub(crate) async fn until(&self, expression: &str) {
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

    /// Clicks the middle of an element, where no bar covers it.
    pub(crate) async fn click(&self, selector: &str) {
        self.script(&format!(
            "document.querySelector(`{selector}`).scrollIntoView({{ block: 'center' }})"
        ))
        .await;
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
    pub(crate) async fn keys(&self, key: &str) {
        let press = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post(
            "actions",
            json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": press }] }),
        )
        .await;
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.post(
            "goog/cdp/execute",
            json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics }),
        )
        .await;
    }

    /// Turns the knob of a run panel.
    pub(crate) async fn turn(&self, knob: &str, value: i64) {
        let script = format!(
            "const slider = document.querySelector('[data-knob={knob}]'); slider.value = {value}; \
             slider.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        );
        self.script(&script).await;
    }

    /// The text of an element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let text = self
            .script(&format!(
                "return document.querySelector('{selector}').textContent"
            ))
            .await;
        text.as_str().expect("text").to_owned()
    }

    /// Leaves a picture of the whole page in `target/tmp`.
    pub(crate) async fn shoot(&self, name: &str) {
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
    pub(crate) async fn expect_no_complaints(&self) {
        self.expect_no_complaints_but("(nothing)").await;
    }

    pub(crate) async fn expect_no_complaints_but(&self, allowed: &str) {
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

    pub(crate) async fn post(&self, command: &str, body: Value) -> Value {
        self.call(
            Method::POST,
            &format!("/session/{}/{command}", self.session),
            &body,
        )
        .await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> Value {
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

    pub(crate) async fn close(mut self) {
        self.call(
            Method::DELETE,
            &format!("/session/{}", self.session),
            &json!({}),
        )
        .await;
        let _ = self.driver.end(Duration::from_secs(10)).await;
    }
}
