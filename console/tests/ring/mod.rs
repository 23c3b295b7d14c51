//! From a spike to its profile, by the real program, with the real debug endpoints of this process.

use std::hint::black_box;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use cutaway_model::ProfileKind;
use cutaway_scrape::{Options, Target, fetch_profile};
use debug::{Config, Running};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::pty::Session;

/// A service that burns the CPU.
struct Service {
    running: Running,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    fn start() -> Self {
        let registry = expvar::Registry::new();
        let published = registry.func("answer", || json!(42));
        published.expect("a name that is free");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let config = Config::new(registry);
        let running = debug::start(listener, config, std::future::pending()).expect("it starts");
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        Self {
            running,
            stop,
            thread: Some(std::thread::spawn(move || burn_the_time_away(&told))),
        }
    }

    fn target(&self) -> String {
        self.running.addr().to_string()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}

#[inline(never)]
fn burn_the_time_away(stop: &AtomicBool) {
    let mut sum: u64 = 0;
    while !stop.load(Ordering::Relaxed) {
        for n in 0..10_000 {
            sum = black_box(sum.rotate_left(5) ^ n);
        }
    }
}

/// Waits until the ring keeps so many profiles; there may be more by then.
fn wait_for_ring(session: &Session, count: u32) {
    session.wait_for("profiles in the ring", |screen| {
        let words = screen.contents();
        let kept = words.split_once("  ring ").map(|(_, rest)| {
            let digits = rest.split(' ').next().unwrap_or_default();
            digits.trim().parse::<u32>()
        });
        kept.is_some_and(|kept| kept.is_ok_and(|kept| kept >= count))
    });
}

/// Selects the last twenty steps of a chart and asks for their profile.
fn ask_for_then(session: &mut Session) {
    session.press("2/answer\r\r");
    session.wait_for_text("value: ");
    session.press("v");
    session.wait_for_text("earlier");
    session.press(&format!("hv{}P", "h".repeat(20)));
    session.wait_for_text("burn_the_time_away");
    session.wait_for_text(" s selected");
}

#[test]
fn a_range_of_time_leads_to_its_profile_live_and_recorded() {
    if let Err(why) = collect::support().cpu {
        eprintln!("no CPU profiles here: {why}");
        return;
    }
    let place = tempfile::tempdir().expect("a place for files");
    let file = |name: &str| place.path().join(name).to_string_lossy().into_owned();
    let (config, recording) = (file("config.toml"), file("run.session"));
    std::fs::write(&config, "[ring]\nseconds = 1\nhz = 100\n").expect("it can be written");
    let service = Service::start();
    let target = service.target();
    let arguments = [
        &target, "--ring", "--config", &config, "--record", &recording,
    ];
    let mut session = Session::start(160, 40, &arguments);
    wait_for_ring(&session, 2);
    session.wait_for_text("of a core");

    // Somebody else asks: the ring gives way at once, and goes on afterwards. Between two of its captures there is nothing
    // to give way; then it is refused.
    let runtime = Runtime::new().expect("a runtime can be started");
    let (targets, _) = Target::parse_list(&target);
    let yielded = |session: &Session| session.contents().contains(" yielded");
    for attempt in 0..10 {
        wait_for_ring(&session, 2 + attempt);
        let patient = Options {
            timeout: Duration::from_mins(1),
            ..Options::default()
        };
        let theirs = fetch_profile(&targets[0], ProfileKind::Cpu, Some(1), patient);
        runtime.block_on(theirs).expect("theirs is taken");
        session.wait_for("a capture missed", |screen| {
            let words = screen.contents();
            words.contains(" yielded") || words.contains(" refused")
        });
        if yielded(&session) {
            break;
        }
    }
    assert!(yielded(&session), "{}", session.contents());
    wait_for_ring(&session, 5);

    ask_for_then(&mut session);
    session.press("\x1b");
    session.wait_for_text("value: ");
    session.quit();
    drop(service);

    // The same from the recording.
    let mut session = Session::start(160, 40, &["replay", &recording, "--speed", "64"]);
    wait_for_ring(&session, 5);
    session.wait_for_text("‖ recording");
    ask_for_then(&mut session);
    session.quit();
}
