//! `go tool pprof` reads every profile that is served. Skipped where there is no Go; the continuous integration has it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use debug::{Config, Running};

use crate::client::{Answer, get, request};
use crate::profiles::{contend_until_seen, heap_is_sampled, keep_many_parcels};
use crate::serve;
use http::Method;

/// The program behind `go tool pprof`, if it is here: to end it one has to have started it oneself.
fn tool() -> Option<&'static str> {
    static TOOL: OnceLock<Option<String>> = OnceLock::new();
    let tool = TOOL.get_or_init(|| {
        let found = Command::new("go").args(["tool", "-n", "pprof"]).output();
        let found = found.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(found.stdout).ok()?.trim().to_owned())
    });
    if tool.is_none() {
        println!("skipped: there is no go on the PATH, or no pprof in it");
    }
    tool.as_deref()
}

fn has_go() -> bool {
    tool().is_some()
}

/// A directory of this test's own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("debug-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for temporary files");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, name: &str, answer: &Answer) -> PathBuf {
        assert_eq!(answer.status, 200, "{name}: {}", answer.text_if_any());
        let file = self.0.join(name);
        std::fs::write(&file, &answer.body).expect("a file");
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the system's to clean up.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// `go tool pprof` with a folder for what it saves.
fn pprof(folder: &Folder) -> Command {
    let mut command = Command::new(tool().expect("asked for before"));
    command
        .arg("-symbolize=none")
        .env("PPROF_TMPDIR", folder.path())
        .env_remove("PPROF_BINARY_PATH");
    command
}

