//! The console with its list of lints, and what stands there.

use std::net::SocketAddr;

use vt100::Screen;

use crate::pty::Session;
use crate::tap::Tap;

/// A console that shows the lints of one target.
pub(crate) struct Watch {
    pub(crate) session: Session,
    pub(crate) tap: Tap,
}

/// A lint that fires, as the screen has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) title: String,
    pub(crate) reason: String,
    /// The key, and the view that it leads to.
    pub(crate) way: String,
}

const COLUMNS: u16 = 100;

impl Watch {
    /// `path` is the one that is read each second.
    pub(crate) fn start(target: SocketAddr, path: &str) -> Self {
        let tap = Tap::before(target, path);
        let address = tap.addr.to_string();
        let mut session = Session::start(COLUMNS, 34, &[&address, "-i", "1s"]);
        session.wait_for_text("live");
        session.press("9");
        session.wait_for_text("nothing looks wrong");
        Self { session, tap }
    }

    /// Watches for so many more readings, while nothing may fire but `expected`.
    pub(crate) fn stay(&self, readings: usize, expected: Option<&str>) {
        let enough = self.tap.readings() + readings;
        self.session.wait_for("more readings", |screen| {
            check(screen, expected);
            self.tap.readings() >= enough
        });
    }

    /// Waits for the lint, while no other may fire; what it says, and after how many readings.
    pub(crate) fn find(&self, title: &str, within: usize) -> (Shown, usize) {
        let before = self.tap.readings();
        self.session.wait_for(title, |screen| {
            check(screen, Some(title));
            let passed = self.tap.readings() - before;
            let is_there = !findings(screen).is_empty();
            // The last of them is on the screen by the time of the next.
            assert!(
                is_there || passed <= within + 1,
                "{passed} readings without {title:?}:\n{}",
                screen.contents()
            );
            is_there
        });
        let shown = self.session.on_screen(findings).remove(0);
        (shown, self.tap.readings() - before)
    }
}

fn check(screen: &Screen, expected: Option<&str>) {
    for found in findings(screen) {
        assert!(
            expected == Some(&*found.title),
            "{found:?}, not {expected:?}:\n{}",
            screen.contents()
        );
    }
}

/// ` ▲ title … for 3 s · enter: Locks`, and below it the reason.
pub(crate) fn findings(screen: &Screen) -> Vec<Shown> {
    let rows: Vec<String> = screen.rows(0, COLUMNS).collect();
    let is_finding = |row: &str| row.chars().nth(1) == Some('▲');
    let shown = |(at, row): (usize, &String)| {
        let (title, way) = row.split_once(" for ").unwrap_or((row, ""));
        Shown {
            title: title[title.find('▲').map_or(0, |at| at + '▲'.len_utf8())..]
                .trim()
                .to_owned(),
            reason: rows[at + 1..]
                .iter()
                .take(2)
                .map(|row| row.trim())
                .collect::<Vec<_>>()
                .join(" "),
            way: way
                .split_once("· ")
                .map_or("", |(_, way)| way.trim())
                .to_owned(),
        }
    };
    rows.iter()
        .enumerate()
        .filter(|(_, row)| is_finding(row))
        .map(shown)
        .collect()
}
