//! CPU profiles of a program that is known to do one thing: what they show, and when they are refused.

use std::hint::black_box;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use collect::Error;
use collect::cpu::{self, Capture, CpuProfile};
use profile::{LabelValue, Profile, Sample};

/// Captures are one at a time in a process, and so are these tests.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there is something to test; a build without frame pointers must say so instead.
fn supported() -> bool {
    let Err(why) = collect::support().cpu else {
        return true;
    };
    assert!(why.contains("frame pointers"), "{why}");
    assert!(matches!(cpu::start(100), Err(Error::Unsupported { why: said }) if said == why));
    false
}

#[inline(never)]
fn hottest(rounds: u64) -> u64 {
    (0..rounds).fold(1, |state: u64, round| {
        black_box(state ^ round).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

/// Has its callee inlined and is in the stack itself, as the caller.
#[inline(never)]
fn caller(rounds: u64) -> u64 {
    black_box(hottest(rounds)) + 1
}

#[inline(never)]
fn copies(bytes: &mut [u8], from: &[u8]) -> u8 {
    black_box(&mut *bytes).copy_from_slice(black_box(from));
    bytes[0]
}

#[inline(never)]
fn asks_the_kernel() -> bool {
    black_box(std::fs::metadata("/nowhere/at/all").is_err())
}

fn burn() {
    black_box(caller(100_000));
}

/// Calls itself, deeper than a record is long.
#[inline(never)]
fn descends(depth: u32) -> u64 {
    if depth == 0 {
        return caller(50_000);
    }
    black_box(descends(black_box(depth - 1))) + 1
}

/// Does some work until there are so many samples of it; gives up after a minute.
fn until(capture: &Capture, samples: u64, mut work: impl FnMut()) {
    let start = Instant::now();
    while capture.samples() < samples {
        work();
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "{} samples",
            capture.samples()
        );
    }
}

fn captured(samples: u64, work: impl FnMut()) -> CpuProfile {
    let capture = cpu::start(1000).expect("a capture");
    until(&capture, samples, work);
    capture.finish().expect("a profile")
}

/// A sample's functions, the leaf first.
fn stack<'a>(profile: &'a Profile, sample: &'a Sample) -> Vec<&'a str> {
    let locations = sample
        .locations
        .iter()
        .map(|location| &profile.locations[*location as usize]);
    let lines = locations.flat_map(|location| &location.lines);
    lines
        .map(|line| &*profile.functions[line.function as usize].name)
        .collect()
}

/// The share of the samples whose stack is as asked.
fn share(profile: &Profile, is: impl Fn(&[&str]) -> bool) -> f64 {
    let of = |sample: &&Sample| is(&stack(profile, sample));
    let these: i64 = profile
        .samples
        .iter()
        .filter(of)
        .map(|sample| sample.value(0))
        .sum();
    these as f64 / profile.total(0) as f64
}

#[test]
fn the_hot_function_is_the_hottest_and_has_its_callers() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let captured = captured(60, || {
        black_box(caller(100_000));
    });
    let profile = &captured.profile;
    let with_hottest = share(profile, |stack| {
        let at = |name: &str| stack.iter().position(|frame| frame.ends_with(name));
        matches!((at("cpu::hottest"), at("cpu::caller")), (Some(callee), Some(caller)) if caller == callee + 1)
    });
    assert!(
        with_hottest > 0.8,
        "only {with_hottest}: {:#?}",
        profile::top::table(profile, 1)
    );
    let tree = profile::tree::CallTree::new(profile, 1);
    assert!(
        tree.nodes
            .iter()
            .all(|node| !node.name.contains("perf_signal_handler"))
    );
}

#[test]
fn it_has_the_shape_of_gos() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let builder = thread::Builder::new().name("counted".to_owned());
    let run = || captured(30, burn);
    let captured = builder
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("a profile");
    let profile = &captured.profile;
    let kinds: Vec<_> = profile
        .sample_types
        .iter()
        .map(|t| (&*t.kind, &*t.unit))
        .collect();
    assert_eq!(kinds, [("samples", "count"), ("cpu", "nanoseconds")]);
    assert_eq!(profile.period_type.as_ref(), profile.sample_types.last());
    assert_eq!(
        profile.period,
        1_000_000_000 / i64::from(captured.delivered_hz)
    );
    assert_eq!(profile.total(1), profile.total(0) * profile.period);
    assert_eq!(profile.total(0) as u64, captured.kept);
    assert!(captured.delivered_hz <= captured.hz && captured.expected <= captured.asked);
    assert!(profile.time_nanos > 0 && profile.duration_nanos > 0);
    assert!(
        profile
            .samples
            .iter()
            .all(|sample| !sample.locations.is_empty())
    );
    assert!(profile.samples.iter().any(|sample| {
        let named = |label: &profile::Label| label.value == LabelValue::Text("counted".into());
        sample
            .labels
            .iter()
            .any(|label| &*label.key == "thread" && named(label))
    }));
    if cfg!(target_os = "linux") {
        let program = profile.mappings.first().expect("the program itself");
        let name = std::env::current_exe().expect("a path");
        assert_eq!(program.filename, name.to_string_lossy());
        assert!(program.has_functions && program.has_filenames && program.has_line_numbers);
        assert!(
            profile
                .locations
                .iter()
                .all(|location| location.address != 0)
        );
        let inside = |location: &profile::Location| {
            let mapping = location
                .mapping
                .map(|mapping| &profile.mappings[mapping as usize]);
            mapping.is_some_and(|m| (m.memory_start..m.memory_limit).contains(&location.address))
        };
        assert!(profile.locations.iter().all(inside));
    }
    assert_eq!(
        Profile::decode(&profile.encode_gzip()).as_ref(),
        Ok(profile)
    );
}

