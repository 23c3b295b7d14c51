//! The program on a terminal: what it shows, that it never freezes, and that it gives the terminal back.

#[path = "../scrape/tests/fake/mod.rs"]
mod fake;
mod pty;
#[path = "../src/screen.rs"]
#[allow(dead_code, reason = "only what a panic needs is used here")]
mod screen;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fake::{Fake, Reply, path};
use pty::{Session, Unread};
use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Runtime;

/// Reads often, so that tests are quick.
const OFTEN: [&str; 2] = ["-i", "50ms"];

/// A server and the runtime that it lives on.
struct Server {
    fake: Option<Fake>,
    runtime: Runtime,
}

impl Server {
    fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = Runtime::new().expect("a runtime can be started");
        let fake = runtime.block_on(Fake::start(reply));
        Self {
            fake: Some(fake),
            runtime,
        }
    }

    fn target(&self) -> String {
        self.fake.as_ref().expect("the server runs").target()
    }

    /// Waits until so many requests have come in.
    fn wait_for_requests(&self, count: usize) {
        let fake = self.fake.as_ref().expect("the server runs");
        while fake.requests() < count {
            std::thread::yield_now();
        }
    }

    fn restart(
        &mut self,
        reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
        meanwhile: impl FnOnce(),
    ) {
        let fake = self.fake.take().expect("the server runs");
        let addr = self.runtime.block_on(fake.kill());
        meanwhile();
        self.fake = Some(self.runtime.block_on(Fake::start_at(addr, reply)));
    }
}

/// A service whose variables move.
fn service() -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    let count = AtomicU64::new(0);
    move |head| match path(head) {
        "/debug/vars" => {
            let n = count.fetch_add(1, Ordering::SeqCst);
            Reply::json(format!(
                "{{\"requests\": {}, \"uptime_ns\": {n}, \"build\": {{\"name\": \"shop\"}}}}",
                n * 10
            ))
        }
        _ => Reply::not_found(),
    }
}

fn watch(columns: u16, rows: u16, server: &Server) -> Session {
    Session::start(columns, rows, &[&server.target(), OFTEN[0], OFTEN[1]])
}

#[test]
fn variables_help_and_quit() {
    for (columns, rows) in [(80, 24), (200, 60), (40, 12)] {
        let server = Server::start(service());
        let mut session = watch(columns, rows, &server);
        session.wait_for_text("live");
        session.press("2");
        session.wait_for_text("requests");
        let before = session.contents();
        session.wait_for("moving values", |screen| screen.contents() != before);
        session.press("?");
        session.wait_for_text("esc close");
        session.quit();
    }
}

#[test]
fn a_profile_from_a_file_is_looked_at_compared_and_written() {
    let go = |name| format!("{}/testdata/go/{name}", env!("CARGO_MANIFEST_DIR"));
    let (cpu, later) = (go("cpu.pb.gz"), go("later.pb.gz"));
    let mut session = Session::start(100, 30, &["flame", &later, "--focus", "main"]);
    session.wait_for_text("main.shopper");
    session.press("t");
    session.wait_for_text("crypto/sha256.block");
    session.press(&format!("B{cpu}\r"));
    session.wait_for_text("grown first, shrunk last");
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("written-{}.svg", std::process::id()));
    session.press(&format!("w{}\r", file.display()));
    session.wait_for_text("bytes written");
    let picture = std::fs::read_to_string(&file).expect("it was written");
    assert!(picture.contains("Orange and +: more"));
    // What is there already stays as it is.
    session.press(&format!("w{}\r", file.display()));
    session.wait_for_text("cannot create");
    std::fs::remove_file(&file).expect("it is there");
    session.press("Bno-such-file\r");
    session.wait_for_text("cannot read no-such-file");
    session.quit();
}

#[test]
fn a_terminal_without_a_single_cell() {
    let server = Server::start(service());
    for (columns, rows) in [(0, 0), (0, 24), (80, 0), (1, 1)] {
        let mut session = watch(columns, rows, &server);
        session.wait_for_takeover();
        session.press("?\t\t24");
        session.quit();
    }
    let mut session = watch(0, 0, &server);
    session.wait_for_takeover();
    session.resize(80, 24);
    session.press("2");
    session.wait_for_text("requests");
    session.resize(0, 0);
    session.press("4");
    session.resize(100, 30);
    session.wait_for_text("CPU");
    session.quit();
}

