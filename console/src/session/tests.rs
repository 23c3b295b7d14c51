//! What is recorded is what is replayed.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{
    Cause, Command, Endpoints, Kind, Message, Missed, Number, Path, Pod, Profile, ProfileKind,
    RingNews, RingPace, Scalar, Source, TargetId, TargetInfo,
};
use cutaway_tui::{Input, Replay};
use profile::{Sample, ValueType};

use super::read::{Context, Recording};
use super::{Player, Recorder, json, part_before};

const TARGET: TargetId = TargetId(0);
const SECOND: Duration = Duration::from_secs(1);

fn targets() -> Message {
    Message::Targets(vec![TargetInfo {
        id: TARGET,
        name: "host:4000".to_owned(),
        url: "http://host:4000".to_owned(),
        pod: Some(Arc::new(Pod {
            namespace: "sales".to_owned(),
            name: "shop-0".to_owned(),
            node: "node-1".to_owned(),
            restarts: 3,
            version: "1.2".to_owned(),
        })),
    }])
}

fn sample(second: u32) -> Message {
    let number = |value: f64| Scalar::Number(Number::F64(value));
    let mut values: Vec<(Path, Scalar)> = vec![
        (
            "a.whole".into(),
            Scalar::Number(Number::U64(u64::from(second))),
        ),
        ("b.below".into(), Scalar::Number(Number::I64(-7))),
        (
            "c.nan".into(),
            number(if second.is_multiple_of(2) {
                f64::NAN
            } else {
                0.1 + f64::from(second)
            }),
        ),
        ("d.endless".into(), number(f64::INFINITY)),
        (
            r"e.dotted\.name".into(),
            Scalar::Text("naïve \u{1b} text".to_owned()),
        ),
        (
            "f.list".into(),
            Scalar::Array(vec![Scalar::Bool(true), Scalar::Null]),
        ),
    ];
    if second >= 5 {
        values.push(("g.late".into(), number(1.5)));
    }
    Message::Sample {
        target: TARGET,
        at: SECOND * second,
        took: Duration::from_micros(1_840),
        source: Source::Expvar,
        values: Arc::new(values),
        kinds: Arc::new(HashMap::from([("a.whole".into(), Kind::Counter)])),
        warnings: 2,
    }
}

fn all_causes() -> Vec<Cause> {
    let why = || "because \"so\"".to_owned();
    vec![
        Cause::Refused,
        Cause::TimedOut { after: SECOND },
        Cause::Unreachable(why()),
        Cause::Closed,
        Cause::Tls(why()),
        Cause::Http {
            status: 500,
            body: why(),
        },
        Cause::NotHttp(why()),
        Cause::Json {
            offset: 512,
            message: why(),
        },
        Cause::Text {
            line: 3,
            message: why(),
        },
        Cause::Profile(why()),
        Cause::TooLarge { limit: 1 << 20 },
        Cause::Busy(why()),
        Cause::NotFound(why()),
        Cause::Unsupported(why()),
        Cause::Config(why()),
        Cause::Unauthenticated(why()),
        Cause::Forbidden(why()),
        Cause::NotRunning(why()),
        Cause::Starting(why()),
        Cause::Gone(why()),
    ]
}

fn all_ring_news() -> Vec<RingNews> {
    let why = || "by \"them\"".to_owned();
    let missed = |why| RingNews::Missed {
        since: SECOND * 10,
        why,
    };
    vec![
        RingNews::On(RingPace { seconds: 5, hz: 50 }),
        RingNews::Taken {
            since: SECOND * 10,
            profile: profile(),
            cost: Some(Duration::from_millis(45)),
            gives_way: true,
        },
        RingNews::Taken {
            since: SECOND * 10,
            profile: profile(),
            cost: None,
            gives_way: false,
        },
        missed(Missed::Yielded(why())),
        missed(Missed::Refused(why())),
        missed(Missed::StoodBack),
        missed(Missed::Failed(Cause::NotFound(why()))),
        RingNews::Off,
    ]
}

fn profile() -> Arc<Profile> {
    let mut profile = Profile {
        sample_types: vec![ValueType::new("cpu", "nanoseconds")],
        ..Profile::default()
    };
    profile.samples.push(Sample {
        locations: vec![],
        values: vec![42],
        labels: vec![],
    });
    Arc::new(profile)
}

