//! A room with simulated learners over real HTTP, and those who do not behave.

use bytes::Bytes;
use http::{Request, StatusCode};
use lifecycle::Shutdown;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use workbook::exercises::progress::Store;
use workbook::room::commands::serve;
use workbook::room::desk::{Desk, Room};
use workbook::room::member::Membership;
use workbook::room::report::{self, Pace};
use workbook::room::view::Board;
use workbook::room::{Limits, Rate, now};
use workbook::workspace::Workspace;

/// How long anything may take before a test has failed.
const DEADLINE: Duration = Duration::from_mins(1);

/// A room that is open.
struct Open {
    learners: SocketAddr,
    board: SocketAddr,
    desk: Desk,
    shutdown: Shutdown,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Open {
    fn at(file: &Path, learners: SocketAddr, limits: Limits) -> Open {
        let bind = |address| {
            let listener = listen::bind(address, "--listen").expect("a port");
            TcpListener::from_std(listener).expect("a runtime")
        };
        let (outer, inner) = (bind(learners), bind(any()));
        let desk = Desk::open(file, limits, now).expect("a room");
        let shutdown = Shutdown::new();
        Open {
            learners: outer.local_addr().expect("an address"),
            board: inner.local_addr().expect("an address"),
            desk: desk.clone(),
            shutdown: shutdown.clone(),
            task: tokio::spawn(async move { serve(outer, inner, desk, &shutdown).await }),
        }
    }

    async fn close(self) {
        self.shutdown.trigger("the test says so");
        self.task.await.expect("no panic").expect("a clean end");
    }

    fn code(&self) -> String {
        self.desk.room().code
    }

    fn board(&self) -> Board {
        Board::of(&self.desk.room(), now())
    }
}

fn any() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn quick() -> Limits {
    Limits {
        wrong: Duration::from_millis(1),
        ..Limits::default()
    }
}

/// A learner with a folder of their own.
struct Learner {
    _folder: TempDir,
    workspace: Workspace,
}

impl Learner {
    fn new() -> Learner {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::at(folder.path().to_path_buf());
        Learner {
            _folder: folder,
            workspace,
        }
    }

    fn start(&self, exercise: &str) {
        let store = Store::of(&self.workspace);
        store
            .update(exercise, |state| state.start(SystemTime::now()))
            .expect("noted");
    }

    fn pass(&self, exercise: &str) {
        let store = Store::of(&self.workspace);
        store
            .note(exercise, true, SystemTime::now())
            .expect("noted");
    }

    /// What a command of theirs does besides.
    async fn command(&self) {
        report::beside(&self.workspace, async {}).await;
    }

    fn failed(&self) -> u32 {
        let member = Membership::of(&self.workspace).read().expect("the file");
        member.expect("they have joined").failed
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waited).await.expect(what);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_learners_join_work_drop_out_and_come_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("room/board.json");
    let room = Open::at(&file, any(), quick());
    let (address, code) = (room.learners, room.code());

    let learners: Vec<Learner> = (0..20).map(|_| Learner::new()).collect();
    for (number, learner) in learners.iter().enumerate() {
        let name = format!("learner {number}");
        report::join(&learner.workspace, address, &code, &name)
            .await
            .expect("they join");
        learner.start("channels/1");
        learner.command().await;
    }
    let board = room.board();
    assert_eq!(board.learners.len(), 20);
    assert_eq!(board.exercises["channels/1"].at_it, 20);
    let at = |board: &Board, number: usize| board.learners[number].at.clone();
    assert!((0..20).all(|number| at(&board, number).as_deref() == Some("channels/1")));

    // Half of them pass; then the board is away, and everybody works on.
    for learner in &learners[..10] {
        learner.pass("channels/1");
        learner.command().await;
    }
    assert_eq!(room.board().exercises["channels/1"].passed, 10);
    let before = room.desk.room();
    room.close().await;
    for learner in &learners {
        learner.pass("channels/1");
        learner.start("channels/2");
        learner.command().await;
        assert_eq!(learner.failed(), 1);
    }

