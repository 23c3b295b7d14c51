//! The program, services to read, and a reader of metrics that is not ours.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The sidecar, serving. Killed when dropped.
pub(crate) struct Sidecar {
    pub(crate) addr: SocketAddr,
    child: Child,
    log: BufReader<ChildStdout>,
}

impl Sidecar {
    /// On a free port, with these flags and nothing of the tests' own environment.
    pub(crate) fn start(flags: &[&str]) -> Sidecar {
        let mut child = command(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut log = BufReader::new(child.stdout.take().expect("piped"));
        let addr = loop {
            let mut line = String::new();
            assert!(
                log.read_line(&mut line).expect("readable") > 0,
                "it ended before it served"
            );
            if let Some((_, rest)) = line.split_once("\"listen\":\"") {
                let addr = rest.split('"').next().unwrap_or_default();
                break addr.parse().expect("an address");
            }
        };
        Sidecar { addr, child, log }
    }

    pub(crate) fn metrics(&self) -> String {
        let answer = get(self.addr, "/metrics", "text/plain");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
    }

    /// Asks it to end; how it ended, and the rest of its log.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        let mut log = String::new();
        self.log.read_to_string(&mut log).expect("readable");
        (self.child.wait().expect("it can be waited for"), log)
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The program with these flags, not started.
pub(crate) fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sales-metrics"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("SALES_") || name.starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command
        .args(["--listen", "127.0.0.1:0", "--fresh", "0s"])
        .args(flags);
    command
}

/// The whole answer to one request.
pub(crate) fn get(addr: SocketAddr, path: &str, accept: &str) -> String {
    let mut stream = TcpStream::connect(addr).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .expect("a limit");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {addr}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    )
    .expect("writes");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

/// A server that gives each request the next of these answers, the last one again and again; and what was asked.
pub(crate) struct Scripted {
    pub(crate) addr: SocketAddr,
    pub(crate) asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Scripted {
    pub(crate) fn start(answers: Vec<Vec<u8>>) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let asked = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let kept = Arc::clone(&asked);
        // It ends with the tests.
        thread::spawn(move || {
            for (at, stream) in listener.incoming().enumerate() {
                let Ok(mut stream) = stream else { return };
                let answer = answers
                    .get(at)
                    .or(answers.last())
                    .cloned()
                    .unwrap_or_default();
                let request = read_request(&mut stream);
                kept.lock().expect("no panics").push(request);
                // It may have left.
                let _gone = stream.write_all(&answer);
            }
        });
        Scripted { addr, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).unwrap_or_default();
        request.extend_from_slice(&piece[..read]);
        let head = request.windows(4).position(|end| end == b"\r\n\r\n");
        let Some(head) = head.map(|at| at + 4).filter(|_| read > 0) else {
            if read == 0 {
                return request;
            }
            continue;
        };
        let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
        let length = text
            .split_once("content-length: ")
            .and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok());
        if request.len() >= head + length.unwrap_or(0) {
            return request;
        }
    }
}

/// An answer with this body.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What Prometheus' own client library makes of it: a line for each family, with its name and type. `None`, said aloud, where
/// there is none.
pub(crate) fn official(text: &str) -> Option<Vec<String>> {
    let lines = crate::official::read(text.as_bytes(), "text/plain")?;
    let families = lines.lines().filter(|line| !line.starts_with(' '));
    Some(
        families
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect(),
    )
}
