//! Named tasks and the list of those that are alive.

use std::time::Duration;

use sync::{TaskInfo, adopt, alive, alive_count, current, spawn};
use tokio::sync::oneshot;

/// The task of this name that is alive; names in this file are unique.
fn find(name: &str) -> Option<TaskInfo> {
    alive().into_iter().find(|task| &*task.name == name)
}

#[tokio::test]
async fn a_task_is_alive_from_its_spawn_to_its_end() {
    let (go, wait) = oneshot::channel::<()>();
    let line = line!() + 1;
    let task = spawn("living", async move {
        wait.await.expect("told to go on");
        current()
    });
    let info = find("living").expect("alive before it ever ran");
    assert_eq!((info.location.line(), info.parent), (line, None));
    assert!(info.location.file().ends_with("tasks.rs"));
    assert!(alive_count() >= 1 && info.age < Duration::from_hours(1));

    go.send(()).expect("it waits");
    assert_eq!(task.await.expect("no panic"), Some(info.id));
    assert!(find("living").is_none());
    assert_eq!(current(), None);
}

#[tokio::test]
async fn tasks_that_are_aborted_or_panic_are_gone_too() {
    let aborted = spawn("aborted", std::future::pending::<()>());
    assert!(find("aborted").is_some());
    aborted.abort();
    assert!(aborted.await.expect_err("aborted").is_cancelled());
    assert!(find("aborted").is_none());

    let panicked = spawn("panicked", async { panic!("on purpose") });
    assert!(panicked.await.expect_err("panicked").is_panic());
    assert!(find("panicked").is_none());
}

#[tokio::test]
async fn a_future_can_be_adopted_where_it_runs() {
    let name = String::from("adopted");
    let future = adopt(&name, async {
        (
            current(),
            spawn("its child", async { find("its child") }).await,
        )
    });
    drop(name);
    let id = find("adopted").expect("alive from the call on").id;
    let (inside, child) = future.await;
    assert_eq!(inside, Some(id));
    assert_eq!(
        child
            .expect("no panic")
            .expect("alive while it runs")
            .parent,
        Some(id)
    );
    assert!(find("adopted").is_none());

    drop(adopt("never run", async {}));
    assert!(find("never run").is_none());
}

#[tokio::test]
async fn the_list_is_in_the_order_of_starting() {
    let tasks: Vec<_> = (0..40)
        .map(|n| spawn(format!("ordered {n}"), std::future::pending::<()>()))
        .collect();
    let names: Vec<_> = alive()
        .into_iter()
        .filter(|task| task.name.starts_with("ordered"))
        .map(|task| task.name)
        .collect();
    assert_eq!(
        names,
        (0..40)
            .map(|n| format!("ordered {n}").into())
            .collect::<Vec<std::sync::Arc<str>>>()
    );
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}