/// Every thread has its own timer, so that none is lost when several cores are busy.
#[test]
#[cfg(target_os = "linux")]
fn nearly_all_samples_that_can_be_delivered_are_kept() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let capture = cpu::start(100).expect("a capture");
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| until(&capture, 150, burn));
        }
    });
    let captured = capture.finish().expect("a profile");
    let kept = captured.kept as f64 / captured.expected as f64;
    assert!((0.9..1.1).contains(&kept), "{captured:?}");
    assert!(delivered(&captured) > 0.95, "{captured:?}");
    assert_eq!(captured.lost, 0);
}

fn delivered(captured: &CpuProfile) -> f64 {
    captured.kept as f64 / captured.deliverable as f64
}

/// Where many threads do little, ticks come to few of them: the rest cannot be delivered, and that is accounted for.
#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_delivered_to_many_idle_threads_is_known() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let capture = cpu::start(1000).expect("a capture");
    // They take turns: whoever has the lock does a little and wakes the next.
    let turns = Mutex::new(());
    thread::scope(|scope| {
        for _ in 0..30 {
            scope.spawn(|| {
                until(&capture, 150, || {
                    let turn = turns.lock().unwrap_or_else(PoisonError::into_inner);
                    burn();
                    drop(turn);
                    thread::yield_now();
                });
            });
        }
    });
    let captured = capture.finish().expect("a profile");
    assert!(delivered(&captured) > 0.95, "{captured:?}");
    assert!(captured.deliverable <= captured.asked);
}

/// What drives the signals is gone with the capture, however it ends.
#[test]
#[cfg(target_os = "linux")]
fn a_capture_that_is_dropped_leaves_no_timers() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let timers = || std::fs::read_to_string("/proc/self/timers");
    let Ok(before) = timers() else {
        eprintln!("skipped: this kernel does not list timers");
        return;
    };
    let capture = cpu::start(100).expect("a capture");
    until(&capture, 3, burn);
    assert_ne!(timers().expect("timers"), before);
    drop(capture);
    assert_eq!(timers().expect("timers"), before);
    for _ in 0..100 {
        drop(cpu::start(1000).expect("the next begins at once"));
    }
    assert_eq!(timers().expect("timers"), before);
}

