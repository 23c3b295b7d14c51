//! Keys change under load, and nobody is turned away.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use auth::{Algorithm, SigningKey, files};
use hyper::Method;
use serde_json::Value;
use tokio::task::JoinSet;
use user::Role;

use crate::access::{send, token};
use crate::support::{Client, Process, Service};

/// How long something may take that happens within a second or two when there is nothing else to do.
const PATIENCE: Duration = Duration::from_mins(2);

fn key(algorithm: Algorithm, seed: u8) -> SigningKey {
    SigningKey::generate(algorithm, [seed; 32]).expect("a key")
}

async fn status(client: &Client, bearer: &str) -> u16 {
    let answer = send(client, Method::GET, "/v1/shop", bearer, &Value::Null).await;
    answer.status.as_u16()
}

/// Waits until a token gets this answer.
async fn becomes(client: &Client, bearer: &str, expected: u16) {
    let began = Instant::now();
    while status(client, bearer).await != expected {
        assert!(began.elapsed() < PATIENCE, "it never was {expected}");
    }
}

/// Clients that ask all the time with whatever token they hold at the moment.
struct Load {
    bearer: Arc<std::sync::Mutex<String>>,
    done: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    clients: JoinSet<()>,
}

impl Load {
    fn start(service: &Process, bearer: &str) -> Load {
        let bearer = Arc::new(std::sync::Mutex::new(bearer.to_owned()));
        let (done, answered) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let mut clients = JoinSet::new();
        for _ in 0..4 {
            let client = service.client();
            let (bearer, done, answered) = (bearer.clone(), done.clone(), answered.clone());
            clients.spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let bearer = bearer.lock().expect("no panics").clone();
                    assert_eq!(status(&client, &bearer).await, 200);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Load {
            bearer,
            done,
            answered,
            clients,
        }
    }

    fn take(&self, bearer: &str) {
        bearer.clone_into(&mut self.bearer.lock().expect("no panics"));
    }

    /// Waits until more were answered.
    async fn go_on(&mut self) {
        let goal = self.answered.load(Ordering::Relaxed) + 100;
        let began = Instant::now();
        while self.answered.load(Ordering::Relaxed) < goal {
            assert!(began.elapsed() < PATIENCE, "nobody is answered");
            let ended = tokio::time::timeout(Duration::from_millis(10), self.clients.join_next());
            if let Ok(Some(ended)) = ended.await {
                ended.expect("nobody is turned away");
            }
        }
    }

    async fn end(mut self) {
        self.done.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.expect("nobody is turned away");
        }
    }
}

fn production(directory: &Path, keys: &Path) -> Process {
    Service::new(directory)
        .flags(&["--profile", "production", "--rate-limit", "0"])
        .flags(&["--keys", &keys.display().to_string()])
        .start()
}

#[tokio::test]
async fn a_key_follows_another_under_load_and_nobody_is_turned_away() {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = directory.path().join("keys");
    let (old, new) = (key(Algorithm::EdDsa, 1), key(Algorithm::Es256, 2));
    let id = |key: &SigningKey| key.public().id().as_str().to_owned();
    old.write(&keys).expect("writes");
    files::make_current(&keys, &id(&old)).expect("it is there");
    let service = production(directory.path(), &keys);
    let client = service.client();
    let [by_old, by_new] = [&old, &new].map(|key| token(key, "bot", Role::Shopper));
    let mut load = Load::start(&service, &by_old);
    load.go_on().await;
    assert_eq!(status(&client, &by_new).await, 401);

    // Added: known before anybody signs with it.
    new.write(&keys).expect("writes");
    becomes(&client, &by_new, 200).await;
    files::make_current(&keys, &id(&new)).expect("it is there");
    load.take(&by_new);
    load.go_on().await;
    // Old tokens are still good, and so are they once their key is retired, until they are over.
    assert_eq!(status(&client, &by_old).await, 200);
    let hour = SystemTime::now() + Duration::from_hours(1);
    files::retire(&keys, &id(&old), hour).expect("not in use");
    load.go_on().await;
    assert_eq!(status(&client, &by_old).await, 200);

    // Retired at once, as after a theft: it counts no more, and nobody else notices.
    let past = SystemTime::now() - Duration::from_hours(1);
    files::retire(&keys, &id(&old), past).expect("not in use");
    becomes(&client, &by_old, 401).await;
    load.go_on().await;

    // What is not a key does not take the good ones away.
    let (_, public) = files::paths(&keys, old.public().id());
    std::fs::write(&public, "{}").expect("ours");
    let began = Instant::now();
    while service.variables().await["keys"]["unreadable"] == 0 {
        assert!(began.elapsed() < PATIENCE, "nobody noticed");
    }
    load.go_on().await;
    std::fs::remove_file(&public).expect("ours");
    load.end().await;

    let root = token(&new, "root", Role::Admin);
    let path = "/v1/audit?subject=sales-api&limit=100";
    let audit = send(&client, Method::GET, path, &root, &Value::Null).await;
    let audit = audit.json();
    let said = |action: &str, key: &SigningKey| {
        let mut items = audit["items"].as_array().expect("items").iter();
        let object = format!("keys/{}", id(key));
        items.any(|item| item["action"] == action && item["object"] == *object)
    };
    for (action, key) in [("key.add", &new), ("key.use", &new), ("key.retire", &old)] {
        assert!(said(action, key), "{action}: {audit}");
    }
}
