//! A program that ends in phases. Look at its life while it goes, then press Ctrl-C:
//!
//! ```sh
//! cargo run -p lifecycle --example ending
//! curl http://127.0.0.1:4200/debug/vars # "lifecycle": phase, tasks by name, panics
//! ```
//!
//! For five seconds after Ctrl-C it works on, not ready any more; then the workers finish, the stubborn one is cut off,
//! and the report says so. A second Ctrl-C ends it at once.

use std::error::Error;
use std::time::Duration;

use lifecycle::Lifecycle;

const UNREADY: Duration = Duration::from_secs(5);
const DRAIN: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    lifecycle::count_panics();
    let life = Lifecycle::new();
    life.signals(|| {})?;

    let variables = expvar::Registry::new();
    debug::publish_standard(&variables, debug::Standard::new(debug::build!()))?;
    let shown = life.clone();
    variables.func("lifecycle", move || {
        serde_json::to_value(shown.state()).unwrap_or_default()
    })?;
    let listener = listen::bind("127.0.0.1:4200".parse()?, "(it is fixed here)")?;
    let insides = debug::start(
        listener,
        debug::Config::new(variables),
        std::future::pending(),
    )?;

    for number in 1..=3 {
        life.tasks().spawn(format!("worker {number}"), work(&life));
    }
    life.tasks().spawn("stubborn", std::future::pending());
    life.tasks()
        .spawn("faulty", async { panic!("a panic ends its task alone") });
    life.ready();
    tracing::info!(variables = %insides.addr(), "serving; end me with Ctrl-C");

    let ended = life
        .end()
        .unready(UNREADY)
        .drain(DRAIN)
        .close("the notes", Duration::from_secs(1), async {
            tracing::info!("closed the notes");
        })
        .run()
        .await;
    println!("{ended}");
    insides.stop();
    Ok(())
}

/// Works piece by piece until nothing new is to be begun; finishes the piece it is at.
fn work(life: &Lifecycle) -> impl Future<Output = ()> + Send + 'static {
    let stop = life.stop_accepting();
    async move {
        tokio::pin!(stop);
        let mut piece = tokio::time::interval(Duration::from_millis(500));
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = piece.tick() => {}
            }
        }
    }
}