#[test]
fn what_answers_badly_is_never_healthy_and_never_freezes() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":".to_vec();
    let cases = [
        ("JSON error", Reply::error(200, "hello")),
        ("JSON error", Reply::json("")),
        ("JSON error", Reply::json("[]")),
        (
            "HTTP 500",
            Reply::Answer(500, "application/json", b"{\"requests\": 5}".to_vec()),
        ),
        ("HTTP 500", Reply::error(500, "out of order")),
        ("HTTP 302", Reply::Redirect("http://elsewhere/")),
        ("not HTTP", Reply::Raw(b"SSH-2.0-OpenSSH\r\n".to_vec())),
        ("closed", Reply::Raw(Vec::new())),
        ("closed", Reply::Raw(half.clone())),
        ("timed out", Reply::hang()),
        ("timed out", Reply::Stall(half)),
        ("larger than", Reply::Endless),
        ("not found", Reply::not_found()),
    ];
    for (cause, reply) in cases {
        let server = Server::start(move |_| reply.clone());
        let timeout = if cause == "larger than" {
            "60s"
        } else {
            "300ms"
        };
        let arguments = [&server.target(), OFTEN[0], OFTEN[1], "--timeout", timeout];
        let session = Session::start(80, 24, &arguments);
        session.wait_for(cause, |screen| {
            let contents = screen.contents();
            assert!(!contents.contains("live"), "{contents}");
            contents.contains(cause)
        });
        session.quit();
    }
}

#[test]
fn a_hanging_target_does_not_hold_up_the_key_to_quit() {
    let server = Server::start(|_| Reply::hang());
    let session = Session::start(80, 24, &[&server.target(), "--timeout", "1h"]);
    session.wait_for_text("waiting");
    session.quit();
}

#[test]
fn death_shows_and_so_does_recovery() {
    let mut server = Server::start(service());
    let session = watch(80, 24, &server);
    session.wait_for_text("live");
    server.restart(service(), || session.wait_for_text("refused"));
    session.wait_for_text("live");
    session.quit();
}

#[test]
fn escape_sequences_never_reach_the_terminal() {
    let failing = Arc::new(AtomicU64::new(0));
    let state = Arc::clone(&failing);
    let server = Server::start(
        move |head| match (path(head), state.load(Ordering::SeqCst)) {
            ("/debug/vars", 0) => Reply::json(
                r#"{"\u001b]0;name\u0007": 1, "text": "\u001b]0;value\u0007\u009b2J", "cmdline": ["\u001b]0;arg\u0007"]}"#,
            ),
            ("/debug/vars", _) => Reply::error(500, "\x1b]0;body\x07"),
            _ => Reply::not_found(),
        },
    );
    let mut session = watch(100, 30, &server);
    session.wait_for_takeover();
    session.press("2");
    session.wait_for_text("value");
    session.press("\r");
    failing.store(1, Ordering::SeqCst);
    session.wait_for_text("HTTP 500");
    assert!(!session.written().contains("\x1b]0;"));
    session.quit();
}

#[test]
fn a_go_program_and_its_profile() {
    let go = |name: &str| {
        std::fs::read(format!("{}/testdata/go/{name}", env!("CARGO_MANIFEST_DIR")))
            .expect("it was captured")
    };
    let server =
        Server::start(
            move |head| match path(head).split('?').next().unwrap_or_default() {
                "/debug/vars" => Reply::json(go("vars.json")),
                "/debug/pprof/" => Reply::html(go("index.html")),
                "/debug/pprof/profile" => {
                    Reply::Answer(200, "application/octet-stream", go("cpu.pb.gz"))
                }
                _ => Reply::not_found(),
            },
        );
    let mut session = watch(120, 40, &server);
    session.wait_for_text("live");
    session.press("2");
    session.wait_for_text("memstats");
    session.press("4");
    session.wait_for_text("sha256");
    session.quit();
}

#[test]
fn signals_end_it_and_give_the_terminal_back() {
    let server = Server::start(service());
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let session = watch(80, 24, &server);
        session.wait_for_text("live");
        let id = Pid::from_raw(session.id() as i32).expect("ids are positive");
        kill_process(id, signal).expect("the program runs");
        assert_eq!(session.wait_for_end().0, code);
    }
}

#[test]
fn signals_end_it_even_when_nobody_reads_its_terminal() {
    let server = Server::start(service());
    let mut unread = Unread::start(200, 60, &[&server.target(), OFTEN[0], OFTEN[1]]);
    // By then the first picture is out, or rather stuck: it is larger than what a terminal holds for its reader.
    server.wait_for_requests(20);
    let id = Pid::from_raw(unread.id() as i32).expect("ids are positive");
    kill_process(id, Signal::TERM).expect("the program runs");
    assert_eq!(unread.wait_for_end(), 143);
}

