//! Clients that ask for a path again and again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Some clients, each of which waits for its answer and then for a while. They end when this is dropped.
pub(crate) struct Load {
    clients: Vec<(Sender<()>, JoinHandle<()>)>,
}

impl Load {
    pub(crate) fn start(to: SocketAddr, clients: usize, path: &str, pause: Duration) -> Self {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {to}\r\n\r\n");
        let client = |_| {
            let (request, (stop, stopped)) = (request.clone(), channel());
            (
                stop,
                std::thread::spawn(move || ask(to, &request, pause, &stopped)),
            )
        };
        Self {
            clients: (0..clients).map(client).collect(),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for (stop, client) in self.clients.drain(..) {
            drop(stop);
            // A failed request has failed the client, and is of no interest at the end.
            let _ended = client.join();
        }
    }
}

fn ask(to: SocketAddr, request: &str, pause: Duration, stopped: &Receiver<()>) {
    let mut server = BufReader::new(TcpStream::connect(to).expect("the service listens"));
    while matches!(stopped.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
        let mut answer = || {
            server.get_mut().write_all(request.as_bytes())?;
            read_answer(&mut server)
        };
        answer().expect("the service answers");
    }
}

/// An answer of known length.
fn read_answer(from: &mut impl BufRead) -> std::io::Result<()> {
    let (mut length, mut line) = (0, String::new());
    while line != "\r\n" {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let head = line.to_ascii_lowercase();
        if let Some(value) = head.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    std::io::copy(&mut from.take(length), &mut std::io::sink())?;
    Ok(())
}
