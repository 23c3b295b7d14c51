//! Many small targets in one thread: six variables each, as expvar publishes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The variables, as expvarmon is told of them.
pub(super) const VARIABLES: &str =
    "requests,errors,in_flight,tasks,mem:memstats.Alloc,duration:memstats.PauseTotalNs";

/// What `tasks` is in each answer …
pub(super) const TASKS: &str = "7357";
/// … and as the console writes it.
pub(super) const SHOWN: &str = "7.36k";

/// They serve until this is dropped.
pub(super) struct Targets {
    pub(super) ports: Vec<u16>,
    answers: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Targets {
    pub(super) fn start(count: usize) -> anyhow::Result<Targets> {
        let listeners: Vec<std::net::TcpListener> = (0..count)
            .map(|_| {
                let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
                listener.set_nonblocking(true)?;
                Ok(listener)
            })
            .collect::<std::io::Result<_>>()
            .context("ports for the targets; are enough files allowed to be open?")?;
        let ports = listeners.iter().map(std::net::TcpListener::local_addr);
        let ports = ports.map(|addr| addr.map(|addr| addr.port()));
        let ports = ports.collect::<std::io::Result<_>>()?;
        let answers = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let counted = Arc::clone(&answers);
        let serve = move || {
            runtime.block_on(async {
                for listener in listeners {
                    let Ok(listener) = TcpListener::from_std(listener) else {
                        continue;
                    };
                    let counted = Arc::clone(&counted);
                    tokio::spawn(async move {
                        while let Ok((stream, _)) = listener.accept().await {
                            tokio::spawn(answer(stream, Arc::clone(&counted)));
                        }
                    });
                }
                drop(stopped.await);
            });
        };
        let thread = std::thread::Builder::new().name("targets".to_owned());
        Ok(Targets {
            ports,
            answers,
            stop: Some(stop),
            thread: Some(thread.spawn(serve)?),
        })
    }

    /// All of them as one argument: `127.0.0.1:1,127.0.0.1:2`.
    pub(super) fn list(&self) -> String {
        let all: Vec<String> = self
            .ports
            .iter()
            .map(|port| format!("127.0.0.1:{port}"))
            .collect();
        all.join(",")
    }

    /// How often variables were asked for.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Answers requests of one connection, one after the other.
async fn answer(mut stream: TcpStream, counted: Arc<AtomicU64>) {
    let mut request = Vec::new();
    let mut times = 0_u64;
    loop {
        let Some(end) = end_of_head(&request) else {
            match stream.read_buf(&mut request).await {
                Ok(1..) if request.len() < 16 * 1024 => continue,
                _ => return,
            }
        };
        let variables = request.starts_with(b"GET /debug/vars ");
        request.drain(..end);
        let (status, body) = if variables {
            times += 1;
            counted.fetch_add(1, Ordering::Relaxed);
            ("200 OK", document(times))
        } else {
            ("404 Not Found", String::from("there is none"))
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn end_of_head(request: &[u8]) -> Option<usize> {
    let end = request.windows(4).position(|window| window == b"\r\n\r\n");
    end.map(|at| at + 4)
}

fn document(times: u64) -> String {
    format!(
        r#"{{"requests":{},"errors":{},"in_flight":{},"tasks":{TASKS},"memstats":{{"Alloc":{},"PauseTotalNs":{}}}}}"#,
        times * 17,
        times / 9,
        times % 7,
        5_000_000 + times % 13 * 1_000,
        times * 20_000
    )
}
