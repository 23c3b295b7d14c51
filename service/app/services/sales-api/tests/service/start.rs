//! The start of the service, as a program: what it says when it works, and when it cannot.

use std::net::TcpListener;

use hyper::Method;

use crate::support::{Client, Service, run_to_end};

/// Fails with this exit code and one line that says this.
fn check_fails(service: &mut Service, code: i32, cause: &str) {
    let output = run_to_end(service);
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(cause), "{cause}: {stderr}");
    if code == 1 {
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.starts_with("sales-api: "), "{stderr}");
        assert!(
            stderr.matches("os error").count() <= 1,
            "the cause is not repeated: {stderr}"
        );
    }
}

#[test]
fn a_busy_port_names_the_flag_and_leaves_no_database_behind() {
    let directory = tempfile::tempdir().expect("a directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = taken.local_addr().expect("bound").to_string();
    for flag in ["--api", "--debug"] {
        let cause = format!("address in use: {addr} is taken; choose another with {flag} ADDR");
        check_fails(
            Service::new(directory.path()).flags(&[flag, &addr]),
            1,
            &cause,
        );
    }
    assert!(!directory.path().join("sales.db").exists());
}

#[test]
fn a_store_that_cannot_be_opened_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(
        path("file"),
        "not a database, but long enough to have a header of one hundred bytes. ".repeat(9),
    )
    .expect("writes");
    for (store, cause) in [
        (
            path("file"),
            format!(
                "cannot open the store {}: the file is not an SQLite database",
                path("file")
            ),
        ),
        (
            path("file/sales.db"),
            format!(
                "cannot create the directory {} for the store: ",
                path("file")
            ),
        ),
        (
            path(""),
            format!(
                "cannot open the store {}: the file cannot be opened",
                path("")
            ),
        ),
    ] {
        check_fails(
            Service::new(directory.path()).flags(&["--store", &format!("sqlite:{store}")]),
            1,
            &cause,
        );
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (flags, cause) in [
        (&["--colour"][..], "unexpected argument '--colour'"),
        (
            &["--api", "nowhere"],
            "invalid value 'nowhere' for '--api <ADDR>'",
        ),
        (
            &["--debug", "0.0.0.0:0", "--api", "127.0.0.1:x"],
            "invalid value '127.0.0.1:x' for '--api <ADDR>'",
        ),
        (&["--store", "mysql://x"], "--store: must be sqlite:PATH"),
    ] {
        check_fails(Service::bare().flags(flags), 2, cause);
    }
    let production = &["--profile", "production"][..];
    for (variable, value) in [
        ("SLOW_AUTH", "true"),
        ("DB_FAILURE", "yes"),
        ("SALES_CHAOS", "slow_auth"),
        ("SALES_CHAOS", "GET / error=0.5"),
    ] {
        let cause = "--chaos: the production profile refuses faults on purpose";
        let mut service = Service::bare();
        check_fails(service.flags(production).env(variable, value), 2, cause);
    }
    let cause = "--keys: with --profile production the service needs the keys";
    check_fails(Service::bare().flags(production), 2, cause);
    check_fails(
        Service::bare().env("SALES_DRAIN", "soon"),
        2,
        "invalid value 'soon' for '--drain <TIME>'",
    );
    for (variable, value) in [
        ("SALES_LOG", "xml"),
        ("SALES_STORE", "mysql://h/db"),
        ("SALES_DEBUG_ALLOW_REMOTE", "perhaps"),
        ("SLOW_AUTH", "perhaps"),
    ] {
        check_fails(
            Service::bare().env(variable, value),
            2,
            &format!("the environment variable {variable}."),
        );
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn postgres_needs_its_feature() {
    check_fails(
        Service::bare().flags(&["--store", "postgres://db/sales"]),
        2,
        "needs the cargo feature `postgres`, which this build lacks",
    );
}

#[tokio::test]
async fn the_debug_listener_is_for_this_machine_unless_allowed_and_guarded() {
    let directory = tempfile::tempdir().expect("a directory");
    let remote = ["--debug", "0.0.0.0:0"];
    let cause = "needs --debug-allow-remote";
    check_fails(Service::new(directory.path()).flags(&remote), 2, cause);
    let mut open = Service::new(directory.path());
    let cause = "needs a token (--debug-token-file PATH)";
    let allowed = ["--debug-allow-remote"];
    check_fails(open.flags(&remote).flags(&allowed), 2, cause);

    let file = directory.path().join("token").display().to_string();
    std::fs::write(&file, "canary-0123456789\n").expect("writes");
    let service = Service::new(directory.path())
        .flags(&remote)
        .flags(&["--debug-allow-remote", "--debug-token-file", &file])
        .start();
    let port = service.debug.port();
    let debug = Client::new(([127, 0, 0, 1], port).into());
    assert_eq!(debug.get("/debug/vars").await.status, 401);
    let token = [("authorization", "Bearer canary-0123456789")];
    let vars = debug.send(Method::GET, "/debug/vars", &token, "").await;
    let vars = vars.expect("an answer");
    assert_eq!(vars.status, 200);
    assert!(!String::from_utf8_lossy(&vars.body).contains("canary"));
    let (_, log) = service.stop().await;
    assert!(
        log.contains("--debug-token-file") && !log.contains("canary"),
        "{log}"
    );
}

#[test]
fn help_names_every_setting_with_its_variable_and_default() {
    let output = run_to_end(
        Service::bare()
            .flags(&["--help"])
            .env("SALES_STORE", "postgres://me:canary@db/sales"),
    );
    let help = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0));
    assert!(!help.contains("canary"), "{help}");
    for (flag, variable, default) in [
        ("--api", "SALES_API", "127.0.0.1:8080"),
        ("--debug", "SALES_DEBUG", "127.0.0.1:4000"),
        ("--debug-token-file", "SALES_DEBUG_TOKEN_FILE", "none"),
        ("--store", "SALES_STORE", "sqlite:.cutaway/sales.db"),
        ("--drain-delay", "SALES_DRAIN_DELAY", "0s"),
        ("--drain", "SALES_DRAIN", "10s"),
        ("--request-timeout", "SALES_REQUEST_TIMEOUT", "5s"),
        ("--max-body", "SALES_MAX_BODY", "65536"),
        (
            "--workers",
            "SALES_WORKERS",
            "the CPU limit of this process, rounded up",
        ),
        ("--process-tickets", "SALES_PROCESS_TICKETS", "8"),
        ("--process-work", "SALES_PROCESS_WORK", "5ms"),
        ("--profile", "SALES_PROFILE", "development"),
        ("--keys", "SALES_KEYS", "none"),
        ("--chaos", "SALES_CHAOS", "nothing"),
        (
            "--max-client-connections",
            "SALES_MAX_CLIENT_CONNECTIONS",
            "1000",
        ),
        ("--trusted-proxy", "SALES_TRUSTED_PROXY", "nobody"),
        ("--proxy-header", "SALES_PROXY_HEADER", "x-forwarded-for"),
        ("--log", "SALES_LOG", "pretty"),
        ("--log-level", "SALES_LOG_LEVEL", "info"),
    ] {
        assert!(
            help.contains(flag) && help.contains(&format!("[default: {default}]")),
            "{flag}: {help}"
        );
        assert!(
            help.contains(&format!("[env: {variable}")),
            "{variable}: {help}"
        );
    }
}

#[tokio::test]
async fn flags_win_over_the_environment_and_what_is_in_force_is_logged() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::new(directory.path())
        .env("SALES_DRAIN", "7s")
        .env("SALES_API", "127.0.0.1:1")
        .env("SALES_REQUEST_TIMEOUT", "3s")
        .flags(&["--request-timeout", "2s"])
        .start();
    let (status, log) = service.stop().await;
    assert_eq!(status.code(), Some(0));
    let first = log.lines().next().expect("a line");
    assert!(
        first.contains(
            "--drain 7s --request-timeout 2s --max-body 65536 --log json --log-level info"
        ),
        "{first}"
    );
    assert!(first.contains("--api 127.0.0.1:0 "), "{first}");
}

#[tokio::test]
async fn a_password_in_the_settings_is_shown_nowhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = format!("sqlite:{}", directory.path().join("sales.db").display());
    // Overridden flags are how it can be there at all in this build.
    let service = Service::bare()
        .flags(&[
            "--store",
            "postgres://me:canary@db.example/sales?password=canary",
            "--store",
            &store,
        ])
        .flags(&[
            "--api",
            "127.0.0.1:0",
            "--debug",
            "127.0.0.1:0",
            "--log",
            "json",
            "--log-level",
            "trace",
        ])
        .env("SALES_STORE", "postgres://me:canary@db.example/sales")
        .start();
    let debug = service.debug_client();
    for path in ["/debug/vars", "/debug/pprof/cmdline", "/debug/pprof/"] {
        let answer = debug.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains("canary"), "{path}: {text}");
        assert!(
            text.contains("db.example") || path == "/debug/pprof/",
            "masked, not missing: {path}: {text}"
        );
    }
    let (_, log) = service.stop().await;
    assert!(!log.contains("canary"), "{log}");
}
