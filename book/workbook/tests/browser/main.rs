//! The book in a real browser: headless Chromium, driven through its WebDriver.
//!
//! Run it with `cargo test -p workbook --test browser`; it needs `chromium` and `chromedriver`
//! (Debian: chromium, chromium-driver). Pictures of what it saw are left in `target/tmp/`.

mod chapter;
#[path = "../common/mod.rs"]
mod common;
mod driver;
mod exercise;
mod look;
mod network;
mod panel;
mod server;
mod swimlane;
mod widgets;

/// The chapter that uses everything there is.
const PAGE: &str = "concurrency/channels.html";
