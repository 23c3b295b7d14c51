//! The phases of the end: their order, their deadlines, what is reported.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lifecycle::{Cause, Ended, Lifecycle, Phase};
use serde_json::json;
use tokio::sync::oneshot;

/// Longer than any of these tests takes; only a bug makes anyone wait for it.
const LONG: Duration = Duration::from_mins(1);

/// What happened, with the phase at that time.
#[derive(Clone)]
struct Diary {
    life: Lifecycle,
    lines: Arc<Mutex<Vec<(Phase, &'static str)>>>,
}

impl Diary {
    fn of(life: &Lifecycle) -> Self {
        Self {
            life: life.clone(),
            lines: Arc::default(),
        }
    }

    fn note(&self, line: &'static str) {
        let mut lines = self.lines.lock().expect("no panics");
        lines.push((self.life.phase(), line));
    }

    /// Notes the line when it is polled.
    fn step(&self, line: &'static str) -> impl Future<Output = ()> + Send + 'static {
        let diary = self.clone();
        async move { diary.note(line) }
    }

    fn lines(&self) -> Vec<(Phase, &'static str)> {
        self.lines.lock().expect("no panics").clone()
    }
}

fn phases(ended: &Ended) -> Vec<Phase> {
    ended.phases.iter().map(|(phase, _)| *phase).collect()
}

#[tokio::test]
async fn phases_come_in_order_and_each_does_its_part() {
    let life = Lifecycle::new();
    assert_eq!(life.phase(), Phase::Starting);
    life.ready();
    let diary = Diary::of(&life);
    let (stop, done) = (life.stop_accepting(), diary.clone());
    life.tasks().spawn("listener", async move {
        stop.await;
        done.note("listener closed");
    });
    let ending = life
        .end()
        .close("first", LONG, diary.step("first closed"))
        .close("second", LONG, diary.step("second closed"))
        .stop("balancer", LONG, diary.step("signed off"))
        .drain(LONG);
    let ending = tokio::spawn(ending.run());
    assert!(life.is_ready());

    life.asked().trigger("test");
    assert!(!life.is_ready());
    let ended = ending.await.expect("no panic");
    assert_eq!(
        phases(&ended),
        [
            Phase::Unready,
            Phase::Stopping,
            Phase::Draining,
            Phase::Closing
        ]
    );
    assert_eq!(life.phase(), Phase::Ended);
    let mut lines = diary.lines();
    // The listener hears of it when it is its turn: before or after the sign-off.
    let listener = lines
        .iter()
        .position(|(_, line)| *line == "listener closed");
    let (phase, _) = lines.remove(listener.expect("it was told"));
    assert!(matches!(phase, Phase::Stopping | Phase::Draining));
    assert_eq!(
        lines,
        [
            (Phase::Stopping, "signed off"),
            (Phase::Closing, "first closed"),
            (Phase::Closing, "second closed")
        ]
    );
    assert!(ended.is_clean(), "{ended}");
    assert_eq!((&*ended.reason, ended.tasks.finished), ("test", 1));
}

#[tokio::test]
async fn while_unready_it_goes_on_accepting() {
    let life = Lifecycle::new();
    life.ready();
    let delay = Duration::from_millis(20);
    let ending = tokio::spawn(life.end().unready(delay).run());
    life.asked().trigger("test");
    life.stop_accepting().await;
    assert!(life.phase() > Phase::Unready);
    let ended = ending.await.expect("no panic");
    let (phase, took) = ended.phases[0];
    assert!(phase == Phase::Unready && took >= delay, "{took:?}");
}

#[test]
fn the_longest_end_is_that_of_all_phases_together() {
    let life = Lifecycle::new();
    let [one, two, four] = [1, 2, 4].map(Duration::from_secs);
    let ending = life.end().unready(one).stop("stop", two, async {});
    let ending = ending.drain(four).close("close", LONG, async {});
    assert_eq!(ending.at_most(), one + two + four + LONG);
    let forever = life.end().drain(Duration::MAX).unready(one);
    assert_eq!(forever.at_most(), Duration::MAX);
}

#[tokio::test]
async fn what_is_late_or_fails_is_named_and_keeps_nothing_else_from_ending() {
    let life = Lifecycle::new();
    let diary = Diary::of(&life);
    life.tasks().spawn("deaf", std::future::pending());
    life.asked().trigger("test");
    let short = Duration::from_millis(1);
    let ended = life
        .end()
        .stop("hangs", short, std::future::pending::<()>())
        .drain(short)
        .close("breaks", LONG, async { Err::<(), _>("the disk is full") })
        .close("panics", LONG, async {
            panic!("on purpose");
            #[expect(unreachable_code, reason = "says what it would give")]
            Ok::<(), Infallible>(())
        })
        .close("last", LONG, diary.step("closed"))
        .run()
        .await;
    assert!(!ended.is_clean());
    assert_eq!(&*ended.tasks.cut_off[0].name, "deaf");
    let failures: Vec<_> = ended
        .failures
        .iter()
        .map(|failure| (failure.phase, &*failure.step, failure.cause.clone()))
        .collect();
    assert_eq!(
        failures,
        [
            (Phase::Stopping, "hangs", Cause::Late(short)),
            (
                Phase::Closing,
                "breaks",
                Cause::Failed("the disk is full".into())
            ),
            (
                Phase::Closing,
                "panics",
                Cause::Panicked("on purpose".into())
            ),
        ]
    );
    assert_eq!(diary.lines(), [(Phase::Closing, "closed")]);
    let words = ended.to_string();
    assert!(words.starts_with("ended on test in "), "{words}");
    assert!(words.contains("; cut off: deaf (for "), "{words}");
    let failed =
        "; hangs: not done within 1ms; breaks: the disk is full; panics: panicked: on purpose";
    assert!(words.ends_with(failed), "{words}");
}

#[tokio::test]
async fn a_close_may_borrow_what_it_closes_and_no_task_uses_it_any_more() {
    struct Store(Mutex<Option<String>>);
    let store = Arc::new(Store(Mutex::new(Some("open".to_owned()))));
    let life = Lifecycle::new();
    let (used, stop) = (Arc::clone(&store), life.stop_accepting());
    life.tasks().spawn("writer", async move {
        stop.await;
        let open = used.0.lock().expect("no panics").is_some();
        assert!(open, "closed too early");
    });
    life.asked().trigger("test");
    let borrowed = &*store;
    let ended = life
        .end()
        .close("store", LONG, async move {
            borrowed.0.lock().expect("no panics").take();
        })
        .run()
        .await;
    assert!(ended.is_clean() && ended.tasks.panicked == 0, "{ended}");
}

#[tokio::test]
async fn a_life_is_data() {
    let life = Lifecycle::new();
    let (go, wait) = oneshot::channel::<()>();
    for _ in 0..2 {
        life.tasks().spawn("worker", std::future::pending());
    }
    life.tasks().spawn("short", async move {
        wait.await.expect("told to end");
    });
    life.ready();
    go.send(()).expect("it waits or will");
    while life.state().finished_total == 0 {
        tokio::task::yield_now().await;
    }
    let state = serde_json::to_value(life.state()).expect("it serialises");
    assert_eq!(state["phase"], json!("serving"));
    assert!(state["phase_age_ns"].is_u64());
    assert!(state.get("reason").is_none(), "{state}");
    assert_eq!(state["tracked"]["worker"]["running"], json!(2));
    assert!(state["tracked"]["worker"]["oldest_age_ns"].as_u64() > Some(0));
    assert!(state["tracked"].get("short").is_none(), "{state}");

    life.asked().trigger("SIGTERM");
    life.end().drain(Duration::ZERO).run().await;
    let state = serde_json::to_value(life.state()).expect("it serialises");
    assert_eq!(
        (&state["phase"], &state["reason"]),
        (&json!("ended"), &json!("SIGTERM"))
    );
    for (phase, name) in [
        (Phase::Starting, "starting"),
        (Phase::Unready, "unready"),
        (Phase::Stopping, "stopping"),
        (Phase::Draining, "draining"),
        (Phase::Closing, "closing"),
    ] {
        assert_eq!(serde_json::to_value(phase).expect("a word"), json!(name));
        assert_eq!(phase.name(), name);
    }
}
