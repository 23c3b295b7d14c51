//! What CPU this process has, how many worker threads that makes, and why:
//!
//! ```sh
//! cargo run -p cpulimit --example cpulimit
//! taskset -c 0 cargo run -p cpulimit --example cpulimit
//! docker run --cpus 1.5 … cpulimit --watch
//! ```
//!
//! `--watch` goes on and says what changes; `CPU_LIMIT` is taken for what Kubernetes' downward API said, `WORKERS` for
//! the number of worker threads set by hand.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use cpulimit::{Sources, Watch};

/// How often it is read again.
const INTERVAL: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let sources = Sources::system()
        .downward(variable("CPU_LIMIT")?)
        .workers(variable("WORKERS")?);
    let mut watch = Watch::new(sources);
    println!("{}", watch.reading());
    println!("cpu: {}", serde_json::to_string_pretty(&watch.cpu())?);
    println!("cgroup: {}", serde_json::to_string_pretty(&watch.cgroup())?);
    while std::env::args().any(|arg| arg == "--watch") {
        std::thread::sleep(INTERVAL);
        if let Some(change) = watch.check() {
            println!("{change}: {}", watch.reading());
        }
    }
    Ok(())
}

/// The value of an environment variable, if it is set.
fn variable<T>(name: &str) -> Result<Option<T>, Box<dyn Error>>
where
    T: FromStr<Err: Error + 'static>,
{
    match std::env::var(name) {
        Ok(text) => Ok(Some(
            text.parse().map_err(|error| format!("{name}: {error}"))?,
        )),
        Err(_) => Ok(None),
    }
}