/// What it prints, which has to work.
async fn output(mut command: Command) -> String {
    let done = tokio::task::spawn_blocking(move || command.output());
    let done = done.await.expect("no panic").expect("it starts");
    let (out, error) = [done.stdout, done.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .into();
    assert!(done.status.success(), "{out}{error}");
    assert!(!error.contains("parse"), "{error}");
    out
}

/// What is served, and a name that has to be in it where there is one: the sampled heap depends on the allocator.
async fn profiles(addr: SocketAddr) -> Vec<(&'static str, &'static str, Option<&'static str>)> {
    for name in ["block", "mutex"] {
        let path = format!("/debug/pprof/{name}");
        request(addr, Method::POST, &format!("{path}?rate=1"), &[]).await;
        contend_until_seen(addr, &path).await;
    }
    // Without stacks there are names of what was waited for.
    let [waiter, holder] = match collect::support().contention {
        Ok(()) => ["sync::mutex::lock", "contend"],
        Err(_) => ["contended"; 2],
    };
    let mut profiles = vec![
        ("block", "delay", Some(waiter)),
        ("mutex", "delay", Some(holder)),
        ("goroutine", "goroutine", None),
    ];
    if heap_is_sampled() {
        profiles.push(("heap", "inuse_space", Some("keep_many_parcels")));
        profiles.push(("allocs", "alloc_space", Some("make_parcels")));
    }
    if collect::support().threads.is_ok() {
        profiles.push(("threadcreate", "threadcreate", None));
    }
    if collect::support().cpu.is_ok() {
        profiles.push(("profile?seconds=1&hz=1000", "cpu", Some("make_parcels")));
    }
    profiles
}

fn start() -> Running {
    // What is kept before is in no profile.
    let _sampled = heap_is_sampled();
    serve(Config::new(expvar::Registry::new()))
}

#[tokio::test]
async fn every_profile_is_read_printed_and_compared() {
    if !has_go() {
        return;
    }
    let _turn = crate::profiles::turn().await;
    let running = start();
    let addr = running.addr();
    let folder = Folder::new("go");
    let kept = keep_many_parcels();
    let busy = Busy::start();
    for (name, kind, inside) in profiles(addr).await {
        let url = format!("http://{addr}/debug/pprof/{name}");
        let mut top = pprof(&folder);
        top.args(["-top", "-cum", "-nodecount=500"]).arg(&url);
        let top = output(top).await;
        assert!(top.contains(&format!("Type: {kind}")), "{name}: {top}");
        assert!(
            inside.is_none_or(|inside| top.contains(inside)),
            "{name}: {top}"
        );

        let first = folder.write("first", &get(addr, &format!("/debug/pprof/{name}")).await);
        let then = folder.write("then", &get(addr, &format!("/debug/pprof/{name}")).await);
        let mut difference = pprof(&folder);
        difference
            .arg("-top")
            .arg("-diff_base")
            .args([&first, &then]);
        let difference = output(difference).await;
        assert!(
            difference.contains(&format!("Type: {kind}")),
            "{name}: {difference}"
        );
        if let Some(inside) = inside {
            let mut peek = pprof(&folder);
            peek.args(["-peek", inside]).arg(&then);
            let peek = output(peek).await;
            assert!(peek.contains(inside), "{name}: {peek}");
        }
    }
    drop((kept, busy));
}

#[tokio::test]
async fn a_change_is_read_of_every_profile_that_has_one() {
    if !has_go() {
        return;
    }
    let _turn = crate::profiles::turn().await;
    let running = start();
    let addr = running.addr();
    let folder = Folder::new("go-change");
    let _busy = Busy::start();
    for (name, kind, _) in profiles(addr).await {
        if name.contains("seconds") {
            continue;
        }
        let mut top = pprof(&folder);
        top.arg("-top")
            .arg(format!("http://{addr}/debug/pprof/{name}?seconds=1"));
        let top = output(top).await;
        assert!(top.contains(&format!("Type: {kind}")), "{name}: {top}");
        assert!(top.contains("Duration: 1s"), "{name}: {top}");
    }
}

/// What the browser is given, for each view.
#[tokio::test]
async fn the_web_pages_of_pprof_show_every_profile() {
    if !has_go() {
        return;
    }
    let _turn = crate::profiles::turn().await;
    let running = start();
    let addr = running.addr();
    let folder = Folder::new("go-web");
    let kept = keep_many_parcels();
    let busy = Busy::start();
    for (name, kind, inside) in profiles(addr).await {
        let file = folder.write("profile", &get(addr, &format!("/debug/pprof/{name}")).await);
        let web = Web::start(&folder, &file).await;
        for view in ["top", "flamegraph", "peek?f=."] {
            let page = web.get(&format!("/ui/{view}")).await;
            assert_eq!(page.status, 200, "{name}: {view}: {}", page.text_if_any());
            assert!(page.text().contains(kind), "{name}: {view}");
            assert!(
                inside.is_none_or(|inside| page.text().contains(inside)),
                "{name}: {view}: {}",
                page.text()
            );
        }
    }
    drop((kept, busy));
}

/// `go tool pprof -http`. Ended when dropped.
struct Web {
    child: Child,
    addr: SocketAddr,
}

impl Web {
    async fn start(folder: &Folder, file: &Path) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = free.local_addr().expect("bound");
        drop(free);
        let child = pprof(folder)
            .args(["-no_browser", "-http", &addr.to_string()])
            .arg(file)
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut web = Self { child, addr };
        while std::net::TcpStream::connect(addr).is_err() {
            let ended = web.child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "it ended: {ended:?}");
            tokio::task::yield_now().await;
        }
        web
    }

    async fn get(&self, path: &str) -> Answer {
        get(self.addr, path).await
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A thread that works and allocates, and a task that waits, so that there is something in every profile.
struct Busy {
    stop: Arc<AtomicBool>,
    waiting: tokio::task::JoinHandle<()>,
}

#[inline(never)]
fn make_parcels(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        drop(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

impl Busy {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        std::thread::spawn(move || make_parcels(&told));
        let waiting = sync::spawn("waiter", std::future::pending::<()>());
        Self { stop, waiting }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.waiting.abort();
    }
}
