//! The live picture: one loop over messages, keys, signals and time.

use std::io::{self, Write as _};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
use crate::session::Player;
use crate::signals::Signals;

/// The least time between two frames after a key.
const FRAME: Duration = Duration::from_millis(33);
/// The least time between two frames because of news: nobody reads faster, and many targets have news all the time.
const NEWS: Duration = Duration::from_millis(250);
/// For so long after the start every piece of news is shown at once.
const START: Duration = Duration::from_secs(2);
/// Time until the first frame: by then targets nearby have answered, and the first picture has something to show.
const FIRST_FRAME: Duration = Duration::from_millis(12);
/// How often time itself is news: ages on the screen are in seconds.
const TICK: Duration = Duration::from_secs(1);
/// Messages taken in before a key gets its turn.
const BATCH: usize = 64;

/// Reads a file, on a thread of its own.
pub(crate) type Opening = Box<dyn FnOnce() -> anyhow::Result<FileNews> + Send>;

/// Where the picture's news come from and where its commands go.
pub(crate) struct Wires {
    /// What scraping tells.
    pub(crate) messages: Receiver<Message>,
    /// What scraping is told, if there is any.
    pub(crate) poller: Option<Handle>,
    /// What reads the file that is looked at, if one is.
    pub(crate) opening: Option<Opening>,
    /// What plays a recording instead.
    pub(crate) player: Option<Player>,
    /// What ends the program from outside.
    pub(crate) signals: Signals,
    /// What the console counts of itself.
    pub(crate) own: Own,
    /// The moment from which messages count their time.
    pub(crate) started: Instant,
    /// Whether the mouse is used.
    pub(crate) mouse: bool,
}

/// What a recording says: nothing is asked of anybody because of it.
fn take_in(state: &mut State, inputs: Vec<Input>) {
    for input in inputs {
        drop(update(state, input));
    }
}

/// Puts text into the terminal's clipboard (OSC 52), if it has one.
fn copy(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    write!(out, "\x1b]52;c;{}\x07", STANDARD.encode(text))?;
    out.flush()
}

/// Shows `state` until someone quits. Returns the exit code, 0 or that of the signal that ended it, or why there is nothing
/// to show; the outer error is the terminal's.
pub(crate) async fn run(mut state: State, mut wires: Wires) -> io::Result<anyhow::Result<u8>> {
    let mut screen = Screen::enter(wires.mouse)?;
    let mut keys = read_input();
    let (done, mut news) = unbounded_channel();
    if let Some(opening) = wires.opening {
        let done = done.clone();
        // What is fetched from a target takes as long as that likes.
        let open = move || drop(done.send(opening().map(Input::File)));
        thread::Builder::new().name("open".to_owned()).spawn(open)?;
    }
    let mut hands = Hands {
        poller: wires.poller,
        player: wires.player,
        done,
        started: wires.started,
    };
    // Without anybody who scrapes, there are no messages, and that is no reason to end.
    let mut scraped = hands.poller.is_some();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (width, height) = screen.size()?;
    update(&mut state, Input::Resize(width, height));
    let mut beat = interval(FRAME);
    beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut played = Instant::now();
    if let Some(player) = &mut hands.player {
        take_in(&mut state, player.begin());
    }

    let mut batch = Vec::with_capacity(BATCH);
    let begun = Instant::now();
    let mut frames = Frames {
        last: begun,
        next: Some(begun + FIRST_FRAME),
        held: None,
    };
    loop {
        let soon = if begun.elapsed() < START { FRAME } else { NEWS };
        let wait = tokio::select! {
            biased;
            code = wires.signals.received() => return Ok(Ok(code)),
            event = keys.recv() => match event {
                // The terminal is gone.
                None => return Ok(Ok(0)),
                Some(event) => {
                    let commands = take_event(&mut state, &event);
                    if commands.contains(&Command::Suspend) {
                        screen.leave_for(suspend)?;
                    }
                    if hands.obey(&mut state, commands)? {
                        return Ok(Ok(0));
                    }
                    Some(FRAME)
                }
            },
            Some(done) = news.recv() => {
                let commands = match done {
                    Ok(done) => update(&mut state, done),
                    Err(why) => return Ok(Err(why)),
                };
                hands.obey(&mut state, commands)?;
                // Somebody waits for it.
                Some(Duration::ZERO)
            }
            () = frames.due() => {
                if let Some(now) = hands.now() {
                    let commands = update(&mut state, now);
                    hands.obey(&mut state, commands)?;
                }
                screen.draw(|frame| view(&state, frame))?;
                wires.own.frames.inc();
                frames.drawn(&state);
                None
            }
            _ = ticks.tick() => {
                if let Some(now) = hands.now() {
                    let commands = update(&mut state, now);
                    hands.obey(&mut state, commands)?;
                }
                frames.moved(&state).then_some(soon)
            }
            _ = beat.tick(), if state.is_waiting() || hands.player.is_some() => {
                let passed = played.elapsed();
                played = Instant::now();
                let player = hands.player.as_mut().filter(|player| player.is_playing());
                let plays = player.map(|player| take_in(&mut state, player.advance(passed)));
                (plays.is_some() || state.is_waiting()).then_some(FRAME)
            }
            count = wires.messages.recv_many(&mut batch, BATCH), if scraped => {
                scraped = count > 0;
                if !scraped {
                    return Ok(Ok(0));
                }
                wires.own.messages.add(count as u64);
                for message in batch.drain(..) {
                    let commands = update(&mut state, Input::Message(message));
                    hands.obey(&mut state, commands)?;
                }
                // Of what is held, the tick finds out whether it moved.
                frames.held.is_none().then_some(soon)
            }
        };
        hands.work(&mut state);
        if let Some(wait) = wait {
            frames.wish(wait);
        }
    }
}

