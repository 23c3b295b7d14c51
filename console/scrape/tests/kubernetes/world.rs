//! A cluster to look at, a kubeconfig for it, and what the console says of it.
#![allow(
    unreachable_pub,
    missing_docs,
    reason = "shared within this program of tests"
)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cutaway_model::{Cause, Message, RingNews, Scalar, TargetId, TargetInfo};
use cutaway_scrape::kubernetes::Clusters;
use cutaway_scrape::{Finder, Handle, Item, Options, Poller};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{self, Receiver};

use crate::double::Server;
use crate::fake::{Fake, Reply, path, soon};

/// Kubernetes 1.20 and 1.34, as their servers give a pod.
const OLD: &str = include_str!("objects/pod-1.20.json");
const NEW: &str = include_str!("objects/pod-1.34.json");

/// A cluster, and the folder of its kubeconfig.
pub struct World {
    pub server: Server,
    dir: TempDir,
    files: Vec<PathBuf>,
}

impl World {
    /// Anybody may do anything.
    pub async fn new() -> Self {
        let mut world = Self::with(Server::start(None).await);
        world.log_in(&json!({}));
        world
    }

    /// A cluster whose server is this one; nobody knows the way to it yet.
    pub fn with(server: Server) -> Self {
        Self {
            server,
            dir: tempfile::tempdir().expect("a folder"),
            files: Vec::new(),
        }
    }

    /// Writes the kubeconfig, with this user in it.
    pub fn log_in(&mut self, user: &Value) {
        let server = format!("http://{}", self.server.addr);
        self.log_in_at(&json!({"server": server}), user);
    }

    /// Writes the kubeconfig.
    pub fn log_in_at(&mut self, cluster: &Value, user: &Value) {
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "rig",
            "clusters": [{"name": "rig", "cluster": cluster}],
            "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": "me"}}],
            "users": [{"name": "me", "user": user}],
        });
        // JSON is YAML.
        self.files = vec![self.write("config", &config.to_string())];
    }

    /// Looks for the kubeconfig in these files.
    pub fn look_at(&mut self, files: Vec<PathBuf>) {
        self.files = files;
    }

    /// Where the kubeconfig is looked for.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// A file of the folder.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        std::fs::write(&file, text).expect("the folder can be written to");
        file
    }

    pub fn options(&self) -> Options {
        Options {
            interval: Duration::from_millis(20),
            timeout: Duration::from_mins(10),
            finder: Some(Finder(Arc::new(Clusters::new(self.files.clone())))),
            ..Options::default()
        }
    }

    pub fn watch(&self, list: &str) -> Seen {
        watch(list, self.options())
    }

    /// A pod that runs `service`, at the port that it names.
    pub fn pod(&self, name: &str, service: &Service) {
        self.reach(name, 4000, service);
        self.server.put(pod(OLD, name));
    }

    /// One of a later cluster, and of a later version of the service.
    pub fn new_pod(&self, name: &str, service: &Service) {
        self.reach(name, 4000, service);
        self.server.put(pod(NEW, name));
    }

    /// Lets `service` listen in a pod.
    pub fn reach(&self, name: &str, port: u16, service: &Service) {
        let (key, addr) = ((name.to_owned(), port), service.fake.addr);
        self.server.set(|cluster| cluster.ports.insert(key, addr));
    }

    /// Nothing listens there any more.
    pub fn close(&self, name: &str) {
        let key = (name.to_owned(), 4000);
        self.server.set(|cluster| cluster.ports.remove(&key));
    }
}

/// Watches what is listed.
pub fn watch(list: &str, options: Options) -> Seen {
    let (out, messages) = mpsc::channel(64);
    Seen {
        handle: Poller::start(items(list), options, out),
        messages,
        targets: Vec::new(),
        values: HashMap::new(),
        failed: HashMap::new(),
        log: Vec::new(),
    }
}

pub fn items(list: &str) -> Vec<Item> {
    let (items, bad) = Item::parse_list(list);
    assert_eq!(bad, []);
    items
}

/// A pod's object.
pub fn pod(template: &str, name: &str) -> Value {
    let mut pod: Value = serde_json::from_str(template).expect("JSON");
    pod["metadata"]["name"] = name.into();
    pod["metadata"]["uid"] = format!("uid-of-{name}").into();
    pod
}

/// One of Kubernetes 1.20.
pub fn old_pod(name: &str) -> Value {
    pod(OLD, name)
}

/// What runs in a pod: variables at `/debug/vars`, metrics at `/other`, and nothing else.
pub struct Service {
    pub fake: Fake,
}

