//! Samples: what a lab's variables are while its story is told, for a page that draws them as they move.
//!
//! The variables are those of the debug listener, under the same names, without the process's own. Those of channels
//! are fed only while a story is recorded: what is measured must not pay for being watched.

use std::io::Write as _;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use expvar::{Registry, Value};
use lab_format::{Reading, Sample};

/// Most stories are short, so looks come close together at first.
const CLOSE: Duration = Duration::from_millis(40);
/// The time from one look to the next later on.
const APART: Duration = Duration::from_millis(200);
/// How long looks come close together.
const OPENING: Duration = Duration::from_secs(2);
/// A lab that publishes without end must not fill the page.
const MOST_READINGS: usize = 64;

/// Prints samples from a thread of its own, which busy workers cannot hold up, until it is ended.
pub(crate) struct Sampler {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Sampler {
    /// Begins to print samples of `registry` on standard output.
    pub(crate) fn start(registry: Registry) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let began = Instant::now();
        let thread = std::thread::Builder::new()
            .name("lab-samples".to_owned())
            .spawn(move || {
                loop {
                    let age = began.elapsed();
                    let wait = if age < OPENING { CLOSE } else { APART };
                    let over = stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout);
                    // The last look is at what it has come to.
                    let told = tell(&sample(&registry, began.elapsed()));
                    if over || told.is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self { stop, thread })
    }

    /// Prints a last sample, and returns when nothing more will be printed.
    pub(crate) fn end(self) {
        drop(self.stop);
        // A sampler that panicked has said so on standard error; the run is still worth telling.
        let _ = self.thread.join();
    }
}

fn tell(sample: &Sample) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all((sample.to_line() + "\n").as_bytes())?;
    stdout.flush()
}

fn sample(registry: &Registry, age: Duration) -> Sample {
    let variables = registry.variables();
    let readings = variables.iter().filter_map(|variable| {
        let (value, grows) = match &variable.value {
            Value::Counter(value) => (*value as f64, true),
            Value::Gauge(value) => (*value as f64, false),
            Value::Float(value) => (*value, false),
            Value::Json(value) => {
                let grows = variable.about.as_ref().and_then(|about| about.grows);
                (value.as_f64()?, grows.unwrap_or(false))
            }
            _ => return None,
        };
        let name = variable.path.to_string();
        // The knobs stand beside the charts already.
        (!name.starts_with("lab.knobs.")).then_some(Reading { name, value, grows })
    });
    Sample {
        at_ns: u64::try_from(age.as_nanos()).unwrap_or(u64::MAX),
        readings: readings.take(MOST_READINGS).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_the_numbers_and_whether_they_grow() -> Result<(), expvar::Error> {
        let registry = Registry::new();
        registry.map("channels")?.counter("received")?.add(3);
        registry.map("channels")?.gauge("depth")?.set(-1);
        registry.map("lab")?.text("step")?.set("one");
        registry.map("lab")?.map("knobs")?.gauge("work")?.set(5);
        registry.func("tasks", || 7.into())?;
        let sample = sample(&registry, Duration::from_nanos(9));
        let found: Vec<_> = sample
            .readings
            .iter()
            .map(|reading| (reading.name.as_str(), reading.value, reading.grows))
            .collect();
        let expected = [
            ("channels.depth", -1.0, false),
            ("channels.received", 3.0, true),
            ("tasks", 7.0, false),
        ];
        assert_eq!((sample.at_ns, found), (9, expected.to_vec()));
        Ok(())
    }
}
