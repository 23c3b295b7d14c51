//! Pods as targets, against a double of the API server and real servers behind it.

mod double;
#[path = "../fake/mod.rs"]
mod fake;
mod tls;
mod trouble;
mod world;

use std::time::Duration;

use cutaway_model::{Cause, Command, ProfileKind, RingPace};
use cutaway_scrape::{Options, once, resolve};
use serde_json::json;

use fake::{Fake, Reply, path};
use world::{Service, World, items, old_pod, wait};

const DEPLOYMENT: &str = "k8s:sales-system/deploy/sales-api";

/// A deployment, a stateful set, and what they select.
fn own(world: &World) {
    world.server.set(|cluster| {
        let owners = [("deployments", "sales-api"), ("statefulsets", "db")];
        for (kind, name) in owners {
            let selector = json!({"matchLabels": {"app": name}});
            cluster.owners.insert((kind, name.to_owned()), selector);
        }
    });
}

#[tokio::test]
async fn every_form_finds_its_pods() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    own(&world);
    world.pod("api-1", &service);
    world.new_pod("api-2", &service);
    let mut db = old_pod("db-0");
    db["metadata"]["labels"] = json!({"app": "db"});
    db["metadata"]["annotations"] = json!({});
    world.reach("db-0", 4000, &service);
    world.reach("db-0", 9000, &service);
    world.server.put(db);
    // Two answers are needed to list them.
    world.server.set(|cluster| cluster.page = 2);
    let cases: [(&str, &[&str]); 10] = [
        ("k8s:sales-system", &["api-1", "api-2"]),
        ("k8s:rig/sales-system/", &["api-1", "api-2"]),
        ("k8s:sales-system/*", &["api-1", "api-2", "db-0"]),
        ("k8s:sales-system/db-0", &["db-0"]),
        ("k8s:rig/sales-system/pod/api-2:4000", &["api-2"]),
        (DEPLOYMENT, &["api-1", "api-2"]),
        (
            "k8s:sales-system/deploy/sales-api:debug",
            &["api-1", "api-2"],
        ),
        ("k8s:sales-system/sts/db:9000", &["db-0"]),
        ("k8s:sales-system/app=sales-api", &["api-1", "api-2"]),
        ("k8s:sales-system/label=app!=sales-api", &["db-0"]),
    ];
    for (list, names) in cases {
        let mut seen = world.watch(list);
        seen.reads(names).await;
    }
    assert_eq!(
        world.server.set(|cluster| cluster.writes.clone()),
        [""; 0],
        "read only"
    );
}

#[tokio::test]
async fn a_row_says_what_pod_it_is() {
    let (world, service) = (World::new().await, Service::start("0.2.0").await);
    world.pod("api-1", &service);
    world.new_pod("api-2", &service);
    let mut seen = world.watch("k8s:rig/sales-system/,127.0.0.1:1");
    seen.until("both are read", |seen| {
        seen.is_read("api-1") && seen.is_read("api-2")
    })
    .await;
    assert_eq!(seen.names(), ["api-1", "api-2", "127.0.0.1:1"]);
    let pods: Vec<_> = seen
        .targets
        .iter()
        .filter_map(|target| target.pod.as_deref())
        .collect();
    let said = |at: usize| {
        (
            pods[at].node.as_str(),
            pods[at].restarts,
            pods[at].version.as_str(),
        )
    };
    assert_eq!(said(0), ("node-1", 0, "0.1.0"), "by its image");
    assert_eq!(said(1), ("node-2", 0, "0.2.0"), "by its label");
    assert_eq!(seen.targets[0].url, "k8s:rig/sales-system/pod/api-1:4000");
    assert_eq!(
        seen.value("api-1", "build.version").as_deref(),
        Some("0.2.0")
    );
}

#[tokio::test]
async fn annotations_say_where_to_read() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    let annotated = |name: &str, annotations: serde_json::Value| {
        let mut pod = old_pod(name);
        pod["metadata"]["annotations"] = annotations;
        world.reach(name, 7000, &service);
        world.server.put(pod);
    };
    annotated(
        "path",
        json!({"cutaway.dev/port": "7000", "cutaway.dev/path": "/other"}),
    );
    annotated("silent", json!({"prometheus.io/port": "7000"}));
    annotated(
        "bad-path",
        json!({"cutaway.dev/port": "7000", "cutaway.dev/path": "other"}),
    );
    annotated("bad-port", json!({"cutaway.dev/port": "70000"}));
    annotated("no-port", json!({"cutaway.dev/port": "pprof"}));
    let mut seen = world.watch("k8s:sales-system");
    seen.until("it is read", |seen| seen.is_read("path")).await;
    assert!(seen.value("path", "answer").is_some(), "at its path");
    assert_eq!(seen.names(), ["bad-path", "bad-port", "no-port", "path"]);
    seen.fails(
        "bad-path",
        "annotation cutaway.dev/path: other is not a path",
    )
    .await;
    seen.fails(
        "bad-port",
        "annotation cutaway.dev/port: 70000 is not a port",
    )
    .await;
    seen.fails("no-port", "no container of the pod calls a port pprof")
        .await;
    // One that is offered from now on.
    world.server.change("silent", |pod| {
        pod["metadata"]["annotations"]["cutaway.dev/port"] = "7000".into();
    });
    seen.until("it is read", |seen| seen.is_read("silent"))
        .await;
}

