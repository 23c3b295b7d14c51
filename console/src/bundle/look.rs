//! The target watched while the evidence is collected: what looks wrong, and what cannot be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use cutaway_model::{Message, units};
use cutaway_scrape::{Options, Poller, Target};
use cutaway_tui::{Found, Input, State, update};
use serde_json::{Value, json};
use tokio::sync::mpsc::channel;
use tokio::time::{Instant, interval, sleep_until};

use super::contents::{Contents, OWN};
use crate::lines;

/// Messages on their way.
const UNDER_WAY: usize = 64;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Everything that looked wrong at any time, by name, as it was last seen, and whether it still did at the end.
    findings: BTreeMap<&'static str, (Found, bool)>,
    /// Failures, each once.
    failures: Vec<String>,
    restarts: Vec<String>,
    watched: Duration,
}

/// Watches the target as the picture would, for so many seconds.
pub(super) async fn watch(target: &Target, seconds: u32, mut options: Options) -> Seen {
    let started = options.started;
    // Whatever the config file says: rules need some readings to judge by.
    let pace = options.interval.min(Duration::from_secs(1));
    options.interval = pace;
    let mut state = State::new(cutaway_tui::Options {
        interval: pace,
        ..cutaway_tui::Options::default()
    });
    let (sender, mut messages) = channel(UNDER_WAY);
    let poller = Poller::start(vec![target.clone()], options, sender);
    let end = Instant::now() + Duration::from_secs(seconds.into());
    let mut ticks = interval(pace);
    let mut seen = Seen::default();
    loop {
        let input = tokio::select! {
            () = sleep_until(end) => break,
            _ = ticks.tick() => Input::Tick(started.elapsed()),
            message = messages.recv() => match message {
                Some(message) => {
                    seen.hear(&message);
                    Input::Message(message)
                }
                None => break,
            },
        };
        for command in update(&mut state, input) {
            poller.send(command);
        }
        seen.judge(&state);
    }
    seen.watched = Duration::from_secs(seconds.into());
    seen
}

impl Seen {
    fn hear(&mut self, message: &Message) {
        let (list, text) = match message {
            Message::Failed { source, cause, .. } => {
                (&mut self.failures, lines::describe(*source, cause))
            }
            Message::Restarted { why, .. } => (&mut self.restarts, why.clone()),
            _ => return,
        };
        if !list.contains(&text) {
            list.push(text);
        }
    }

    fn judge(&mut self, state: &State) {
        for (_, holds) in self.findings.values_mut() {
            *holds = false;
        }
        for found in state.findings() {
            self.findings.insert(found.name, (found, true));
        }
    }

    /// Why it could not be read, as it was said first.
    pub(super) fn why(&self) -> Option<&str> {
        self.failures.first().map(String::as_str)
    }

    /// Puts it into the archive, for people and for programs.
    pub(super) fn write(&self, contents: &mut Contents) {
        let cleaner = &contents.cleaner;
        let mut document = self.document();
        cleaner.document(&mut document);
        let text = cleaner.text(&self.text());
        contents.add_document("findings.json", OWN, &document);
        contents.add("findings.txt", OWN, text);
    }

    fn document(&self) -> Value {
        let findings = self.findings.values().map(|(found, holds)| {
            json!({
                "name": found.name,
                "title": found.title,
                "reason": found.reason,
                "variable": found.variable,
                "view": found.view,
                "at_the_end": holds,
            })
        });
        json!({
            "watched_seconds": self.watched.as_secs(),
            "findings": findings.collect::<Vec<_>>(),
            "failures": self.failures,
            "restarts": self.restarts,
        })
    }

    fn text(&self) -> String {
        let mut text = format!("Watched for {}.\n", units::duration(self.watched));
        if self.findings.is_empty() {
            text.push_str("Nothing looked wrong.\n");
        }
        for (found, holds) in self.findings.values() {
            let Found {
                name,
                title,
                reason,
                view,
                ..
            } = found;
            let end = if *holds { "" } else { " (over at the end)" };
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "\n{title}{end}\n  {reason}\n  the console's view {view} has more, and its card {name} says what to do\n"
            );
        }
        for (title, list) in [
            ("could not be read", &self.failures),
            ("started again", &self.restarts),
        ] {
            for why in list {
                let _ = write!(text, "\n{title}\n  {why}\n");
            }
        }
        text
    }
}