    // It comes back where it was, and knows everybody. They tell what it has missed, each on their own.
    let room = Open::at(&file, address, quick());
    assert_eq!(room.desk.room(), before);
    let pace = Pace {
        look: Duration::from_millis(10),
        ..Pace::default()
    };
    let telling: Vec<JoinHandle<()>> = learners
        .iter()
        .map(|learner| {
            let workspace = learner.workspace.clone();
            tokio::spawn(async move { match report::keep_telling(&workspace, &pace).await {} })
        })
        .collect();
    until("all are told", || {
        let board = room.board();
        let at_two = (0..20).all(|number| at(&board, number).as_deref() == Some("channels/2"));
        at_two && board.exercises["channels/1"].passed == 20
    })
    .await;
    until("all have heard so", || {
        learners.iter().all(|learner| learner.failed() == 0)
    })
    .await;
    for task in telling {
        task.abort();
    }

    // What was told is in the file, once for each.
    let kept = Room::read(&file).expect("the file").expect("a room");
    assert_eq!(Board::of(&kept, now()).learners.len(), 20);

    // A code that is not right changes nothing; joining again puts the new in the place of the old.
    let again = &learners[4].workspace;
    let wrong = report::join(again, address, "AAA-AAA", "x").await;
    assert!(wrong.is_err_and(|why| why.to_string().contains("not the room's code")));
    assert_eq!(room.board().learners[4].name, "learner 4");
    report::join(again, address, &code, "Ada")
        .await
        .expect("joined");
    let board = room.board();
    assert_eq!(board.learners.len(), 20);
    assert_eq!(board.learners[19].name, "Ada");
    assert_eq!(at(&board, 19).as_deref(), Some("channels/2"));

    report::leave(&learners[3].workspace).await.expect("left");
    assert_eq!(room.board().learners.len(), 19);
    assert!(
        room.board()
            .learners
            .iter()
            .all(|row| row.name != "learner 3")
    );
    learners[3].pass("channels/2");
    learners[3].command().await;
    assert_eq!(room.board().exercises["channels/2"].passed, 0);
    room.close().await;
}

/// Takes one request as it is, and answers it.
async fn take(listener: &TcpListener, answer: &str) -> (String, serde_json::Value) {
    let (mut stream, _) = listener.accept().await.expect("somebody comes");
    let mut text = Vec::new();
    loop {
        let mut part = [0; 4096];
        let many = stream.read(&mut part).await.expect("a request");
        text.extend_from_slice(&part[..many]);
        let all = String::from_utf8(text.clone()).expect("text");
        if let Some((head, body)) = all.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| length.parse() == Ok(body.len())) {
                stream.write_all(answer.as_bytes()).await.expect("answered");
                let body = serde_json::from_str(body).expect("JSON");
                return (head.to_owned(), body);
            }
        }
    }
}

