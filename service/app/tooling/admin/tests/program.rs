//! The program, as people use it.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use audit::Store as _;
use auth::{Keys, Refused, Verifier};
use event::{Outcome, Settled, Store as _};
use order::Store as _;
use product::{Products, Query};
use stores::{Any, Location, Options};
use types::PageLimit;
use user::{Role, Roles};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sales-admin"))
        .args(args)
        .env_remove("SALES_STORE")
        .env_remove("SALES_KEYS")
        .output()
        .expect("starts")
}

/// What it prints when all goes well.
fn done(args: &[&str]) -> String {
    let output = run(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// What it says when it ends with this code.
fn refused(args: &[&str], code: i32) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    String::from_utf8(output.stderr).expect("text")
}

fn path(directory: &Path, name: &str) -> String {
    directory.join(name).display().to_string()
}

#[tokio::test]
async fn a_store_is_migrated_once_and_seeded_with_what_it_lacks() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = path(directory.path(), "sales.db");
    let store = format!("sqlite:{file}");
    assert_eq!(
        done(&["migrate", "--store", &store]),
        format!("{store}: made tables of version 7\n")
    );
    assert_eq!(
        done(&["migrate", "--store", &store]),
        format!("{store}: up to date, version 7\n")
    );
    assert_eq!(
        done(&["seed", "--store", &store, "--pieces", "7"]),
        format!("{store}: added 12 products, 0 were there\n")
    );
    assert_eq!(
        done(&["seed", "--store", &store]),
        format!("{store}: added 0 products, 12 were there\n")
    );
    let open = Any::open(&Location::Sqlite(file.into()), &Options::default(), ()).await;
    let products = Products::new(open.expect("a store"));
    let page = products.list(Query::default(), PageLimit::default()).await;
    let items = page.expect("readable").items;
    assert_eq!(items.len(), 12);
    assert!(items.iter().all(|product| product.stock.get() == 7));
}

#[tokio::test]
async fn dead_letters_are_listed_with_why_requeued_and_discarded() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = path(directory.path(), "sales.db");
    let store = format!("sqlite:{file}");
    let options = Options {
        events: true,
        ..Options::default()
    };
    let open = async || {
        let location = Location::Sqlite(file.clone().into());
        let open = Any::open(&location, &options, ()).await;
        open.expect("a store")
    };
    let shop = open().await;
    let line = order::Line {
        product: types::ProductId::new(1).expect("in range"),
        quantity: types::Quantity::new(1).expect("in range"),
    };
    let now = SystemTime::now();
    for _ in 0..3 {
        let order = order::NewOrder::new(vec![line]).expect("an order");
        let purchase = order::Purchase::anonymous(order, now);
        shop.place(purchase).await.expect("enough");
    }
    let due = shop.due(now, Duration::ZERO, 9).await.expect("readable");
    let dead = due.iter().map(|event| Settled {
        id: event.id,
        outcome: Outcome::Dead {
            attempts: 5,
            error: "the answer was 422".to_owned(),
        },
    });
    shop.settle(dead.collect()).await.expect("writable");
    shop.close().await;

    let listed = done(&["events", "list", "--store", &store]);
    assert!(listed.contains("3 dead letters, 0 events wait"), "{listed}");
    let line = "1  order.placed  order/1  5 attempts  the answer was 422";
    assert!(listed.contains(line), "{listed}");
    let said = done(&["events", "requeue", "1", "--store", &store]);
    assert!(said.contains("requeued 1 dead letters"), "{said}");
    let said = refused(&["events", "requeue", "1", "--store", &store], 1);
    assert!(said.contains("no dead letter 1"), "{said}");
    let said = done(&["events", "discard", "2", "--store", &store]);
    assert!(said.contains("discarded 1 dead letters"), "{said}");
    let said = done(&["events", "requeue", "--all", "--store", &store]);
    assert!(said.contains("requeued 1 dead letters"), "{said}");
    refused(&["events", "requeue", "--store", &store], 2);
    let listed = done(&["events", "list", "--store", &store]);
    assert!(listed.contains("0 dead letters, 2 events wait"), "{listed}");

    let shop = open().await;
    let noted = shop.entries(audit::Query::default(), 9).await;
    shop.close().await;
    let noted = noted.expect("readable");
    let said = |entry: &audit::Entry| format!("{} {}", entry.event.action, entry.event.object);
    assert_eq!(
        noted.iter().map(said).collect::<Vec<_>>(),
        [
            "event.requeue events/1",
            "event.discard events/2",
            "event.requeue events/3"
        ]
    );
    let user = rustix::process::getuid().as_raw();
    for entry in noted {
        let author = entry.event.author;
        assert_eq!(author.subject, format!("sales-admin/{user}"));
        assert!(author.at >= now - Duration::from_millis(1) && author.request.is_empty());
    }
}

