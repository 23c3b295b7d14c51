//! What the manifests of `service/zarf/k8s` tell Kubernetes of the service is true: its environment is one that it
//! understands, its probes ask what it answers, and it is given the time that its end can take.
//!
//! Overlays are built by `kubectl kustomize`, which needs no cluster. `.ci/manifests` holds the same output against the published
//! schemas.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Process, Service};

const OVERLAYS: [&str; 4] = ["dev", "dev-postgres", "staging", "production"];

#[tokio::test]
async fn the_service_starts_with_what_each_overlay_gives_it_and_ends_in_the_time_that_it_has() {
    let Some(kubectl) = Kubectl::find() else {
        return;
    };
    for overlay in OVERLAYS {
        let pod = kubectl.pod(overlay);
        let directory = tempfile::tempdir().expect("a directory");
        let environment = pod.environment();
        let service = start(&environment, directory.path());
        check_limit(&service, &environment).await;
        check_probes(&service, &pod.container("sales-api")).await;
        let at_most = longest_end(service).await;
        let grace = &pod.spec["terminationGracePeriodSeconds"];
        let grace = Duration::from_secs(grace.as_u64().expect("seconds"));
        assert!(
            grace > at_most,
            "{overlay}: {grace:?} for an end of up to {at_most:?}"
        );
    }
}

#[test]
fn each_setting_is_one_that_the_program_has() {
    let Some(kubectl) = Kubectl::find() else {
        return;
    };
    let help = Command::new(env!("CARGO_BIN_EXE_sales-api"))
        .arg("--help")
        .output();
    let help = String::from_utf8(help.expect("starts").stdout).expect("text");
    for overlay in OVERLAYS {
        for name in kubectl.pod(overlay).environment().into_keys() {
            // Where its value may be a secret, the help shows none.
            let shown = ['=', ']'].map(|end| format!("[env: {name}{end}"));
            let known = name == MILLIS || shown.iter().any(|shown| help.contains(shown));
            assert!(known, "{overlay}: {name} is no variable of sales-api");
        }
    }
}

#[test]
fn nothing_runs_as_root_or_could_become_it() {
    let Some(kubectl) = Kubectl::find() else {
        return;
    };
    for overlay in OVERLAYS {
        for object in kubectl.build(overlay) {
            let spec = &object["spec"]["template"]["spec"];
            let Some(containers) = spec["containers"].as_array() else {
                continue;
            };
            let name = &object["metadata"]["name"];
            assert_eq!(
                object["metadata"]["namespace"], "sales-system",
                "{overlay}: {name}"
            );
            assert_eq!(
                spec["automountServiceAccountToken"], false,
                "{overlay}: {name}"
            );
            let all = &spec["securityContext"];
            assert_eq!(all["runAsNonRoot"], true, "{overlay}: {name}");
            assert_eq!(
                all["seccompProfile"]["type"], "RuntimeDefault",
                "{overlay}: {name}"
            );
            for container in containers {
                let own = &container["securityContext"];
                let name = &container["name"];
                assert_eq!(own["readOnlyRootFilesystem"], true, "{overlay}: {name}");
                assert_eq!(own["allowPrivilegeEscalation"], false, "{overlay}: {name}");
                assert_eq!(own["capabilities"]["drop"][0], "ALL", "{overlay}: {name}");
                assert_eq!(own["privileged"], Value::Null, "{overlay}: {name}");
                assert!(
                    container["resources"]["limits"]["memory"].is_string(),
                    "{overlay}: {name}"
                );
            }
        }
    }
}

