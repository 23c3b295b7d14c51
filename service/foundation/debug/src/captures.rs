//! Captures under way: one of each kind, held by whoever asked first.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

/// The captures of a listener.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captures {
    running: Arc<Mutex<HashMap<&'static str, Running>>>,
}

#[derive(Debug)]
struct Running {
    holder: Holder,
    manner: Manner,
    cancel: watch::Sender<Option<Peer>>,
    /// Closed when the capture has ended.
    ended: watch::Receiver<()>,
}

/// What becomes of a request for a capture if there is another, and of it if another comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Ends one in the background, is refused by any other.
    Plain,
    /// Ends whatever there is.
    Force,
    /// Is refused by any other but an idle one, and ends when anybody else asks who is not in the background either: what
    /// somebody looks at all the time must not lock others out.
    Background,
    /// Is refused by any other, and ends when anybody else asks who is not idle: what nobody looks at yet.
    Idle,
}

impl Manner {
    /// Whether it ends a capture taken in this manner.
    fn ends(self, other: Self) -> bool {
        match self {
            Self::Plain => other.is_background(),
            Self::Force => true,
            Self::Background => other == Self::Idle,
            Self::Idle => false,
        }
    }

    fn is_background(self) -> bool {
        matches!(self, Self::Background | Self::Idle)
    }
}

/// Who sent a request, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) Option<SocketAddr>);

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(addr) => addr.fmt(f),
            None => f.write_str("an unknown client"),
        }
    }
}

/// Who captures what, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) kind: &'static str,
    peer: Peer,
    since: SystemTime,
    started: Instant,
    length: Duration,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.length.saturating_sub(self.started.elapsed());
        let since = self
            .since
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let (hours, minutes, seconds) = (since / 3600 % 24, since / 60 % 60, since % 60);
        write!(
            f,
            "{} has been capturing {} since {hours:02}:{minutes:02}:{seconds:02} UTC, {:.0} s of {} s are left",
            self.peer,
            self.kind,
            left.as_secs_f64().ceil(),
            self.length.as_secs()
        )
    }
}

impl Captures {
    /// Takes the turn to capture this kind of thing for so long. Where the [`Manner`]s say so, a capture under way is
    /// cancelled, and this waits until it has ended.
    ///
    /// # Errors
    /// Who captures already.
    pub(crate) async fn take(
        &self,
        kind: &'static str,
        peer: Peer,
        length: Duration,
        manner: Manner,
    ) -> Result<Turn, Holder> {
        loop {
            let mut ended = match self.try_take(kind, peer, length, manner) {
                Ok(turn) => return Ok(turn),
                Err(Taken::By(holder)) => return Err(holder),
                Err(Taken::Until(ended)) => ended,
            };
            // Nothing is ever sent: this is about the sender's end.
            let _closed = ended.changed().await;
        }
    }

    fn try_take(
        &self,
        kind: &'static str,
        peer: Peer,
        length: Duration,
        manner: Manner,
    ) -> Result<Turn, Taken> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = running.get(kind) {
            if !manner.ends(other.manner) {
                return Err(Taken::By(other.holder.clone()));
            }
            other.cancel.send_replace(Some(peer));
            return Err(Taken::Until(other.ended.clone()));
        }
        let (cancel, cancelled) = watch::channel(None);
        let (alive, ended) = watch::channel(());
        let holder = Holder {
            kind,
            peer,
            since: SystemTime::now(),
            started: Instant::now(),
            length,
        };
        running.insert(
            kind,
            Running {
                holder,
                manner,
                cancel,
                ended,
            },
        );
        Ok(Turn {
            captures: self.clone(),
            kind,
            length,
            background: manner.is_background(),
            cancelled,
            _alive: alive,
        })
    }
}

enum Taken {
    By(Holder),
    Until(watch::Receiver<()>),
}

/// The right to capture one kind of thing. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    captures: Captures,
    kind: &'static str,
    length: Duration,
    background: bool,
    cancelled: watch::Receiver<Option<Peer>>,
    _alive: watch::Sender<()>,
}

