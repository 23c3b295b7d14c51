//! On a terminal: every view, every look at a profile, every failure.

use crate::pty::Session;
use crate::server::{Mood, Server};
use crate::written::assert_own;
use crate::{EVIL, MARK};

/// Presses keys, and waits until everything is drawn.
fn press(session: &mut Session, keys: &str) {
    session.press(keys);
    // The list of keys opens and closes behind them: all before it has been taken in.
    session.press("?");
    session.wait_for_text("esc close");
    session.press("?");
    session.wait_for("the list closed", |screen| {
        !screen.contents().contains("esc close")
    });
    let written = session.written();
    // The last sequence may be on its way.
    let whole = written.rfind('\u{1b}').unwrap_or(written.len());
    assert_own(&written[..whole], keys);
}

#[test]
fn nothing_a_server_sends_is_obeyed() {
    let server = Server::start();
    let arguments = [&server.target(), "-i", "100ms", "--timeout", "5s"];
    let mut session = Session::start(120, 40, &arguments);
    session.wait_for_text("live");
    for keys in [
        "1",
        "\u{1b}[B\r",
        "2",
        "/evil\r",
        "\r",
        "a",
        "E",
        "3",
        "8",
        "j\r",
        "9",
        "jE",
    ] {
        press(&mut session, keys);
    }
    press(&mut session, "9");
    session.wait_for_text("a circuit breaker is open");
    press(&mut session, "9y");
    press(&mut session, "0");
    press(&mut session, "5");
    session.wait_for_text("not a profile");
    press(&mut session, "6");
    session.wait_for_text("HTTP 500");
    for kind in ["7", "4"] {
        session.press(kind);
        session.wait_for_text(&format!("main::{MARK}"));
        for look in [
            "j",
            "\r",
            "t",
            "c",
            "L",
            "T",
            "S",
            "m",
            "d",
            "F.\r",
            "/evil\r",
            "w/no/such/out\r",
        ] {
            press(&mut session, look);
        }
    }
    press(&mut session, "4B/no/such\r");
    session.wait_for_text("cannot read");
    for (mood, cause) in [
        (Mood::Fails, "HTTP 500"),
        (Mood::Breaks, "JSON error"),
        (Mood::Speaks, "not HTTP"),
    ] {
        server.turn(mood);
        session.wait_for_text(cause);
        for view in ["1", "2", "4", "9"] {
            press(&mut session, view);
        }
    }
    server.turn(Mood::Serves);
    session.wait_for_text("live");
    let written = session.written();
    session.quit();
    assert_own(&written, "in all");
    assert!(!written.contains(EVIL));
}
