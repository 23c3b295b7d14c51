//! The program, as people use it.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use auth::{Keys, Refused, Verifier};
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
        format!("{store}: made tables of version 5\n")
    );
    assert_eq!(
        done(&["migrate", "--store", &store]),
        format!("{store}: up to date, version 5\n")
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

    done(&["genkey", "--keys", &keys]);
    let which = refused(
        &[
            "token",
            "--keys",
            &keys,
            "--subject",
            "ada",
            "--role",
            "staff",
        ],
        1,
    );
    assert!(which.contains("several private keys"), "{which}");
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
        (token(&["--expires", "10years"]), "at most 366 days"),
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