impl Turn {
    /// Waits for the end of the capture's time.
    ///
    /// # Errors
    /// Somebody cancelled it.
    pub(crate) async fn elapse(&mut self) -> Result<(), Cancelled> {
        let (kind, background) = (self.kind, self.background);
        let cancelled = async {
            let by = self.cancelled.wait_for(Option::is_some).await;
            by.ok().and_then(|by| *by)
        };
        tokio::select! {
            () = tokio::time::sleep(self.length) => Ok(()),
            Some(by) = cancelled => Err(Cancelled { kind, background, by }),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = self
            .captures
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        running.remove(self.kind);
    }
}

/// A capture was taken from its holder.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the {}capture of {kind} was cancelled by {by}, who captures now", if *.background { "background " } else { "" })]
pub(crate) struct Cancelled {
    kind: &'static str,
    background: bool,
    by: Peer,
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Peer = Peer(Some(SocketAddr::new(
        std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        1,
    )));
    const B: Peer = Peer(None);
    const LONG: Duration = Duration::from_mins(10);

    #[tokio::test]
    async fn there_is_one_of_each_kind_and_its_end_makes_room() {
        let captures = Captures::default();
        let take = |kind| captures.take(kind, A, LONG, Manner::Plain);
        let profile = take("profile").await.expect("free");
        let _heap = take("heap").await.expect("another kind");
        let holder = take("profile").await.expect_err("taken").to_string();
        assert!(
            holder.starts_with("127.0.0.1:1 has been capturing profile since "),
            "{holder}"
        );
        assert!(
            holder.ends_with(" UTC, 600 s of 600 s are left"),
            "{holder}"
        );
        drop(profile);
        take("profile").await.expect("free again");
    }

    #[tokio::test]
    async fn force_cancels_and_waits_for_the_end() {
        let captures = Captures::default();
        let mut first = captures
            .take("profile", A, LONG, Manner::Plain)
            .await
            .expect("free");
        let second = tokio::spawn({
            let captures = captures.clone();
            async move { captures.take("profile", B, LONG, Manner::Force).await }
        });
        let cancelled = first.elapse().await.expect_err("cancelled").to_string();
        assert_eq!(
            cancelled,
            "the capture of profile was cancelled by an unknown client, who captures now"
        );
        tokio::task::yield_now().await;
        assert!(!second.is_finished(), "the first has not ended");
        drop(first);
        let _turn = second.await.expect("no panic").expect("it waited");
        captures
            .take("profile", A, LONG, Manner::Plain)
            .await
            .expect_err("the second has it");
    }

    #[tokio::test]
    async fn what_is_in_the_background_gives_way_and_drives_nobody_out() {
        let captures = Captures::default();
        let take = |peer, manner| captures.take("profile", peer, LONG, manner);
        let mut behind = take(A, Manner::Background).await.expect("free");
        take(B, Manner::Background)
            .await
            .expect_err("as little in a hurry as the first");
        let asked = async {
            take(B, Manner::Plain)
                .await
                .expect("the first has given way")
        };
        let given_way = async {
            let cancelled = behind.elapse().await.expect_err("cancelled");
            drop(behind);
            cancelled.to_string()
        };
        let (_turn, cancelled) = tokio::join!(asked, given_way);
        assert_eq!(
            cancelled,
            "the background capture of profile was cancelled by an unknown client, who captures now"
        );
        take(A, Manner::Background)
            .await
            .expect_err("the second stays");
    }

    #[tokio::test]
    async fn what_nobody_looks_at_gives_way_to_what_somebody_watches() {
        let captures = Captures::default();
        let take = |peer, manner| captures.take("profile", peer, LONG, manner);
        let mut idle = take(A, Manner::Idle).await.expect("free");
        take(B, Manner::Idle).await.expect_err("as idle");
        let watched = async { take(B, Manner::Background).await.expect("it gave way") };
        let given_way = async {
            let cancelled = idle.elapse().await.expect_err("cancelled");
            drop(idle);
            cancelled.to_string()
        };
        let (_turn, cancelled) = tokio::join!(watched, given_way);
        assert!(
            cancelled.starts_with("the background capture"),
            "{cancelled}"
        );
        take(A, Manner::Idle).await.expect_err("it is watched");
    }

    #[tokio::test]
    async fn a_capture_takes_its_time() {
        let captures = Captures::default();
        let length = Duration::from_millis(5);
        let mut turn = captures
            .take("heap", A, length, Manner::Plain)
            .await
            .expect("free");
        let before = Instant::now();
        turn.elapse().await.expect("nobody cancels");
        assert!(before.elapsed() >= length);
    }
}