#[test]
fn it_ends_with_its_terminal() {
    let server = Server::start(service());
    for (columns, rows) in [(0, 0), (200, 60)] {
        let unread = Unread::start(columns, rows, &[&server.target(), OFTEN[0], OFTEN[1]]);
        server.wait_for_requests(20);
        unread.close_terminal();
    }
}

#[test]
fn ctrl_c_quits_as_q_does() {
    let server = Server::start(service());
    let mut session = watch(80, 24, &server);
    session.wait_for_text("live");
    session.press("\x03");
    assert_eq!(session.wait_for_end().0, 0);
}

#[test]
fn suspending_comes_back_to_the_same_picture() {
    let server = Server::start(service());
    let mut session = watch(80, 24, &server);
    session.wait_for_takeover();
    session.press("2");
    session.wait_for_text("requests");
    // A session of its own has no shell that could continue it, so the system does not let it stop.
    session.press("\x1a");
    session.wait_for_written("the terminal taken over twice", |written| {
        written.matches("\x1b[?1049h").count() == 2
    });
    session.wait_for_text("requests");
    session.press("?");
    session.wait_for_text("esc close");
    session.quit();
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let server = Server::start(service());
    let program = [
        "TERM=dumb",
        env!("CARGO_BIN_EXE_cutaway"),
        &server.target(),
        "--vars=requests",
    ];
    let mut session = Session::start_program("env".as_ref(), 80, 24, &program);
    session.wait_for_text("requests: ");
    assert!(!session.written().contains('\x1b'));
    session.press("\x03");
    assert_eq!(session.wait_for_end().0, 130);
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let itself = std::env::current_exe().expect("the test has a file");
    let session = Session::start_program(
        &itself,
        80,
        24,
        &[
            "--exact",
            "panics_on_the_screen",
            "--ignored",
            "--nocapture",
        ],
    );
    let (code, left) = session.wait_for_end();
    assert_eq!(code, 101);
    assert!(left.contains("oh no"), "{left}");
}

/// Run by the test above, on a terminal of its own.
#[test]
#[ignore = "it ends its process"]
fn panics_on_the_screen() {
    screen::restore_on_panic();
    let mut screen = screen::Screen::enter(false).expect("there is a terminal");
    screen
        .draw(|frame| frame.render_widget("a picture", frame.area()))
        .expect("it can be drawn on");
    std::thread::spawn(|| panic!("oh no"))
        .join()
        .expect_err("it does not return");
}

#[test]
fn the_mouse_is_used_only_where_it_is_asked_for() {
    let server = Server::start(service());
    let session = watch(100, 30, &server);
    session.wait_for_text("live");
    assert!(!session.written().contains("\x1b[?1000h"));
    session.quit();
    let arguments = [&server.target(), OFTEN[0], OFTEN[1], "--mouse"];
    let mut session = Session::start(100, 30, &arguments);
    session.wait_for_text("live");
    assert!(session.written().contains("\x1b[?1000h"));
    let contents = session.contents();
    let tabs = contents.lines().nth(1).expect("a line of tabs");
    let column = tabs.find("2 Variables").expect("a tab") + 1;
    session.press(&format!("\x1b[<0;{column};2M\x1b[<0;{column};2m"));
    session.wait_for_text("requests");
    session.press("q");
    let (code, _) = session.wait_for_end();
    assert_eq!(code, 0);
}

/// What was seen once is seen again: recorded, then watched without the service.
#[test]
fn a_recording_is_watched_like_the_service() {
    let place = tempfile::tempdir().expect("a place for files");
    let file = place.path().join("run.session");
    let file = file.to_string_lossy().into_owned();
    let server = Server::start(service());
    let session = Session::start(
        80,
        24,
        &[&server.target(), OFTEN[0], OFTEN[1], "--record", &file],
    );
    session.wait_for_text("live");
    server.wait_for_requests(30);
    session.quit();
    drop(server);
    let mut session = Session::start(80, 24, &["replay", &file, "--speed", "64"]);
    session.wait_for_text("recording");
    session.press("2");
    session.wait_for_text("requests");
    session.press(";");
    session.wait_for_text("‖ recording");
    session.press("8");
    session.wait_for_text("Runtime");
    session.quit();
}
