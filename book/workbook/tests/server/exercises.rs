//! Exercises as a page meets them: started, refused, hostile, right.

use crate::harness::{Events, Server, events, text};
use http::StatusCode;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::sync::{Mutex, MutexGuard};
use workbook::exercises::desk::Desk;
use workbook::exercises::folder::Folder;
use workbook::workspace::Workspace;

const DRAIN: &str = "/api/exercises/channels/2";

/// A server with a learner's desk of its own. Programs are built in a folder that stays, so that what they depend on
/// is built once.
struct Room {
    server: Server,
    desk: Desk,
    _alone: MutexGuard<'static, ()>,
}

/// Programs of several desks would take each other's place in that folder.
static ALONE: Mutex<()> = Mutex::const_new(());

impl Room {
    async fn open() -> Room {
        let alone = ALONE.lock().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let here = Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this workspace");
        std::fs::create_dir(folder.path().join("labs")).expect("a folder");
        std::os::unix::fs::symlink(here.gym(), folder.path().join("labs/gym")).expect("a link");
        let workspace = Workspace::at(folder.path().to_path_buf());
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises");
        let desk = Desk {
            folder: Folder::at(&workspace, folder.path().join("exercises"), &state),
            ..Desk::open(&workspace).expect("sound exercises")
        };
        let server = Server::with_desk(desk.clone(), folder).await;
        Room {
            server,
            desk,
            _alone: alone,
        }
    }

    fn file(&self) -> PathBuf {
        self.desk
            .workspace
            .root()
            .join("exercises/channels/2-drain.rs")
    }

    /// Begins without building: the file is there with this text.
    fn write(&self, text: &str) {
        let exercise = self.desk.catalogue.find("channels/2").expect("it is there");
        self.desk.start(exercise).expect("it starts");
        std::fs::write(self.file(), text).expect("the learner's text");
    }

    fn solution(&self) -> String {
        let exercise = self.desk.catalogue.find("channels/2").expect("it is there");
        exercise.solution().expect("a solution")
    }

