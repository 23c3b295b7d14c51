//! What can go wrong between the console and a pod: the true cause each time, and how it goes on.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::json;

use crate::world::{Seen, Service, World, old_pod, wait, watch};

const ALL: &str = "k8s:sales-system";

#[tokio::test]
async fn a_closed_port_is_refused_until_it_opens() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.server.put(old_pod("api-1"));
    let mut seen = world.watch(ALL);
    seen.fails("api-1", "refused").await;
    world.reach("api-1", 4000, &service);
    seen.reads(&["api-1"]).await;
    // It stops listening, though the pod runs on.
    world.close("api-1");
    service.fake.kill().await;
    seen.fails("api-1", "refused").await;
}

#[tokio::test]
async fn an_api_server_that_drops_connections_is_taken_up_again() {
    let (mut world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    let mut seen = world.watch(ALL);
    seen.reads(&["api-1"]).await;
    world.server.fail().await;
    let server = format!("http://{}", world.server.addr);
    let words = format!("unreachable: the API server {server}");
    let both = |seen: &Seen| {
        let mut causes = [ALL, "api-1"].into_iter().map(|name| seen.cause(name));
        causes.all(|cause| cause.is_some_and(|cause| cause.to_string().contains(&words)))
    };
    seen.until("both fail", both).await;
    // Meanwhile a pod came, and nobody could say so.
    let another = Service::start("0.2.0").await;
    world.new_pod("api-2", &another);
    seen.forget();
    world.server.recover().await;
    seen.reads(&["api-1", "api-2"]).await;
    let watched = world.server.set(|cluster| cluster.watched.clone());
    assert!(watched.len() >= 2 && watched.is_sorted(), "{watched:?}");
}

#[tokio::test]
async fn an_expired_token_is_read_anew_from_its_file() {
    let (mut world, service) = (World::new().await, Service::start("0.1.0").await);
    world
        .server
        .set(|cluster| cluster.token = Some("first".to_owned()));
    let file = world.write("token", "first");
    world.log_in(&json!({"tokenFile": file}));
    expire_and_renew(&mut world, &service, |world| {
        drop(world.write("token", "second"));
    })
    .await;
}

#[tokio::test]
async fn a_program_that_knows_tokens_is_run_again() {
    let (mut world, service) = (World::new().await, Service::start("0.1.0").await);
    world
        .server
        .set(|cluster| cluster.token = Some("first".to_owned()));
    let answer = world.write("answer", &credential("first"));
    let program = world.write(
        "program",
        &format!("#!/bin/sh\ncat '{}'\n", answer.display()),
    );
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("it is ours");
    let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "IfAvailable"});
    world.log_in(&json!({"exec": exec}));
    let renew = |world: &World| drop(world.write("answer", &credential("second")));
    expire_and_renew(&mut world, &service, renew).await;
}

/// What a program prints that knows a token.
fn credential(token: &str) -> String {
    json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}).to_string()
}

/// Who waits for it may give up, as a reading does that takes too long. (A client may need it to run twice, one time after the
/// other.)
#[tokio::test]
async fn a_program_that_takes_its_time_does_not_run_beside_itself() {
    let (mut world, service) = (World::new().await, Service::start("0.1.0").await);
    world
        .server
        .set(|cluster| cluster.token = Some("first".to_owned()));
    let answer = world.write("answer", &credential("first"));
    let [runs, busy, gate] = ["runs", "busy", "gate"].map(|name| answer.with_file_name(name));
    let program = world.write(
        "program",
        &format!(
            "#!/bin/sh\nmkdir '{busy}' && echo alone >>'{runs}' || echo beside >>'{runs}'\n\
             until [ -e '{gate}' ]; do sleep 0.05; done\nrmdir '{busy}'\ncat '{answer}'\n",
            busy = busy.display(),
            runs = runs.display(),
            gate = gate.display(),
            answer = answer.display()
        ),
    );
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("it is ours");
    let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "Never"});
    world.log_in(&json!({"exec": exec}));
    world.pod("api-1", &service);
    let options = world.options();
    let first = watch(ALL, options.clone());
    let said = || std::fs::read_to_string(&runs).unwrap_or_default();
    let begun = async {
        while said().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    wait(begun).await;
    drop(first);
    let mut seen = watch(ALL, options);
    seen.until("it looks for pods", |seen| !seen.targets.is_empty())
        .await;
    drop(world.write("gate", ""));
    seen.reads(&["api-1"]).await;
    assert!(!said().contains("beside"), "{}", said());
}

