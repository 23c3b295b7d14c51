//! Runs the lab and every step of the case study, as readers do.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use lab_format::{Cell, Run};
use orders::{Order, Product, Visitor};

#[path = "../../program.rs"]
mod program;

use program::{info, run};

/// The program.
const LAB: &str = env!("CARGO_BIN_EXE_orders");

fn number(run: &Run, shop: &str, column: &str) -> u64 {
    let row = (0..run.report.rows.len()).find(|row| run.report.text(*row, 0) == shop);
    let cell = run.report.cell(row.expect("a row of that shop"), column);
    cell.and_then(Cell::number).expect("a number") as u64
}

const SHOPS: [&str; 8] = [
    "in line", "2 locks", "dashmap", "1 lock", "clerk", "pool", "closing", "context",
];

#[test]
fn it_describes_itself() {
    let info = info(LAB);
    assert_eq!(info.check(), Ok(()));
    let names: Vec<&str> = info.knobs.iter().map(|knob| knob.name.as_str()).collect();
    let expected = [
        "impl",
        "shoppers",
        "stock",
        "work",
        "workers",
        "close-after",
        "patience",
    ];
    assert_eq!(names, expected);
}

#[test]
fn only_where_looking_and_taking_are_two_steps_more_is_sold_than_there_is() {
    let run = run(LAB, "--json --work 20 --workers 3 --close-after 0");
    assert_eq!(run.report.rows.len(), SHOPS.len());
    for shop in SHOPS {
        let of = |column| number(&run, shop, column);
        assert_eq!(of("taken") + of("refused") + of("left"), 120, "{shop}");
        assert_eq!(of("nobody's"), 0, "{shop}");
        let racy = ["2 locks", "dashmap"].contains(&shop);
        assert_eq!(of("oversold") > 0, racy, "{shop}");
    }
    for (shop, most) in [("in line", 1), ("clerk", 1), ("pool", 3), ("context", 3)] {
        assert!(number(&run, shop, "till") <= most, "{shop}");
    }
    assert!(number(&run, "1 lock", "till") > 3);
    assert_eq!(run.report.highlight, Some(1));
}

#[test]
fn closing_refuses_what_comes_and_loses_nothing_that_was_taken() {
    let run = run(
        LAB,
        "--json --impl 6 --close-after 6 --stock 500 --work 5 --shoppers 20",
    );
    assert_eq!(number(&run, "pool", "taken"), 60);
    for shop in ["closing", "context"] {
        let of = |column| number(&run, shop, column);
        assert!(of("taken") >= 6 && of("refused") > 0, "{shop}");
        assert_eq!(of("taken") + of("refused"), 60, "{shop}");
        assert_eq!(of("nobody's"), 0, "{shop}");
    }
    let marks: Vec<&str> = run
        .timeline
        .marks
        .iter()
        .map(|mark| mark.label.as_str())
        .collect();
    assert_eq!(marks, ["orders closed"]);
    let lanes = run.timeline.lanes.iter().map(|lane| lane.name.as_str());
    assert_eq!(
        lanes.filter(|name| name.starts_with("worker ")).count(),
        4,
        "the pool"
    );
}

#[test]
fn an_order_that_nobody_waits_for_is_given_up_where_the_context_reaches_it() {
    let run = run(
        LAB,
        "--json --impl 7 --close-after 0 --patience 1 --work 50 --shoppers 5",
    );
    for shop in ["in line", "context"] {
        assert_eq!(number(&run, shop, "nobody's"), 0, "{shop}");
    }
    for shop in ["1 lock", "clerk", "pool", "closing"] {
        assert!(number(&run, shop, "nobody's") > 0, "{shop}");
    }
    assert!(number(&run, "context", "left") > 0);
}

/// What a step prints is what the page shows.
#[test]
fn each_step_prints_what_the_page_shows() {
    for (name, program) in [
        ("01-map", env!("CARGO_BIN_EXE_orders-01-map")),
        ("02-race", env!("CARGO_BIN_EXE_orders-02-race")),
        ("03-dashmap", env!("CARGO_BIN_EXE_orders-03-dashmap")),
        ("04-mutex", env!("CARGO_BIN_EXE_orders-04-mutex")),
        ("05-channel", env!("CARGO_BIN_EXE_orders-05-channel")),
        ("06-pool", env!("CARGO_BIN_EXE_orders-06-pool")),
        ("07-statistics", env!("CARGO_BIN_EXE_orders-07-statistics")),
        ("08-reversal", env!("CARGO_BIN_EXE_orders-08-reversal")),
        ("09-close", env!("CARGO_BIN_EXE_orders-09-close")),
        ("10-context", env!("CARGO_BIN_EXE_orders-10-context")),
    ] {
        let output = Command::new(program).output().expect("it starts");
        assert!(output.status.success(), "{name}: {output:?}");
        let printed = String::from_utf8(output.stdout).expect("text");
        same_as_committed(&format!("tests/{name}.txt"), &printed);
    }
}

