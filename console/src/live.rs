//! The live picture: one loop over messages, keys, signals and time.

use std::io;
use std::time::Duration;

use cutaway_model::{Command, Message};
use cutaway_scrape::Handle;
use cutaway_tui::{FileNews, Input, State, update, view};
use ratatui::crossterm::event::{self, Event};
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::files;
use crate::itself::Own;
use crate::screen::Screen;
use crate::signals::Signals;

/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(33);
/// Time until the first frame: by then targets nearby have answered, and the first picture has something to show.
const FIRST_FRAME: Duration = Duration::from_millis(12);
/// How often time itself is news: ages on the screen are in seconds.
const TICK: Duration = Duration::from_secs(1);
/// Messages taken in before a key gets its turn.
const BATCH: usize = 64;

/// Where the picture's news come from and where its commands go.
pub(crate) struct Wires {
    /// What scraping tells.
    pub(crate) messages: Receiver<Message>,
    /// What scraping is told; none where a file is looked at.
    pub(crate) poller: Option<Handle>,
    /// What ends the program from outside.
    pub(crate) signals: Signals,
    /// What the console counts of itself.
    pub(crate) own: Own,
    /// The moment from which messages count their time.
    pub(crate) started: Instant,
}

/// Shows `state` until someone quits. Returns the exit code: 0, or that of the signal that ended it.
pub(crate) async fn run(mut state: State, mut wires: Wires) -> io::Result<u8> {
    let mut screen = Screen::enter()?;
    let mut keys = read_input();
    let (files, mut news) = unbounded_channel();
    let hands = Hands {
        poller: wires.poller,
        files,
    };
    // Without anybody who scrapes, there are no messages, and that is no reason to end.
    let mut scraped = hands.poller.is_some();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (width, height) = screen.size()?;
    update(&mut state, Input::Resize(width, height));

    let mut batch = Vec::with_capacity(BATCH);
    let mut changed = true;
    let mut next_frame = Instant::now() + FIRST_FRAME;
    loop {
        tokio::select! {
            biased;
            code = wires.signals.received() => return Ok(code),
            event = keys.recv() => match event {
                // The terminal is gone.
                None => return Ok(0),
                Some(event) => {
                    let commands = take_event(&mut state, &event);
                    if commands.contains(&Command::Suspend) {
                        screen.leave_for(suspend)?;
                    }
                    if hands.obey(commands) {
                        return Ok(0);
                    }
                }
            },
            Some(done) = news.recv() => hands.pass(update(&mut state, Input::File(done))),
            () = sleep_until(next_frame), if changed => {
                update(&mut state, Input::Tick(wires.started.elapsed()));
                screen.draw(|frame| view(&state, frame))?;
                wires.own.frames.inc();
                changed = false;
                next_frame = Instant::now() + FRAME;
                continue;
            }
            _ = ticks.tick() => drop(update(&mut state, Input::Tick(wires.started.elapsed()))),
            count = wires.messages.recv_many(&mut batch, BATCH), if scraped => {
                scraped = count > 0;
                if !scraped {
                    return Ok(0);
                }
                wires.own.messages.add(count as u64);
                for message in batch.drain(..) {
                    hands.pass(update(&mut state, Input::Message(message)));
                }
            }
        }
        changed = true;
    }
}

/// What is to be done because of an event of the terminal.
fn take_event(state: &mut State, event: &Event) -> Vec<Command> {
    match *event {
        Event::Key(key) => update(state, Input::Key(key)),
        Event::Resize(width, height) => update(state, Input::Resize(width, height)),
        _ => Vec::new(),
    }
}

/// Whoever does what the state asks for.
struct Hands {
    poller: Option<Handle>,
    /// What came of work on files.
    files: UnboundedSender<FileNews>,
}

impl Hands {
    /// Has commands obeyed.
    fn pass(&self, commands: Vec<Command>) {
        for command in commands {
            if let Some(work) = files::work(&command) {
                // Reading, merging and writing take long enough to hold up keys.
                let files = self.files.clone();
                drop(spawn_blocking(move || files.send(work())));
            } else if let Some(poller) = &self.poller {
                poller.send(command);
            }
        }
    }

    /// The same; whether one of them was to quit.
    fn obey(&self, commands: Vec<Command>) -> bool {
        let quit = commands.contains(&Command::Quit);
        self.pass(commands);
        quit
    }
}

/// Events from the terminal. A thread waits for them: it is never joined, the program ends without it.
fn read_input() -> UnboundedReceiver<Event> {
    let (sender, receiver) = unbounded_channel();
    let wait = move || {
        while let Ok(event) = event::read() {
            if sender.send(event).is_err() {
                return;
            }
        }
    };
    // Without the thread the channel is closed, and the loop ends as when the terminal is gone.
    drop(
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(wait),
    );
    receiver
}

/// Stops the process, as Ctrl-Z does to others, until the shell continues it.
fn suspend() {
    // Should it fail, the picture simply comes back.
    let _ = kill_process(getpid(), Signal::TSTP);
}
