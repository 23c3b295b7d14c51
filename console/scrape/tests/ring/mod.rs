//! Rings of profiles: taken one after the other, and given up at once when anybody else takes one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cutaway_model::{Cause, Command, Message, Missed, ProfileKind, RingNews, RingPace, TargetId};
use tokio::sync::mpsc::Receiver;

use crate::fake::{self, Fake, Reply, path};
use crate::watch;

const TARGET: TargetId = TargetId(0);
const PACE: RingPace = RingPace { seconds: 1, hz: 50 };
const KEEP: Command = Command::KeepRing {
    target: TARGET,
    pace: PACE,
};
/// What a ring asks for.
const ASKED: &str = "/debug/pprof/profile?seconds=1&hz=50&background=1&idle=1";
/// What the user's view asks for.
const WATCHED: &str = "/debug/pprof/profile?seconds=2&background=1";
const WATCH: Command = Command::WatchProfile {
    target: TARGET,
    kind: ProfileKind::Cpu,
    seconds: 2,
};

/// The next thing that happens to the ring.
async fn news(messages: &mut Receiver<Message>) -> RingNews {
    loop {
        let message = fake::soon(messages.recv()).await;
        if let Message::Ring { target, news, .. } = message.expect("the poller goes on") {
            assert_eq!(target, TARGET);
            return news;
        }
    }
}

fn cpu() -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/go/cpu.pb.gz");
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn profile() -> Reply {
    Reply::Answer(200, "application/octet-stream", cpu())
}

/// The same from a service of ours, which says what it cost.
fn our_profile() -> Reply {
    let body = cpu();
    let head = format!(
        "HTTP/1.1 200 OK\r\nx-profile-asked: 50\r\nx-profile-cpu-ns: 42000000\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    Reply::Raw([head.into_bytes(), body].concat())
}

#[tokio::test]
async fn one_profile_after_the_other_is_taken_until_told_to_stop() {
    let server = Fake::start(|head| match path(head) {
        ASKED => our_profile(),
        _ => Reply::json("{}"),
    })
    .await;
    let (handle, mut messages) = watch(&server.target());
    handle.send(KEEP);
    assert!(matches!(news(&mut messages).await, RingNews::On(PACE)));
    let mut last = None;
    for _ in 0..2 {
        let RingNews::Taken {
            since,
            cost,
            gives_way,
            ..
        } = news(&mut messages).await
        else {
            panic!("a profile");
        };
        assert_eq!((cost, gives_way), (Some(Duration::from_millis(42)), true));
        // Never more often than one after the other, even where the answer comes at once.
        assert!(last.is_none_or(|last| since >= last + Duration::from_secs(1)));
        last = Some(since);
    }
    // The same once more changes nothing.
    handle.send(KEEP);
    handle.send(Command::StopRing(TARGET));
    loop {
        match news(&mut messages).await {
            RingNews::Off => break,
            RingNews::Taken { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn somebody_elses_capture_is_skipped_and_it_is_tried_again() {
    let asked = AtomicUsize::new(0);
    let yielded = "the background capture of profile was cancelled by 10.0.0.9:1, who captures now";
    let server = Fake::start(move |head| match path(head) {
        ASKED => match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::error(409, yielded),
            1 => Reply::error(
                500,
                "Could not enable CPU profiling: cpu profiling already in use\n",
            ),
            2 => Reply::error(404, "Unknown profile\n"),
            _ => profile(),
        },
        _ => Reply::json("{}"),
    })
    .await;
    let (handle, mut messages) = watch(&server.target());
    handle.send(KEEP);
    let mut misses = Vec::new();
    loop {
        match news(&mut messages).await {
            RingNews::On(_) => {}
            RingNews::Missed { why, .. } => misses.push(why),
            RingNews::Taken { gives_way, .. } => {
                assert!(!gives_way, "Go's services know no background");
                break;
            }
            RingNews::Off => panic!("nobody said so"),
        }
    }
    assert_eq!(
        misses,
        [
            Missed::Yielded(yielded.to_owned()),
            Missed::Refused(
                "Could not enable CPU profiling: cpu profiling already in use".to_owned()
            ),
            Missed::Failed(Cause::NotFound("Unknown profile".to_owned())),
        ]
    );
}

#[tokio::test]
async fn the_ring_stands_back_while_the_user_captures() {
    // The ring's capture goes on for ever; the user's are refused until it is gone.
    let rings = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&rings);
    let refused = AtomicUsize::new(0);
    let server = Fake::start(move |head| match path(head) {
        ASKED if asked.fetch_add(1, Ordering::SeqCst) == 0 => Reply::hang(),
        WATCHED if refused.fetch_add(1, Ordering::SeqCst) == 0 => Reply::error(409, "busy"),
        ASKED | WATCHED => profile(),
        _ => Reply::json("{}"),
    })
    .await;
    let (handle, mut messages) = watch(&server.target());
    handle.send(KEEP);
    assert!(matches!(news(&mut messages).await, RingNews::On(PACE)));
    while rings.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    handle.send(WATCH);
    // Its connection is closed at once, and with that its capture ended.
    fake::soon(server.hung_up()).await;
    let mut stood_back = false;
    loop {
        match fake::soon(messages.recv())
            .await
            .expect("the poller goes on")
        {
            Message::Ring {
                news: RingNews::Missed { why, .. },
                ..
            } => {
                assert_eq!(why, Missed::StoodBack);
                stood_back = true;
            }
            Message::Profile { .. } => break,
            // That the service had not noticed yet is not worth a word.
            Message::ProfileFailed { cause, .. } => panic!("{cause}"),
            _ => {}
        }
    }
    assert!(stood_back);
    assert_eq!(rings.load(Ordering::SeqCst), 1, "it does not ask meanwhile");
    handle.send(Command::StopProfile {
        target: TARGET,
        kind: ProfileKind::Cpu,
    });
    loop {
        if let RingNews::Taken { .. } = news(&mut messages).await {
            break;
        }
    }
}

#[tokio::test]
async fn a_heap_profile_keeps_no_ring_back() {
    let server = Fake::start(|head| match path(head) {
        ASKED => profile(),
        _ => Reply::json("{}"),
    })
    .await;
    let (handle, mut messages) = watch(&server.target());
    handle.send(Command::WatchProfile {
        target: TARGET,
        kind: ProfileKind::Heap,
        seconds: 1,
    });
    handle.send(KEEP);
    loop {
        match news(&mut messages).await {
            RingNews::Taken { .. } => break,
            RingNews::On(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