impl Service {
    pub async fn start(version: &str) -> Self {
        let (version, requests) = (version.to_owned(), AtomicU64::new(0));
        let began = std::time::Instant::now();
        let fake = Fake::start(move |head| {
            assert!(head.to_lowercase().contains("host: localhost"), "{head}");
            let requests = requests.fetch_add(1, Ordering::SeqCst);
            let uptime = began.elapsed().as_secs_f64();
            match path(head) {
                "/debug/vars" => Reply::json(
                    json!({"build": {"name": "sales-api", "version": version}, "requests": requests, "uptime": uptime}).to_string(),
                ),
                "/other" => Reply::text("answer 42\n"),
                _ => Reply::not_found(),
            }
        });
        Self { fake: fake.await }
    }
}

/// What the console was told.
pub struct Seen {
    pub handle: Handle,
    messages: Receiver<Message>,
    pub targets: Vec<TargetInfo>,
    /// The newest variables of each.
    values: HashMap<TargetId, Vec<(String, Scalar)>>,
    /// Why they cannot be read, if they cannot.
    failed: HashMap<TargetId, Cause>,
    /// Everything, in words.
    pub log: Vec<String>,
}

impl Seen {
    /// Takes in messages until it is so.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let wait = async {
            while !is_so(self) {
                let message = self.messages.recv().await.expect("the poller goes on");
                self.take(message);
            }
        };
        let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
        let end = self.log.len().saturating_sub(30);
        assert!(
            waited.is_ok(),
            "{what}: {:#?} {:#?}",
            self.targets,
            &self.log[end..]
        );
    }

    /// Takes in messages until all these are read, and nobody else is there.
    pub async fn reads(&mut self, names: &[&str]) {
        let all =
            |seen: &Self| seen.names() == names && names.iter().all(|name| seen.is_read(name));
        self.until(&format!("{names:?} are read"), all).await;
    }

    /// Takes in messages until this one fails, with words of these in the cause.
    pub async fn fails(&mut self, name: &str, words: &str) {
        let so = |seen: &Self| {
            let cause = seen.cause(name);
            cause.is_some_and(|cause| cause.to_string().contains(words))
        };
        self.until(&format!("{name} fails: {words}"), so).await;
    }

    /// Takes in what is left, until nobody is there any more who could say something.
    pub async fn ends(&mut self) {
        while let Some(message) = wait(self.messages.recv()).await {
            self.take(message);
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.targets
            .iter()
            .map(|target| target.name.as_str())
            .collect()
    }

    pub fn info(&self, name: &str) -> Option<&TargetInfo> {
        self.targets.iter().find(|target| target.name == name)
    }

    pub fn cause(&self, name: &str) -> Option<&Cause> {
        self.failed.get(&self.info(name)?.id)
    }

    pub fn is_read(&self, name: &str) -> bool {
        let id = self.info(name).map(|target| target.id);
        id.is_some_and(|id| self.values.contains_key(&id) && !self.failed.contains_key(&id))
    }

    pub fn value(&self, name: &str, path: &str) -> Option<String> {
        let values = self.values.get(&self.info(name)?.id)?;
        let found = values.iter().find(|(known, _)| known == path);
        found.map(|(_, value)| match value {
            Scalar::Text(text) => text.clone(),
            other => format!("{other:?}"),
        })
    }

    /// Forgets what was read, so that it must be read again.
    pub fn forget(&mut self) {
        self.values.clear();
        self.log.clear();
    }

    fn take(&mut self, message: Message) {
        let name = |id: &TargetId| {
            let mut targets = self.targets.iter();
            let found = targets.find(|target| target.id == *id);
            found.map_or_else(|| format!("{id:?}"), |target| target.name.clone())
        };
        match message {
            Message::Targets(targets) => {
                self.targets = targets;
                self.log.push(format!("targets {:?}", self.names()));
            }
            Message::Sample { target, values, .. } => {
                self.log.push(format!("{} sample", name(&target)));
                let values = values.iter();
                let values = values.map(|(path, value)| (path.to_string(), value.clone()));
                self.values.insert(target, values.collect());
                self.failed.remove(&target);
            }
            Message::Failed {
                target,
                cause,
                source: None,
                ..
            } => {
                self.log.push(format!("{} failed: {cause}", name(&target)));
                self.failed.insert(target, cause);
            }
            Message::Restarted { target, why, .. } => {
                self.log.push(format!("{} restarted: {why}", name(&target)));
            }
            Message::Profile { target, .. } => {
                self.log.push(format!("{} profile", name(&target)));
            }
            Message::Ring {
                target,
                news: RingNews::Taken { .. },
                ..
            } => self.log.push(format!("{} ring", name(&target))),
            _ => {}
        }
    }
}

/// A wait that is over within a minute, or the test fails.
pub async fn wait<T>(future: impl Future<Output = T>) -> T {
    soon(future).await
}