/// Ten seconds of a target's life, everything that can be told in them.
fn life() -> Vec<Message> {
    let mut messages = vec![targets()];
    messages.push(Message::Endpoints {
        target: TARGET,
        at: SECOND,
        endpoints: Endpoints {
            sources: vec![Source::Expvar],
            profiles: vec![ProfileKind::Cpu, ProfileKind::Mutex],
        },
    });
    messages.extend((1..10).map(sample));
    messages.push(Message::ProfileStarted {
        target: TARGET,
        at: SECOND * 10,
        kind: ProfileKind::Cpu,
        seconds: 3,
    });
    messages.push(Message::Profile {
        target: TARGET,
        at: SECOND * 10,
        kind: ProfileKind::Cpu,
        profile: profile(),
    });
    messages.push(Message::ProfileFailed {
        target: TARGET,
        at: SECOND * 10,
        kind: ProfileKind::Heap,
        cause: Cause::Busy("somebody".to_owned()),
    });
    messages.extend(all_causes().into_iter().map(|cause| Message::Failed {
        target: TARGET,
        at: SECOND * 11,
        source: Some(Source::Expvar),
        cause,
        failures: 3,
        retry_in: Duration::from_millis(750),
    }));
    messages.extend(all_ring_news().into_iter().map(|news| Message::Ring {
        target: TARGET,
        at: SECOND * 11,
        news,
    }));
    messages.push(Message::Restarted {
        target: TARGET,
        at: SECOND * 12,
        why: "uptime fell".to_owned(),
    });
    messages
}

#[test]
fn a_list_that_changes_is_replayed_when_it_changed() {
    let place = Place(tempfile::tempdir().expect("a folder"));
    let file = place.0.path().join("run");
    let mut recorder = Recorder::create(&file, 1 << 20, SECOND).expect("it can be created");
    let other = TargetId(7);
    let gone = |target| Message::Failed {
        target,
        at: SECOND * 3,
        source: None,
        cause: Cause::Gone("the pod was deleted".to_owned()),
        failures: 0,
        retry_in: Duration::ZERO,
    };
    let Message::Targets(first) = targets() else {
        unreachable!("it is a list")
    };
    let second = TargetInfo {
        id: other,
        ..first[0].clone()
    };
    let both = Message::Targets(vec![first[0].clone(), second.clone()]);
    for message in [
        targets(),
        sample(1),
        both,
        gone(TARGET),
        Message::Targets(vec![second]),
    ] {
        recorder.note(&message).expect("it can be written");
    }
    drop(recorder);
    let recording = Recording::open(&file).expect("it is one");
    let mut context = Context::default();
    let lines = (0..recording.len()).filter_map(|at| recording.message(at, &mut context));
    let told = lines.filter_map(|(at, message)| Some((at, message?)));
    let lists = told.filter_map(|(at, message)| match message {
        Message::Targets(infos) => Some((at, infos.iter().map(|info| info.id.0).collect())),
        _ => None,
    });
    let lists: Vec<(Duration, Vec<u32>)> = lists.collect();
    let expected = [
        (Duration::ZERO, vec![0]),
        (SECOND, vec![0, 7]),
        (SECOND * 3, vec![7]),
    ];
    assert_eq!(lists, expected);
    // What was said of a target that is not there any more is not said again.
    let text = fs::read_to_string(&file).expect("it is there");
    assert_eq!(text.matches("deleted").count(), 1, "{text}");
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a place for files"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("run.session")
    }

    fn record(&self, messages: &[Message], limit: u64) {
        let mut recorder = Recorder::create(&self.file(), limit, SECOND).expect("a new file");
        for message in messages {
            recorder.note(message).expect("room on the disk");
        }
    }

    fn open(&self) -> Recording {
        Recording::open(&self.file()).expect("a recording")
    }
}

/// All messages of a recording, and how many lines could not be read.
fn read(recording: &Recording) -> (Vec<Message>, usize) {
    let mut context = Context::default();
    let lines = 0..recording.len();
    let messages = lines.filter_map(|line| recording.message(line, &mut context)?.1);
    (messages.collect(), context.bad)
}

/// Messages as text: NaN equals NaN there.
fn told(messages: &[Message]) -> Vec<String> {
    messages
        .iter()
        .map(|message| format!("{message:?}"))
        .collect()
}

#[test]
fn what_is_recorded_is_what_is_read() {
    let place = Place::new();
    place.record(&life(), 1 << 20);
    let (messages, bad) = read(&place.open());
    assert_eq!(bad, 0);
    assert_eq!(told(&messages), told(&life()));
}

#[test]
fn causes_survive() {
    for cause in all_causes() {
        assert_eq!(json::to_cause(&json::of_cause(&cause)), Some(cause));
    }
}

