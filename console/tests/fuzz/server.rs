//! Serves one body at a time, byte for byte.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::SockRef;

/// Ends with the process.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    body: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    /// Serves the body under `path`, as `content_type`; nothing is anywhere else.
    pub(crate) fn start(path: &'static str, content_type: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let addr = listener.local_addr().expect("it is bound");
        let body = Arc::new(Mutex::new(Vec::new()));
        let served = Arc::clone(&body);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A connection that is over leaves nothing behind: there are only so many ports.
                let forgets = SockRef::from(&client).set_linger(Some(Duration::ZERO));
                forgets.expect("it is a socket");
                let served = Arc::clone(&served);
                // Whoever goes away in the middle of an answer is none of its business.
                std::thread::spawn(move || serve(&client, path, content_type, &served).ok());
            }
        });
        Self { addr, body }
    }

    pub(crate) fn turn_to(&self, body: &[u8]) {
        let mut served = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        served.clear();
        served.extend_from_slice(body);
    }
}

fn serve(
    client: &TcpStream,
    path: &str,
    content_type: &str,
    body: &Mutex<Vec<u8>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(client);
    let mut out = client;
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        let is_there = line.split(' ').nth(1).is_some_and(|asked| asked == path);
        while line != "\r\n" {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        line.clear();
        let body = body.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (status, body) = if is_there {
            (200, body)
        } else {
            (404, Vec::new())
        };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
        );
        out.write_all(&[head.as_bytes(), &body].concat())?;
    }
    Ok(())
}
