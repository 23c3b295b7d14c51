//! `--self`: the console as one of its own targets.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use expvar::{Counter, Registry};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The largest request looked at, in bytes.
const MAX_REQUEST: usize = 8 * 1024;

/// What the console counts of itself.
#[derive(Clone)]
pub(crate) struct Own {
    registry: Registry,
    /// Messages taken in.
    pub(crate) messages: Counter,
    /// Pictures drawn.
    pub(crate) frames: Counter,
}

impl Own {
    /// Everything at zero, uptime counted from `started`.
    pub(crate) fn new(started: Instant) -> Result<Self, expvar::Error> {
        let registry = Registry::new();
        // Without arguments: they may hold passwords.
        registry.func("cmdline", || vec!["cutaway"].into())?;
        registry.func("uptime_ns", move || {
            (started.elapsed().as_nanos() as u64).into()
        })?;
        registry.func("resident_bytes", || resident_bytes().into())?;
        let (messages, frames) = (registry.counter("messages")?, registry.counter("frames")?);
        Ok(Self {
            registry,
            messages,
            frames,
        })
    }

    /// Publishes on a free port of loopback, and says which.
    pub(crate) async fn serve(&self) -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let registry = self.registry.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whoever hangs up early has had what they wanted.
                tokio::spawn(answer(stream, registry.clone()));
            }
        });
        Ok(address)
    }
}

/// One request, one answer: whatever is asked for below `/debug/vars` is the document.
async fn answer(mut stream: TcpStream, registry: Registry) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") && request.len() < MAX_REQUEST {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (status, body) = if request.starts_with(b"GET /debug/vars ") {
        ("200 OK", registry.to_json())
    } else {
        ("404 Not Found", "only /debug/vars is here\n".to_owned())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// What of the process is in memory, in bytes; 0 where that cannot be found out.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
