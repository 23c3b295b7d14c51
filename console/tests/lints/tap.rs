//! Between the console and a target: counts what the console reads.
//!
//! A deadline of so many seconds is one of so many readings, at one reading a second. On a busy machine both come late.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Passes everything on. Its threads end with the connections.
pub(crate) struct Tap {
    pub(crate) addr: SocketAddr,
    readings: Arc<AtomicUsize>,
}

impl Tap {
    /// Before `target`; a reading is a request for `path`.
    pub(crate) fn before(target: SocketAddr, path: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let addr = listener.local_addr().expect("it is bound");
        let readings = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&readings);
        let request = Request {
            begins: format!("GET {path} "),
            // A debug listener answers only who asks for itself.
            host: (format!("host: {addr}"), format!("host: {target}")),
        };
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(target) else {
                    continue;
                };
                pass(&client, &server, &seen, &request);
            }
        });
        Self { addr, readings }
    }

    /// Readings so far.
    pub(crate) fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }
}

/// What is known of requests.
#[derive(Clone)]
struct Request {
    /// How one for variables does.
    begins: String,
    /// The host that the console asks for, and the one it gets.
    host: (String, String),
}

fn pass(client: &TcpStream, server: &TcpStream, count: &Arc<AtomicUsize>, request: &Request) {
    let both = |stream: &TcpStream| stream.try_clone().expect("a handle is free");
    let (mut up, mut down) = ((both(client), both(server)), (both(server), both(client)));
    let (count, request) = (Arc::clone(count), request.clone());
    std::thread::spawn(move || {
        copy(&mut up.0, &mut up.1, |piece| {
            // The console asks one thing at a time on a connection, and a request is one piece.
            let head = String::from_utf8_lossy(piece);
            let is_reading = head.starts_with(&request.begins);
            count.fetch_add(usize::from(is_reading), Ordering::SeqCst);
            head.replace(&request.host.0, &request.host.1).into_bytes()
        });
    });
    std::thread::spawn(move || copy(&mut down.0, &mut down.1, <[u8]>::to_vec));
}

fn copy(from: &mut TcpStream, to: &mut TcpStream, change: impl Fn(&[u8]) -> Vec<u8>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&change(&buffer[..count])).is_err() {
            break;
        }
    }
    // Whoever is gone already need not be told.
    let _gone = to.shutdown(Shutdown::Both);
    let _gone = from.shutdown(Shutdown::Both);
}