#[test]
fn secrets_are_there_by_reference_and_the_debug_port_in_no_rule() {
    let Some(kubectl) = Kubectl::find() else {
        return;
    };
    for overlay in ["staging", "production"] {
        let objects = kubectl.build(overlay);
        assert!(
            objects.iter().all(|object| object["kind"] != "Secret"),
            "{overlay}"
        );
        let pod = Pod::of(&objects);
        let store = pod.variable("SALES_STORE");
        assert_eq!(
            store["valueFrom"]["secretKeyRef"]["name"], "sales-store",
            "{overlay}"
        );
        let volumes = pod.spec["volumes"].as_array().expect("volumes");
        assert!(
            volumes
                .iter()
                .any(|volume| volume["secret"]["secretName"] == "sales-keys"),
            "{overlay}"
        );
    }
    for overlay in OVERLAYS {
        let objects = kubectl.build(overlay);
        let pod = Pod::of(&objects);
        let debug = pod.variable("SALES_DEBUG")["value"]
            .as_str()
            .expect("an address")
            .to_owned();
        let (host, port) = debug.rsplit_once(':').expect("a port");
        assert_eq!(host, "127.0.0.1", "{overlay}");
        let annotations = &pod.template["metadata"]["annotations"];
        assert_eq!(
            annotations["cutaway.dev/port"], port,
            "{overlay}: the console finds it"
        );
        for object in &objects {
            if matches!(object["kind"].as_str(), Some("Service" | "NetworkPolicy")) {
                assert!(
                    !object["spec"].to_string().contains(port),
                    "{overlay}: {object}"
                );
            }
        }
    }
}

/// Holds what the downward API says in thousandths.
const MILLIS: &str = "CPU_LIMIT_MILLIS";

/// With the manifest's environment: addresses, paths and the database are this test's own, all else is the manifest's.
fn start(environment: &BTreeMap<String, String>, directory: &Path) -> Process {
    let mut service = Service::bare();
    for (name, value) in environment {
        service.env(name, value);
    }
    service
        .env("SALES_API", "127.0.0.1:0")
        .env("SALES_DEBUG", "127.0.0.1:0");
    service.env(
        "SALES_STORE",
        &format!("sqlite:{}", directory.join("sales.db").display()),
    );
    if environment.contains_key("SALES_KEYS") {
        let keys = directory.join("keys");
        sales_api::keys::make_if_missing(&keys).expect("keys");
        service.env("SALES_KEYS", keys.to_str().expect("text"));
    }
    service.start()
}

/// The limit that the overlay sets is the one that counts here, where no cgroup says better.
async fn check_limit(service: &Process, environment: &BTreeMap<String, String>) {
    let cpu = service.variables().await["cpu"].clone();
    let millis: u64 = environment[MILLIS].parse().expect("thousandths");
    assert_eq!(cpu["downward_cores"], millis as f64 / 1e3, "{cpu}");
    let workers = cpu["workers"].as_u64().expect("a number");
    assert!((1..=millis.div_ceil(1000)).contains(&workers), "{cpu}");
}

async fn check_probes(service: &Process, container: &Value) {
    for (probe, path) in [
        ("startupProbe", "/v1/startup"),
        ("readinessProbe", "/v1/readiness"),
        ("livenessProbe", "/v1/liveness"),
    ] {
        let get = &container[probe]["httpGet"];
        assert_eq!((&get["path"], &get["port"]), (&path.into(), &"http".into()));
        assert_eq!(service.client().get(path).await.status, 200, "{path}");
    }
    let ports = container["ports"].as_array().expect("ports");
    let http = ports
        .iter()
        .find(|port| port["name"] == "http")
        .expect("a port");
    assert_eq!(http["containerPort"], 8080);
}

/// As the service tells it when its end begins, which a second signal cuts short.
async fn longest_end(service: Process) -> Duration {
    service.signal(Signal::TERM);
    while service.variables().await["lifecycle"]["phase"] == "serving" {
        tokio::task::yield_now().await;
    }
    service.signal(Signal::TERM);
    let (_, log) = service.wait().await;
    let begins = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let begins = begins
        .into_iter()
        .find(|event| event["message"] == "not ready any more");
    let begins = begins.unwrap_or_else(|| panic!("{log}"));
    assert_ne!(
        begins["delay"], "0ns",
        "it goes on serving while balancers have not heard: {begins}"
    );
    humantime::parse_duration(begins["at_most"].as_str().expect("a time")).expect("a time")
}

