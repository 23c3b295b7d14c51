//! Clients that send and read a few bytes at a time: over sockets of their own, because an HTTP client is too good at it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lifecycle::Shutdown;
use sales_client::Problem;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::task::JoinSet;

use crate::api::{Failure, Ordered};
use crate::ledger::Settled;
use crate::retry;
use crate::shop::Shop;
use crate::stats::{Operation, Outcome};

/// Bytes at a time.
const SIP: usize = 16;
/// Pause between two sips: some 320 bytes a second.
const PAUSE: Duration = Duration::from_millis(50);
/// After so long a slow client gives up.
const LIMIT: Duration = Duration::from_mins(1);
/// A small window, so that the service cannot hand the answer to the kernel and forget it.
const WINDOW: u32 = 2_048;
/// The largest answer read.
const LARGEST: usize = 64 << 10;

/// So many slow clients, half of which order and half read the catalogue. When `stop` is triggered, they finish what they
/// are at.
pub(crate) fn start(shop: &Arc<Shop>, count: u32, stop: &Shutdown) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for number in 0..count {
        clients.spawn(client(Arc::clone(shop), number, stop.clone()));
    }
    clients
}

async fn client(shop: Arc<Shop>, number: u32, stop: Shutdown) {
    while !stop.is_triggered() {
        let started = Instant::now();
        let result = visit(&shop, number.is_multiple_of(2)).await;
        let failed = result.is_err();
        if result.as_ref().is_err_and(retry::turned_away) {
            shop.stats.turn_away();
        }
        let outcome = result.unwrap_or_else(Outcome::Failed);
        let phase = shop.schedule.phase(started).0;
        let stats = &shop.stats;
        stats.record(Operation::Slow, phase, &outcome, started.elapsed());
        if failed {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = stop.triggered() => return,
            }
        }
    }
}

async fn visit(shop: &Shop, order: bool) -> Result<Outcome, Failure> {
    if !order {
        let request = request(shop, "GET", "/v1/products?limit=20", "", "");
        exchange(shop, &request).await?;
        return Ok(Outcome::Fine);
    }
    let items = shop.shoppers().basket();
    let body = json!({ "items": items }).to_string();
    let key = format!("Idempotency-Key: {}\r\n", shop.key());
    let request = request(shop, "POST", "/v1/orders", &key, &body);
    shop.ledger.ordering(&items);
    let result = exchange(shop, &request)
        .await
        .and_then(|body| placed(&body));
    let (settled, result) = match result {
        Ok(id) => (Settled::Acknowledged(id), Ok(Ordered::Placed(id))),
        Err(failure) if failure.code() == Some("out_of_stock") => {
            (Settled::NotDone, Ok(Ordered::OutOfStock))
        }
        Err(failure) if retry::is_unsure(&failure) => (Settled::Unsure, Err(failure)),
        Err(failure) => (Settled::NotDone, Err(failure)),
    };
    shop.ledger.ordered(&items, settled);
    Ok(match result? {
        Ordered::Placed(_) => Outcome::Fine,
        Ordered::OutOfStock => Outcome::OutOfStock,
    })
}

fn placed(body: &[u8]) -> Result<i64, Failure> {
    #[derive(Deserialize)]
    struct Placed {
        id: i64,
    }
    let placed: Placed =
        serde_json::from_slice(body).map_err(|error| Failure::Answer(error.to_string()))?;
    Ok(placed.id)
}

/// A request as it goes over the wire.
fn request(shop: &Shop, method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let host = shop.target.authority();
    let content = if body.is_empty() {
        String::new()
    } else {
        let length = body.len();
        format!("Content-Type: application/json\r\nContent-Length: {length}\r\n")
    };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}{content}");
    let mut request = head.into_bytes();
    if let Some(token) = &shop.token {
        request.extend_from_slice(b"Authorization: ");
        request.extend_from_slice(token.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"Connection: close\r\n\r\n");
    request.extend_from_slice(body.as_bytes());
    request
}

/// Sends a request and reads the answer's body, slowly; one that is an error is an error.
async fn exchange(shop: &Shop, request: &[u8]) -> Result<Vec<u8>, Failure> {
    shop.stats.attempt();
    let exchange = async {
        let mut stream = connect(&shop.target.address()).await?;
        let answer = talk(&mut stream, request).await?;
        read(&answer)
    };
    let answered = tokio::time::timeout(LIMIT, exchange).await;
    answered.unwrap_or(Err(Failure::TimedOut))
}

async fn connect(address: &str) -> Result<TcpStream, Failure> {
    let mut addresses = lookup_host(address).await.map_err(|error| of(&error))?;
    let address = addresses
        .next()
        .ok_or_else(|| Failure::Other("the host has no address".to_owned()))?;
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = socket.map_err(|error| of(&error))?;
    socket
        .set_recv_buffer_size(WINDOW)
        .map_err(|error| of(&error))?;
    let stream = socket.connect(address).await.map_err(|error| of(&error))?;
    stream.set_nodelay(true).map_err(|error| of(&error))?;
    Ok(stream)
}

/// What comes back until the other side closes. An answer that comes early ends the sending.
async fn talk(stream: &mut TcpStream, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut answer = Vec::new();
    let mut sip = [0; SIP];
    for part in request.chunks(SIP) {
        // Refused before all is sent; what was said about that is there to be read.
        if stream.write_all(part).await.is_err() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        match stream.try_read(&mut sip) {
            Ok(read) => {
                answer.extend_from_slice(&sip[..read]);
                break;
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(of(&error)),
        }
    }
    while answer.len() < LARGEST {
        match stream.read(&mut sip).await {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&sip[..read]),
            // Closed with some of the request unread: what came before that counts.
            Err(_) if !answer.is_empty() => break,
            Err(error) => return Err(of(&error)),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(answer)
}

/// The body of an answer, or what it says is wrong.
fn read(answer: &[u8]) -> Result<Vec<u8>, Failure> {
    if answer.is_empty() {
        return Err(Failure::Closed);
    }
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or(Failure::Closed)?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status: u16 = status.ok_or_else(|| Failure::Answer("no status line".to_owned()))?;
    let body = &answer[end + 4..];
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let length = name.eq_ignore_ascii_case("content-length");
        length.then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    if (200..300).contains(&status) {
        return match length {
            Some(length) if body.len() < length => Err(Failure::Closed),
            _ => Ok(body.to_vec()),
        };
    }
    let problem: Problem = serde_json::from_slice(body).unwrap_or_default();
    Err(Failure::Problem(Box::new(Problem { status, ..problem })))
}

fn of(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => Failure::Refused,
        std::io::ErrorKind::ConnectionReset
        | std::io::ErrorKind::ConnectionAborted
        | std::io::ErrorKind::BrokenPipe => Failure::Closed,
        kind => Failure::Other(kind.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_body_or_its_problem() {
        let full = b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"id\":7}";
        let body = read(full).expect("an answer");
        assert_eq!(placed(&body), Ok(7));
        assert_eq!(read(&full[..full.len() - 1]), Err(Failure::Closed));
        assert_eq!(read(&full[..20]), Err(Failure::Closed));
        assert_eq!(read(b""), Err(Failure::Closed));
        let late = read(b"HTTP/1.1 408 Request Timeout\r\n\r\n{\"code\":\"too_slow\"}");
        let late = late.expect_err("a problem").to_string();
        assert_eq!(late, "HTTP 408 too_slow");
        assert!(matches!(read(b"what?\r\n\r\n"), Err(Failure::Answer(_))));
    }
}