fn keys(value: &serde_json::Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn nothing_else_leaves_the_machine() {
    let listener = TcpListener::bind(any()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let learner = Learner::new();
    learner.start("channels/1");
    learner.pass("channels/1");
    learner.start("channels/2");
    let store = Store::of(&learner.workspace);
    store
        .update("channels/3", |state| {
            state.hints = 3;
            state.solution = true;
        })
        .expect("noted");

    let told = async {
        let joined =
            "HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{\"token\":\"abc\"}";
        let join = take(&listener, joined).await;
        let noted = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        (join, take(&listener, noted).await)
    };
    let joined = report::join(&learner.workspace, address, "K7M-4QX", "Ada");
    let (((head, join), (second, told)), joined) = tokio::join!(told, joined);
    joined.expect("joined");
    let names = |head: &str| -> Vec<String> {
        let lines = head.lines().skip(1);
        lines
            .filter_map(|line| Some(line.split_once(':')?.0.to_owned()))
            .collect()
    };
    assert!(head.starts_with("POST /join "), "{head}");
    assert_eq!(names(&head), ["host", "content-type", "content-length"]);
    assert_eq!(
        join,
        serde_json::json!({ "code": "K7M-4QX", "name": "Ada" })
    );
    assert!(second.starts_with("POST /progress "), "{second}");
    assert_eq!(
        names(&second),
        ["host", "content-type", "authorization", "content-length"]
    );
    assert_eq!(keys(&told), ["exercises", "now"]);
    let items = told["exercises"].as_array().expect("a list");
    assert_eq!(items.len(), 2, "a hint is nobody's business");
    assert_eq!(keys(&items[0]), ["name", "passed", "started"]);
    assert_eq!(keys(&items[1]), ["name", "started"]);
}

#[tokio::test]
async fn who_has_not_joined_or_has_left_tells_nothing() {
    let listener = TcpListener::bind(any()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let learner = Learner::new();
    learner.start("channels/1");
    learner.command().await;

    // Joined, but the room has said that it does not know them; and left.
    let membership = Membership::of(&learner.workspace);
    let member =
        serde_json::json!({ "room": address, "name": "Ada", "token": "t", "refused": true });
    membership
        .write(&serde_json::from_value(member).expect("a member"))
        .expect("written");
    learner.command().await;
    membership.remove().expect("removed");
    learner.command().await;

    // The next who comes is the first.
    TcpStream::connect(address).await.expect("it listens");
    let (_, peer) = listener.accept().await.expect("one");
    assert_eq!(peer.ip(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    let more = tokio::time::timeout(Duration::from_millis(1), listener.accept());
    assert!(more.await.is_err(), "somebody has told something");
}

#[tokio::test]
async fn a_room_that_does_not_answer_is_asked_once_and_then_left_alone() {
    let listener = TcpListener::bind(any()).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let learner = Learner::new();
    let membership = Membership::of(&learner.workspace);
    let write = |failed: u32, next: u64| {
        let member = serde_json::json!({
            "room": address, "name": "Ada", "token": "t", "failed": failed, "next": next
        });
        membership
            .write(&serde_json::from_value(member).expect("a member"))
            .expect("written");
    };
    write(0, 0);
    learner.start("channels/1");
    learner.command().await;
    assert_eq!(learner.failed(), 1);
    drop(listener.accept().await.expect("it was asked"));

    write(5, now() + 1000);
    for _ in 0..5 {
        learner.command().await;
    }
    assert_eq!(learner.failed(), 5);
    let more = tokio::time::timeout(Duration::from_millis(1), listener.accept());
    assert!(more.await.is_err(), "it was asked again");
}

/// One request, by hand.
async fn ask(address: SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    // The server may refuse before it has read all of it.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut text = Vec::new();
    let read = async {
        let mut part = [0; 4096];
        while let Ok(many @ 1..) = stream.read(&mut part).await {
            text.extend_from_slice(&part[..many]);
        }
    };
    tokio::time::timeout(DEADLINE, read)
        .await
        .expect("an answer");
    let text = String::from_utf8_lossy(&text).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.unwrap_or(0), text)
}

fn post(address: SocketAddr, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_behave_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let limits = Limits {
        learners: 2,
        ..quick()
    };
    let room = Open::at(&folder.path().join("board.json"), any(), limits);
    let (address, code) = (room.learners, room.code());
    let join = |code: &str, name: &str| serde_json::json!({"code": code, "name": name}).to_string();
    let right = join(&code, "Ada");

    // Wrong code, name, body, kind, host, origin, method, path.
    for (request, status, says) in [
        (
            post(address, "/join", "", &join("AAA-AAA", "Ada")),
            403,
            "wrong_code",
        ),
        (
            post(address, "/join", "", &join(&code, "a\u{7}b")),
            422,
            "1 to 40 letters",
        ),
        (
            post(address, "/join", "", &join(&code, &"x".repeat(41))),
            422,
            "--name",
        ),
        (post(address, "/join", "", "{"), 400, "malformed"),
        (
            post(
                address,
                "/join",
                "",
                &right.replace('}', ",\"admin\":true}"),
            ),
            400,
            "unknown field",
        ),
        (
            post(address, "/join", "", &right).replace("application/json", "text/plain"),
            400,
            "not application/json",
        ),
        (
            post(address, "/join", "", &right).replace("Host: 127.0.0.1", "Host: evil.example"),
            403,
            "Host",
        ),
        (
            post(address, "/join", "Origin: http://evil.example\r\n", &right),
            403,
            "Origin",
        ),
        (
            post(address, "/join", "", &right).replace("POST", "GET"),
            404,
            "nothing else is here",
        ),
        (
            post(address, "/../board.json", "", ""),
            404,
            "nothing else is here",
        ),
        (
            post(address, "/board.json", "", "").replace("POST", "GET"),
            404,
            "nothing else is here",
        ),
        (
            post(address, "/join", "", &" ".repeat(40_000)),
            413,
            "length limit",
        ),
        (
            post(address, "/progress", "", "{\"now\":0,\"exercises\":[]}"),
            401,
            "not_joined",
        ),
        (
            post(address, "/leave", "Authorization: Bearer x\r\n", ""),
            401,
            "join again",
        ),
    ] {
        let (found, text) = ask(address, &request).await;
        assert_eq!(found, status, "{request}\n{text}");
        assert!(text.contains(says), "{request}\n{text}");
    }
    assert!(room.board().learners.is_empty());

    // Inside, neither what is no exercise, nor too many learners.
    let (status, answer) = ask(address, &post(address, "/join", "", &right)).await;
    assert_eq!(status, 200, "{answer}");
    let token = answer
        .split("\"token\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a token")
        .to_owned();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    for body in [
        "{\"now\":0,\"exercises\":[{\"name\":\"../../etc\"}]}",
        "{\"now\":-1,\"exercises\":[]}",
        "{\"now\":0,\"exercises\":[],\"files\":[]}",
    ] {
        let (status, text) = ask(address, &post(address, "/progress", &bearer, body)).await;
        assert_eq!(status, 400, "{text}");
    }
    let script = join(&code, "<script>alert(1)</script>");
    assert_eq!(
        ask(address, &post(address, "/join", "", &script)).await.0,
        200
    );
    let (status, text) = ask(address, &post(address, "/join", "", &right)).await;
    assert!(status == 409 && text.contains("holds 2 learners"), "{text}");

    // The board: nobody without the key, no other machine's name, and names are text.
    let get = |path: &str, more: &str| {
        let host = room.board;
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n")
    };
    for path in [
        "/",
        "/board.json",
        "/board.js",
        "/?key=",
        "/?key=abc",
        "/join",
    ] {
        let (status, text) = ask(room.board, &get(path, "")).await;
        assert!(status == 403 && !text.contains("Ada"), "{path}: {text}");
    }
    let key = room.desk.room().key;
    let (status, text) = ask(room.board, &get(&format!("/?key={key}"), "")).await;
    assert_eq!(status, 303, "{text}");
    assert!(
        text.contains("HttpOnly; SameSite=Strict") && text.contains("location: /\r\n"),
        "{text}"
    );
    let cookie = format!("Cookie: other=1; cutaway-room={key}\r\n");
    let (status, text) = ask(room.board, &get("/", &cookie)).await;
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains("&lt;script&gt;alert(1)") && !text.contains("<script>"),
        "{text}"
    );
    assert!(text.contains("script-src 'self';"), "{text}");
    for secret in [&token, &key] {
        let (_, json) = ask(room.board, &get("/board.json", &cookie)).await;
        assert!(json.contains("\"Ada\"") && !json.contains(secret.as_str()));
    }
    let foreign = get("/", &cookie).replace("Host: 127.0.0.1", "Host: evil.example");
    assert_eq!(ask(room.board, &foreign).await.0, 403);
    room.close().await;
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let limits = Limits {
        strangers: Rate {
            burst: 5,
            every: Duration::from_hours(1),
        },
        members: Rate {
            burst: 3,
            every: Duration::from_hours(1),
        },
        ..quick()
    };
    let room = Open::at(&folder.path().join("board.json"), any(), limits);
    let learner = Learner::new();
    let code = room.code();
    report::join(&learner.workspace, room.learners, &code, "Ada")
        .await
        .expect("joined");
    let send = |path: &'static str, body: &'static str| {
        let request = Request::post(path)
            .header("host", room.learners.to_string())
            .header("content-type", "application/json")
            .header("authorization", "Bearer wrong")
            .body(Bytes::from_static(body.as_bytes()))
            .expect("a request");
        workbook::client::exchange(room.learners, request, DEADLINE)
    };
    let guess = "{\"code\":\"AAAAAA\",\"name\":\"x\"}";
    for expected in [403, 403, 403, 403, 429, 429] {
        let (status, _) = send("/join", guess).await.expect("an answer");
        assert_eq!(status.as_u16(), expected);
    }
    let told = "{\"now\":0,\"exercises\":[]}";
    let (status, _) = send("/progress", told).await.expect("an answer");
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);

    // Who is in the room is not held up by that, but may not flood it either.
    for number in 1..=3 {
        learner.start(&format!("channels/{number}"));
        learner.command().await;
    }
    assert_eq!(room.board().exercises.len(), 2);
    assert_eq!(learner.failed(), 1);
    room.close().await;
}
