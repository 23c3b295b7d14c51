//! A supplier of prices whose server fails by script.
//!
//! | request | answer |
//! |---|---|
//! | `GET /prices/ID` | `{"product":ID,"price":{"amount":…,"currency":"EUR"}}`, or what the script says; 404 from 1,000,000 on |
//! | `POST` and others at `/prices/…` | the same: what counts is how often they come |
//! | `GET /script` | the script, how many of its requests are left, and how many there were in all |
//! | `PUT /script` | begins the script in the body |

mod answers;
mod script;

pub use script::{Script, Step};

use std::io;
use std::net::TcpStream as StdStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Collected, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use answers::Answer;

/// A supplier. Clones are the same.
#[derive(Clone, Debug)]
pub struct Supplier {
    state: Arc<Mutex<State>>,
    /// What requests for prices must carry.
    token: Option<Arc<str>>,
}

#[derive(Debug, Default)]
struct State {
    script: Script,
    /// Requests since the script began.
    begun: u64,
    /// Requests in all.
    requests: u64,
    /// The latest of them.
    seen: Vec<Seen>,
}

/// A request for a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// The trace it belongs to, as it came.
    pub traceparent: Option<String>,
    /// Whether it carried a token, any.
    pub has_token: bool,
}

/// As many requests as are remembered.
const SEEN: usize = 1_000;
/// There is no product from this number on.
const UNKNOWN: u64 = 1_000_000;
/// As long as a script may be.
const MOST_OF_SCRIPT: usize = 4_096;

impl Supplier {
    /// A supplier that follows a script.
    pub fn new(script: Script) -> Supplier {
        let state = State {
            script,
            ..State::default()
        };
        Supplier {
            state: Arc::new(Mutex::new(state)),
            token: None,
        }
    }

    /// One that answers 401 to whoever does not show this token.
    #[must_use]
    pub fn guarded(self, token: &str) -> Supplier {
        Supplier {
            token: Some(token.into()),
            ..self
        }
    }

    /// Begins another script.
    pub fn follow(&self, script: Script) {
        let mut state = self.lock();
        (state.script, state.begun) = (script, 0);
    }

    /// How many requests for prices there were.
    pub fn requests(&self) -> u64 {
        self.lock().requests
    }

    /// The latest of them, at most a thousand.
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// What one piece of a product costs, in cents.
    pub fn price(product: u64) -> u64 {
        500 + product % 1_000 * 25
    }

    /// Serves whoever connects, without end. When it is dropped, connections are cut.
    pub async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(self.clone().connection(stream));
                    }
                    // Out of file descriptors, which come back.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                },
                Some(_ended) = connections.join_next() => {}
            }
        }
    }

    async fn connection(self, stream: TcpStream) {
        let Some((stream, twin)) = twins(stream) else {
            return;
        };
        let service = service_fn(move |request| {
            let (supplier, twin) = (self.clone(), Arc::clone(&twin));
            async move { supplier.answer(request, &twin).await }
        });
        // A client that went away, or one that is reset.
        let _ended = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, request: Request<Incoming>, stream: &StdStream) -> io::Result<Answer> {
        let path = request.uri().path();
        if path == "/script" {
            return Ok(self.control(request).await);
        }
        let product = path.strip_prefix("/prices/").map(str::parse);
        let Some(Ok(product)) = product else {
            return Ok(answers::text(
                StatusCode::NOT_FOUND,
                "there is GET /prices/ID\n",
            ));
        };
        self.see(&request);
        if !self.lets_in(request.headers()) {
            let message = "a token is needed\n";
            return Ok(answers::text(StatusCode::UNAUTHORIZED, message));
        }
        match self.next() {
            Step::Reset => {
                SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
            _ if product >= UNKNOWN => {
                Ok(answers::text(StatusCode::NOT_FOUND, "no such product\n"))
            }
            step => Ok(answers::by(&step, product).await),
        }
    }

    fn see(&self, request: &Request<Incoming>) {
        let headers = request.headers();
        let trace = headers.get("traceparent").and_then(|id| id.to_str().ok());
        let seen = Seen {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            traceparent: trace.map(str::to_owned),
            has_token: headers.contains_key(AUTHORIZATION),
        };
        let mut state = self.lock();
        state.requests += 1;
        if state.seen.len() == SEEN {
            state.seen.remove(0);
        }
        state.seen.push(seen);
    }

    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let given = headers.get(AUTHORIZATION);
        let given = given.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
        given == Some(token)
    }

    fn next(&self) -> Step {
        let mut state = self.lock();
        let step = state.script.step(state.begun).cloned();
        state.begun += 1;
        step.unwrap_or(Step::Ok)
    }

    async fn control(&self, request: Request<Incoming>) -> Answer {
        if *request.method() == Method::PUT {
            let body = Limited::new(request.into_body(), MOST_OF_SCRIPT);
            let body = body.collect().await.map(Collected::to_bytes);
            let script = body
                .map_err(|error| error.to_string())
                .and_then(|body| String::from_utf8_lossy(&body).parse::<Script>());
            match script {
                Ok(script) => self.follow(script),
                Err(error) => {
                    let message = format!("{error}\n");
                    return answers::text(StatusCode::UNPROCESSABLE_ENTITY, &message);
                }
            }
        }
        let state = self.lock();
        answers::json(&json!({
            "script": state.script.to_string(),
            "left": state.script.left(state.begun),
            "requests": state.requests,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream, and another handle of its socket, through which it can be reset.
fn twins(stream: TcpStream) -> Option<(TcpStream, Arc<StdStream>)> {
    stream.set_nodelay(true).ok()?;
    let stream = stream.into_std().ok()?;
    let twin = stream.try_clone().ok()?;
    Some((TcpStream::from_std(stream).ok()?, Arc::new(twin)))
}
