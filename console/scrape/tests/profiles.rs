//! Profiles, once and again and again, and a real Go program read completely.

mod fake;
mod ring;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cutaway_model::{Cause, Command, Endpoints, Message, Profile, ProfileKind, Source, TargetId};
use cutaway_scrape::{Handle, Options, Poller, Target, fetch_profile};
use expvar::read::Document;
use fake::{Fake, Reply, path};
use tokio::sync::mpsc::{self, Receiver};

const TARGET: TargetId = TargetId(0);

fn watch(list: &str) -> (Handle, Receiver<Message>) {
    let (sender, messages) = mpsc::channel(64);
    // Variables are read once, so that what the tests see is about profiles.
    let options = Options {
        interval: Duration::from_mins(10),
        timeout: Duration::from_mins(10),
        ..Options::default()
    };
    let (targets, bad) = Target::parse_list(list);
    assert_eq!(bad, []);
    (Poller::start(targets, options, sender), messages)
}

async fn next<T>(
    messages: &mut Receiver<Message>,
    mut choose: impl FnMut(Message) -> Option<T>,
) -> T {
    loop {
        let message = fake::soon(messages.recv())
            .await
            .expect("the poller goes on");
        if let Some(chosen) = choose(message) {
            return chosen;
        }
    }
}

async fn profile(messages: &mut Receiver<Message>) -> Result<Profile, Cause> {
    next(messages, |message| match message {
        Message::Profile { profile, .. } => Some(Ok((*profile).clone())),
        Message::ProfileFailed { cause, .. } => Some(Err(cause)),
        _ => None,
    })
    .await
}

fn fetch(kind: ProfileKind) -> Command {
    Command::FetchProfile {
        target: TARGET,
        kind,
        seconds: 2,
    }
}

/// What the captured Go program answered.
fn go(name: &str) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../testdata/go")
        .join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn go_program(head: &str) -> Reply {
    let name = path(head).split('?').next().unwrap_or_default();
    match name.strip_prefix("/debug/pprof/") {
        Some("") => Reply::html(go("index.html")),
        Some("profile") => Reply::Answer(200, "application/octet-stream", go("cpu.pb.gz")),
        Some(kind) => Reply::Answer(
            200,
            "application/octet-stream",
            go(&format!("{kind}.pb.gz")),
        ),
        None if name == "/debug/vars" => Reply::json(go("vars.json")),
        None => Reply::not_found(),
    }
}

#[tokio::test]
async fn a_real_go_program_is_read_completely() {
    let server = Fake::start(go_program).await;
    let (handle, mut messages) = watch(&server.target());
    let values = next(&mut messages, |message| match message {
        Message::Sample {
            values,
            source: Source::Expvar,
            ..
        } => Some(values),
        _ => None,
    })
    .await;
    let expected = Document::parse(&go("vars.json")).expect("Go's document can be read");
    assert_eq!(*values, expected.into_values());
    assert!(values.len() > 30, "{}", values.len());
    let endpoints = next(&mut messages, |message| match message {
        Message::Endpoints { endpoints, .. } => Some(endpoints),
        _ => None,
    })
    .await;
    assert_eq!(
        endpoints,
        Endpoints {
            sources: vec![Source::Expvar],
            profiles: ProfileKind::ALL.to_vec()
        }
    );
    for kind in ProfileKind::ALL {
        handle.send(fetch(kind));
        let name = if kind == ProfileKind::Cpu {
            "cpu"
        } else {
            kind.endpoint()
        };
        let expected =
            Profile::decode(&go(&format!("{name}.pb.gz"))).expect("Go's profile can be read");
        assert_eq!(profile(&mut messages).await, Ok(expected), "{kind}");
    }
}

#[tokio::test]
async fn refusals_say_why() {
    let cases = [
        (
            Reply::error(409, "busy since 3 s\n"),
            Cause::Busy("busy since 3 s".into()),
        ),
        (
            Reply::error(
                500,
                "Could not enable CPU profiling: cpu profiling already in use\n",
            ),
            Cause::Busy("Could not enable CPU profiling: cpu profiling already in use".into()),
        ),
        (
            Reply::error(501, "built without frame pointers"),
            Cause::Unsupported("built without frame pointers".into()),
        ),
        (
            Reply::error(404, "Unknown profile\n"),
            Cause::NotFound("Unknown profile".into()),
        ),
        (
            Reply::error(500, "\x1b[2Jno"),
            Cause::Http {
                status: 500,
                body: "␛[2Jno".into(),
            },
        ),
        (
            Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec()),
            Cause::Closed,
        ),
    ];
    for (reply, expected) in cases {
        let server = Fake::start(move |head| {
            if path(head).contains("pprof/") {
                reply.clone()
            } else {
                Reply::json("{}")
            }
        })
        .await;
        let (handle, mut messages) = watch(&server.target());
        handle.send(fetch(ProfileKind::Cpu));
        assert_eq!(profile(&mut messages).await, Err(expected));
    }
}