#[tokio::test]
async fn a_pod_that_is_deleted_is_gone_and_did_not_fail() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    world.pod("api-2", &service);
    let options = Options {
        gone_stays: Duration::from_millis(100),
        ..world.options()
    };
    let mut seen = world::watch("k8s:sales-system", options);
    seen.reads(&["api-1", "api-2"]).await;
    seen.forget();
    // As a deletion goes: announced, then nothing listens, then it is done.
    world.server.change("api-1", |pod| {
        pod["metadata"]["deletionTimestamp"] = "2026-11-21T09:00:00Z".into();
        pod["metadata"]["deletionGracePeriodSeconds"] = 30.into();
    });
    world.close("api-1");
    world.server.delete("api-1");
    seen.fails("api-1", "gone: the pod was deleted").await;
    seen.reads(&["api-2"]).await;
    let failed = seen
        .log
        .iter()
        .find(|line| line.contains("failed: ") && !line.contains("gone"));
    assert_eq!(failed, None);
    // The last one, too: then it is said that there is none.
    world.server.delete("api-2");
    let so = |seen: &world::Seen| seen.names() == ["k8s:sales-system"];
    seen.until("nobody is left", so).await;
    seen.fails("k8s:sales-system", "no pod in sales-system offers itself")
        .await;
    world.pod("api-3", &service);
    seen.reads(&["api-3"]).await;
}

#[tokio::test]
async fn a_restarted_container_is_read_again_by_a_new_connection() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    let mut seen = world.watch("k8s:sales-system/api-1");
    seen.reads(&["api-1"]).await;
    // It crashes: nothing listens, and the API server says why.
    world.close("api-1");
    service.fake.kill().await;
    world.server.change("api-1", |pod| {
        pod["status"]["containerStatuses"][0]["state"] = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}});
        pod["status"]["containerStatuses"][0]["lastState"] = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    });
    let words = "not running: sales-api: CrashLoopBackOff, exit code 137 (OOMKilled)";
    seen.fails("api-1", words).await;
    seen.forget();
    let service = Service::start("0.1.0").await;
    world.reach("api-1", 4000, &service);
    world.server.change("api-1", |pod| {
        pod["status"]["containerStatuses"][0]["state"] =
            json!({"running": {"startedAt": "2026-11-21T09:10:00Z"}});
        pod["status"]["containerStatuses"][0]["restartCount"] = 1.into();
    });
    seen.reads(&["api-1"]).await;
    let restarts = |seen: &world::Seen| {
        let pod = seen.info("api-1").and_then(|target| target.pod.clone());
        pod.is_some_and(|pod| pod.restarts == 1)
    };
    seen.until("the restart is counted", restarts).await;
    let noticed = |seen: &world::Seen| seen.log.iter().any(|line| line.contains("uptime fell"));
    seen.until("another process is noticed", noticed).await;
}

#[tokio::test]
async fn a_rollout_shows_old_and_new_side_by_side() {
    let world = World::new().await;
    own(&world);
    let (old, new) = (Service::start("0.1.0").await, Service::start("0.2.0").await);
    world.pod("old-1", &old);
    world.pod("old-2", &old);
    let options = Options {
        gone_stays: Duration::from_millis(50),
        ..world.options()
    };
    let mut seen = world::watch(DEPLOYMENT, options);
    seen.reads(&["old-1", "old-2"]).await;
    // The new pod has no node yet, then no image yet, then it runs.
    let mut pod = old_pod("new-1");
    pod["metadata"]["annotations"] = json!({});
    pod["spec"]["nodeName"] = serde_json::Value::Null;
    pod["status"] = json!({"phase": "Pending", "qosClass": "Burstable"});
    world.server.put(pod);
    seen.fails("new-1", "starting: it is waiting for its node")
        .await;
    world.server.change("new-1", |pod| {
        pod["spec"]["nodeName"] = "node-2".into();
        pod["status"]["containerStatuses"] = json!([{"name": "sales-api", "state": {"waiting": {"reason": "ContainerCreating"}}, "lastState": {}, "ready": false, "restartCount": 0, "image": "localhost/sales-api:0.2.0", "imageID": "", "started": false}]);
    });
    seen.fails("new-1", "starting: sales-api: ContainerCreating")
        .await;
    world.new_pod("new-1", &new);
    seen.reads(&["new-1", "old-1", "old-2"]).await;
    let version = |name| seen.value(name, "build.version");
    let versions = ["new-1", "old-1", "old-2"]
        .map(version)
        .map(Option::unwrap_or_default);
    assert_eq!(versions, ["0.2.0", "0.1.0", "0.1.0"]);
    world.server.delete("old-1");
    world.new_pod("new-2", &new);
    world.server.delete("old-2");
    seen.reads(&["new-1", "new-2"]).await;
}