#[test]
fn a_crash_costs_the_last_line_only() {
    let place = Place::new();
    place.record(&life(), 1 << 20);
    let whole = fs::read(place.file()).expect("written");
    let lines = read(&place.open()).0.len();
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .expect("lines");
    for cut in [whole.len() - 1, last + 10, last + 1] {
        fs::write(place.file(), &whole[..cut]).expect("writable");
        assert_eq!(read(&place.open()).0.len(), lines - 1, "cut at {cut}");
    }
    // Rubbish in the middle costs itself.
    let mut rubbish = whole.clone();
    rubbish.extend_from_slice(
        b"{\"at\":99000000,\"rub\xff\xfebish\n{\"at\":99000000,\"target\":0,\"restarted\":\"x\"}\n",
    );
    fs::write(place.file(), rubbish).expect("writable");
    let (messages, bad) = read(&place.open());
    assert_eq!((messages.len(), bad), (lines + 1, 1));
}

#[test]
fn a_recording_is_bounded_and_keeps_the_newest() {
    let place = Place::new();
    let limit = 40_000;
    let mut messages = vec![targets()];
    messages.extend((1..5_000).map(sample));
    place.record(&messages, limit);
    let size = |path: PathBuf| fs::metadata(path).map_or(0, |meta| meta.len());
    let (part, before) = (size(place.file()), size(part_before(&place.file())));
    // A part ends at the first checkpoint after its half is full: a minute's worth more.
    assert!(before > 0 && part + before < limit * 2, "{part} + {before}");
    let recording = place.open();
    let (start, end) = recording.span();
    assert_eq!(end, SECOND * 4_999);
    assert!(start > SECOND, "{start:?}");
    assert_eq!(read(&recording).1, 0);
}

#[test]
fn an_existing_file_is_never_written_to() {
    let place = Place::new();
    fs::write(place.file(), "precious").expect("writable");
    assert!(Recorder::create(&place.file(), 1 << 20, SECOND).is_err());
    assert_eq!(
        fs::read_to_string(place.file()).ok().as_deref(),
        Some("precious")
    );
}

#[test]
fn what_is_no_recording_is_refused() {
    for (text, words) in [
        ("", "not JSON"),
        ("{}\n", "does not say"),
        ("{\"session\":99}\n", "version 99"),
        ("{\"at\":0,\"session\":1}\n", "names no targets"),
    ] {
        let error = Recording::parse(text.to_owned()).err().expect(text);
        assert!(format!("{error:#}").contains(words), "{error:#}");
    }
}

fn status(inputs: &[Input]) -> Replay {
    match inputs.last() {
        Some(Input::Replay(replay)) => *replay,
        other => panic!("the last is where it stands, not {other:?}"),
    }
}

fn seconds(inputs: &[Input]) -> Vec<u64> {
    let at = |input: &Input| match input {
        Input::Message(Message::Sample { at, .. }) => Some(at.as_secs()),
        _ => None,
    };
    inputs.iter().filter_map(at).collect()
}

#[test]
fn scrubbing_goes_anywhere_at_any_speed() {
    let place = Place::new();
    let mut messages = vec![targets()];
    messages.extend((1..=600).map(sample));
    place.record(&messages, 1 << 20);
    let mut player = Player::new(place.open(), SECOND * 30);
    assert_eq!(seconds(&player.begin()), [1]);
    assert_eq!(seconds(&player.advance(SECOND * 3)), [2, 3, 4]);
    for _ in 0..3 {
        player.command(&Command::Speed { faster: true });
    }
    let fast = player.advance(SECOND);
    assert_eq!((seconds(&fast).len(), status(&fast).speed), (8, 8.0));
    let far = player.command(&Command::Seek(400));
    assert_eq!((seconds(&far).len(), status(&far).at), (400, SECOND * 412));
    // Back: from a checkpoint before what charts show, and never more than a minute before that.
    let back = player.command(&Command::Seek(-100));
    let read = seconds(&back);
    assert!(matches!(back[0], Input::Rewind(_)));
    assert_eq!(read.last(), Some(&312));
    assert!(read[0] <= 282 && read[0] >= 220, "{}", read[0]);
    player.command(&Command::Play);
    assert!(player.advance(SECOND).is_empty() && !player.is_playing());
    let end = player.command(&Command::Seek(9_999));
    assert_eq!(status(&end).at, SECOND * 600);
    // At the end, going on means from the beginning.
    let again = player.command(&Command::Play);
    assert_eq!(status(&again).at, SECOND);
    assert_eq!(player.bad_lines(), 0);
}
