//! Pictures of the console on a running service, drawn from its screen buffer.
//!
//! `cargo run -p cutaway --example pictures -- 4000 book/src/start/pictures`
//!
//! It watches the target as the program does, for a minute and a half, presses the keys that open each view, and
//! writes one SVG a view. `make pictures` starts everything it needs.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use cutaway_model::Message;
use cutaway_scrape::{Handle, Options, Poller, Target};
use cutaway_tui::{Input, State, draw, shot, update};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, timeout_at};

/// Columns and rows of the pictures.
const SIZE: (u16, u16) = (120, 34);
/// The views: the keys that open it, how long to watch before it is drawn, the file, what it shows.
const VIEWS: [(&str, u64, &str, &str); 3] = [
    (
        "1",
        50,
        "overview",
        "The console's overview of the sales service",
    ),
    (
        "2",
        2,
        "variables",
        "The variables of the sales service as a tree",
    ),
    (
        "4",
        40,
        "cpu",
        "A live CPU flame graph of the sales service",
    ),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, folder] = &arguments[..] else {
        bail!("usage: pictures TARGET FOLDER");
    };
    let (targets, bad) = Target::parse_list(target);
    if let Some(bad) = bad.first() {
        bail!("{bad}");
    }
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;

    let (sender, messages) = channel(256);
    let poller = Poller::start(targets, Options::default(), sender);
    let mut watching = Watching {
        state: State::new(cutaway_tui::Options::default()),
        messages,
        poller,
        started: Instant::now(),
    };
    watching.tell(Input::Resize(SIZE.0, SIZE.1));
    for (keys, seconds, name, title) in VIEWS {
        for key in keys.chars() {
            watching.tell(Input::Key(KeyEvent::new(
                KeyCode::Char(key),
                KeyModifiers::NONE,
            )));
        }
        watching.watch(Duration::from_secs(seconds)).await;
        let file = folder.join(format!("{name}.svg"));
        std::fs::write(&file, watching.picture(title))
            .with_context(|| format!("cannot write {}", file.display()))?;
        println!("{}", file.display());
    }
    Ok(())
}

struct Watching {
    state: State,
    messages: Receiver<Message>,
    poller: Handle,
    started: Instant,
}

impl Watching {
    fn tell(&mut self, input: Input) {
        for command in update(&mut self.state, input) {
            self.poller.send(command);
        }
    }

    async fn watch(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok(Some(message)) = timeout_at(end, self.messages.recv()).await {
            self.tell(Input::Message(message));
            let now = self.started.elapsed();
            self.tell(Input::Tick(now));
        }
    }

    fn picture(&self, title: &str) -> String {
        let mut screen = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        draw(&self.state, &mut screen);
        shot::svg(&screen, title)
    }
}
