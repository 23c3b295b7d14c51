//! Captures three seconds of its own CPU time and writes them to a file that `go tool pprof` reads:
//!
//! ```sh
//! cargo run -p collect --example burn -- cpu.pb.gz
//! go tool pprof -top cpu.pb.gz
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "cpu.pb.gz".to_owned());
    let capture = collect::cpu::start(1000)?;
    let names = ["mixer", "copier", "talker"];
    let work = [mix, copy, talk];
    std::thread::scope(|scope| {
        for (name, work) in names.into_iter().zip(work) {
            let thread = std::thread::Builder::new().name(name.to_owned());
            thread.spawn_scoped(scope, move || until(Instant::now() + TIME, work))?;
        }
        std::io::Result::Ok(())
    })?;
    let before = resident();
    let captured = capture.finish()?;
    println!(
        "{} Hz asked, {} delivered: {} samples asked, {} expected, {} kept, {} lost in {:.2?} of CPU time",
        captured.hz,
        captured.delivered_hz,
        captured.asked,
        captured.expected,
        captured.kept,
        captured.lost,
        captured.cpu_time,
    );
    println!("{} before looking up names, {} after", before, resident());
    std::fs::write(&path, captured.profile.encode_gzip())?;
    println!("written to {path}");
    Ok(())
}

fn until(end: Instant, work: fn(u64) -> u64) {
    let mut state = 1;
    while Instant::now() < end {
        for _ in 0..100 {
            state = black_box(work(state));
        }
    }
}

/// Arithmetic alone: a leaf with nothing below it.
#[inline(never)]
fn mix(state: u64) -> u64 {
    (0..1000).fold(state, |state, round| step(state ^ round))
}

#[inline]
fn step(state: u64) -> u64 {
    state.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17)
}

/// Spends its time inside of the C library.
#[inline(never)]
fn copy(state: u64) -> u64 {
    let from = black_box(vec![state; 4096]);
    let mut to = vec![0; from.len()];
    for _ in 0..8 {
        black_box(&mut to).copy_from_slice(black_box(&from));
    }
    to[0].wrapping_add(1)
}

/// Spends its time in the kernel.
#[inline(never)]
fn talk(state: u64) -> u64 {
    let gone = std::fs::metadata(format!("/nowhere/{state}")).is_err();
    state + u64::from(gone)
}

/// What the kernel says of this process's memory.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key| {
        status
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap_or("?")
    };
    format!(
        "{} (peak {})",
        of("VmRSS").replace('\t', " "),
        of("VmHWM").replace('\t', " ")
    )
}
