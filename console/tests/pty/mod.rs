//! The real program on a real pseudo-terminal, its screen read by a terminal emulator.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "shared by tests that each use a part"
)]

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtyPair, PtySize, native_pty_system};
use vt100::{Parser, Screen};

/// When a test that waits in vain gives up.
const PATIENCE: Duration = Duration::from_mins(3);

/// `cutaway` on a terminal of its own. It is killed when dropped.
pub struct Session {
    terminal: Arc<Terminal>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
}

/// What the program has written, seen as a screen.
struct Terminal {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser,
    written: Vec<u8>,
    closed: bool,
}

impl Session {
    /// Starts `cutaway` on a terminal of so many columns and rows.
    pub fn start(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        Self::start_program(
            env!("CARGO_BIN_EXE_cutaway").as_ref(),
            columns,
            rows,
            arguments,
        )
    }

    /// Starts any program.
    pub fn start_program(program: &Path, columns: u16, rows: u16, arguments: &[&str]) -> Self {
        let (pty, child) = spawn(program, columns, rows, arguments);
        // The emulator's screen must not be empty, the program's may be.
        let parser = Parser::new(at_least_one(rows), at_least_one(columns), 0);
        let state = State {
            parser,
            written: Vec::new(),
            closed: false,
        };
        let terminal = Arc::new(Terminal {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let reader = pty
            .master
            .try_clone_reader()
            .expect("the terminal can be read");
        let screen = Arc::clone(&terminal);
        std::thread::spawn(move || screen.follow(reader));
        let keyboard = pty
            .master
            .take_writer()
            .expect("the terminal can be written to");
        Self {
            terminal,
            master: pty.master,
            keyboard,
            child,
        }
    }

    /// Waits until the screen is as `wanted`.
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        self.terminal
            .wait(what, |state| wanted(state.parser.screen()));
    }

    /// Waits until `text` is on the screen.
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the program has taken the terminal over.
    pub fn wait_for_takeover(&self) {
        self.wait_for("the alternate screen", Screen::alternate_screen);
    }

    /// Waits until all that was written is as `wanted`.
    pub fn wait_for_written(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        self.terminal.wait(what, |state| {
            wanted(&String::from_utf8_lossy(&state.written))
        });
    }

    pub fn contents(&self) -> String {
        self.terminal.lock().parser.screen().contents()
    }

    /// What is seen of the screen now.
    pub fn on_screen<T>(&self, see: impl Fn(&Screen) -> T) -> T {
        see(self.terminal.lock().parser.screen())
    }

    pub fn press(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("the program reads keys");
        self.keyboard.flush().expect("the program reads keys");
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.terminal
            .lock()
            .parser
            .screen_mut()
            .set_size(at_least_one(rows), at_least_one(columns));
        self.master
            .resize(size)
            .expect("the terminal can be resized");
    }

    pub fn id(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// Waits for the program's end, and checks that the terminal was given back. The exit code, and what is left on the
    /// screen.
    pub fn wait_for_end(mut self) -> (u32, String) {
        // The terminal is closed when the last process on it has ended.
        self.terminal.wait("the end", |state| state.closed);
        let status = self.child.wait().expect("the program can be waited for");
        let state = self.terminal.lock();
        let screen = state.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        (status.exit_code(), screen.contents())
    }

    /// Presses `q` once and checks that this was enough.
    pub fn quit(mut self) {
        self.press("q");
        let (code, left) = self.wait_for_end();
        assert_eq!((code, left.trim()), (0, ""));
    }

    /// Everything written so far.
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.terminal.lock().written).into_owned()
    }
}

/// A program on a terminal whose output nobody reads.
pub struct Unread {
    child: Box<dyn Child + Send + Sync>,
    pty: PtyPair,
}

impl Unread {
    pub fn start(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        let (pty, child) = spawn(
            env!("CARGO_BIN_EXE_cutaway").as_ref(),
            columns,
            rows,
            arguments,
        );
        Self { child, pty }
    }

    pub fn id(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// Closes the terminal under the program, and waits for its end.
    pub fn close_terminal(self) {
        let Self { mut child, pty } = self;
        drop(pty);
        child.wait().expect("the program can be waited for");
    }

    /// Waits for the program's end. The exit code.
    pub fn wait_for_end(&mut self) -> u32 {
        self.child
            .wait()
            .expect("the program can be waited for")
            .exit_code()
    }
}

fn spawn(
    program: &Path,
    columns: u16,
    rows: u16,
    arguments: &[&str],
) -> (PtyPair, Box<dyn Child + Send + Sync>) {
    let size = PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pty = native_pty_system()
        .openpty(size)
        .expect("there is a pseudo-terminal");
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("XDG_CONFIG_HOME", "/nowhere");
    for variable in ["NO_COLOR", "COLORTERM", "HTTP_USER", "HTTP_PASSWORD"] {
        command.env_remove(variable);
    }
    let child = pty
        .slave
        .spawn_command(command)
        .expect("the program starts");
    (pty, child)
}

impl Drop for Session {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        drop(self.child.kill());
    }
}

impl Terminal {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self, mut reader: Box<dyn Read + Send>) {
        let mut buffer = [0; 4096];
        loop {
            let count = reader.read(&mut buffer).unwrap_or(0);
            let mut state = self.lock();
            state.parser.process(&buffer[..count]);
            state.written.extend_from_slice(&buffer[..count]);
            state.closed = count == 0;
            self.changed.notify_all();
            if count == 0 {
                return;
            }
        }
    }

    fn wait(&self, what: &str, wanted: impl Fn(&State) -> bool) {
        let (state, waited) = self
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, |state| !wanted(state))
            .unwrap_or_else(PoisonError::into_inner);
        assert!(
            !waited.timed_out(),
            "waited in vain for {what}; the screen shows\n{}",
            state.parser.screen().contents()
        );
    }
}

fn at_least_one(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap_or(NonZero::<u16>::MIN)
}
