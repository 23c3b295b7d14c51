//! The sidecar beside a stock Go program: the two imports that everybody has, and nothing of ours.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{Sidecar, official};

const PROGRAM: &str = r#"package main

import (
	"expvar"
	"fmt"
	"net"
	"net/http"
)

func main() {
	hits := expvar.NewMap("http.hits")
	hits.Add("GET /v1/products", 17)
	expvar.NewInt("requests").Set(3)
	expvar.NewFloat("load").Set(0.25)
	expvar.NewString("state").Set("ready")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, nil))
}
"#;

/// Killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[test]
fn a_stock_go_program_is_read() {
    if !Command::new("go")
        .arg("version")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        eprintln!("SKIPPED: there is no go on the PATH to build a program with");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    std::fs::write(path.join("main.go"), PROGRAM).expect("writes");
    std::fs::write(path.join("go.mod"), "module stock\n\ngo 1.19\n").expect("writes");
    let built = Command::new("go")
        .args(["build", "-o", "stock", "."])
        .current_dir(path)
        .env("CGO_ENABLED", "0")
        .output();
    let built = built.expect("go runs");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let mut program = Running(
        Command::new(path.join("stock"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts"),
    );
    let mut addr = String::new();
    let stdout = program.0.stdout.take().expect("piped");
    BufReader::new(stdout)
        .read_line(&mut addr)
        .expect("readable");

    let sidecar = Sidecar::start(&["--from", &format!("http://{}", addr.trim())]);
    let text = sidecar.metrics();
    for line in [
        "http_hits_total{key=\"GET /v1/products\"} 17\n",
        "requests_total 3\n",
        "load 0.25\n",
        "state_info{state=\"ready\"} 1\n",
        "# TYPE memstats_heap_alloc_bytes gauge\n",
        "# TYPE memstats_mallocs_total counter\n",
        "# TYPE memstats_total_alloc_bytes_total counter\n",
        "# TYPE memstats_pause_total_seconds_total counter\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(
        !text.contains("by_size") && !text.contains("cmdline"),
        "{text}"
    );
    if let Some(families) = official(&text) {
        assert!(
            families.contains(&"memstats_num_gc counter".to_owned()),
            "{families:?}"
        );
    }
}
