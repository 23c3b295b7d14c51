//! Each target runs what it should, prints it before, and names the tool that is missing. Tools are stand-ins that say how
//! they were called, and there are no others than those named.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// What the targets need of any system.
const SYSTEM: [&str; 6] = ["make", "sh", "git", "sed", "uname", "true"];

/// A stand-in prints this before its own name and arguments.
const RAN: &str = "ran: ";

const ON: &str = "kubectl --context there";

#[test]
fn in_a_cluster_each_target_runs_kubectl_where_it_is_told_to() {
    let sales = format!("{ON} --namespace sales-system");
    let rolled_out = format!("{sales} rollout status deployment/sales-api --timeout 120s");
    for (target, overlay, commands) in [
        (
            "dev-apply",
            "staging",
            vec![
                format!("{ON} apply -k service/zarf/k8s/overlays/staging"),
                rolled_out.clone(),
            ],
        ),
        (
            "dev-restart",
            "dev",
            vec![
                format!("{sales} rollout restart deployment/sales-api"),
                rolled_out,
            ],
        ),
        (
            "dev-status",
            "dev",
            vec![
                format!("{sales} get deployments,pods,services,endpoints -o wide"),
                format!("{sales} get events --sort-by .lastTimestamp"),
            ],
        ),
        (
            "dev-logs",
            "dev",
            vec![format!(
                "{sales} logs --selector app.kubernetes.io/name=sales-api --container sales-api --tail 100 --follow --max-log-requests 20"
            )],
        ),
        (
            "dev-down",
            "dev-postgres",
            vec![format!(
                "{ON} delete --ignore-not-found -k service/zarf/k8s/overlays/dev-postgres"
            )],
        ),
    ] {
        let output =
            with(&["kubectl"]).make(&[target, "CONTEXT=there", &format!("OVERLAY={overlay}")]);
        assert_eq!(ran(&output), commands, "{target}");
        for command in commands {
            assert!(
                said(&output).contains(&format!("\n{command}\n")),
                "{target} prints it: {output:?}"
            );
        }
    }
}

#[test]
fn without_a_context_it_is_the_current_one() {
    // The stand-in's answer is what kubectl would call the current context.
    let tools = with(&[]);
    tools.script("kubectl", "echo here");
    let output = tools.make(&["--dry-run", "dev-apply", "console-dev"]);
    assert!(
        said(&output).contains("kubectl --context here apply -k "),
        "{output:?}"
    );
    assert!(
        said(&output).contains(" -- k8s:here/sales-system/\n"),
        "{output:?}"
    );
    // There is none.
    let tools = with(&[]);
    tools.script("kubectl", "exit 1");
    let output = tools.make(&["--dry-run", "console-dev"]);
    assert!(
        said(&output).contains(" -- k8s:sales-system/\n"),
        "{output:?}"
    );
}

#[test]
fn images_are_made_by_the_engine_that_is_there() {
    for (tools, engine, ignored) in [
        (&["buildah"][..], "buildah", true),
        (&["buildah", "podman"], "podman", true),
        (&["buildah", "podman", "docker"], "docker", false),
    ] {
        let output = with(tools).make(&["image", "TAG=7", "REPOSITORY=registry.example"]);
        let ran = ran(&output);
        assert_eq!(ran.len(), 2, "{output:?}");
        for (command, program) in ran.iter().zip(["sales-api", "sales-metrics"]) {
            let begin = format!("{engine} build -f service/zarf/docker/Dockerfile ");
            assert!(command.starts_with(&begin), "{command}");
            assert!(
                command.contains(&format!(" --target {program} ")),
                "{command}"
            );
            assert!(
                command.ends_with(&format!(" -t registry.example/{program}:7 .")),
                "{command}"
            );
            assert_eq!(command.contains("--ignorefile"), ignored, "{command}");
        }
    }
}

#[test]
fn archives_are_loaded_by_kind_or_what_one_names() {
    let loaded = |load: &str| {
        ["sales-api", "sales-metrics"]
            .map(|program| format!("{load} .cutaway/images/{program}.tar"))
    };
    let output = with(&["kind"]).make(&["image-load", "KIND=mine"]);
    assert_eq!(ran(&output), loaded("kind load --name mine image-archive"));
    let output = with(&["minikube"]).make(&["image-load", "LOAD=minikube image load"]);
    assert_eq!(ran(&output), loaded("minikube image load"));
    let output = with(&["kind"]).make(&["kind-up", "kind-down"]);
    assert_eq!(
        ran(&output),
        [
            "kind create cluster --name sales",
            "kind delete cluster --name sales"
        ]
    );
}