    async fn post(&self, what: &str, body: &str) -> (StatusCode, Value) {
        let response = self.server.post(&format!("{DRAIN}/{what}"), body).await;
        let status = response.status();
        let text = text(response).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn events(&self, what: &str, body: &str) -> Events {
        events(self.server.post(&format!("{DRAIN}/{what}"), body).await)
    }
}

/// The next event of this kind.
async fn next(events: &mut Events, kind: &str) -> Value {
    while let Some(event) = events.next().await {
        if event["event"] == kind {
            return event;
        }
        assert_ne!(
            event["event"], "ended",
            "it ended before its {kind}: {event}"
        );
    }
    panic!("it ended without a {kind}");
}

fn says(event: &Value, field: &str, words: &str) {
    let text = event[field].as_str().unwrap_or_default();
    assert!(
        text.contains(words),
        "{field} does not say {words:?}: {event}"
    );
}

#[tokio::test]
async fn from_the_starter_to_the_solution() {
    let room = Room::open().await;
    let (status, refused) = room.post("check", "{}").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(refused["error"]["code"], "not_started");

    let mut start = room.events("start", "").await;
    let started = next(&mut start, "started").await;
    assert_eq!(started["file"], "exercises/channels/2-drain.rs");
    assert_eq!(started["path"], room.file().display().to_string());
    assert_eq!(started["new"], true);
    assert_eq!(start.ending().await["how"], "finished");

    let mut check = room.events("check", r#"{"watch": true}"#).await;
    let verdict = next(&mut check, "verdict").await;
    assert_eq!(verdict["passed"], false);
    assert_eq!(verdict["failed"], "what was accepted is packed");
    assert_eq!(
        verdict["cases"][0]["name"],
        "what lies on the shelf is packed"
    );
    says(&verdict["cases"][0], "explored", "the only schedule");
    says(
        &verdict,
        "expected",
        "every order whose `send` returned `Ok` is packed",
    );
    says(&verdict, "observed", "was accepted and is not packed");
    says(&verdict["schedule"], "svg", "<svg");
    says(&verdict["schedule"], "steps", "try to receive");
    says(
        &verdict["schedule"],
        "replay",
        "cargo workbook check channels/2 --replay 2:",
    );
    assert_eq!(verdict["hint"], 1);
    let (second, _) = room.post("check", "{}").await;
    assert_eq!(second, StatusCode::CONFLICT, "one at a time");
    assert_eq!(room.post("reset", "").await.0, StatusCode::CONFLICT);
    assert_eq!(room.post("solution", "{}").await.0, StatusCode::CONFLICT);
    assert_eq!(
        room.post("hint", r#"{"count":1}"#).await.0,
        StatusCode::NO_CONTENT
    );

    // What is saved is checked again.
    std::fs::write(room.file(), room.solution()).expect("the learner saves");
    let verdict = next(&mut check, "verdict").await;
    assert_eq!(verdict["passed"], true, "{verdict}");
    assert_eq!(room.post("stop", "").await.0, StatusCode::NO_CONTENT);
    let ended = check.ending().await;
    assert_eq!(ended["how"], "stopped");
    assert_eq!(room.post("stop", "").await.0, StatusCode::CONFLICT);

    let progress = text(room.server.send("GET", "/api/progress", &[], "").await).await;
    let progress: Value = serde_json::from_str(&progress).expect("JSON");
    let item = &progress["exercises"][0];
    assert_eq!(
        (
            &item["name"],
            &item["passed"],
            &item["started"],
            &item["hints"]
        ),
        (&json!("channels/2"), &json!(true), &json!(true), &json!(1))
    );

    let (status, solution) = room.post("solution", "{}").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        solution["diff"]
            .as_array()
            .is_some_and(|lines| lines.iter().all(|line| line[0] == "both"))
    );
    says(&solution, "trade_offs", "<p>After <code>close()</code>");

    let (status, kept) = room.post("reset", "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(kept["kept"], "exercises/channels/2-drain.rs.1");
    assert!(
        std::fs::read_to_string(room.file())
            .expect("the starter")
            .contains("try_recv")
    );
    let kept = std::fs::read_to_string(room.file().with_extension("rs.1")).expect("what was there");
    assert_eq!(kept, room.solution());
    room.server.end().await;
}

#[tokio::test]
async fn a_file_that_is_there_is_not_written_over() {
    let room = Room::open().await;
    room.write("mine");
    let mut start = room.events("start", "").await;
    assert_eq!(next(&mut start, "started").await["new"], false);
    start.ending().await;
    assert_eq!(
        std::fs::read_to_string(room.file()).expect("the learner's"),
        "mine"
    );
    let mut check = room.events("check", "{}").await;
    let verdict = next(&mut check, "verdict").await;
    assert_eq!(verdict["headline"], "It does not compile.");
    assert!(
        verdict["said"].to_string().contains("2-drain.rs:1"),
        "{verdict}"
    );
    assert_eq!(verdict["hint"], Value::Null);
    assert_eq!(check.ending().await["how"], "finished");
    room.server.end().await;
}

/// The learner's program, if it runs.
fn runs(room: &Room) -> bool {
    let own = room.desk.folder.target().join("debug/channels-2");
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let verdicts = processes.filter_map(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        std::fs::read_link(entry.path().join("exe"))
            .is_ok_and(|exe| {
                exe.to_string_lossy().trim_end_matches(" (deleted)") == own.display().to_string()
            })
            .then_some(line)
    });
    verdicts.count() > 0
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(std::time::Duration::from_mins(5), wait).await;
    in_time.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

#[tokio::test]
async fn what_never_ends_is_ended_by_stop_by_leaving_and_by_the_servers_end() {
    let room = Room::open().await;
    // It gets somewhere again and again, so that nothing but the deadline would end it.
    room.write(
        "use gym::sync::mpsc;\npub async fn close(mut orders: mpsc::Receiver<u32>) -> Vec<u32> {\n\
         orders.close();\nfor _ in 0..40_000 {\nstd::thread::sleep(std::time::Duration::from_millis(50));\n\
         orders.is_empty();\n}\nVec::new()\n}\n",
    );
    let mut check = room.events("check", "{}").await;
    until("the program runs", || runs(&room)).await;
    assert_eq!(room.post("stop", "").await.0, StatusCode::NO_CONTENT);
    assert_eq!(next(&mut check, "ended").await["how"], "stopped");
    until("it is gone", || !runs(&room)).await;

    let check = room.events("check", "{}").await;
    until("the program runs", || runs(&room)).await;
    drop(check);
    until("it is gone", || !runs(&room)).await;
    // Its place is free again soon.
    let mut check = loop {
        let response = room.server.post(&format!("{DRAIN}/check"), "{}").await;
        if response.status() == StatusCode::OK {
            break events(response);
        }
        assert_eq!(response.status(), StatusCode::CONFLICT);
    };
    until("the program runs", || runs(&room)).await;
    room.server.shutdown.trigger("test");
    assert_eq!(next(&mut check, "ended").await["how"], "shutdown");
    until("it is gone", || !runs(&room)).await;
    room.server.end().await;
}

#[tokio::test]
async fn only_known_exercises_are_touched_and_only_with_the_token() {
    let room = Room::open().await;
    let json = ("content-type", "application/json");
    for (path, body, status, message) in [
        (
            "channels/9/start",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no exercise",
        ),
        (
            "channels/2-drain/start",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no exercise",
        ),
        (
            "..%2F..%2Fgym/2/start",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no exercise",
        ),
        (
            "channels/..%2F2/start",
            "{}",
            StatusCode::NOT_FOUND,
            "there is no exercise",
        ),
        (
            "channels/2/check",
            r#"{"replay":"1"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknown field",
        ),
        (
            "channels/2/check",
            r#"{"watch":1}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid type",
        ),
        ("channels/2/hint", "{", StatusCode::BAD_REQUEST, "EOF"),
        (
            "channels/2/hint",
            r#"{"count":-1}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid value",
        ),
        (
            "channels/2/reset",
            "",
            StatusCode::CONFLICT,
            "is not started",
        ),
        ("channels/2/delete", "", StatusCode::METHOD_NOT_ALLOWED, ""),
    ] {
        let response = room
            .server
            .post(&format!("/api/exercises/{path}"), body)
            .await;
        assert_eq!(response.status(), status, "{path} {body}");
        let said = text(response).await;
        assert!(said.contains(message), "{path} {body}: {said}");
    }
    for what in ["start", "check", "stop", "hint", "solution", "reset"] {
        let path = format!("{DRAIN}/{what}");
        let headers = [json, ("authorization", "Bearer forged")];
        let forged = room.server.send("POST", &path, &headers, "{}").await;
        assert_eq!(forged.status(), StatusCode::UNAUTHORIZED, "{what}");
        let headers = [json, ("origin", "http://evil.example")];
        let foreign = room.server.send("POST", &path, &headers, "{}").await;
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "{what}");
        let read = room.server.send("GET", &path, &[], "").await;
        assert_eq!(read.status(), StatusCode::METHOD_NOT_ALLOWED, "{what}");
    }
    for path in ["/api/progress", "/api/progress/events"] {
        for foreign in [
            ("origin", "http://evil.example"),
            ("host", "evil.example"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let refused = room.server.send("GET", path, &[foreign], "").await;
            assert_eq!(
                refused.status(),
                StatusCode::FORBIDDEN,
                "{path} {foreign:?}"
            );
        }
        let written = room.server.post(path, "{}").await;
        assert_eq!(written.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    for what in ["start", "check", "stop", "hint", "solution", "reset"] {
        let path = format!("{DRAIN}/{what}");
        for foreign in [("host", "evil.example"), ("sec-fetch-site", "same-site")] {
            let rebound = room
                .server
                .send("POST", &path, &[json, foreign], "{}")
                .await;
            assert_eq!(
                rebound.status(),
                StatusCode::FORBIDDEN,
                "{what} {foreign:?}"
            );
        }
    }
    assert!(!room.file().exists(), "none of these may write");
    room.server.end().await;
}

#[tokio::test]
async fn passing_in_a_terminal_is_news_to_the_page() {
    let room = Room::open().await;
    let mut news = room
        .server
        .send("GET", "/api/progress/events", &[], "")
        .await
        .into_body();
    let first = frame(&mut news).await;
    assert!(
        first.starts_with("event: progress\ndata: {") && first.contains(r#""passed":false"#),
        "{first}"
    );
    room.desk
        .store
        .note("channels/2", true, SystemTime::now())
        .expect("noted");
    let second = frame(&mut news).await;
    let item = r#""name":"channels/2","page":"concurrency/channels.html","passed":true,"#;
    assert!(second.contains(item), "{second}");
    room.server.shutdown.trigger("test");
    room.server.end().await;
}

async fn frame(body: &mut hyper::body::Incoming) -> String {
    use http_body_util::BodyExt as _;
    let frame = tokio::time::timeout(std::time::Duration::from_mins(1), body.frame());
    let frame = frame
        .await
        .expect("news in time")
        .expect("a frame")
        .expect("it goes on");
    let bytes = frame.into_data().expect("data");
    String::from_utf8(bytes.to_vec()).expect("text")
}
