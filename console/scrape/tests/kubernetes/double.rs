//! An API server for tests: lists, watches with bookmarks and the end of what it remembers (410), access reviews, and port
//! forwarding over WebSocket (`v4.channel.k8s.io`), to real servers on loopback that stand for what
//! runs in the pods. It asks for a token, and forgets connections when told to.
#![allow(
    unreachable_pub,
    missing_docs,
    reason = "shared within this program of tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use http::{Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// The namespace that there is.
pub const NAMESPACE: &str = "sales-system";

type Body = UnsyncBoxBody<Bytes, Infallible>;
type Answer = Response<Body>;

/// The cluster that the server tells about.
#[derive(Default)]
pub struct Cluster {
    pods: BTreeMap<String, Value>,
    /// What happened, with its versions.
    events: Vec<(u64, Value)>,
    version: u64,
    /// What happened up to here is forgotten.
    pub forgotten: u64,
    /// By kind and name: their selectors.
    pub owners: BTreeMap<(&'static str, String), Value>,
    /// What listens in the pods, by name and port.
    pub ports: BTreeMap<(String, u16), SocketAddr>,
    /// What is not allowed: `list pods`, `create pods/portforward`, `get deployments.apps`.
    pub denied: BTreeSet<String>,
    /// The token that is believed; any if there is none.
    pub token: Option<String>,
    /// How many pods are in one page of a list.
    pub page: usize,
    /// The versions that watches began at.
    pub watched: Vec<u64>,
    /// How often ports were forwarded.
    pub forwarded: usize,
    /// Whether there is no API server at this address, but some page.
    pub page_only: bool,
    /// The requests that would change something.
    pub writes: Vec<String>,
}

/// A running server. Dropping it closes its socket and its connections.
pub struct Server {
    pub addr: SocketAddr,
    pub cluster: Arc<Mutex<Cluster>>,
    /// How many connections there are, forwarded ones too.
    pub open: watch::Sender<usize>,
    changed: watch::Sender<()>,
    tls: Option<TlsAcceptor>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(tls: Option<TlsAcceptor>) -> Self {
        let cluster = Arc::new(Mutex::new(Cluster {
            page: 500,
            version: 100,
            ..Cluster::default()
        }));
        let (changed, _) = watch::channel(());
        let addr = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::run(addr, cluster, changed, tls).await
    }

    async fn run(
        addr: SocketAddr,
        cluster: Arc<Mutex<Cluster>>,
        changed: watch::Sender<()>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind(addr).await.expect("the port is free");
        let addr = listener.local_addr().expect("it is bound");
        let desk = Desk {
            cluster: Arc::clone(&cluster),
            changed: changed.clone(),
            open: watch::Sender::default(),
            forwards: Arc::default(),
        };
        Self {
            addr,
            cluster,
            open: desk.open.clone(),
            changed,
            tls: tls.clone(),
            task: tokio::spawn(accept(listener, desk, tls)),
        }
    }

    /// Breaks all connections, and lets nobody in any more.
    pub async fn fail(&mut self) {
        self.task.abort();
        drop((&mut self.task).await);
    }

    /// Lets people in again, at the same address.
    pub async fn recover(&mut self) {
        let (cluster, changed) = (Arc::clone(&self.cluster), self.changed.clone());
        *self = Self::run(self.addr, cluster, changed, self.tls.clone()).await;
    }

    pub fn set<T>(&self, change: impl FnOnce(&mut Cluster) -> T) -> T {
        change(&mut self.cluster.lock().expect("no test panics with it"))
    }

    /// Adds a pod, or changes it.
    pub fn put(&self, mut pod: Value) {
        self.set(|cluster| {
            cluster.version += 1;
            pod["metadata"]["resourceVersion"] = cluster.version.to_string().into();
            let name = pod["metadata"]["name"].as_str().expect("it has a name");
            let known = cluster.pods.insert(name.to_owned(), pod.clone());
            let kind = if known.is_some() { "MODIFIED" } else { "ADDED" };
            let event = json!({"type": kind, "object": pod});
            cluster.events.push((cluster.version, event));
        });
        self.changed.send_replace(());
    }

    /// Changes a pod that is there.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut pod = self.set(|cluster| cluster.pods[name].clone());
        change(&mut pod);
        self.put(pod);
    }

    pub fn delete(&self, name: &str) {
        self.set(|cluster| {
            cluster.version += 1;
            let mut pod = cluster.pods.remove(name).expect("it is there");
            pod["metadata"]["resourceVersion"] = cluster.version.to_string().into();
            let event = json!({"type": "DELETED", "object": pod});
            cluster.events.push((cluster.version, event));
        });
        self.changed.send_replace(());
    }

