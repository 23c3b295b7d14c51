//! A client that writes and reads HTTP/1.1 by hand, so that a test controls every byte.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Client {
    stream: TcpStream,
}

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(addr).await.expect("somebody listens"),
        }
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.stream.local_addr().expect("it is connected")
    }

    pub(crate) async fn get(&mut self, path: &str) -> String {
        self.send(path).await;
        self.read_answer().await
    }

    pub(crate) async fn send(&mut self, path: &str) {
        self.write(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
    }

    /// Writes unless the connection has ended.
    pub(crate) async fn try_write(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).await.is_ok()
    }

    /// Reads so many bytes, or to the end of the connection; how many.
    pub(crate) async fn take(&mut self, bytes: usize) -> usize {
        let mut buffer = vec![0; bytes];
        let mut taken = 0;
        while taken < bytes {
            match self.stream.read(&mut buffer[taken..]).await {
                Ok(0) | Err(_) => break,
                Ok(more) => taken += more,
            }
        }
        taken
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.stream
            .write_all(text.as_bytes())
            .await
            .expect("the connection is open");
    }

    /// Reads one answer: its header and as much body as `content-length` says.
    pub(crate) async fn read_answer(&mut self) -> String {
        let mut answer = String::new();
        while !is_complete(&answer) {
            let mut buffer = [0; 4096];
            let len = self
                .stream
                .read(&mut buffer)
                .await
                .expect("the connection is open");
            assert_ne!(len, 0, "the connection ended after {answer:?}");
            answer.push_str(std::str::from_utf8(&buffer[..len]).expect("answers are text"));
        }
        answer
    }

    /// Reads to the end of the connection, however it ends.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _reset_or_end = self.stream.read_to_end(&mut rest).await;
        String::from_utf8(rest).expect("answers are text")
    }
}

fn is_complete(answer: &str) -> bool {
    let Some((header, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let length = header.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")?
            .parse()
            .ok()
    });
    body.len() >= length.unwrap_or(0)
}