/// The service's pod, as an overlay describes it.
struct Pod {
    template: Value,
    spec: Value,
}

impl Pod {
    fn of(objects: &[Value]) -> Pod {
        let deployment = objects.iter().find(|object| {
            object["kind"] == "Deployment" && object["metadata"]["name"] == "sales-api"
        });
        let template = deployment.expect("a deployment")["spec"]["template"].clone();
        Pod {
            spec: template["spec"].clone(),
            template,
        }
    }

    fn container(&self, name: &str) -> Value {
        let containers = self.spec["containers"].as_array().expect("containers");
        let container = containers
            .iter()
            .find(|container| container["name"] == name);
        container.expect("a container").clone()
    }

    fn variable(&self, name: &str) -> Value {
        let env = self.container("sales-api")["env"].clone();
        let variables = env.as_array().expect("variables").iter();
        let mut found = variables.filter(|variable| variable["name"] == name);
        found.next().expect("the variable").clone()
    }

    /// As the kubelet sets it, secrets left out.
    fn environment(&self) -> BTreeMap<String, String> {
        let container = self.container("sales-api");
        let mut environment = BTreeMap::<String, String>::new();
        for variable in container["env"].as_array().expect("variables") {
            let from = &variable["valueFrom"];
            let mut value = match variable["value"].as_str() {
                Some(value) => value.to_owned(),
                None if from["secretKeyRef"].is_object() => String::new(),
                None => {
                    assert_eq!(from["resourceFieldRef"]["resource"], "limits.cpu");
                    assert_eq!(from["resourceFieldRef"]["divisor"], "1m");
                    millis(&container["resources"]["limits"]["cpu"]).to_string()
                }
            };
            for (name, before) in &environment {
                value = value.replace(&format!("$({name})"), before);
            }
            let name = variable["name"].as_str().expect("a name");
            environment.insert(name.to_owned(), value);
        }
        environment
    }
}

/// Thousandths of CPUs, of a quantity in Kubernetes' notation.
fn millis(quantity: &Value) -> u64 {
    let text = quantity.as_str().expect("a limit");
    match text.strip_suffix('m') {
        Some(millis) => millis.parse().expect("a number"),
        None => 1000 * text.parse::<u64>().expect("whole CPUs"),
    }
}

struct Kubectl;

impl Kubectl {
    /// None, said on stderr, if it is not installed; CI must have it.
    fn find() -> Option<Kubectl> {
        let mut asked = Command::new("kubectl");
        let asked = asked.args(["version", "--client"]).stdout(Stdio::null());
        if asked.status().is_ok_and(|status| status.success()) {
            return Some(Kubectl);
        }
        assert!(std::env::var_os("CI").is_none(), "CI installs kubectl");
        eprintln!("SKIPPED: there is no kubectl on the PATH to build the manifests with");
        None
    }

    fn pod(&self, overlay: &str) -> Pod {
        Pod::of(&self.build(overlay))
    }

    /// What the overlay consists of. The second kubectl writes it as JSON, and adds a label for want of a command that does
    /// nothing; neither asks a cluster.
    fn build(&self, overlay: &str) -> Vec<Value> {
        let Kubectl = self;
        let built = run(&["kustomize", &folder(overlay).display().to_string()], &[]);
        let json = run(
            &[
                "label",
                "--local",
                "--filename",
                "-",
                "read=yes",
                "--output",
                "json",
            ],
            &built,
        );
        let objects = serde_json::Deserializer::from_slice(&json).into_iter();
        objects.collect::<Result<_, _>>().expect("JSON")
    }
}

fn run(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut kubectl = Command::new("kubectl");
    // No cluster is asked, so none should be named.
    kubectl.env("KUBECONFIG", "/dev/null").args(args);
    let mut child = kubectl
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    // All of it is read before anything is written.
    stdin.write_all(input).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "kubectl {args:?}");
    output.stdout
}

fn folder(overlay: &str) -> PathBuf {
    let zarf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../zarf/k8s/overlays");
    zarf.join(overlay).canonicalize().expect("an overlay")
}
