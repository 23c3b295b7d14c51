//! The terminal: taken over, drawn on, and given back whatever happens.

use std::io::{self, BufWriter, Stdout, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{Frame, Terminal};

/// Room for a whole frame, so that it goes out in one piece.
const BUFFER: usize = 64 * 1024;

/// Whether the terminal is ours at present.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is used.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping it gives the terminal back.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over: raw input, alternate screen, no cursor; the mouse if it is wanted.
    pub(crate) fn enter(mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
        let entered = take();
        let backend = CrosstermBackend::new(BufWriter::with_capacity(BUFFER, stdout()));
        match entered.and_then(|()| Terminal::new(backend)) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Columns and rows at present. Either may be 0.
    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws one frame. On a terminal without a single cell, nothing.
    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if self.terminal.size()?.area() == 0 {
            return Ok(());
        }
        self.terminal.draw(view).map(drop)
    }

    /// Gives the terminal back for as long as `meanwhile` runs, and then draws everything anew.
    pub(crate) fn leave_for(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        give_back();
        meanwhile();
        take()?;
        // Not `clear`, which asks the terminal for the cursor: the answer would go to whoever reads keys.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// A panic, on whichever thread, first gives the terminal back, so that its message can be read, and then ends the
/// program: half a console is worse than none.
pub(crate) fn restore_on_panic() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        give_back();
        default(info);
        std::process::exit(101);
    }));
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, Hide)?;
    if MOUSE.load(Ordering::SeqCst) {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Does nothing unless the terminal is ours. There is nobody to tell about errors.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        if MOUSE.load(Ordering::SeqCst) {
            drop(execute!(stdout(), DisableMouseCapture));
        }
        drop(execute!(stdout(), LeaveAlternateScreen, Show));
        drop(disable_raw_mode());
    }
}