/// When frames are drawn.
struct Frames {
    last: Instant,
    /// When the next one is, if one is needed.
    next: Option<Instant>,
    /// What the last one showed, if the display was held.
    held: Option<String>,
}

impl Frames {
    /// Comes when a frame is to be drawn.
    async fn due(&self) {
        match self.next {
            Some(next) => sleep_until(next).await,
            None => std::future::pending().await,
        }
    }

    fn drawn(&mut self, state: &State) {
        self.last = Instant::now();
        self.next = None;
        self.held = state.held();
    }

    /// Wants a frame so long after the last one.
    fn wish(&mut self, wait: Duration) {
        let wished = self.last + wait;
        self.next = Some(self.next.map_or(wished, |next| next.min(wished)));
    }

    /// Whether the next frame can differ from the last.
    fn moved(&self, state: &State) -> bool {
        self.held.is_none() || self.held != state.held()
    }
}

/// What is to be done because of an event of the terminal.
fn take_event(state: &mut State, event: &Event) -> Vec<Command> {
    match *event {
        Event::Key(key) => update(state, Input::Key(key)),
        Event::Resize(width, height) => update(state, Input::Resize(width, height)),
        Event::Mouse(event) => update(state, Input::Mouse(event)),
        _ => Vec::new(),
    }
}

/// Whoever does what the state asks for.
struct Hands {
    poller: Option<Handle>,
    player: Option<Player>,
    /// What came of work on other threads.
    done: UnboundedSender<anyhow::Result<Input>>,
    started: Instant,
}

impl Hands {
    /// The present; in a recording, the player tells it.
    fn now(&self) -> Option<Input> {
        let live = self.player.is_none();
        live.then(|| Input::Tick(self.started.elapsed()))
    }

    /// Has done what would hold up keys.
    fn work(&self, state: &mut State) {
        for work in state.work() {
            let done = self.done.clone();
            let run = move || {
                work.run()
                    .map(|prepared| done.send(Ok(Input::Prepared(prepared))))
            };
            drop(spawn_blocking(run));
        }
    }

    /// Has commands obeyed. Whether one of them was to quit.
    fn obey(&mut self, state: &mut State, commands: Vec<Command>) -> io::Result<bool> {
        let quit = commands.contains(&Command::Quit);
        for command in commands {
            if let Command::Copy(text) = &command {
                copy(text)?;
            } else if let Some(work) = files::work(&command) {
                // Reading, merging and writing take long enough to hold up keys.
                let done = self.done.clone();
                drop(spawn_blocking(move || done.send(Ok(Input::File(work())))));
            } else if let Some(player) = &mut self.player {
                take_in(state, player.command(&command));
            } else if let Some(poller) = &self.poller {
                poller.send(command);
            }
        }
        Ok(quit)
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
    drop(thread::Builder::new().name("input".to_owned()).spawn(wait));
    receiver
}

/// Stops the process, as Ctrl-Z does to others, until the shell continues it.
fn suspend() {
    // Should it fail, the picture simply comes back.
    let _ = kill_process(getpid(), Signal::TSTP);
}
