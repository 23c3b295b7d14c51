//! Progress on a terminal: one line that is rewritten, and gone in the end.

use std::io::Read;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::faults::Fault;
use crate::support::{DEADLINE, Door, Service};

const COLUMNS: u16 = 60;

/// All that the load tool writes to a terminal.
fn run(target: &str, flags: &[&str]) -> String {
    let size = PtySize {
        rows: 24,
        cols: COLUMNS,
        ..PtySize::default()
    };
    let pty = native_pty_system().openpty(size).expect("a pty");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_sales-load"));
    command.args(["--target", target]);
    command.args(flags);
    command.env("TERM", "xterm");
    let mut child = pty.slave.spawn_command(command).expect("starts");
    // While this end is open, the other one never says that everybody has gone.
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().expect("readable");
    let mut written = Vec::new();
    // Linux says that nobody holds the other end by an error.
    let _gone = reader.read_to_end(&mut written);
    assert!(child.wait().expect("it ends").success());
    String::from_utf8(written).expect("UTF-8")
}

#[tokio::test]
async fn one_line_is_rewritten_and_makes_room_for_the_summary() {
    let service = Service::start(Door::with(Fault::None));
    let target = service.url();
    let run = tokio::task::spawn_blocking(move || {
        let flags = ["--scenario", "spike", "--rate", "20", "--duration", "1s"];
        run(&target, &[&flags[..], &["--progress", "100ms"]].concat())
    });
    let ended = tokio::time::timeout(DEADLINE, run).await;
    let written = ended.expect("it ends").expect("no panics");
    let (progress, summary) = written.rsplit_once("\r\x1b[K").expect("a line is cleared");
    let shown: Vec<&str> = progress
        .split('\r')
        .filter(|line| !line.is_empty())
        .collect();
    assert!(shown.len() >= 2, "{written:?}");
    for line in &shown {
        let text = line.strip_suffix("\x1b[K").expect("the rest is cleared");
        assert!(text.chars().count() < usize::from(COLUMNS), "{text:?}");
        assert!(!text.contains('\n'), "{text:?}");
    }
    assert!(
        shown
            .iter()
            .any(|line| line.contains("/s") && line.contains("p50"))
    );
    assert!(summary.starts_with("http://127.0.0.1:"), "{summary}");
    assert!(summary.contains("checked: nothing lost, nothing sold twice"));
}
