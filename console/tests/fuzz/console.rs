//! The console without its terminal: what it reads, keeps and draws.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{
    Cause, Endpoints, Message, Profile, ProfileKind, Source, TargetId, TargetInfo, sanitize,
};
use cutaway_scrape::{Options, Target, fetch_profile, once};
use cutaway_tui::{Input, State, draw, update};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use tokio::runtime::Runtime;

use crate::Ended;
use crate::server::Server;

/// So many bodies are taken for answers of one target, one after the other; then comes another.
const ONE_TARGET: u64 = 16;

/// Views and looks; each body is seen in two of them.
const VARIABLES: [&str; 8] = ["1", "2", "2j\r", "2/a|b\r", "3", "8", "9", "2jE"];
const PROFILES: [&str; 10] = [
    "4",
    "4j\r",
    "4t",
    "4c",
    "4L",
    "4T",
    "4S",
    "4m",
    "4d",
    "4/a|main\r",
];

pub(crate) struct Console {
    pub(crate) server: Server,
    profiles: bool,
    runtime: Runtime,
    state: State,
    now: Duration,
}

impl Console {
    /// For bodies of this format.
    pub(crate) fn new(format: &str) -> Self {
        let (path, content_type) = match format {
            "profile" => ("/debug/pprof/profile", "application/octet-stream"),
            "exposition" => ("/metrics", "text/plain; version=0.0.4"),
            _ => ("/debug/vars", "application/json"),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            server: Server::start(path, content_type),
            profiles: format == "profile",
            runtime: runtime.expect("a runtime can be started"),
            state: State::new(cutaway_tui::Options::default()),
            now: Duration::ZERO,
        }
    }

    /// Does with a body all that is done with one.
    pub(crate) fn take(&mut self, index: u64, body: &[u8]) -> Ended {
        if index.is_multiple_of(ONE_TARGET) {
            self.begin();
        }
        self.server.turn_to(body);
        self.now += Duration::from_secs(1);
        update(&mut self.state, Input::Tick(self.now));
        let (read, views) = if self.profiles {
            (self.profile(body), &PROFILES[..])
        } else {
            (self.variables(), &VARIABLES[..])
        };
        let at = usize::try_from(index).expect("there are not so many");
        for keys in [views[at % views.len()], views[(at / 7) % views.len()]] {
            self.look(keys);
        }
        read
    }

    fn begin(&mut self) {
        self.state = State::new(cutaway_tui::Options::default());
        self.now = Duration::ZERO;
        update(&mut self.state, Input::Resize(80, 24));
        let url = format!("http://{}", self.server.addr);
        let info = TargetInfo {
            id: TargetId(0),
            name: "fuzzed".to_owned(),
            url,
            pod: None,
        };
        self.tell(Message::Targets(vec![info]));
    }

    fn tell(&mut self, message: Message) {
        update(&mut self.state, Input::Message(message));
    }

    fn options() -> Options {
        // A machine that stands still for a while must not look like a server that does.
        Options {
            timeout: Duration::from_mins(1),
            ..Options::default()
        }
    }

    fn target(&self) -> Target {
        let (mut targets, _) = Target::parse_list(&self.server.addr.to_string());
        targets.remove(0)
    }

    /// Reads the target: what came is complete, or refused with a reason.
    fn variables(&mut self) -> Ended {
        let targets = [self.target()];
        let reading = once(&targets, Self::options());
        let (_, messages) = self.runtime.block_on(reading).remove(0);
        let mut ended = None;
        for message in messages {
            match &message {
                Message::Sample { values, .. } => {
                    assert!(values.is_sorted_by(|a, b| a.0 <= b.0), "out of order");
                    ended = Some(true);
                }
                Message::Failed { cause, .. } => {
                    check_reason(cause);
                    ended = ended.or(Some(false));
                }
                _ => {}
            }
            self.tell(at(message, self.now));
        }
        ended.expect("a reading ends with values or a reason")
    }

    /// Fetches the profile: it is the whole of it, or there is a reason.
    fn profile(&mut self, body: &[u8]) -> Ended {
        let endpoints = Endpoints {
            sources: vec![Source::Expvar],
            profiles: vec![ProfileKind::Cpu],
        };
        self.tell(Message::Endpoints {
            target: TargetId(0),
            at: self.now,
            endpoints,
        });
        let target = self.target();
        let fetched = fetch_profile(&target, ProfileKind::Cpu, None, Self::options());
        let fetched = self.runtime.block_on(fetched);
        let whole = Profile::decode(body);
        assert_eq!(
            fetched.is_ok(),
            whole.is_ok(),
            "{:?} and {:?}",
            fetched.err(),
            whole.err()
        );
        let (target, at, kind) = (TargetId(0), self.now, ProfileKind::Cpu);
        match fetched {
            Ok(profile) => {
                let mut whole = whole.expect("it is as the one fetched");
                let _ = whole.prune();
                assert!(profile == whole, "a part of it");
                // It has to be on the screen to be taken in.
                self.press("4");
                let profile = Arc::new(profile);
                self.tell(Message::Profile {
                    target,
                    at,
                    kind,
                    profile,
                });
                true
            }
            Err(cause) => {
                check_reason(&cause);
                self.press("4");
                self.tell(Message::ProfileFailed {
                    target,
                    at,
                    kind,
                    cause,
                });
                false
            }
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            let code = match key {
                '\r' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                key => KeyCode::Char(key),
            };
            update(
                &mut self.state,
                Input::Key(KeyEvent::new(code, KeyModifiers::NONE)),
            );
        }
    }

    /// Draws a view, in which nothing stands that a terminal obeys.
    fn look(&mut self, keys: &str) {
        self.press(keys);
        let mut screen = Buffer::empty(Rect::new(0, 0, 80, 24));
        draw(&self.state, &mut screen);
        for cell in screen.content() {
            let symbol = cell.symbol();
            assert_eq!(sanitize(symbol), symbol, "after {keys:?}");
        }
        // What was typed and opened is given up again.
        self.press("\u{1b}\u{1b}\u{1b}");
    }
}

/// The message, as of the time that the test makes up.
fn at(mut message: Message, now: Duration) -> Message {
    match &mut message {
        Message::Endpoints { at, .. }
        | Message::Sample { at, .. }
        | Message::Failed { at, .. }
        | Message::Restarted { at, .. } => *at = now,
        _ => {}
    }
    message
}

fn check_reason(cause: &Cause) {
    let reason = cause.to_string();
    assert!(!reason.trim().is_empty(), "{cause:?}");
    assert_eq!(sanitize(&reason), reason);
}