/// The first token is not believed any more, the next one is.
async fn expire_and_renew(world: &mut World, service: &Service, renew: impl Fn(&World)) {
    world.pod("api-1", service);
    let mut seen = world.watch(ALL);
    seen.reads(&["api-1"]).await;
    world
        .server
        .set(|cluster| cluster.token = Some("second".to_owned()));
    // Connections that stand are not asked again.
    world.server.fail().await;
    world.server.recover().await;
    seen.fails(ALL, "not authenticated: the API server does not believe")
        .await;
    seen.fails("api-1", "not authenticated").await;
    seen.forget();
    renew(world);
    seen.reads(&["api-1"]).await;
    let log = seen.log.join("\n");
    assert!(!log.contains("first") && !log.contains("second"), "{log}");
}

#[tokio::test]
async fn a_program_that_fails_says_so_and_no_secret() {
    let mut world = World::new().await;
    let text = "#!/bin/sh\necho s3cret-token\necho 'your session has ended, log in' >&2\nexit 3\n";
    let program = world.write("log-in", text);
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("it is ours");
    let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": program, "args": ["--password=s3cret"], "interactiveMode": "IfAvailable"});
    world.log_in(&json!({"exec": exec}));
    let mut seen = world.watch(ALL);
    seen.fails(ALL, "failed with 3: your session has ended, log in")
        .await;
    let cause = seen.cause(ALL).expect("it fails").to_string();
    assert!(!cause.contains("s3cret"), "{cause}");
    let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "/no/such/program", "interactiveMode": "Never"});
    world.log_in(&json!({"exec": exec}));
    let mut seen = world.watch(ALL);
    seen.fails(ALL, "the program that knows the token cannot be run")
        .await;
}

#[tokio::test]
async fn a_missing_permission_is_named_and_its_grant_noticed() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    world.server.set(|cluster| {
        let denied = [
            "list pods",
            "watch pods",
            "create pods/portforward",
            "get pods/portforward",
            "get deployments.apps",
        ];
        cluster.denied = denied.map(str::to_owned).into();
        let selector = json!({"matchLabels": {"app": "sales-api"}});
        cluster
            .owners
            .insert(("deployments", "sales-api".to_owned()), selector);
    });
    let mut seen = world.watch("k8s:sales-system/deploy/sales-api");
    let words = "forbidden: no permission to get deployments.apps, list pods, watch pods, get pods/portforward, create pods/portforward in the namespace sales-system";
    seen.fails("k8s:sales-system/deploy/sales-api", words).await;
    world
        .server
        .set(|cluster| cluster.denied = ["create pods/portforward".to_owned()].into());
    let words = "no permission to create pods/portforward in";
    seen.fails("k8s:sales-system/deploy/sales-api", words).await;
    assert_eq!(
        world.server.set(|cluster| cluster.forwarded),
        0,
        "it is asked before"
    );
    world.server.set(|cluster| cluster.denied.clear());
    seen.reads(&["api-1"]).await;
    // Taken away while the console runs.
    world
        .server
        .set(|cluster| cluster.denied = ["get pods/portforward".to_owned()].into());
    world.close("api-1");
    service.fake.kill().await;
    seen.fails("api-1", "forbidden: ").await;
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let (mut world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    let cases = [
        (
            "k8s:nowhere",
            "not found: no namespace nowhere in the current context",
        ),
        (
            "k8s:sales-system/deploy/shop",
            "not found: no deploy shop in the namespace sales-system",
        ),
        (
            "k8s:sales-system/sts/db",
            "not found: no sts db in the namespace sales-system",
        ),
        (
            "k8s:sales-system/pod/api-9",
            "not found: no pod api-9 in sales-system",
        ),
        (
            "k8s:sales-system/app=shop",
            "not found: no pod in sales-system has app=shop",
        ),
        (
            "k8s:elsewhere/sales-system/",
            "kubeconfig: no context elsewhere; there are rig",
        ),
    ];
    for (list, words) in cases {
        let mut seen = world.watch(list);
        let name = list
            .replace("app=", "label=app=")
            .replace("elsewhere/sales-system/", "sales-system");
        seen.fails(&name, words).await;
    }
    let missing = PathBuf::from("/no/such/kubeconfig");
    world.look_at(vec![missing.clone()]);
    let mut seen = world.watch(ALL);
    seen.fails(
        ALL,
        "kubeconfig: /no/such/kubeconfig is not there, and this is no pod; set KUBECONFIG",
    )
    .await;
    let bad = world.write("bad", "kind: Config\nusers: [{token: s3cret\n");
    world.look_at(vec![bad]);
    let mut seen = world.watch(ALL);
    seen.fails(ALL, "bad, line 2: this is not the YAML of a kubeconfig")
        .await;
    assert!(!seen.log.join("\n").contains("s3cret"), "{:?}", seen.log);
    // Of several files, those that are not there do not matter.
    world.log_in(&json!({}));
    let mut files = vec![missing, world.write("empty", "{}")];
    files.extend(world.files().iter().cloned());
    world.look_at(files);
    let mut seen = world.watch(ALL);
    seen.reads(&["api-1"]).await;
}