#[tokio::test]
async fn a_pod_of_a_stateful_set_comes_again_under_its_name() {
    let (world, service) = (World::new().await, Service::start("1").await);
    world.pod("db-0", &service);
    let mut seen = world.watch("k8s:sales-system/*");
    seen.reads(&["db-0"]).await;
    let id = seen.info("db-0").map(|target| target.id);
    world.server.delete("db-0");
    seen.fails("db-0", "gone: the pod was deleted").await;
    let again = Service::start("2").await;
    world.reach("db-0", 4000, &again);
    let mut pod = old_pod("db-0");
    pod["metadata"]["uid"] = "another".into();
    world.server.put(pod);
    seen.until("the new one is read", |seen| {
        seen.value("db-0", "build.version").as_deref() == Some("2")
    })
    .await;
    assert_eq!(
        seen.info("db-0").map(|target| target.id),
        id,
        "in the same row"
    );
    assert!(
        seen.log
            .iter()
            .any(|line| line == "db-0 restarted: the pod was made anew")
    );
}

/// A service with profiles.
async fn profiled() -> Service {
    let read = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/go");
        std::fs::read(format!("{folder}/{name}")).expect("a profile")
    };
    let (heap, cpu) = (read("heap.pb.gz"), read("cpu.pb.gz"));
    let bytes = |bytes: &[u8]| Reply::Answer(200, "application/octet-stream", bytes.to_vec());
    let fake = Fake::start(move |head| match path(head) {
        "/debug/vars" => Reply::json(r#"{"hits": 1}"#),
        "/debug/pprof/" => Reply::html("<a href=heap>heap</a><a href=profile>profile</a>"),
        other if other.starts_with("/debug/pprof/heap") => bytes(&heap),
        other if other.starts_with("/debug/pprof/profile") => bytes(&cpu),
        _ => Reply::not_found(),
    });
    Service { fake: fake.await }
}

#[tokio::test]
async fn what_was_asked_of_a_pod_is_asked_of_the_one_that_comes_again() {
    let (world, service) = (World::new().await, profiled().await);
    world.pod("db-0", &service);
    let mut seen = world.watch("k8s:sales-system/*");
    seen.reads(&["db-0"]).await;
    let target = seen.info("db-0").expect("it is there").id;
    let (kind, seconds) = (ProfileKind::Heap, 1);
    let pace = RingPace { seconds, hz: 10 };
    seen.handle.send(Command::WatchProfile {
        target,
        kind,
        seconds,
    });
    seen.handle.send(Command::KeepRing { target, pace });
    let both = |seen: &world::Seen| {
        let mut lines = ["db-0 profile", "db-0 ring"].into_iter();
        lines.all(|line| seen.log.iter().any(|known| known == line))
    };
    seen.until("both come", both).await;
    world.server.delete("db-0");
    seen.fails("db-0", "gone: the pod was deleted").await;
    seen.forget();
    let again = profiled().await;
    world.reach("db-0", 4000, &again);
    let mut pod = old_pod("db-0");
    pod["metadata"]["uid"] = "another".into();
    world.server.put(pod);
    seen.until("both come again", both).await;
}

#[tokio::test]
async fn pods_are_read_once() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    world.pod("api-2", &service);
    let options = world.options();
    let found = resolve(&items("k8s:sales-system,k8s:sales-system/sts/db"), &options).await;
    let each: Vec<usize> = found.iter().map(Vec::len).collect();
    assert_eq!(each, [2, 1]);
    let readings = once(&found.concat(), options).await;
    let names: Vec<&str> = readings
        .iter()
        .map(|(info, _)| info.name.as_str())
        .collect();
    assert_eq!(names, ["api-1", "api-2", "k8s:sales-system/sts/db"]);
    let last = |at: usize| format!("{:?}", readings[at].1.last());
    assert!(!last(0).contains("Failed"), "{}", last(0));
    assert!(
        last(2).contains("NotFound(\"no sts db in the namespace sales-system\")"),
        "{}",
        last(2)
    );
}

#[tokio::test]
async fn quitting_hangs_up() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    let mut seen = world.watch("k8s:sales-system");
    seen.reads(&["api-1"]).await;
    assert_ne!(*world.server.open.borrow(), 0);
    seen.handle.send(Command::Quit);
    // Who could ask for anything has ended, and what was watched and forwarded is hung up.
    seen.ends().await;
    let mut open = world.server.open.subscribe();
    drop(wait(open.wait_for(|count| *count == 0)).await);
    assert_ne!(seen.cause("api-1"), Some(&Cause::Closed));
}
