//! What the console is drawn on.

use super::Finding;
use super::machine::Machine;
use std::path::Path;

/// The size that the console is made for.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;

/// Size, colours and letters.
pub(super) fn terminal(machine: &dyn Machine) -> Finding {
    let Some((columns, rows)) = machine.terminal() else {
        return Finding::ok(
            "terminal",
            "none here; run this in the one that you will use",
        );
    };
    let variable = |name: &str| machine.variable(name).filter(|value| !value.is_empty());
    let mut lacks = Vec::new();
    if columns < COLUMNS || rows < ROWS {
        lacks.push(format!("it is smaller than {COLUMNS} × {ROWS}: enlarge it"));
    }
    let plain = variable("TERM").is_none_or(|term| term == "dumb");
    if plain || variable("NO_COLOR").is_some() {
        lacks.push("it shows no colours: set TERM=xterm-256color, unset NO_COLOR".to_owned());
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(variable);
    let unicode = locale
        .as_deref()
        .is_some_and(|locale| locale.to_uppercase().replace('-', "").contains("UTF8"));
    if !unicode {
        lacks.push(
            "its locale is not UTF-8, so lines may be drawn as question marks: set LANG=C.UTF-8"
                .to_owned(),
        );
    }
    let found = format!("{columns} × {rows}");
    if lacks.is_empty() {
        Finding::ok("terminal", format!("{found}, colours, UTF-8"))
    } else {
        Finding::warning("terminal", found, lacks.join("; "))
    }
}

/// Only one test needs it: any browser reads the book.
pub(super) fn browser(machine: &dyn Machine) -> Finding {
    let there = |program: &str| machine.run(Path::new("/"), program, &["--version"]).is_ok();
    let text = if there("chromium") && there("chromedriver") {
        "chromium and its driver are here, for `make browser`"
    } else {
        "no chromium with its driver: only `make browser` needs it; any browser reads the book"
    };
    Finding::ok("test browser", text)
}