#[test]
fn the_books_of_every_step_but_two_add_up() {
    for (name, oversold) in [
        ("01-map", false),
        ("02-race", true),
        ("03-dashmap", true),
        ("04-mutex", false),
        ("05-channel", false),
        ("06-pool", false),
        ("07-statistics", false),
        ("08-reversal", false),
    ] {
        let printed = std::fs::read_to_string(folder().join(format!("tests/{name}.txt")));
        let printed = printed.expect("committed, and as it is printed: see above");
        assert_eq!(printed.contains("oversold"), oversold, "{name}");
    }
}

/// A step that serves until it is ended.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // Gone already, if these fail.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(program: &str) -> (Served, Visitor) {
    let mut child = Command::new(program)
        .arg("127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let stdout = child.stdout.take().expect("piped");
    let served = Served(child);
    let mut line = String::new();
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says where");
    let address = line.trim().strip_prefix("open at http://");
    let address = address.expect("an address").parse().expect("an address");
    (served, Visitor::new(address))
}

#[tokio::test]
async fn the_last_two_steps_stay_open_where_readers_want_them() {
    let cup = Order {
        product: Product::Cup,
        pieces: 1,
    };
    for program in [
        env!("CARGO_BIN_EXE_orders-09-close"),
        env!("CARGO_BIN_EXE_orders-10-context"),
    ] {
        let (_served, visitor) = serve(program);
        let stock = visitor.get("/stock").await.expect("an answer");
        assert!(stock.body["cup"].as_i64() > Some(0), "{stock}");
        let unknown = visitor.post("/orders/7/reversal").await;
        assert_eq!(unknown.expect("an answer").status, 404);
        for _ in 0..2 {
            let closed = visitor.post("/close").await.expect("an answer");
            assert_eq!(closed.status, 200, "{closed}");
        }
        let refused = visitor.order(cup, None).await.expect("an answer");
        assert_eq!(refused.status, 503);
        assert_eq!(refused.body["code"], "closed");
        let statistics = visitor.get("/statistics").await.expect("an answer");
        assert_eq!(statistics.status, 200, "all else goes on");
    }
    let (_served, visitor) = serve(env!("CARGO_BIN_EXE_orders-10-context"));
    let budget = visitor.order(cup, Some(("x-budget-ms", "soon"))).await;
    let budget = budget.expect("an answer");
    assert_eq!(
        (budget.status, &budget.body["code"]),
        (400, &"invalid_budget".into())
    );
}

#[test]
fn the_compiler_refuses_a_shop_for_two() {
    // In the folder of the file, so that the message names it as the page does.
    let result = Command::new("rustc")
        .current_dir(folder().join("refused"))
        .args(["--edition=2024", "--emit=metadata", "--color=never", "-o"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared-shop.rmeta"))
        .arg("shared-shop.rs")
        .output()
        .expect("the compiler starts");
    assert!(!result.status.success(), "it compiles");
    let said = String::from_utf8(result.stderr).expect("text");
    let error = said.split("\nerror: aborting").next().expect("the first");
    same_as_committed("refused/shared-shop.txt", error);
}

/// `UPDATE=1` writes what is printed now in place of what is committed.
fn same_as_committed(file: &str, printed: &str) {
    let path = folder().join(file);
    let printed = format!("{}\n", printed.trim_end());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &printed).expect("written");
    }
    let committed = std::fs::read_to_string(&path).expect("committed");
    assert_eq!(pieces_aside(&committed), pieces_aside(&printed), "{file}");
}

/// Which shoppers come in before closing time, and so how many pieces they buy, is another matter on each day.
fn pieces_aside(text: &str) -> String {
    let mut parts = text.split("pieces=");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept += "pieces=";
        kept += part.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    kept
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
