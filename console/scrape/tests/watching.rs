//! Targets that live, fail, hang, die and come back, on real sockets.

mod fake;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cutaway_model::{Cause, Command, Endpoints, Message, ProfileKind, Scalar, Source, TargetId};
use cutaway_scrape::{Credentials, Handle, Options, Poller, Target, once};
use fake::{Fake, Reply, path};
use tokio::sync::mpsc::{self, Receiver};

/// Long enough that no healthy answer fails, and never waited for except by tests of time-outs.
const LONG: Duration = Duration::from_mins(10);

/// What is there, and what is found.
type Case = (&'static str, Vec<(Source, usize)>, Vec<ProfileKind>);

fn targets(list: &str) -> Vec<Target> {
    let (targets, bad) = Target::parse_list(list);
    assert_eq!(bad, []);
    targets
}

/// Reads as often as it can, with time-outs that are never reached.
fn eager() -> Options {
    Options {
        interval: Duration::from_millis(10),
        timeout: LONG,
        ..Options::default()
    }
}

fn watch(list: &str, options: Options) -> (Handle, Receiver<Message>) {
    let (sender, messages) = mpsc::channel(16);
    (Poller::start(targets(list), options, sender), messages)
}

/// The next message that `choose` wants.
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

fn failure(message: Message) -> Option<(Option<Source>, Cause)> {
    match message {
        Message::Failed { source, cause, .. } => Some((source, cause)),
        _ => None,
    }
}

fn sample(message: Message) -> Option<(TargetId, Source, usize)> {
    match message {
        Message::Sample {
            target,
            source,
            values,
            ..
        } => Some((target, source, values.len())),
        _ => None,
    }
}

fn restart(message: Message) -> Option<String> {
    match message {
        Message::Restarted { why, .. } => Some(why),
        _ => None,
    }
}

/// The cause for which the target, read once, fails as a whole; `None` when it does not.
async fn cause_of(list: &str, options: Options) -> Option<Cause> {
    let readings = once(&targets(list), options).await;
    let (_, messages) = readings.into_iter().next()?;
    messages
        .into_iter()
        .find_map(failure)
        .map(|(_, cause)| cause)
}

#[tokio::test]
async fn what_answers_badly_has_its_true_cause() {
    let json = |offset, message: &str| Cause::Json {
        offset,
        message: message.to_owned(),
    };
    let http = |status, body: &str| Cause::Http {
        status,
        body: body.to_owned(),
    };
    let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"a\": 1,".to_vec();
    let cases = [
        (
            Reply::json("[1, 2]"),
            json(0, "expected an object, found `[`"),
        ),
        (Reply::json(""), json(0, "the document is empty")),
        (
            Reply::json("{\"a\": 1"),
            json(7, "expected `,` or `}`, found the end"),
        ),
        (
            Reply::error(200, "hello\n"),
            json(0, "expected an object, found `hello`"),
        ),
        (
            Reply::html("<!doctype html><title>Shop</title>"),
            json(0, "expected an object, found `<`"),
        ),
        (
            Reply::Answer(500, "application/json", b"{\"a\": 1}".to_vec()),
            http(500, "{\"a\": 1}"),
        ),
        (
            Reply::error(503, "out of\r\n\r\n   order \x1b[31m\n"),
            http(503, "out of order ␛[31m"),
        ),
        (Reply::error(500, ""), http(500, "")),
        (
            Reply::error(500, vec![b'x'; 1_000_000]),
            http(500, &("x".repeat(200) + "…")),
        ),
        (Reply::error(401, "who are you?"), http(401, "who are you?")),
        (
            Reply::Redirect("https://elsewhere/\u{9b}"),
            http(302, "redirects to https://elsewhere/�"),
        ),
        (
            Reply::not_found(),
            Cause::NotFound("neither variables, nor metrics, nor profiles".to_owned()),
        ),
        (Reply::Raw(Vec::new()), Cause::Closed),
        (Reply::Raw(half), Cause::Closed),
        (Reply::Endless, Cause::TooLarge { limit: 100_000 }),
    ];
    for (reply, expected) in cases {
        let told = reply.clone();
        let server = Fake::start(move |_| reply.clone()).await;
        let options = Options {
            max_body: 100_000,
            ..eager()
        };
        assert_eq!(
            cause_of(&server.target(), options).await,
            Some(expected),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_http_is_said_to_be_so() {
    for garbage in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "\x1b[2J\x00\x01\x02\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let server = Fake::start(move |_| Reply::Raw(garbage.into())).await;
        let cause = cause_of(&server.target(), eager()).await;
        assert!(
            matches!(&cause, Some(Cause::NotHttp(why)) if !why.contains('\x1b')),
            "{garbage:?}: {cause:?}"
        );
    }
    let bad_chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    let server = Fake::start(move |_| Reply::Raw(bad_chunk.into())).await;
    assert!(matches!(
        cause_of(&server.target(), eager()).await,
        Some(Cause::NotHttp(_))
    ));
}

#[tokio::test]
async fn silence_times_out() {
    let after = Duration::from_millis(50);
    let options = || Options {
        timeout: after,
        ..eager()
    };
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"a\":";
    for reply in [
        Reply::hang(),
        Reply::Stall(b"HTTP/1.1 200".to_vec()),
        Reply::Stall(head.into()),
    ] {
        let server = Fake::start(move |_| reply.clone()).await;
        assert_eq!(
            cause_of(&server.target(), options()).await,
            Some(Cause::TimedOut { after })
        );
    }
    // Of an error the status is the finding, however its body ends.
    let half = "HTTP/1.1 500 X\r\ncontent-length: 100\r\n\r\ndatabase is go";
    let server = Fake::start(move |_| Reply::Stall(half.into())).await;
    let cause = cause_of(&server.target(), options()).await;
    assert_eq!(
        cause,
        Some(Cause::Http {
            status: 500,
            body: "database is go".to_owned()
        })
    );
}

#[tokio::test]
async fn nobody_there_and_nowhere_to_go() {
    let free = Fake::start(|_| Reply::hang()).await.kill().await;
    assert_eq!(
        cause_of(&free.to_string(), eager()).await,
        Some(Cause::Refused)
    );
    assert_eq!(
        cause_of(&free.port().to_string(), eager()).await,
        Some(Cause::Refused)
    );
    let cause = cause_of("no-such-host.invalid:1", eager()).await;
    assert!(matches!(cause, Some(Cause::Unreachable(_))), "{cause:?}");
}

#[tokio::test]
async fn whatever_answers_is_shown() {
    const INDEX: &str = "<a href='profile?debug=1'>profile</a> <a href=\"heap?debug=1\">heap</a> <a href='/x'>x</a>";
    let vars = || Reply::json("{\"requests\": 5, \"a\": {\"b\": true}}");
    let metrics = || {
        Reply::text(
            "# TYPE hits counter\nhits{code=\"200\"} 5\nhits{code=\"500\"} 1\nbad line here\n",
        )
    };
    let profiles = vec![ProfileKind::Cpu, ProfileKind::Heap];
    let cases: [Case; 6] = [
        ("/debug/vars", vec![(Source::Expvar, 2)], vec![]),
        ("/metrics", vec![(Source::Prometheus, 2)], vec![]),
        ("/debug/pprof/", vec![(Source::Pprof, 0)], profiles.clone()),
        (
            "/debug/vars /metrics",
            vec![(Source::Expvar, 2), (Source::Prometheus, 2)],
            vec![],
        ),
        (
            "/debug/vars /debug/pprof/",
            vec![(Source::Expvar, 2)],
            profiles.clone(),
        ),
        (
            "/metrics /debug/pprof/",
            vec![(Source::Prometheus, 2)],
            profiles,
        ),
    ];
    for (there, expected, profiles) in cases {
        let server = Fake::start(move |head| match path(head) {
            found if !there.split(' ').any(|path| path == found) => Reply::not_found(),
            "/debug/vars" => vars(),
            "/metrics" => metrics(),
            _ => Reply::html(INDEX),
        })
        .await;
        let (handle, mut messages) = watch(&server.target(), eager());
        let mut found = Vec::new();
        let endpoints = next(&mut messages, |message| match message {
            Message::Endpoints { endpoints, .. } => Some(endpoints),
            other => {
                found.extend(sample(other).map(|(_, source, count)| (source, count)));
                None
            }
        })
        .await;
        // What is there now is read again and again, and nothing else is.
        for _ in 0..4 {
            found.push(
                next(&mut messages, |message| {
                    assert!(
                        !matches!(message, Message::Failed { .. } | Message::Endpoints { .. }),
                        "{message:?}"
                    );
                    sample(message).map(|(_, source, count)| (source, count))
                })
                .await,
            );
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, expected, "{there}");
        let sources = expected.into_iter().map(|(source, _)| source).collect();
        assert_eq!(endpoints, Endpoints { sources, profiles }, "{there}");
        drop(handle);
    }
}

#[tokio::test]
async fn bad_lines_of_metrics_are_counted() {
    let server = Fake::start(|_| Reply::text("up 1\n}{ nonsense\n\x1b[2J\nhits_total 3\n")).await;
    let (_handle, mut messages) = watch(&server.url("/metrics"), eager());
    let (count, warnings) = next(&mut messages, |message| match message {
        Message::Sample {
            values, warnings, ..
        } => Some((values.len(), warnings)),
        _ => None,
    })
    .await;
    assert_eq!((count, warnings), (2, 2));
}

#[tokio::test]
async fn one_failing_source_of_two_is_told_apart() {
    let broken = Arc::new(AtomicU64::new(0));
    let state = Arc::clone(&broken);
    let server = Fake::start(move |head| match path(head) {
        "/debug/vars" => Reply::json("{\"requests\": 5}"),
        "/metrics" if state.load(Ordering::SeqCst) == 0 => Reply::text("up 1\n"),
        "/metrics" => Reply::error(500, "collector is down"),
        _ => Reply::not_found(),
    })
    .await;
    let (_handle, mut messages) = watch(&server.target(), eager());
    next(&mut messages, sample).await;
    broken.store(1, Ordering::SeqCst);
    let failed = next(&mut messages, failure).await;
    let cause = Cause::Http {
        status: 500,
        body: "collector is down".to_owned(),
    };
    assert_eq!(failed, (Some(Source::Prometheus), cause));
    let alive = next(&mut messages, sample).await;
    assert_eq!(alive.1, Source::Expvar);
    broken.store(0, Ordering::SeqCst);
    next(&mut messages, |message| {
        sample(message).filter(|(_, source, _)| *source == Source::Prometheus)
    })
    .await;
}

#[tokio::test]
async fn variables_that_exist_but_fail_are_never_healthy() {
    let server = Fake::start(|head| match path(head) {
        "/debug/vars" => Reply::Answer(500, "application/json", b"{\"requests\": 5}".to_vec()),
        "/debug/pprof/" => Reply::html("<a href='profile'>profile</a>"),
        _ => Reply::not_found(),
    })
    .await;
    let (_handle, mut messages) = watch(&server.target(), eager());
    for _ in 0..3 {
        let failed = next(&mut messages, |message| {
            assert!(sample(message.clone()).is_none(), "{message:?}");
            failure(message)
        })
        .await;
        assert_eq!(
            failed,
            (
                None,
                Cause::Http {
                    status: 500,
                    body: "{\"requests\": 5}".to_owned()
                }
            )
        );
    }
}

#[tokio::test]
async fn a_path_is_read_as_what_it_is() {
    let server = Fake::start(|head| match path(head) {
        "/a?x=1" => Reply::json("{\"requests\": 5}"),
        "/b" => Reply::text("up 1\n"),
        "/svc/debug/vars" => Reply::json("{}"),
        "/svc/debug/pprof/" => Reply::html("<a href='profile'>profile</a>"),
        _ => Reply::not_found(),
    })
    .await;
    for (path, expected) in [
        ("/a?x=1", Source::Expvar),
        ("/b", Source::Prometheus),
        ("/svc/debug/vars", Source::Expvar),
        ("/svc/debug/pprof/", Source::Pprof),
    ] {
        let (_handle, mut messages) = watch(&server.url(path), eager());
        assert_eq!(next(&mut messages, sample).await.1, expected, "{path}");
    }
    let options = Options {
        endpoint: "/a?x=1".to_owned(),
        ..eager()
    };
    let (_handle, mut messages) = watch(&server.target(), options);
    assert_eq!(next(&mut messages, sample).await.1, Source::Expvar);
}

#[tokio::test]
async fn death_is_told_and_recovery_is_by_itself() {
    let started = |uptime: u64| {
        let uptime = AtomicU64::new(uptime);
        move |head: &str| match path(head) {
            "/debug/vars" => Reply::json(format!(
                "{{\"uptime_ns\": {}}}",
                uptime.fetch_add(1, Ordering::SeqCst)
            )),
            _ => Reply::not_found(),
        }
    };
    let server = Fake::start(started(1_000_000)).await;
    let (_handle, mut messages) = watch(&server.target(), eager());
    next(&mut messages, sample).await;
    let addr = server.kill().await;
    for expected in 1..=3 {
        let (cause, failures, retry_in) = next(&mut messages, |message| match message {
            Message::Failed {
                cause,
                failures,
                retry_in,
                source: None,
                ..
            } => Some((cause, failures, retry_in)),
            _ => None,
        })
        .await;
        assert!(retry_in <= Duration::from_millis(10), "{retry_in:?}");
        // The first reading after the end may still have met the old connection.
        assert!(failures == 1 || cause == Cause::Refused, "{cause:?}");
        assert_eq!(failures, expected);
    }
    let _server = Fake::start_at(addr, started(5)).await;
    let mut restarted = None;
    next(&mut messages, |message| {
        restarted = restarted.take().or_else(|| restart(message.clone()));
        sample(message)
    })
    .await;
    assert_eq!(
        restarted.as_deref(),
        Some("uptime fell from 1 ms to 5 ns"),
        "and it comes before the first sample"
    );
}

#[tokio::test]
async fn a_restart_between_two_readings_is_noticed_once() {
    let count = AtomicU64::new(0);
    let server = Fake::start(
        move |head| match (path(head), count.load(Ordering::SeqCst)) {
            ("/debug/vars", n) => {
                count.fetch_add(1, Ordering::SeqCst);
                Reply::json(format!("{{\"cmdline\": [\"v{}\"], \"n\": {n}}}", n / 5))
            }
            ("/metrics", n) => Reply::text(format!("process_start_time_seconds {}\n", n / 5 * 100)),
            _ => Reply::not_found(),
        },
    )
    .await;
    let (_handle, mut messages) = watch(&server.target(), eager());
    let mut restarts = 0;
    let mut last = 0.0;
    while last < 8.0 {
        let message = messages.recv().await.expect("the poller goes on");
        match message {
            Message::Restarted { .. } => restarts += 1,
            Message::Sample {
                values,
                source: Source::Expvar,
                ..
            } => {
                last = values
                    .iter()
                    .find(|(path, _)| path.name() == "n")
                    .and_then(|(_, value)| value.as_f64())
                    .expect("n is there");
            }
            _ => {}
        }
    }
    assert_eq!(restarts, 1);
}

#[tokio::test]
async fn a_hung_target_delays_nobody() {
    let hung = Fake::start(|_| Reply::hang()).await;
    let good = Fake::start(|_| Reply::json("{\"a\": 1}")).await;
    // The hung one would time out in ten minutes; until then it must not be noticed at all.
    let (_handle, mut messages) = watch(&format!("{},{}", hung.target(), good.target()), eager());
    for _ in 0..20 {
        let (target, ..) = next(&mut messages, |message| {
            assert!(failure(message.clone()).is_none(), "{message:?}");
            sample(message)
        })
        .await;
        assert_eq!(target, TargetId(1));
    }
    assert!(hung.accepted() >= 1);
}

#[tokio::test]
async fn connections_are_kept_and_closed_in_the_end() {
    let server = Fake::start(|head| {
        if path(head) == "/x" {
            Reply::json("{\"a\": 1}")
        } else {
            Reply::not_found()
        }
    })
    .await;
    let (handle, mut messages) = watch(&server.url("/x"), eager());
    for _ in 0..10 {
        next(&mut messages, sample).await;
    }
    // One for the variables, one for the index of profiles that was looked for once.
    assert_eq!(server.accepted(), 2);
    let requests = server.requests();
    assert!(requests >= 11, "{requests}");
    drop(handle);
    while messages.recv().await.is_some() {}
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_is_fine() {
    let body = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}";
    let server = Fake::start(move |_| Reply::Raw(body.into())).await;
    let (_handle, mut messages) = watch(&server.url("/x"), eager());
    for _ in 0..5 {
        next(&mut messages, |message| {
            assert!(failure(message.clone()).is_none(), "{message:?}");
            sample(message)
        })
        .await;
    }
}

#[tokio::test]
async fn a_target_can_be_read_at_once() {
    let server = Fake::start(|_| Reply::json("{\"a\": 1}")).await;
    let (handle, mut messages) = watch(
        &server.url("/x"),
        Options {
            interval: LONG,
            timeout: LONG,
            ..Options::default()
        },
    );
    for _ in 0..3 {
        next(&mut messages, sample).await;
        handle.send(Command::PollNow(TargetId(0)));
    }
    handle.send(Command::PollNow(TargetId(7)));
    handle.send(Command::Quit);
    while messages.recv().await.is_some() {}
}

#[tokio::test]
async fn credentials_are_sent_and_the_urls_come_first() {
    let server = Fake::start(|head| {
        let wanted = head
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap_or("none");
        Reply::json(format!("{{\"{wanted}\": 1}}"))
    })
    .await;
    let url = server.url("/x");
    let with_user = url.replace("http://", "http://me:pw@");
    let options = Options {
        credentials: Some(Credentials::new("you", "secret")),
        ..eager()
    };
    for (list, options, expected) in [
        (&url, options.clone(), "Basic eW91OnNlY3JldA=="),
        (&with_user, options, "Basic bWU6cHc="),
        (&url, eager(), "none"),
    ] {
        let (_handle, mut messages) = watch(list, options);
        let name = next(&mut messages, |message| match message {
            Message::Sample { values, .. } => {
                values.first().map(|(path, _)| path.name().to_owned())
            }
            _ => None,
        })
        .await;
        assert_eq!(name, expected);
    }
}

#[tokio::test]
async fn targets_are_listed_first_without_secrets() {
    let (_handle, mut messages) = watch("http://me:secret@127.0.0.1:1/x,localhost:1", eager());
    let Some(Message::Targets(infos)) = messages.recv().await else {
        panic!("the list comes first")
    };
    let names: Vec<_> = infos
        .iter()
        .map(|info| (info.id.0, info.name.as_str(), info.url.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            (0, "127.0.0.1:1/x", "http://127.0.0.1:1/x"),
            (1, "localhost:1", "http://localhost:1")
        ]
    );
}

#[tokio::test]
async fn once_reads_every_target_once() {
    let good = Fake::start(|_| Reply::json("{\"text\": \"\\u001b[2J\"}")).await;
    let bad = Fake::start(|_| Reply::error(500, "no")).await;
    let readings = once(
        &targets(&format!("{},{}", good.url("/x"), bad.target())),
        eager(),
    )
    .await;
    assert_eq!(
        readings
            .iter()
            .map(|(info, _)| info.id.0)
            .collect::<Vec<_>>(),
        [0, 1]
    );
    let text = readings[0].1.iter().find_map(|message| match message {
        Message::Sample { values, .. } => values.first().map(|(_, value)| value.clone()),
        _ => None,
    });
    assert_eq!(
        text,
        Some(Scalar::Text("\u{1b}[2J".into())),
        "values are passed on as they are; who prints them makes them safe"
    );
    assert!(matches!(
        readings[1].1.last(),
        Some(Message::Failed { source: None, .. })
    ));
}
