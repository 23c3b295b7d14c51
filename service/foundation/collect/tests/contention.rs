//! Block and mutex profiles: who is blamed, for how much, under which name.

use std::collections::HashSet;
use std::convert::Infallible;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use collect::contention::{self, set_block_rate, set_mutex_fraction};
use profile::{LabelValue, Profile, Sample};
use sync::{Event, Observer, ResourceId};

/// One test at a time: the rates are the process's.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Knows what is being waited for.
#[derive(Default)]
struct Waiters {
    waited_for: Mutex<HashSet<ResourceId>>,
    changed: Condvar,
}

impl Observer for Waiters {
    fn event(&self, _at: Instant, event: &Event<'_>) {
        if let Event::WaitStarted { resource, .. } = event {
            let mut waited_for = self.waited_for.lock().expect("no panic");
            waited_for.insert(*resource);
            self.changed.notify_all();
        }
    }
}

impl Waiters {
    /// Returns once somebody waits for it.
    fn until(&self, resource: ResourceId) {
        let waited_for = self.waited_for.lock().expect("no panic");
        let patience = Duration::from_mins(1);
        let (_seen, timeout) = self
            .changed
            .wait_timeout_while(waited_for, patience, |all| !all.contains(&resource))
            .expect("no panic");
        assert!(!timeout.timed_out(), "nobody waits");
    }
}

fn listening() -> (Arc<Waiters>, sync::Guard) {
    let waiters = Arc::new(Waiters::default());
    let guard = sync::observe(waiters.clone());
    (waiters, guard)
}

/// The block and the mutex profile after a scene of which everything was recorded.
fn recorded(scene: impl FnOnce(&Waiters)) -> (Profile, Profile) {
    let (waiters, _guard) = listening();
    set_block_rate(1);
    set_mutex_fraction(1);
    scene(&waiters);
    set_block_rate(0);
    set_mutex_fraction(0);
    let block = contention::block().expect("a profile");
    (block, contention::mutex().expect("a profile"))
}

/// The scene: another thread holds something until this one waits for it. `hold` is given what it holds it for.
fn meet(
    waiters: &Waiters,
    resource: ResourceId,
    hold: impl FnOnce(&mut dyn FnMut()) + Send,
    wait: impl FnOnce(),
) {
    let (ready, go) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            hold(&mut || {
                ready.send(()).expect("the test waits");
                waiters.until(resource);
            });
        });
        go.recv().expect("it is held");
        wait();
    });
}

/// The samples of one resource.
fn of<'a>(profile: &'a Profile, resource: &str) -> Vec<&'a Sample> {
    let about = |sample: &&Sample| label(sample, "resource") == Some(resource);
    profile.samples.iter().filter(about).collect()
}

fn label<'a>(sample: &'a Sample, key: &str) -> Option<&'a str> {
    let label = sample.labels.iter().find(|label| &*label.key == key)?;
    match &label.value {
        LabelValue::Text(text) => Some(text),
        LabelValue::Number(..) => None,
    }
}

/// A sample's functions, the leaf first.
fn names(profile: &Profile, sample: &Sample) -> Vec<String> {
    let lines = sample
        .locations
        .iter()
        .flat_map(|place| &profile.locations[*place as usize].lines);
    lines
        .map(|line| profile.functions[line.function as usize].name.to_string())
        .collect()
}

/// The one sample of a resource must have that function in its stack, and none of the machinery.
#[track_caller]
fn blames(profile: &Profile, resource: &str, function: &str) -> (i64, i64) {
    let samples = of(profile, resource);
    let [sample] = samples[..] else {
        panic!("{} samples of {resource}", samples.len());
    };
    if collect::support().contention.is_ok() {
        let names = names(profile, sample);
        assert!(
            names.iter().any(|name| name.contains(function)),
            "{function} is not in {names:#?}"
        );
        let leaf = &names[0];
        for part in ["observe", "collect", "wait::", "held_up", "waited"] {
            assert!(!leaf.contains(part), "the leaf is {names:#?}");
        }
    }
    (sample.value(0), sample.value(1))
}

#[inline(never)]
fn wait_for_it(lock: &sync::Mutex<u32>) {
    *lock.lock() += 1;
}