#[test]
fn a_token_is_believed_by_who_has_the_public_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = path(directory.path(), "keys");
    let written = done(&["genkey", "--keys", &keys]);
    assert_eq!(written.lines().count(), 2, "{written}");
    let token = done(&[
        "token",
        "--keys",
        &keys,
        "--subject",
        "ada",
        "--role",
        "staff",
        "--role",
        "admin",
        "--expires",
        "10min",
    ]);
    let verifier = Verifier::new(Keys::read(Path::new(&keys)).expect("keys"));
    let now = SystemTime::now();
    let claims = verifier.verify(token.trim_end(), now).expect("our own");
    assert_eq!(claims.subject(), "ada");
    assert_eq!(claims.roles(), Roles::of(&[Role::Staff, Role::Admin]));
    let later = now + Duration::from_mins(11);
    assert_eq!(
        verifier.verify(token.trim_end(), later),
        Err(Refused::Expired)
    );

    // Another one is only used when it is said so.
    done(&["genkey", "--keys", &keys, "--alg", "es256"]);
    let again = done(&[
        "token",
        "--keys",
        &keys,
        "--subject",
        "ada",
        "--role",
        "staff",
    ]);
    assert!(verifier.verify(again.trim_end(), now).is_ok());
}

#[test]
fn keys_are_added_used_and_retired() {
    let directory = tempfile::tempdir().expect("a directory");
    let keys = path(directory.path(), "keys");
    let listed = || {
        let list = done(&["keys", "list", "--keys", &keys]);
        let mut lines: Vec<String> = list.lines().map(str::to_owned).collect();
        lines.sort_by_key(|line| !line.contains("EdDSA"));
        lines
    };
    let id = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    done(&["keys", "add", "--keys", &keys]);
    done(&["keys", "add", "--keys", &keys, "--alg", "es256"]);
    let lines = listed();
    assert!(lines[0].ends_with("EdDSA in use"), "{lines:?}");
    assert!(lines[1].ends_with("ES256 can be used"), "{lines:?}");
    let (old, new) = (id(&lines[0]), id(&lines[1]));

    let early = refused(&["keys", "use", &new, "--keys", &keys], 1);
    assert!(early.contains("--now"), "{early}");
    let in_use = refused(&["keys", "retire", &old, "--keys", &keys], 1);
    assert!(in_use.contains("keys use"), "{in_use}");
    done(&["keys", "use", &new, "--now", "--keys", &keys]);
    let token = done(&[
        "token",
        "--keys",
        &keys,
        "--subject",
        "ada",
        "--role",
        "staff",
    ]);
    done(&["keys", "retire", &old, "--after", "0s", "--keys", &keys]);
    let lines = listed();
    assert!(
        lines[0].contains("EdDSA retired, counts until 20"),
        "{lines:?}"
    );
    assert!(lines[1].ends_with("ES256 in use"), "{lines:?}");
    let verifier = Verifier::new(Keys::read(Path::new(&keys)).expect("keys"));
    assert!(verifier.verify(token.trim_end(), SystemTime::now()).is_ok());
    // It counts a little longer, for clocks that differ.
    assert_eq!(done(&["keys", "prune", "--keys", &keys]), "removed 0: \n");
    refused(&["keys", "retire", "missing", "--keys", &keys], 1);
    let again = ["keys", "retire", &old, "--keys", &keys, "--after"];
    let late = refused(&[&again[..], &["500000000000years"]].concat(), 1);
    assert!(late.contains("--after is too long"), "{late}");
    done(&[&again[..], &["9000years"]].concat());
    let lines = listed();
    assert!(lines[0].ends_with("after the year 9999"), "{lines:?}");
}

#[test]
fn what_is_wrong_is_said_in_one_line_without_secrets() {
    let directory = tempfile::tempdir().expect("a directory");
    let empty = path(directory.path(), "");
    let token = |more: &[&str]| {
        let args = [
            "token",
            "--keys",
            &empty,
            "--subject",
            "ada",
            "--role",
            "staff",
        ];
        refused(&[&args, more].concat(), 1)
    };
    let folder = format!("sqlite:{empty}");
    for (said, cause) in [
        (token(&[]), "sales-admin genkey"),
        (token(&["--expires", "10years"]), "at most 24 hours"),
        (refused(&["migrate", "--store", "canary"], 2), "sqlite:PATH"),
        (
            refused(&["migrate", "--store", &folder], 1),
            "cannot be opened",
        ),
    ] {
        assert!(
            said.contains(cause) && said.starts_with("sales-admin: "),
            "{said}"
        );
        assert!(
            !said.contains("canary") && said.lines().count() == 1,
            "{said}"
        );
    }
    let role = refused(&["token", "--subject", "ada", "--role", "king"], 2);
    assert!(
        role.contains("must be one of shopper, staff, admin"),
        "{role}"
    );
    let stray = refused(&["migrate", "postgres://me:canary@db/sales"], 2);
    assert!(!stray.contains("canary"), "{stray}");
}

#[cfg(not(feature = "postgres"))]
#[test]
fn postgres_needs_its_feature() {
    let said = refused(&["migrate", "--store", "postgres://me:canary@db/sales"], 2);
    assert!(said.contains("cargo feature `postgres`"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

#[cfg(feature = "postgres")]
#[test]
fn postgres_is_reached_and_named_without_secrets() {
    let store = "postgres://me:canary@127.0.0.1:1/sales";
    let said = refused(&["migrate", "--store", store], 1);
    assert!(said.contains("no server listens there"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