#[tokio::test]
async fn what_the_api_server_has_forgotten_is_listed_again() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    let mut seen = world.watch(ALL);
    seen.reads(&["api-1"]).await;
    world.reach("api-2", 4000, &service);
    world.server.lose(&old_pod("api-2"));
    seen.reads(&["api-1", "api-2"]).await;
    let watching = async {
        loop {
            let (watched, forgotten) = world
                .server
                .set(|cluster| (cluster.watched.clone(), cluster.forgotten));
            if watched.last().is_some_and(|last| *last >= forgotten) {
                return watched;
            }
            tokio::task::yield_now().await;
        }
    };
    assert!(wait(watching).await.len() >= 2);
}

#[tokio::test]
async fn an_api_server_that_forgets_at_once_is_not_asked_without_end() {
    let (world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    world.server.set(|cluster| cluster.forgotten = u64::MAX);
    let mut seen = world.watch(ALL);
    seen.fails(ALL, "it forgets at once what it has listed")
        .await;
    world.server.set(|cluster| cluster.forgotten = 0);
    seen.reads(&["api-1"]).await;
}

#[tokio::test]
async fn a_watch_goes_on_from_its_last_bookmark() {
    let (mut world, service) = (World::new().await, Service::start("0.1.0").await);
    world.pod("api-1", &service);
    let mut seen = world.watch(ALL);
    seen.reads(&["api-1"]).await;
    let mark = world.server.bookmark();
    // What comes after it shows that it has been read.
    world.pod("api-2", &service);
    seen.reads(&["api-1", "api-2"]).await;
    let mark = world.server.bookmark().max(mark);
    loop {
        world.server.fail().await;
        world.server.recover().await;
        seen.forget();
        seen.reads(&["api-1", "api-2"]).await;
        let watched = world.server.set(|cluster| cluster.watched.clone());
        if watched.last().is_some_and(|last| *last >= mark) {
            break;
        }
        // It had not been read before the connection broke.
        world.server.bookmark();
    }
}

#[tokio::test]
async fn pods_that_do_not_run_say_why() {
    let world = World::new().await;
    let put = |name: &str, status: serde_json::Value| {
        let mut pod = old_pod(name);
        pod["status"] = status;
        world.server.put(pod);
    };
    let waiting = |reason: &str, message: &str| json!({"phase": "Pending", "containerStatuses": [{"name": "sales-api", "state": {"waiting": {"reason": reason, "message": message}}, "lastState": {}, "ready": false, "restartCount": 0, "image": "x", "imageID": ""}]});
    put(
        "image",
        waiting("ImagePullBackOff", "Back-off pulling image \"x:1\""),
    );
    let unplaced = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."});
    put(
        "large",
        json!({"phase": "Pending", "conditions": [unplaced]}),
    );
    put(
        "evicted",
        json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}),
    );
    put("job", json!({"phase": "Succeeded"}));
    let mut seen = world.watch(ALL);
    seen.fails(
        "image",
        "not running: sales-api: ImagePullBackOff, Back-off pulling image",
    )
    .await;
    seen.fails(
        "large",
        "not running: it has no node: Unschedulable: 0/1 nodes are available",
    )
    .await;
    assert_eq!(
        seen.names(),
        ["image", "large"],
        "what has ended before is not listed"
    );
    let mut seen = world.watch("k8s:sales-system/pod/evicted");
    seen.fails(
        "evicted",
        "gone: it failed: Evicted: The node was low on resource: memory.",
    )
    .await;
    assert_eq!(world.server.set(|cluster| cluster.forwarded), 0);
    // One that runs, and ends.
    let service = Service::start("0.1.0").await;
    world.pod("task", &service);
    let mut seen = world.watch("k8s:sales-system/*");
    seen.until("it is read", |seen| seen.is_read("task")).await;
    world
        .server
        .change("task", |pod| pod["status"]["phase"] = "Succeeded".into());
    seen.fails("task", "gone: it completed").await;
}

#[tokio::test]
async fn something_else_at_the_api_servers_address_is_no_api_server() {
    let world = World::new().await;
    world.server.set(|cluster| cluster.page_only = true);
    let mut seen = world.watch(ALL);
    seen.fails(ALL, "does not speak as a Kubernetes API server")
        .await;
}