#[inline(never)]
fn hold_it(lock: &sync::Mutex<u32>, until: impl FnOnce()) {
    let held = lock.lock();
    until();
    drop(held);
}

fn meet_at(lock: &sync::Mutex<u32>, waiters: &Waiters) {
    meet(
        waiters,
        lock.id(),
        |until| hold_it(lock, until),
        || wait_for_it(lock),
    );
}

#[test]
fn block_blames_the_waiter_and_mutex_the_holder_for_the_same_time() {
    let _alone = alone();
    let lock = sync::Mutex::new("blamed", 0);
    let (block, mutex) = recorded(|waiters| meet_at(&lock, waiters));
    let (waited, delay) = blames(&block, "blamed", "wait_for_it");
    let (held_up, caused) = blames(&mutex, "blamed", "hold_it");
    assert_eq!((waited, held_up), (1, 1));
    assert!(caused > 0 && caused <= delay, "{caused} ns of {delay} ns");
    let sample = of(&block, "blamed")[0];
    assert_eq!(label(sample, "kind"), Some("mutex"));
    assert_eq!(label(sample, "task"), None);
    for profile in [&block, &mutex] {
        let kinds = profile.sample_types.iter().map(|kind| &*kind.kind);
        assert_eq!(kinds.collect::<Vec<_>>(), ["contentions", "delay"]);
        let units = profile.sample_types.iter().map(|kind| &*kind.unit);
        assert_eq!(units.collect::<Vec<_>>(), ["count", "nanoseconds"]);
        assert_eq!((profile.period, profile.duration_nanos), (1, 0));
        let again = Profile::decode(&profile.encode_gzip()).expect("it reads its own");
        assert_eq!(again, *profile);
    }
}

#[test]
fn a_rate_of_zero_keeps_nothing() {
    let _alone = alone();
    let (waiters, _guard) = listening();
    let lock = sync::Mutex::new("unnoticed", 0);
    meet_at(&lock, &waiters);
    for profile in [contention::block(), contention::mutex()] {
        assert!(of(&profile.expect("a profile"), "unnoticed").is_empty());
    }
}

#[test]
fn a_read_write_lock_blames_both_sides() {
    let _alone = alone();
    let lock = sync::RwLock::new("prices", 0);
    let (block, mutex) = recorded(|waiters| {
        meet(
            waiters,
            lock.id(),
            |until| read_long(&lock, until),
            || write_once(&lock),
        );
    });
    blames(&block, "prices", "write_once");
    blames(&mutex, "prices", "read_long");
}

#[inline(never)]
fn read_long(lock: &sync::RwLock<u32>, until: impl FnOnce()) {
    let held = lock.read();
    until();
    assert_eq!(*held, 0);
}

#[inline(never)]
fn write_once(lock: &sync::RwLock<u32>) {
    *lock.write() += 1;
}

/// Lets `waiting` wait for what this task holds until it is dropped.
async fn contend<H>(
    waiters: &Waiters,
    resource: ResourceId,
    held: H,
    waiting: impl Future<Output = ()> + Send + 'static,
) {
    let task = sync::spawn("waiter", waiting);
    while !waiters
        .waited_for
        .lock()
        .expect("no panic")
        .contains(&resource)
    {
        tokio::task::yield_now().await;
    }
    let_go(held);
    task.await.expect("no panic");
}

#[inline(never)]
fn let_go<H>(held: H) {
    drop(held);
    // Were it the last thing done here, this function would no longer be on the stack then.
    std::hint::black_box(());
}

#[test]
fn async_waits_show_the_futures_that_were_awaited() {
    let _alone = alone();
    let (block, mutex) = recorded(|waiters| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime
            .expect("a runtime")
            .block_on(sync::adopt("holder", all_kinds(waiters)));
    });
    for (resource, kind) in [
        ("async lock", "async mutex"),
        ("async prices", "async rwlock"),
        ("permits", "semaphore"),
        ("connections", "pool"),
        ("full belt", "channel"),
    ] {
        blames(&block, resource, "waits_for");
        let sample = of(&block, resource)[0];
        assert_eq!(label(sample, "kind"), Some(kind));
        assert_eq!(label(sample, "task"), Some("waiter"));
        blames(&mutex, resource, "let_go");
        let sample = of(&mutex, resource)[0];
        assert_eq!(label(sample, "task"), Some("holder"));
    }
}

