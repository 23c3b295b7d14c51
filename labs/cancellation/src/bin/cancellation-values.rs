//! A request's id travels with its task, and not into tasks that this one starts.

use tokio::task_local;

// ANCHOR: values
task_local! {
    static REQUEST: u32;
}

fn log(line: &str) {
    let request = REQUEST.try_with(ToString::to_string);
    println!("request {}: {line}", request.unwrap_or("?".to_owned()));
}

async fn handle() {
    log("placed");
    let letter = tokio::spawn(async { log("letter sent") });
    let _ = letter.await;
    // Handed over by hand, because it is not inherited.
    let id = REQUEST.get();
    let letter = tokio::spawn(REQUEST.scope(id, async { log("letter sent again") }));
    let _ = letter.await;
}

#[tokio::main]
async fn main() {
    REQUEST.scope(7, handle()).await;
}
// ANCHOR_END: values
