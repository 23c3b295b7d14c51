//! What operators get is true: the alert rules, the dashboard and the runbooks name only what the service and its sidecar
//! publish, and others' programs accept all of it.

mod dashboard;
#[path = "../../../../../../foundation/exposition/tests/all/official.rs"]
mod official;
mod promql;
mod published;
mod rules;
mod runbooks;

use std::path::{Path, PathBuf};
use std::process::Command;

use published::Published;

/// The repository.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(4);
    root.expect("this crate is four folders down").to_owned()
}

fn zarf() -> PathBuf {
    root().join("service/zarf")
}

/// The text of a file below `service/zarf`.
fn text(file: &str) -> String {
    let file = zarf().join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[tokio::test]
async fn rules_dashboard_and_runbooks_name_what_is_there() {
    let Some(published) = Published::of_the_service().await else {
        return;
    };
    let mut wrong = rules::wrong(&published);
    wrong.extend(dashboard::wrong(&published));
    wrong.extend(runbooks::wrong(&published));
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Prometheus' own tool reads the rules, and they fire when they should and not when they should not.
#[test]
fn prometheus_accepts_the_rules() {
    let tool = std::env::var("PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    let runs = |arguments: &[&str]| {
        let output = Command::new(&tool)
            .args(arguments)
            .current_dir(zarf().join("prometheus"))
            .output();
        output.ok().map(|output| {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            assert!(output.status.success(), "{arguments:?}: {said}");
        })
    };
    if runs(&["--version"]).is_none() {
        eprintln!(
            "SKIPPED: there is no promtool (of the package prometheus) to check the rules with"
        );
        return;
    }
    runs(&["check", "config", "prometheus.yaml"]);
    runs(&["test", "rules", "alerts_test.yaml"]);
}