async fn all_kinds(waiters: &Waiters) {
    let lock = Arc::new(sync::AsyncMutex::new("async lock", ()));
    let held = Arc::clone(&lock).lock_owned().await;
    contend(waiters, lock.id(), held, waits_for_lock(Arc::clone(&lock))).await;

    let lock = Arc::new(sync::AsyncRwLock::new("async prices", ()));
    let held = Arc::clone(&lock).write_owned().await;
    contend(waiters, lock.id(), held, waits_for_read(Arc::clone(&lock))).await;

    let semaphore = Arc::new(sync::Semaphore::new("permits", 1));
    let held = Arc::clone(&semaphore).acquire_owned().await.expect("open");
    let waiting = waits_for_permit(Arc::clone(&semaphore));
    contend(waiters, semaphore.id(), held, waiting).await;

    let pool = sync::Pool::new("connections", 1, || async { Ok::<_, Infallible>(()) });
    let held = pool.get().await.expect("an item");
    let other = pool.clone();
    contend(waiters, pool.id(), held, waits_for_item(other)).await;

    let (sender, receiver) = sync::channel("full belt", 1);
    sender.send(1).await.expect("room");
    let room = Room(receiver);
    contend(waiters, sender.id(), room, waits_for_room(sender.clone())).await;
}

async fn waits_for_lock(lock: Arc<sync::AsyncMutex<()>>) {
    drop(lock.lock().await);
}

async fn waits_for_read(lock: Arc<sync::AsyncRwLock<()>>) {
    drop(lock.read().await);
}

async fn waits_for_permit(semaphore: Arc<sync::Semaphore>) {
    drop(semaphore.acquire().await);
}

async fn waits_for_item<M: sync::Manage>(pool: sync::Pool<M>) {
    drop(pool.get().await);
}

async fn waits_for_room(sender: sync::Sender<u32>) {
    sender.send(2).await.expect("room in the end");
}

/// Makes room in a full channel when it is dropped.
struct Room(sync::Receiver<u32>);

impl Drop for Room {
    fn drop(&mut self) {
        let mut receive = std::pin::pin!(self.0.recv());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(receive.as_mut().poll(&mut context).is_ready());
    }
}

/// What `go tool pprof` says of a profile; none where there is no Go.
fn pprof(profile: &Profile, arguments: &[&str]) -> Option<String> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("contention-{}-{number}.pb.gz", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, profile.encode_gzip()).expect("a writable folder");
    let mut command = Command::new("go");
    command.args(["tool", "pprof"]).args(arguments).arg(&path);
    let output = command.output();
    std::fs::remove_file(&path).expect("written above");
    let output = output.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    Some(text)
}

#[test]
fn gos_tool_reads_both() {
    let _alone = alone();
    if Command::new("go")
        .args(["tool", "-n", "pprof"])
        .output()
        .is_err()
    {
        println!("skipped: there is no go here");
        return;
    }
    let lock = sync::Mutex::new("read by go", 0);
    let (block, mutex) = recorded(|waiters| meet_at(&lock, waiters));
    let stacks = collect::support().contention.is_ok();
    for (profile, function) in [(&block, "wait_for_it"), (&mutex, "hold_it")] {
        let top = pprof(profile, &["-top", "-nodecount=500"]).expect("go is there");
        assert!(top.contains("Type: delay"), "{top}");
        assert!(!stacks || top.contains(function), "{top}");
        let counts = pprof(profile, &["-top", "-sample_index=contentions"]).expect("go is there");
        assert!(counts.contains("Type: contentions"), "{counts}");
        let tags = pprof(profile, &["-tags"]).expect("go is there");
        assert!(tags.contains("read by go"), "{tags}");
        let one = pprof(profile, &["-traces", "-tagfocus=resource=read by go"]);
        assert!(!stacks || one.expect("go is there").contains(function));
    }
}
