//! A recording over time: faster, slower, back and forth.

use std::time::Duration;

use cutaway_model::{At, Command};
use cutaway_tui::{Input, Replay};

use super::read::{Context, Recording};

/// The slowest and the fastest, as it happened being 1.
const SPEEDS: (f64, f64) = (0.125, 256.0);
/// The most lines read at once to know what was before a moment: more would make scrubbing slow.
const MOST_LINES: usize = 200_000;

/// What plays a recording.
pub(crate) struct Player {
    recording: Recording,
    context: Context,
    /// The next line.
    next: usize,
    at: At,
    speed: f64,
    playing: bool,
    /// How much of what was before a moment is shown with it.
    history: Duration,
}

impl Player {
    /// At the beginning, going on by itself. `history` is how far back charts reach.
    pub(crate) fn new(recording: Recording, history: Duration) -> Self {
        let (start, _) = recording.span();
        Self {
            recording,
            context: Context::default(),
            next: 0,
            at: start,
            speed: 1.0,
            playing: true,
            history,
        }
    }

    /// So many times as fast as it happened.
    pub(crate) fn at_speed(mut self, speed: f64) -> Self {
        if speed.is_finite() {
            self.speed = speed.clamp(SPEEDS.0, SPEEDS.1);
        }
        self
    }

    /// Beginning so long after its beginning.
    pub(crate) fn from(mut self, after: Duration) -> Self {
        let (start, end) = self.recording.span();
        self.at = (start + after).min(end);
        self
    }

    /// Whether it goes on by itself.
    pub(crate) fn is_playing(&self) -> bool {
        self.playing
    }

    /// What is to be shown at first.
    pub(crate) fn begin(&mut self) -> Vec<Input> {
        let at = self.at;
        self.jump(at)
    }

    /// What comes in so much time of the watcher's.
    pub(crate) fn advance(&mut self, passed: Duration) -> Vec<Input> {
        if !self.playing {
            return Vec::new();
        }
        self.go_to(self.at + passed.mul_f64(self.speed))
    }

    /// Does what a key asked for.
    pub(crate) fn command(&mut self, command: &Command) -> Vec<Input> {
        match command {
            Command::Seek(seconds) => {
                let step = Duration::from_secs(seconds.unsigned_abs());
                if *seconds < 0 {
                    let (start, _) = self.recording.span();
                    return self.jump(self.at.saturating_sub(step).max(start));
                }
                return self.go_to(self.at + step);
            }
            Command::Speed { faster } => {
                let factor = if *faster { 2.0 } else { 0.5 };
                self.speed = (self.speed * factor).clamp(SPEEDS.0, SPEEDS.1);
            }
            Command::Play => {
                self.playing = !self.playing;
                let (_, end) = self.recording.span();
                if self.playing && self.at >= end {
                    // At the end there is only the beginning.
                    return self.jump(self.recording.span().0);
                }
            }
            _ => return Vec::new(),
        }
        vec![self.status()]
    }

    /// Lines that could not be read so far.
    #[cfg(test)]
    pub(crate) fn bad_lines(&self) -> usize {
        self.context.bad
    }

    /// Goes on to a later moment.
    fn go_to(&mut self, at: At) -> Vec<Input> {
        let (_, end) = self.recording.span();
        self.at = at.min(end);
        if at >= end {
            self.playing = false;
        }
        let mut inputs = self.read();
        inputs.extend([Input::Tick(self.at), self.status()]);
        inputs
    }

    /// Goes to any moment: what was before it is read again.
    fn jump(&mut self, at: At) -> Vec<Input> {
        self.at = at;
        self.context = Context::default();
        self.next = self.recording.checkpoint(at.saturating_sub(self.history));
        let mut until = self.next;
        while self.recording.time_of(until).is_some_and(|time| time <= at) {
            until += 1;
        }
        if until - self.next > MOST_LINES {
            let from = self.recording.time_of(until - MOST_LINES).unwrap_or(at);
            self.next = self.recording.checkpoint(from).max(self.next);
        }
        let mut inputs = vec![Input::Rewind(
            self.recording.time_of(self.next).unwrap_or(at),
        )];
        inputs.extend(self.read());
        inputs.extend([Input::Tick(self.at), self.status()]);
        inputs
    }

    /// The messages up to the moment shown.
    fn read(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        while self
            .recording
            .time_of(self.next)
            .is_some_and(|time| time <= self.at)
        {
            if let Some((_, Some(message))) = self.recording.message(self.next, &mut self.context) {
                inputs.push(Input::Message(message));
            }
            self.next += 1;
        }
        inputs
    }

    fn status(&self) -> Input {
        let (start, end) = self.recording.span();
        Input::Replay(Replay {
            start,
            at: self.at,
            end,
            speed: self.speed,
            playing: self.playing,
        })
    }
}