#[test]
fn archives_are_made_of_static_programs_that_know_their_commit() {
    let output = with(&["cargo", "mkdir"]).make(&["image-archive"]);
    let [build, _, api, metrics] = &ran(&output)[..] else {
        panic!("{output:?}")
    };
    for part in [
        "target-feature=+crt-static",
        "--profile image",
        "-p sales-api -p sales-metrics",
    ] {
        assert!(build.contains(part), "{build}");
    }
    for (command, program) in [(api, "sales-api"), (metrics, "sales-metrics")] {
        assert!(
            command.contains(&format!("/image/{program} --name localhost/{program}:dev ")),
            "{command}"
        );
        assert!(
            command.contains("--label org.opencontainers.image.version="),
            "{command}"
        );
    }
    assert!(
        api.contains(" --env SALES_STORE=sqlite:/data/sales.db "),
        "{api}"
    );
}

#[test]
fn an_update_builds_loads_and_restarts() {
    let tools = ["cargo", "kind", "kubectl", "mkdir"];
    for (target, applied) in [("dev-update", false), ("dev-update-apply", true)] {
        let ran = ran(&with(&tools).make(&[target, "CONTEXT=there"]));
        let at = |part: &str| ran.iter().position(|command| command.contains(part));
        let order = [
            "--profile image",
            "sales-image",
            "kind load",
            "rollout restart",
            "rollout status",
        ];
        let order = order.map(|part| at(part).unwrap_or_else(|| panic!("{part}: {ran:?}")));
        assert!(order[..4].is_sorted(), "{ran:?}");
        assert_eq!(at("apply -k").is_some(), applied, "{ran:?}");
    }
}

#[test]
fn a_tool_that_is_missing_is_named_before_anything_is_done() {
    let all = [
        "cargo", "mkdir", "docker", "podman", "buildah", "kind", "kubectl",
    ];
    for (target, missing) in [
        ("image", &["docker", "podman", "buildah"][..]),
        ("image-load", &["kind"]),
        ("kind-up", &["kind"]),
        ("kind-down", &["kind"]),
        ("dev-apply", &["kubectl"]),
        ("dev-update", &["kind"]),
        ("dev-update", &["kubectl"]),
        ("dev-update-apply", &["kubectl"]),
        ("dev-status", &["kubectl"]),
        ("dev-logs", &["kubectl"]),
        ("dev-restart", &["kubectl"]),
        ("dev-down", &["kubectl"]),
    ] {
        let there: Vec<_> = all
            .into_iter()
            .filter(|tool| !missing.contains(tool))
            .collect();
        let output = with(&there).run(&[target]);
        assert!(!output.status.success(), "{target}: {output:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.starts_with("make: "), "{target}: {error}");
        for tool in missing {
            assert!(error.contains(tool), "{target}: {error}");
        }
        assert_eq!(ran(&output), [""; 0], "{target}");
    }
}

/// A folder of tools that is all of `PATH`.
struct Tools(TempDir);

fn with(stand_ins: &[&str]) -> Tools {
    let tools = Tools(tempfile::tempdir().expect("a folder"));
    for name in SYSTEM {
        let paths = std::env::var_os("PATH").expect("a path");
        let real = std::env::split_paths(&paths)
            .map(|folder| folder.join(name))
            .find(|path| path.exists());
        let real = real.unwrap_or_else(|| panic!("{name} is installed"));
        symlink(real, tools.0.path().join(name)).expect("a link");
    }
    for name in stand_ins {
        tools.script(name, &format!("echo \"{RAN}{name} $*\""));
    }
    tools
}

impl Tools {
    fn script(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    }

    /// Runs make, which must succeed.
    fn make(&self, args: &[&str]) -> Output {
        let output = self.run(args);
        assert!(output.status.success(), "{output:?}");
        output
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut make = Command::new(self.0.path().join("make"));
        // When it is make that runs these tests, its own settings are not theirs.
        for name in [
            "MAKEFLAGS",
            "MFLAGS",
            "MAKELEVEL",
            "MAKEOVERRIDES",
            "CONTEXT",
            "OVERLAY",
            "KIND",
            "LOAD",
            "TAG",
            "REPOSITORY",
            "ENGINE",
        ] {
            make.env_remove(name);
        }
        make.env("PATH", self.0.path())
            .current_dir(root())
            .args(args);
        make.output().expect("make runs")
    }
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../..");
    root.canonicalize().expect("the workspace")
}

/// What stand-ins were called, in order.
fn ran(output: &Output) -> Vec<String> {
    let lines = said(output);
    let ran = lines.lines().filter_map(|line| line.strip_prefix(RAN));
    ran.map(|command| command.trim_end().to_owned()).collect()
}

fn said(output: &Output) -> String {
    format!("\n{}", String::from_utf8_lossy(&output.stdout))
}
