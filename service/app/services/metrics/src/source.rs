//! Where the variables come from: one request at a time, bounded in time and size, and its true cause when it fails.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use expvar::read::Document;
use http::header::{ACCEPT, AUTHORIZATION, HOST};
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use secret::Secret;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What is read where the URL has no path.
const VARS: &str = "/debug/vars";

/// A service's variables: `http://[USER:PASSWORD@]HOST[:PORT][/PATH]`, shown without its user and password.
#[derive(Clone, Debug)]
pub struct Source {
    authority: String,
    path: String,
    authorization: Option<Secret<String>>,
}

impl Source {
    /// Sends this token, without the space around it, instead of what the URL says.
    ///
    /// # Errors
    /// It is empty, or has characters that a header cannot have. It is not repeated.
    pub fn set_token(&mut self, token: &str) -> Result<(), &'static str> {
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it must hold a token: visible ASCII characters without space");
        }
        self.authorization = Some(Secret::new(format!("Bearer {token}")));
        Ok(())
    }
}

impl FromStr for Source {
    type Err = String;

    /// Does not repeat what it refuses: that may hold a password.
    fn from_str(text: &str) -> Result<Source, String> {
        let wrong = || {
            "must be a URL such as http://127.0.0.1:4000 or http://127.0.0.1:4000/debug/vars (TLS is not spoken: run beside the service)".to_owned()
        };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let authority = uri
            .authority()
            .filter(|_| uri.scheme_str() == Some("http"))
            .ok_or_else(wrong)?;
        let (user, authority) = match authority.as_str().rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, authority.as_str()),
        };
        if authority.is_empty() {
            return Err(wrong());
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Source {
            authority: authority.to_owned(),
            path: if path == "/" { VARS } else { path }.to_owned(),
            authorization: user.map(|user| Secret::new(format!("Basic {}", STANDARD.encode(user)))),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum ScrapeError {
    /// Nothing answers there.
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// Not within the time.
    #[error("no answer within {}", humantime::format_duration(*.0))]
    TimedOut(Duration),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The document is too long.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// Another status than 200.
    #[error("answered {0}")]
    Status(StatusCode),
    /// No document of variables.
    #[error("not a document of variables: {0}")]
    Format(#[from] expvar::read::ReadError),
}

impl ScrapeError {
    /// For a label: a word that does not change with the details.
    pub fn code(&self) -> &'static str {
        match self {
            ScrapeError::Connect(_) => "connect",
            ScrapeError::TimedOut(_) => "timed_out",
            ScrapeError::Broken(_) => "broken",
            ScrapeError::TooLarge(_) => "too_large",
            ScrapeError::Status(_) => "status",
            ScrapeError::Format(_) => "format",
        }
    }
}

impl Source {
    /// Reads the variables.
    ///
    /// # Errors
    /// There is no document of variables within the time and of at most `max` bytes.
    pub async fn read(&self, time: Duration, max: usize) -> Result<(Document, usize), ScrapeError> {
        let body = timeout(time, self.body(max)).await;
        let body = body.map_err(|_| ScrapeError::TimedOut(time))??;
        Ok((Document::parse(&body)?, body.len()))
    }

    async fn body(&self, max: usize) -> Result<Bytes, ScrapeError> {
        let has_port = self
            .authority
            .rsplit(']')
            .next()
            .is_some_and(|rest| rest.contains(':'));
        let place = if has_port {
            self.authority.clone()
        } else {
            format!("{}:80", self.authority)
        };
        let stream = TcpStream::connect(place)
            .await
            .map_err(ScrapeError::Connect)?;
        let broken = |error: &hyper::Error| {
            ScrapeError::Broken(
                error
                    .source()
                    .map_or_else(|| error.to_string(), ToString::to_string),
            )
        };
        let (mut send, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        let exchange = async {
            let response = send
                .send_request(self.request())
                .await
                .map_err(|error| broken(&error))?;
            if response.status() != StatusCode::OK {
                return Err(ScrapeError::Status(response.status()));
            }
            let body = Limited::new(response.into_body(), max).collect().await;
            body.map(http_body_util::Collected::to_bytes)
                .map_err(|error| match error.downcast::<hyper::Error>() {
                    Ok(error) => broken(&error),
                    // The only other one.
                    Err(_) => ScrapeError::TooLarge(max),
                })
        };
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            body = &mut exchange => body,
            // What it broke with shows in the exchange.
            _ended = connection => exchange.await,
        }
    }

    fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        if let Ok(path) = self.path.parse() {
            *request.uri_mut() = path;
        }
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Ok(host) = HeaderValue::from_str(&self.authority) {
            headers.insert(HOST, host);
        }
        if let Some(Ok(mut value)) = self
            .authorization
            .as_ref()
            .map(|value| HeaderValue::from_str(value.expose()))
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_shown_without_secrets() {
        for (text, shown) in [
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000/debug/vars"),
            ("http://127.0.0.1:4000/", "http://127.0.0.1:4000/debug/vars"),
            (
                "http://me:canary@[::1]:4000/vars?x=1",
                "http://[::1]:4000/vars?x=1",
            ),
            ("http://go", "http://go/debug/vars"),
        ] {
            let from: Source = text.parse().expect(text);
            assert_eq!(from.to_string(), shown);
            assert!(!format!("{from:?}").contains("canary"));
        }
        let mut from: Source = "http://h".parse().expect("a URL");
        for (token, fine) in [
            (" canary\n", true),
            ("", false),
            ("\n", false),
            ("can ary", false),
            ("can\u{e4}ry", false),
        ] {
            assert_eq!(from.set_token(token).is_ok(), fine, "{token:?}");
        }
        assert!(!format!("{from:?}").contains("canary"));
        for text in [
            "",
            "127.0.0.1:4000",
            "https://me:canary@h/",
            "ftp://h",
            "http://",
        ] {
            let error = text.parse::<Source>().expect_err(text);
            assert!(
                error.contains("must be a URL") && !error.contains("canary"),
                "{error}"
            );
        }
    }
}
