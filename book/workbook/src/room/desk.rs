//! The room, kept in a file: `.cutaway/room/board.json`. What a learner was told to be noted, is in it.

use super::learners::{Learners, Told};
use super::rate::Buckets;
use super::{Clock, Limits, Refusal, Seconds, secret};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The version of the file.
const VERSION: u32 = 1;
/// When somebody was heard last is noted no more often than this, in seconds, if nothing else is new.
const HEARD: Seconds = 30;

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    version: u32,
    /// What learners type.
    pub code: String,
    /// What the instructor's browser shows.
    pub key: String,
    /// Who is there.
    pub learners: Learners,
}

impl Room {
    /// An empty room with a code of its own.
    pub fn new() -> Room {
        Room {
            version: VERSION,
            code: secret::code(),
            key: secret::token(),
            learners: Learners::default(),
        }
    }

    /// The room in `file`, if there is one.
    ///
    /// # Errors
    /// The file cannot be read, or is not what this program has written.
    pub fn read(file: &Path) -> Result<Option<Room>> {
        let shown = file.display();
        let text = match std::fs::read(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| format!("cannot read {shown}"))?,
        };
        let advice = || format!("{shown}: not a room of this program; begin a new one with --new");
        let room: Room = serde_json::from_slice(&text).with_context(advice)?;
        if room.version != VERSION {
            bail!("version {} is not known here: {}", room.version, advice());
        }
        Ok(Some(room))
    }

    fn write(&self, file: &Path) -> std::io::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        write_private(file, &serde_json::to_vec_pretty(self)?)
    }
}

impl Default for Room {
    fn default() -> Room {
        Room::new()
    }
}

/// Replaces `file` as a whole; only its owner can read it.
pub(super) fn write_private(file: &Path, text: &[u8]) -> std::io::Result<()> {
    let new = file.with_extension(format!("new-{}", std::process::id()));
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut written = options.open(&new)?;
    written.write_all(text)?;
    written.sync_data()?;
    std::fs::rename(&new, file)
}

/// The room at work.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    limits: Limits,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    room: Room,
    /// When the file was written last; none if it is not what the room is.
    written: Option<Seconds>,
    strangers: Buckets<IpAddr>,
    members: Buckets<String>,
}

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not allowed.
    Refused(Refusal),
    /// The file cannot be written.
    NotKept(std::io::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refused(refusal)
    }
}

impl Desk {
    /// The room that `file` holds, or a new one, which is then in it.
    pub fn open(file: &Path, limits: Limits, clock: Clock) -> Result<Desk> {
        let room = Room::read(file)?.unwrap_or_default();
        room.write(file)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let state = State {
            room,
            written: Some(clock()),
            strangers: Buckets::new(limits.strangers),
            members: Buckets::new(limits.members),
        };
        Ok(Desk(Arc::new(Shared {
            file: file.to_path_buf(),
            limits,
            clock,
            state: Mutex::new(state),
        })))
    }

    /// The room as it is now.
    pub fn room(&self) -> Room {
        self.state().room.clone()
    }

    /// What time it is here.
    pub fn now(&self) -> Seconds {
        (self.0.clock)()
    }

    /// The largest body, in bytes.
    pub(super) fn body(&self) -> usize {
        self.0.limits.body
    }

    /// How long a wrong code takes.
    pub(super) fn wrong(&self) -> Duration {
        self.0.limits.wrong
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody at `address` comes with `code`, and gets a token.
    pub(super) fn join(&self, address: IpAddr, code: &str, name: &str) -> Result<String, Failure> {
        let mut state = self.state();
        if !state.strangers.take(address, Instant::now()) {
            return Err(Refusal::TooOften.into());
        }
        if !secret::is_code(&state.room.code, code) {
            return Err(Refusal::WrongCode.into());
        }
        let token = secret::token();
        let digest = secret::digest(&token);
        let learners = &mut state.room.learners;
        learners.join(name, digest, self.now(), &self.0.limits)?;
        self.keep(&mut state, true)?;
        Ok(token)
    }

    /// Who has this token tells something.
    pub(super) fn tell(&self, address: IpAddr, token: &str, told: &Told) -> Result<(), Failure> {
        let (mut state, index) = self.member(address, token)?;
        let now = self.now();
        let learners = &mut state.room.learners;
        let changed = learners.tell(index, told, now, &self.0.limits)?;
        self.keep(&mut state, changed)
    }

    /// Who has this token goes, and nothing of them stays.
    pub(super) fn leave(&self, address: IpAddr, token: &str) -> Result<(), Failure> {
        let (mut state, index) = self.member(address, token)?;
        state.room.learners.0.remove(index);
        self.keep(&mut state, true)
    }

    fn member(
        &self,
        address: IpAddr,
        token: &str,
    ) -> Result<(MutexGuard<'_, State>, usize), Refusal> {
        let digest = secret::digest(token);
        let mut state = self.state();
        let now = Instant::now();
        match state.room.learners.find(&digest) {
            Some(_) if !state.members.take(digest, now) => Err(Refusal::TooOften),
            Some(index) => Ok((state, index)),
            None if state.strangers.take(address, now) => Err(Refusal::NotJoined),
            None => Err(Refusal::TooOften),
        }
    }

    /// Sees to it that the file holds what is new, before anybody hears that it is noted.
    fn keep(&self, state: &mut State, changed: bool) -> Result<(), Failure> {
        let now = self.now();
        if changed {
            state.written = None;
        }
        if state.written.is_some_and(|at| now < at + HEARD) {
            return Ok(());
        }
        state.room.write(&self.0.file).map_err(Failure::NotKept)?;
        state.written = Some(now);
        Ok(())
    }
}
