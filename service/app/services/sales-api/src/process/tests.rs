//! Each way in which the steps can end, on a clock that the tests move.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::task::JoinSet;

use super::*;

struct Setup {
    process: Process,
    stopping: Shutdown,
    variables: Registry,
}

fn setup(settings: &Settings) -> Setup {
    let (stopping, variables) = (Shutdown::new(), Registry::new());
    let process = Process::new(settings, stopping.clone(), &variables).expect("free names");
    Setup {
        process,
        stopping,
        variables,
    }
}

fn tickets(tickets: usize) -> Settings {
    Settings {
        tickets: tickets.try_into().expect("not zero"),
        ..Settings::default()
    }
}

fn far() -> Deadline {
    Deadline::after(Duration::from_hours(1))
}

impl Setup {
    /// A request whose work in the store is this.
    async fn run<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<Done<T>, ApiError> {
        self.process.run(far(), || Ok(()), |()| work).await
    }

    fn variables(&self) -> Value {
        let all: Value = serde_json::from_str(&self.variables.to_json()).expect("JSON");
        all["pipeline"].clone()
    }

    /// One that stays in the store step until it is dropped.
    fn hold(&self) -> tokio::task::JoinHandle<()> {
        let process = self.process.clone();
        tokio::spawn(async move {
            let forever = std::future::pending::<Result<(), StoreError>>();
            let _ended = process.run(far(), || Ok(()), |()| forever).await;
        })
    }

    async fn until_free(&self, free: usize) {
        let at_once = async {
            while self.process.tickets.available_permits() != free {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(1), at_once)
            .await
            .expect("the tickets are taken or given back");
    }
}

#[tokio::test(start_paused = true)]
async fn each_step_is_timed() {
    let setup = setup(&tickets(1));
    let done = setup.run(async { Ok(7) }).await.expect("all is well");
    assert_eq!(done.found, 7);
    let names: Vec<_> = done.steps.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["auth", "validate", "ticket", "store"]);
    // Paused clocks stand at whole milliseconds.
    assert!(done.steps[3].1 >= Settings::default().work, "{done:?}");
    assert_eq!(setup.variables()["ended"]["done"], 1);
    assert_eq!(setup.variables()["tickets_free"], 1);
}

#[tokio::test(start_paused = true)]
async fn slow_authentication_cancels_the_rest_when_the_budget_is_over() {
    let setup = setup(&Settings {
        slow_auth: true,
        ..Settings::default()
    });
    let began = Instant::now();
    let ran = AtomicUsize::new(0);
    let step = || ran.fetch_add(1, Ordering::Relaxed);
    let run = setup.process.run(
        far(),
        || Ok(step()),
        |_| async { Ok::<_, StoreError>(step()) },
    );
    let error = run.await.expect_err("too slow");
    assert_eq!((error.status.as_u16(), error.code), (504, "timed_out"));
    assert!(error.message.contains("auth"), "{error}");
    // The test's clock moves only when nothing else can.
    assert!((BUDGET..SLOW_AUTH).contains(&began.elapsed()));
    tokio::time::sleep(SLOW_AUTH).await;
    assert_eq!(ran.load(Ordering::Relaxed), 0, "no later step ran");
    assert_eq!(setup.variables()["ended"]["timed_out"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_with_less_time_than_the_budget_keeps_to_its_own() {
    let setup = setup(&Settings::default());
    let forever = std::future::pending::<Result<(), StoreError>>();
    let began = Instant::now();
    let soon = Deadline::after(Duration::from_millis(100));
    let run = setup.process.run(soon, || Ok(()), |()| forever);
    let error = run.await.expect_err("too slow");
    assert_eq!(error.code, "timed_out");
    assert!(error.message.contains("store"), "{error}");
    assert!(began.elapsed() < BUDGET);
    assert_eq!(setup.process.tickets.available_permits(), 8);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_valid_takes_no_ticket() {
    let setup = setup(&Settings::default());
    let refuse = || Err::<(), _>(ApiError::not_found("nothing"));
    let run = setup
        .process
        .run(far(), refuse, |()| async { Ok::<_, StoreError>(()) });
    assert_eq!(run.await.expect_err("refused").code, "not_found");
    assert_eq!(setup.variables()["gate"]["admitted"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_told_apart() {
    let failing = Settings {
        db_failure: true,
        ..Settings::default()
    };
    let ok = async || Ok::<_, StoreError>(());
    for (settings, work, status, code) in [
        (failing, Ok(()), 503, "store_failed"),
        (
            Settings::default(),
            Err(StoreError::Busy),
            503,
            "store_busy",
        ),
        (
            Settings::default(),
            Err(StoreError::Closed),
            503,
            "not_ready",
        ),
    ] {
        let setup = setup(&settings);
        let error = setup.run(async { ok().await.and(work) }).await;
        let error = error.expect_err("the store failed");
        assert_eq!((error.status.as_u16(), error.code), (status, code));
        assert_eq!(setup.process.tickets.available_permits(), 8);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_gives_its_ticket_back() {
    let setup = setup(&tickets(1));
    let client = setup.hold();
    setup.until_free(0).await;
    client.abort();
    assert!(client.await.expect_err("aborted").is_cancelled());
    assert_eq!(setup.process.tickets.available_permits(), 1);
    assert_eq!(setup.variables()["ended"]["gone"], 1);
    setup
        .run(async { Ok(()) })
        .await
        .expect("there is a ticket");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_ticket_is_let_go_when_the_service_stops() {
    let setup = setup(&tickets(1));
    let _client = setup.hold();
    setup.until_free(0).await;
    let stop = async {
        tokio::task::yield_now().await;
        setup.stopping.trigger("test");
    };
    let waiting = setup.run(async { Ok(()) });
    let (waited, ()) = tokio::join!(waiting, stop);
    let error = waited.expect_err("stopped");
    assert_eq!((error.status.as_u16(), error.code), (503, "not_ready"));
}

#[tokio::test(start_paused = true)]
async fn who_need_not_wait_is_served_to_the_end() {
    let setup = setup(&tickets(1));
    setup.stopping.trigger("test");
    setup.run(async { Ok(()) }).await.expect("served");
}

#[tokio::test(start_paused = true)]
async fn never_more_than_the_tickets_are_at_work_and_the_others_are_served_or_refused_in_time() {
    let setup = Arc::new(setup(&tickets(4)));
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut requests = JoinSet::new();
    for _ in 0..200 {
        let (setup, inside, most) = (Arc::clone(&setup), Arc::clone(&inside), Arc::clone(&most));
        requests.spawn(async move {
            let began = Instant::now();
            let work = async {
                let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            };
            let result = setup.run(work).await;
            (result.map_err(|error| error.code).err(), began.elapsed())
        });
    }
    let ended = requests.join_all().await;
    let served = ended.iter().filter(|(error, _)| error.is_none()).count();
    assert_eq!(most.load(Ordering::SeqCst), 4);
    assert!(served >= 8, "{served}");
    let allowed = [None, Some("overloaded")];
    assert!(ended.iter().all(|(error, _)| allowed.contains(error)));
    // Time stands still but for the sleeps: this is what was waited.
    let longest = ended.iter().map(|(_, took)| *took).max().expect("some");
    assert!(longest < Duration::from_millis(50), "{longest:?}");
    assert_eq!(setup.variables()["ended"]["done"], served);
}
