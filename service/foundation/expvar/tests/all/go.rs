//! Go's own decoder reads what we write, and so do expvarmon's rules.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use expvar::{Counter, Error, Registry};
use serde_json::json;

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reader.go");

#[test]
fn gos_decoder_reads_the_document() -> Result<(), Error> {
    let document = document()?.to_json();
    let vars = [
        "requests",
        "depth",
        "load",
        "str:state",
        "latency_ns.count",
        "duration:latency_ns.p50",
        "duration:latency_ns.max",
        "mem:store.memstats.Alloc",
        "store.memstats.HeapInuse",
        r"a\.dot.inside",
        "routes.GET./v1/orders",
        "nothing",
        "absent.entirely",
    ];
    let Some(read) = go(&vars, &document) else {
        return Ok(());
    };
    let expected = r"{Cmdline:[sales-api --api 127.0.0.1:8080] Requests:18446744073709551615 Depth:-9223372036854775808 Load:0.25 State:ready: 100 % <fine>
 Latency:{Count:3 Max:3000000 Min:1000000 P50:2015231 P90:3000000 P99:3000000 P999:3000000 Sum:6000000 Mean:2e+06} Routes:map[GET:map[/v1/orders:7]] Store:{Memstats:{Alloc:4096 HeapInuse:8192}} Nothing:<nil>}
11 variables
requests = 18446744073709551616.00
depth = -9223372036854775808.00
load = 0.25
str:state = ready: 100 % <fine>

latency_ns.count = 3.00
duration:latency_ns.p50 = 2.015231ms
duration:latency_ns.max = 3ms
mem:store.memstats.Alloc = 4096B
store.memstats.HeapInuse = 8192.00
a\.dot.inside = 5.00
routes.GET./v1/orders = 7.00
nothing = N/A
absent.entirely = N/A
";
    assert_eq!(read, expected);
    Ok(())
}

#[test]
fn gos_decoder_reads_a_document_of_every_odd_name_and_number() -> Result<(), Error> {
    let vars = Registry::new();
    for byte in 0..=0x7f_u8 {
        let name = format!("name {}", char::from(byte));
        vars.text(&name)?.set(name.clone());
    }
    for name in ["", "żółw 🐢", "\u{2028}", "a\"b\\c</script>"] {
        vars.map("odd")?.float(name)?.set(f64::MIN_POSITIVE);
    }
    for value in [f64::MAX, f64::MIN, 5e-324, f64::NAN, f64::NEG_INFINITY] {
        vars.float(&format!("float {value:?}"))?.set(value);
    }
    vars.map("empty")?.map("inside")?;
    let Some(read) = go(&[], &vars.to_json()) else {
        return Ok(());
    };
    assert!(read.ends_with("\n135 variables\n"), "{read}");
    Ok(())
}

fn document() -> Result<Registry, Error> {
    let vars = Registry::new();
    vars.func("cmdline", || {
        json!(["sales-api", "--api", "127.0.0.1:8080"])
    })?;
    vars.counter("requests")?.add(u64::MAX);
    vars.gauge("depth")?.set(i64::MIN);
    vars.float("load")?.set(0.25);
    vars.float("nothing")?.set(f64::NAN);
    vars.text("state")?.set("ready: 100 % <fine>\n");
    for ms in 1..=3 {
        vars.histogram("latency_ns")?
            .record_duration(Duration::from_millis(ms));
    }
    let routes = vars.counters("routes", &["method", "route"])?;
    (0..7).for_each(|_| routes.update(&["GET", "/v1/orders"], Counter::inc));
    vars.map("a.dot")?.gauge("inside")?.set(5);
    vars.map("store")?
        .func("memstats", || json!({"Alloc": 4096, "HeapInuse": 8192}))?;
    vars.counter("and_one_more")?;
    Ok(vars)
}

/// What the Go program prints; `None` where there is no Go.
fn go(vars: &[&str], document: &str) -> Option<String> {
    let started = Command::new("go")
        .args(["run", READER])
        .args(vars)
        .env("GOFLAGS", "-mod=mod")
        .env("GO111MODULE", "off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        eprintln!("skipped: there is no `go` here to read the document");
        return None;
    };
    let mut input = child.stdin.take().expect("it was piped");
    input
        .write_all(document.as_bytes())
        .expect("the program reads all of it");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    Some(String::from_utf8(output.stdout).expect("Go writes UTF-8"))
}