/// The C library has no frame pointers and uses their register for something else.
#[test]
#[cfg(target_os = "linux")]
fn a_leaf_without_a_frame_pointer_keeps_its_callers() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let from = vec![1; 1 << 16];
    let mut to = vec![0; 1 << 16];
    // Many at a time: the loop around them asks the clock, which takes its share where that is slow.
    let copying = captured(60, || {
        for _ in 0..100 {
            black_box(copies(&mut to, &from));
        }
    });
    let attributed = share(&copying.profile, |stack| {
        stack.iter().any(|frame| frame.ends_with("cpu::copies"))
    });
    assert!(
        attributed > 0.9,
        "{attributed}: {:#?}",
        profile::top::table(&copying.profile, 1)
    );
    let asking = captured(60, || {
        black_box(asks_the_kernel());
    });
    let attributed = share(&asking.profile, |stack| {
        stack
            .iter()
            .any(|frame| frame.ends_with("cpu::asks_the_kernel"))
    });
    assert!(
        attributed > 0.8,
        "{attributed}: {:#?}",
        profile::top::table(&asking.profile, 1)
    );
}

#[test]
fn a_stack_deeper_than_a_record_is_cut_and_not_lost() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let captured = captured(40, || {
        black_box(descends(1000));
    });
    let deep = share(&captured.profile, |stack| {
        stack
            .iter()
            .filter(|frame| frame.ends_with("cpu::descends"))
            .count()
            > 50
    });
    assert!(deep > 0.5, "{deep}");
    let top = profile::top::table(&captured.profile, 0);
    let row = top
        .iter()
        .find(|row| row.name.ends_with("cpu::descends"))
        .expect("a row");
    assert!(
        row.cum <= captured.profile.total(0),
        "recursion is counted once"
    );
}

#[test]
fn a_second_capture_is_refused_until_the_first_is_over() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let first = cpu::start(100).expect("a capture");
    match cpu::start(100) {
        Err(error @ Error::Busy { since, .. }) => {
            assert_eq!(since, first.since());
            assert!(error.to_string().contains("one at a time"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    drop(first);
    let second = cpu::start(100).expect("dropping the first has ended it");
    second.finish().expect("a profile");
    drop(cpu::start(100).expect("finishing the second has ended it"));
}

#[test]
fn captures_follow_each_other_while_threads_come_and_go() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let stop = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let short = thread::spawn(|| {
                        let caught = std::panic::catch_unwind(|| {
                            std::panic::resume_unwind(Box::new(hottest(1000)))
                        });
                        vec![caught.is_err(); 1000].len()
                    });
                    black_box(short.join().expect("a short thread"));
                }
            });
        }
        for _ in 0..20 {
            let captured = captured(5, burn);
            assert_eq!(captured.profile.total(0) as u64, captured.kept);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn rates_out_of_bounds_are_refused() {
    let _turn = turn();
    if !supported() {
        return;
    }
    for hz in [0, 1001, u32::MAX] {
        assert!(matches!(cpu::start(hz), Err(Error::Rate { hz: said }) if said == hz));
    }
    for hz in [cpu::MIN_HZ, cpu::MAX_HZ] {
        drop(cpu::start(hz).expect("a capture"));
    }
}

/// An idle process uses no CPU time: a capture of it is empty, and valid.
#[test]
fn an_empty_capture_is_a_profile_too() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let captured = cpu::start(1)
        .expect("a capture")
        .finish()
        .expect("a profile");
    let again = Profile::decode(&captured.profile.encode()).expect("a profile");
    assert_eq!(again, captured.profile);
}

/// Go's own tool is the judge of what we write. Where it is not installed, only our own reader is.
#[test]
fn gos_tool_reads_it() {
    let _turn = turn();
    if !supported() {
        return;
    }
    let captured = captured(60, burn);
    let path = std::env::temp_dir().join(format!("collect-{}.pb.gz", std::process::id()));
    std::fs::write(&path, captured.profile.encode_gzip()).expect("a file");
    let output = std::process::Command::new("go")
        .args([
            "tool",
            "pprof",
            "-top",
            "-cum",
            "-nodecount=1000",
            "-symbolize=none",
        ])
        .arg(&path)
        .output();
    std::fs::remove_file(&path).expect("the file is there");
    let Ok(output) = output else {
        eprintln!("skipped: there is no `go` here to read the profile");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("Type: cpu"), "{text}");
    assert!(text.contains(" cpu::hottest"), "{text}");
    assert!(text.contains(" cpu::caller"), "{text}");
}