#[tokio::test]
async fn a_profile_is_complete_or_refused() {
    let whole = go("heap.pb.gz");
    for body in [
        whole[..whole.len() / 2].to_vec(),
        b"<html>no</html>".to_vec(),
        Vec::new(),
    ] {
        let server =
            Fake::start(move |_| Reply::Answer(200, "application/octet-stream", body.clone()))
                .await;
        let (handle, mut messages) = watch(&server.target());
        handle.send(fetch(ProfileKind::Heap));
        let refused = profile(&mut messages).await;
        assert!(matches!(refused, Err(Cause::Profile(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_profile_that_is_too_large_is_refused_with_the_bound_and_what_raises_it() {
    let whole = go("heap.pb.gz");
    let inflated = Profile::decode(&whole).expect("a profile").encode().len();
    for max_profile in [whole.len() / 2, inflated / 2, 2 * inflated] {
        let body = whole.clone();
        let reply = move |_: &str| Reply::Answer(200, "application/octet-stream", body.clone());
        let server = Fake::start(reply).await;
        let options = Options {
            max_profile,
            ..Options::default()
        };
        let (targets, _) = Target::parse_list(&server.target());
        let fetched =
            cutaway_scrape::fetch_profile(&targets[0], ProfileKind::Heap, None, options).await;
        match fetched {
            Ok(_) => assert!(max_profile > inflated),
            Err(Cause::Profile(why)) => {
                assert!(max_profile < inflated);
                assert!(why.contains("max_profile raises that bound"), "{why}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

const WATCH: Command = Command::WatchProfile {
    target: TARGET,
    kind: ProfileKind::Cpu,
    seconds: 2,
};
/// What a watched profile is asked for by.
const WATCHED: &str = "/debug/pprof/profile?seconds=2&background=1";

#[tokio::test]
async fn a_watched_profile_is_taken_again_after_a_refusal() {
    let asked = AtomicUsize::new(0);
    let server = Fake::start(move |head| match path(head) {
        WATCHED if asked.fetch_add(1, Ordering::SeqCst) == 0 => Reply::error(409, "busy"),
        WATCHED => Reply::Answer(200, "application/octet-stream", go("cpu.pb.gz")),
        _ => Reply::json("{}"),
    })
    .await;
    let (handle, mut messages) = watch(&server.target());
    handle.send(WATCH);
    let started = next(&mut messages, |message| match message {
        Message::ProfileStarted { kind, seconds, .. } => Some((kind, seconds)),
        _ => None,
    })
    .await;
    assert_eq!(started, (ProfileKind::Cpu, 2));
    assert_eq!(
        profile(&mut messages).await,
        Err(Cause::Busy("busy".into()))
    );
    assert!(profile(&mut messages).await.is_ok());
    assert!(profile(&mut messages).await.is_ok(), "and again");
}

#[tokio::test]
async fn that_another_captures_is_no_failure_of_what_is_watched() {
    // The first is taken, the next gives way, and the one after that is refused for as long as the other takes.
    let asked = AtomicUsize::new(0);
    let server = Fake::start(move |head| match path(head) {
        WATCHED => match asked.fetch_add(1, Ordering::SeqCst) {
            1 => Reply::error(409, "was cancelled by 127.0.0.1:1"),
            2 => Reply::error(409, "127.0.0.1:1 has been capturing profile"),
            _ => Reply::Answer(200, "application/octet-stream", go("cpu.pb.gz")),
        },
        _ => Reply::json("{}"),
    })
    .await;
    let (handle, mut messages) = watch(&server.target());
    handle.send(WATCH);
    let mut started = 0;
    for captures in [1, 4] {
        next(&mut messages, |message| match message {
            Message::ProfileStarted { .. } => {
                started += 1;
                None
            }
            Message::ProfileFailed { cause, .. } => panic!("{cause}"),
            Message::Profile { .. } => Some(()),
            _ => None,
        })
        .await;
        assert_eq!(started, captures);
    }
}

#[tokio::test]
async fn stopping_hangs_up_at_once() {
    let server = Fake::start(|head| {
        if path(head).contains("profile?") {
            Reply::hang()
        } else {
            Reply::json("{}")
        }
    })
    .await;
    let (handle, mut messages) = watch(&server.url("/x"));
    let watched = |seconds| Command::WatchProfile {
        target: TARGET,
        kind: ProfileKind::Cpu,
        seconds,
    };
    let started = |message| matches!(message, Message::ProfileStarted { .. }).then_some(());
    handle.send(watched(30));
    next(&mut messages, started).await;
    let asked = server.requests();
    while server.requests() < asked.max(3) {
        tokio::task::yield_now().await;
    }
    // The same once more changes nothing; another length starts anew.
    handle.send(watched(30));
    handle.send(watched(20));
    fake::soon(server.hung_up()).await;
    next(&mut messages, started).await;
    while server.requests() < 4 {
        tokio::task::yield_now().await;
    }
    handle.send(Command::StopProfile {
        target: TARGET,
        kind: ProfileKind::Cpu,
    });
    fake::soon(server.hung_up()).await;
}

#[tokio::test]
async fn profiles_are_fetched_without_a_poller() {
    let server = Fake::start(go_program).await;
    let (targets, _) = Target::parse_list(&format!(
        "{},{},{}",
        server.target(),
        server.url("/debug/vars"),
        server.url("/debug/pprof/heap")
    ));
    for (target, name) in targets.iter().zip(["cpu", "cpu", "heap"]) {
        let expected =
            Profile::decode(&go(&format!("{name}.pb.gz"))).expect("Go's profile can be read");
        assert_eq!(
            fetch_profile(target, ProfileKind::Cpu, Some(1), Options::default()).await,
            Ok(expected)
        );
    }
}