    /// Tells watchers nothing but how far the world has come.
    pub fn bookmark(&self) -> u64 {
        let version = self.set(|cluster| {
            cluster.version += 1;
            let mark = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": cluster.version.to_string(), "creationTimestamp": null}, "spec": {"containers": null}, "status": {}});
            let event = json!({"type": "BOOKMARK", "object": mark});
            cluster.events.push((cluster.version, event));
            cluster.version
        });
        self.changed.send_replace(());
        version
    }

    /// Adds a pod, and forgets that it did: no watch can go on from before.
    pub fn lose(&self, pod: &Value) {
        self.set(|cluster| {
            cluster.version += 1;
            let name = pod["metadata"]["name"].as_str().expect("it has a name");
            cluster.pods.insert(name.to_owned(), pod.clone());
            cluster.forgotten = cluster.version;
            cluster.events.clear();
        });
        self.changed.send_replace(());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection's part of the server.
#[derive(Clone)]
struct Desk {
    cluster: Arc<Mutex<Cluster>>,
    changed: watch::Sender<()>,
    open: watch::Sender<usize>,
    /// Ends with the connection that it came by.
    forwards: Arc<Mutex<JoinSet<()>>>,
}

/// One that is counted while it lives.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(open: &watch::Sender<usize>) -> Self {
        open.send_modify(|count| *count += 1);
        Self(open.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

async fn accept(listener: TcpListener, desk: Desk, tls: Option<TlsAcceptor>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (desk, tls, counted) = (desk.clone(), tls.clone(), Counted::new(&desk.open));
        connections.spawn(async move {
            let _counted = counted;
            match tls {
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, desk).await;
                    }
                }
                None => serve(stream, desk).await,
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, desk: Desk) {
    let service = service_fn(move |request| {
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // Clients hang up as they like.
    drop(served.await);
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        if self.cluster.lock().expect("no panic").page_only {
            return Response::new(Full::from("<html>sign in</html>").boxed_unsync());
        }
        let token = self.cluster.lock().expect("no panic").token.clone();
        let shown = request.headers().get(header::AUTHORIZATION).cloned();
        if let Some(token) = token
            && shown.is_none_or(|shown| shown != format!("Bearer {token}"))
        {
            return status(401, "Unauthorized", "Unauthorized");
        }
        let path = request.uri().path().trim_matches('/').to_owned();
        let query = query(&request);
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            [
                "apis",
                "authorization.k8s.io",
                "v1",
                "selfsubjectaccessreviews",
            ] => self.review(request).await,
            _ if request.method() != http::Method::GET => {
                let write = format!("{} /{path}", request.method());
                self.cluster.lock().expect("no panic").writes.push(write);
                status(405, "MethodNotAllowed", "read only")
            }
            ["api", "v1", "namespaces", NAMESPACE] => json_answer(
                200,
                &json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": NAMESPACE}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}),
            ),
            ["api", "v1", "namespaces", name] => {
                let words = format!("namespaces \"{name}\" not found");
                status(404, "NotFound", &words)
            }
            ["apis", "apps", "v1", "namespaces", _, kind, name] => self.owner(kind, name),
            ["api", "v1", "namespaces", namespace, "pods"] if query.contains_key("watch") => {
                self.watch(namespace, &query)
            }
            ["api", "v1", "namespaces", namespace, "pods"] => self.list(namespace, &query),
            ["api", "v1", "namespaces", _, "pods", name, "portforward"] => {
                let name = name.to_owned();
                self.forward(request, &name, &query)
            }
            _ => status(
                404,
                "NotFound",
                "the server could not find the requested resource",
            ),
        }
    }

    async fn review(&self, request: Request<Incoming>) -> Answer {
        let body = request
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        let mut review: Value = serde_json::from_slice(&body).expect("a review");
        let of = &review["spec"]["resourceAttributes"];
        let text = |name: &str| of[name].as_str().unwrap_or_default().to_owned();
        let mut asked = format!("{} {}", text("verb"), text("resource"));
        for (mark, name) in [("/", "subresource"), (".", "group")] {
            if !text(name).is_empty() {
                asked = format!("{asked}{mark}{}", text(name));
            }
        }
        let denied = self
            .cluster
            .lock()
            .expect("no panic")
            .denied
            .contains(&asked);
        review["status"] = if denied {
            json!({"allowed": false})
        } else {
            json!({"allowed": true, "reason": "RBAC: allowed by RoleBinding \"viewer/sales-system\" of Role \"viewer\" to User \"me\""})
        };
        json_answer(201, &review)
    }

    fn denied(&self, what: &str) -> Option<Answer> {
        let denied = self.cluster.lock().expect("no panic").denied.contains(what);
        let (verb, resource) = what.split_once(' ').unwrap_or_default();
        let words = format!(
            "{resource} is forbidden: User \"me\" cannot {verb} resource \"{resource}\" in API group \"\" in the namespace \"{NAMESPACE}\""
        );
        denied.then(|| status(403, "Forbidden", &words))
    }

    fn owner(&self, kind: &str, name: &str) -> Answer {
        let cluster = self.cluster.lock().expect("no panic");
        let mut owners = cluster.owners.iter();
        let found = owners.find(|((of, called), _)| *of == kind && called == name);
        let Some((_, selector)) = found else {
            let words = format!("{kind}.apps \"{name}\" not found");
            return status(404, "NotFound", &words);
        };
        let kind = if kind == "deployments" {
            "Deployment"
        } else {
            "StatefulSet"
        };
        let template = json!({"metadata": {"labels": selector["matchLabels"]}, "spec": {"containers": [{"name": "sales-api", "image": "localhost/sales-api:0.1.0"}]}});
        json_answer(
            200,
            &json!({
                "kind": kind,
                "apiVersion": "apps/v1",
                "metadata": {"name": name, "namespace": NAMESPACE, "uid": "9b1c", "resourceVersion": "77", "generation": 2},
                "spec": {"replicas": 2, "selector": selector, "serviceName": "", "template": template},
                "status": {"observedGeneration": 2, "replicas": 2},
            }),
        )
    }

    fn list(&self, namespace: &str, query: &BTreeMap<String, String>) -> Answer {
        if let Some(answer) = self.denied("list pods") {
            return answer;
        }
        let cluster = self.cluster.lock().expect("no panic");
        let pods: Vec<Value> = cluster
            .pods
            .values()
            .filter(|pod| namespace == NAMESPACE && fits(pod, query))
            .cloned()
            .collect();
        let from: usize = query
            .get("continue")
            .map_or(0, |at| at.parse().expect("ours"));
        let items: Vec<Value> = pods.iter().skip(from).take(cluster.page).cloned().collect();
        let mut meta = json!({"resourceVersion": cluster.version.to_string()});
        if from + items.len() < pods.len() {
            meta["continue"] = (from + items.len()).to_string().into();
            meta["remainingItemCount"] = (pods.len() - from - items.len()).into();
        }
        json_answer(
            200,
            &json!({"kind": "PodList", "apiVersion": "v1", "metadata": meta, "items": items}),
        )
    }

    fn watch(&self, namespace: &str, query: &BTreeMap<String, String>) -> Answer {
        if let Some(answer) = self.denied("watch pods") {
            return answer;
        }
        let from: u64 = query["resourceVersion"].parse().expect("a version");
        self.cluster.lock().expect("no panic").watched.push(from);
        let (desk, query) = (self.clone(), query.clone());
        let here = namespace == NAMESPACE;
        let changes = self.changed.subscribe();
        let lines = stream::unfold((from, changes, false), move |(at, mut changes, ended)| {
            let (desk, query) = (desk.clone(), query.clone());
            async move {
                if ended {
                    return None;
                }
                loop {
                    changes.borrow_and_update();
                    let (lines, at, ended) = desk.news(at, here, &query);
                    if !lines.is_empty() {
                        let frame = Ok::<_, Infallible>(Frame::data(Bytes::from(lines)));
                        return Some((frame, (at, changes, ended)));
                    }
                    changes.changed().await.ok()?;
                }
            }
        });
        let mut answer = Response::new(StreamBody::new(lines).boxed_unsync());
        let json = header::HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        answer
    }

    /// What happened after `at`, one event a line; up to when; whether that is the end.
    fn news(&self, at: u64, here: bool, query: &BTreeMap<String, String>) -> (String, u64, bool) {
        let cluster = self.cluster.lock().expect("no panic");
        if at < cluster.forgotten {
            let words = format!("too old resource version: {at} ({})", cluster.forgotten);
            let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": words, "reason": "Expired", "code": 410});
            let event = json!({"type": "ERROR", "object": status});
            return (format!("{event}\n"), at, true);
        }
        let (mut lines, mut last) = (String::new(), at);
        for (version, event) in cluster.events.iter().filter(|(version, _)| *version > at) {
            last = *version;
            if here && (event["type"] == "BOOKMARK" || fits(&event["object"], query)) {
                lines.extend([event.to_string().as_str(), "\n"]);
            }
        }
        (lines, last, false)
    }

    fn forward(
        &self,
        mut request: Request<Incoming>,
        name: &str,
        query: &BTreeMap<String, String>,
    ) -> Answer {
        if let Some(answer) = self.denied("get pods/portforward") {
            return answer;
        }
        let port: u16 = query["ports"].parse().expect("one port");
        let (known, to) = {
            let mut cluster = self.cluster.lock().expect("no panic");
            cluster.forwarded += 1;
            let to = cluster.ports.get(&(name.to_owned(), port)).copied();
            (cluster.pods.contains_key(name), to)
        };
        if !known {
            let words = format!("pods \"{name}\" not found");
            return status(404, "NotFound", &words);
        }
        let headers = request.headers();
        let offered = headers[header::SEC_WEBSOCKET_PROTOCOL]
            .to_str()
            .expect("text");
        assert!(offered.contains("v4.channel.k8s.io"), "{offered}");
        let key = derive_accept_key(headers[header::SEC_WEBSOCKET_KEY].as_bytes());
        let upgrade = hyper::upgrade::on(&mut request);
        let counted = Counted::new(&self.open);
        // In one set for all, so that they end with the server.
        self.forwards.lock().expect("no panic").spawn(async move {
            let _counted = counted;
            let Ok(upgraded) = upgrade.await else { return };
            let socket =
                WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            forward(socket, port, to).await;
        });
        Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::UPGRADE, "websocket")
            .header(header::CONNECTION, "Upgrade")
            .header(header::SEC_WEBSOCKET_ACCEPT, key)
            .header(header::SEC_WEBSOCKET_PROTOCOL, "v4.channel.k8s.io")
            .body(Full::default().boxed_unsync())
            .expect("a proper answer")
    }
}

/// Both channels of one port begin with its number; then the data's bytes, or what went wrong, and the end.
async fn forward<S>(mut socket: WebSocketStream<S>, port: u16, to: Option<SocketAddr>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let [low, high] = port.to_le_bytes();
    for channel in [0, 1] {
        drop(socket.send(Message::binary(vec![channel, low, high])).await);
    }
    let stream = match to {
        Some(to) => TcpStream::connect(to).await.ok(),
        None => None,
    };
    let Some(mut stream) = stream else {
        let words = format!(
            "error forwarding port {port} to pod 8c1f, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-4f\": failed to connect to localhost:{port} inside namespace \"8c1f\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused"
        );
        let told = [&[1], words.as_bytes()].concat();
        drop(socket.send(Message::binary(told)).await);
        drop(socket.close(None).await);
        return;
    };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(count) if count > 0 => {
                    let data = [&[0], &buffer[..count]].concat();
                    if socket.send(Message::binary(data)).await.is_err() {
                        return;
                    }
                }
                _ => {
                    drop(socket.close(None).await);
                    return;
                }
            },
            message = socket.next() => match message {
                Some(Ok(Message::Binary(data))) if data.first() == Some(&0) => {
                    if stream.write_all(&data[1..]).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Whether a pod has the labels and the name asked for.
fn fits(pod: &Value, query: &BTreeMap<String, String>) -> bool {
    let labels = query.get("labelSelector").map_or("", String::as_str);
    let labelled = labels.split(',').filter(|one| !one.is_empty()).all(|one| {
        let (key, value, wanted) = if let Some((key, value)) = one.split_once("!=") {
            (key, value, false)
        } else {
            let (key, value) = one.split_once('=').expect("equality only");
            (key, value, true)
        };
        (pod["metadata"]["labels"][key] == value) == wanted
    });
    let name = query
        .get("fieldSelector")
        .and_then(|of| of.strip_prefix("metadata.name="));
    labelled && name.is_none_or(|name| pod["metadata"]["name"] == name)
}

fn query(request: &Request<Incoming>) -> BTreeMap<String, String> {
    let pairs = request.uri().query().unwrap_or_default().split('&');
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        let mut parts = text.split('%');
        let mut decoded = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let code = u8::from_str_radix(&part[..2], 16).expect("%-encoded");
            decoded.push(code.into());
            decoded.push_str(&part[2..]);
        }
        decoded
    };
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

fn status(code: u16, reason: &str, message: &str) -> Answer {
    json_answer(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code}),
    )
}

fn json_answer(code: u16, value: &Value) -> Answer {
    let mut answer = Response::new(Full::from(value.to_string()).boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(code).expect("a status");
    let json = header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}
