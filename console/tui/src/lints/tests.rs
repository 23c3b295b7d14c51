//! Every lint fires for its fault and no other does; none fires when nothing is wrong.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Number, Path, Scalar, Source, TargetId, TargetInfo};
use profile::{Label, LabelValue, ValueType};

use super::*;
use crate::target::{Limits, Reading, Target};
use crate::testing::profile_of;

/// A service's variables at a second, by name.
struct World {
    numbers: HashMap<&'static str, f64>,
    texts: HashMap<&'static str, &'static str>,
}

impl World {
    /// An idle service as ours are.
    fn idle(second: u64) -> Self {
        let at = second as f64;
        let numbers = [
            ("cpu.workers", 2.0),
            ("cpu.limit_cores", 2.0),
            ("runtime.alive_tasks", 14.0 + (at / 3.0).sin().round()),
            ("runtime.global_queue_depth", 0.0),
            ("runtime.poll_recent_ns.max", 140_000.0),
            (
                "memstats.HeapAlloc",
                18e6 + (second % 16) as f64 * 450_000.0,
            ),
            ("process.cpu_ns", at * 4e6),
            ("process.involuntary_switches", at * 3.0),
            ("process.fds", 31.0),
            ("process.fd_limit", 1_024.0),
            ("cgroup.cpu.periods_total", at * 10.0),
            ("cgroup.cpu.throttled_periods_total", 0.0),
            ("cgroup.cpu.throttled_total_ns", 0.0),
            ("requests", at * 2.0),
            ("errors", 0.0),
            ("overload.overloaded", 0.0),
            ("overload.waiting", 0.0),
            ("overload.queue_limit", 1_024.0),
            ("store.retries", 0.0),
            ("store.pool.waiting", 0.0),
            ("store.pool.wait_ns", 0.0),
        ];
        let texts = [("cpu.limit_by", "quota"), ("payments.breaker", "closed")];
        Self {
            numbers: numbers.into(),
            texts: texts.into(),
        }
    }

    fn with(mut self, name: &'static str, value: f64) -> Self {
        self.numbers.insert(name, value);
        self
    }

    fn read(&self) -> Vec<(Path, Scalar)> {
        let number = |value: f64| Scalar::Number(Number::F64(value));
        let numbers = self
            .numbers
            .iter()
            .map(|(name, value)| (Path::from(*name), number(*value)));
        let polls = self.numbers.get("long polls");
        let polls = polls.map(|count| {
            let bucket = |bound: f64, count: f64| Scalar::Array(vec![number(bound), number(count)]);
            let buckets = vec![bucket(8_192.0, 900.0), bucket(240e6, *count)];
            (
                Path::from("runtime.poll_recent_ns.buckets"),
                Scalar::Array(buckets),
            )
        });
        let texts = self.texts.iter();
        let texts = texts.map(|(name, text)| (Path::from(*name), Scalar::Text((*text).to_owned())));
        let mut all: Vec<_> = numbers.chain(texts).chain(polls).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

fn target() -> Target {
    Target::new(&TargetInfo {
        id: TargetId(0),
        name: "t".to_owned(),
        url: "http://t".to_owned(),
        pod: None,
    })
}

fn read(target: &mut Target, second: u64, world: &World) {
    let reading = Reading {
        at: Duration::from_secs(second),
        took: Duration::ZERO,
        source: Source::Expvar,
        values: &Arc::new(world.read()),
        kinds: &HashMap::new(),
        warnings: 0,
    };
    let limits = Limits {
        variables: 100,
        history: 900,
        interval: Duration::from_secs(1),
    };
    target.sampled(&reading, limits, false);
}

fn firing(target: &Target) -> Vec<&'static str> {
    target
        .lints
        .findings()
        .map(|finding| finding.rule.name)
        .collect()
}

/// What fires first after the fault began at second 30, and when; nothing before.
fn seeded(fault: impl Fn(World, f64) -> World) -> (Vec<&'static str>, u64) {
    let mut target = target();
    for second in 0..30 {
        read(&mut target, second, &World::idle(second));
        assert!(
            firing(&target).is_empty(),
            "{:?} at {second}",
            firing(&target)
        );
    }
    for since in 0..30 {
        let world = fault(World::idle(30 + since), since as f64);
        read(&mut target, 30 + since, &world);
        if !firing(&target).is_empty() {
            return (firing(&target), since);
        }
    }
    (vec![], 0)
}

#[test]
fn nothing_fires_on_a_healthy_idle_service() {
    let mut target = target();
    for second in 0..2_000 {
        read(&mut target, second, &World::idle(second));
        assert!(
            firing(&target).is_empty(),
            "{:?} at {second}",
            firing(&target)
        );
    }
}

#[test]
fn load_that_comes_and_stays_is_healthy() {
    let mut target = target();
    for second in 0..300 {
        let busy = second > 20;
        let at = second as f64;
        let world = World::idle(second)
            .with("requests", at * 900.0)
            .with("errors", (at * 900.0 * 0.002).floor())
            .with(
                "runtime.alive_tasks",
                if busy {
                    240.0 + (at / 2.0).sin() * 20.0
                } else {
                    14.0
                },
            )
            .with(
                "memstats.HeapAlloc",
                if busy {
                    60e6 + (second % 9) as f64 * 2e6
                } else {
                    18e6
                },
            )
            .with("process.cpu_ns", at * 1.4e9)
            .with("overload.waiting", 80.0);
        read(&mut target, second, &world);
        assert!(
            firing(&target).is_empty(),
            "{:?} at {second}",
            firing(&target)
        );
    }
}

#[test]
fn every_fault_is_found_within_fifteen_seconds_and_nothing_else() {
    type Fault = fn(World, f64) -> World;
    let faults: [(&str, Fault); 11] = [
        ("worker-blocked", |world, _| {
            world.with("runtime.poll_recent_ns.max", 200e6)
        }),
        ("cpu-throttled", |world, since| {
            world
                .with("cgroup.cpu.throttled_periods_total", since * 6.0)
                .with("cgroup.cpu.throttled_total_ns", since * 3e8)
        }),
        ("cpu-saturated", |world, since| {
            world.with("process.cpu_ns", 0.12e9 + since * 1.97e9)
        }),
        ("workers-over-quota", |world, _| {
            world.with("cpu.limit_cores", 0.5)
        }),
        ("tasks-grow", |world, since| {
            world.with("runtime.alive_tasks", 14.0 + since * 25.0)
        }),
        ("heap-grows", |world, since| {
            world.with("memstats.HeapAlloc", 25e6 + since * 4e6)
        }),
        ("errors", |world, since| world.with("errors", since * 1.5)),
        ("shedding", |world, since| {
            world.with("overload.overloaded", since * 3.0)
        }),
        ("retry-storm", |world, since| {
            world.with("store.retries", since * 30.0)
        }),
        ("queue-near-bound", |world, _| {
            world.with("overload.waiting", 1_000.0)
        }),
        ("pool-waits", |world, since| {
            world
                .with("store.pool.waiting", 3.0)
                .with("store.pool.wait_ns", since * 3e9)
        }),
    ];
    for (name, fault) in faults {
        let (fired, after) = seeded(fault);
        assert_eq!(fired, [name], "after {after} s");
        assert!(after <= 15, "{name} after {after} s");
    }
    let (fired, _) = seeded(|mut world, _| {
        world.texts.insert("payments.breaker", "open");
        world
    });
    assert_eq!(fired, ["breaker-open"]);
    let (fired, _) = seeded(|world, _| world.with("process.fds", 900.0));
    assert_eq!(fired, ["files-near-limit"]);
}

/// On a machine that is short of processors, polls take long without blocking anything.
#[test]
fn being_pushed_off_the_processor_is_no_blocked_worker() {
    let (fired, _) = seeded(|world, since| {
        world
            .with("runtime.poll_recent_ns.max", 240e6)
            .with("process.involuntary_switches", 90.0 + since * 180.0)
            .with("process.cpu_ns", 0.12e9 + since * 1.3e9)
            .with("runtime.busy", 0.99)
    });
    assert_eq!(fired, ["cpu-saturated"]);
    // Waiting for a turn without being interrupted, and being stopped by the quota.
    let (fired, _) = seeded(|world, since| {
        world
            .with("runtime.poll_recent_ns.max", 240e6)
            .with("cgroup.pressure.cpu.some_total_ns", since * 0.9e9)
            .with("process.cpu_ns", 0.12e9 + since * 0.3e9)
    });
    assert!(fired.is_empty(), "{fired:?}");
    let (fired, _) = seeded(|world, since| {
        world
            .with(
                "runtime.poll_recent_ns.max",
                if since > 8.0 { 240e6 } else { 9e6 },
            )
            .with("cgroup.cpu.throttled_periods_total", since * 9.0)
    });
    assert_eq!(fired, ["cpu-throttled"]);
    // Whoever uses no processor is not kept from it.
    let (fired, _) = seeded(|world, since| {
        world
            .with("runtime.poll_recent_ns.max", 240e6)
            .with("cgroup.pressure.cpu.some_total_ns", since * 0.9e9)
    });
    assert_eq!(fired, ["worker-blocked"]);
}

/// One long poll stands in many readings: a machine that stood still blocked nobody.
#[test]
fn one_long_poll_is_no_blocked_worker() {
    let polls = |count: f64| {
        seeded(move |world, _| {
            world
                .with("runtime.poll_recent_ns.max", 240e6)
                .with("long polls", count)
        })
        .0
    };
    assert!(polls(2.0).is_empty());
    assert_eq!(polls(3.0), ["worker-blocked"]);
}

/// What the quota stops is busy all the time it may be: that is one fault, not two.
#[test]
fn being_stopped_by_the_quota_is_told_once() {
    let (fired, _) = seeded(|world, since| {
        world
            .with("cpu.limit_cores", 2.0)
            .with("process.cpu_ns", 0.12e9 + since * 1.99e9)
            .with("runtime.busy", 0.99)
            .with("cgroup.cpu.throttled_periods_total", since * 9.0)
    });
    assert_eq!(fired, ["cpu-throttled"]);
}

/// Each request under way is a task: what holds them up is the fault.
#[test]
fn tasks_of_requests_under_way_do_not_grow_without_bound() {
    let tasks = |requests: f64| {
        seeded(move |world, since| {
            world
                .with("runtime.alive_tasks", 14.0 + since * 25.0)
                .with("in_flight", since * requests)
        })
        .0
    };
    assert!(tasks(25.0).is_empty());
    assert_eq!(tasks(3.0), ["tasks-grow"]);
}

/// A channel slows its senders down by being full.
#[test]
fn a_full_channel_is_no_queue_near_its_bound() {
    let full = |waits: bool| {
        seeded(move |world, _| {
            let world = world
                .with("channels.orders.depth", 16.0)
                .with("channels.orders.capacity", 16.0);
            if waits {
                world.with("channels.orders.senders_waiting", 3.0)
            } else {
                world
            }
        })
        .0
    };
    assert!(full(true).is_empty());
    assert_eq!(full(false), ["queue-near-bound"]);
}

#[test]
fn what_grows_leads_to_the_profile_where_there_is_one() {
    for (profiles, tab) in [(vec![], Tab::Runtime), (vec![ProfileKind::Heap], Tab::Heap)] {
        let mut target = target();
        target.profiles = Some(profiles);
        for second in 0..40 {
            let world = World::idle(second).with("memstats.HeapAlloc", 20e6 + second as f64 * 4e6);
            read(&mut target, second, &world);
        }
        let finding = target.lints.findings().next().expect("it fires");
        assert_eq!(finding.evidence.tab, tab);
    }
}

#[test]
fn reasons_have_the_numbers() {
    let mut target = target();
    for second in 0..40 {
        let world = World::idle(second).with("memstats.HeapAlloc", 20e6 + second as f64 * 4e6);
        read(&mut target, second, &world);
    }
    let finding = target.lints.findings().next().expect("it fires");
    assert_eq!(
        finding.evidence.reason,
        "live memory 130 MiB → 168 MiB in 10 s, 3.81 MiB/s"
    );
    assert_eq!(finding.evidence.path, Some("memstats.HeapAlloc".into()));
    assert_eq!(finding.evidence.tab, Tab::Runtime);
}

/// A number that wavers about the bar is one finding; it ends a while after the number fell.
#[test]
fn what_fires_does_not_flicker() {
    let mut target = target();
    let mut changes = 0;
    let mut before = false;
    for second in 0..120 {
        let waiting = match second {
            10..80 if second % 2 == 0 => 830.0,
            10..80 => 790.0,
            _ => 0.0,
        };
        read(
            &mut target,
            second,
            &World::idle(second).with("overload.waiting", waiting),
        );
        let now = !firing(&target).is_empty();
        changes += usize::from(now != before);
        before = now;
    }
    // The odd readings are below the bar: it does not hold long enough. One above the bar, then wavering, does.
    assert_eq!(changes, 0);
    for second in 120..200 {
        let waiting = match second {
            120..130 => 900.0,
            130..160 if second % 2 == 0 => 830.0,
            130..160 => 790.0,
            _ => 0.0,
        };
        read(
            &mut target,
            second,
            &World::idle(second).with("overload.waiting", waiting),
        );
        let now = !firing(&target).is_empty();
        changes += usize::from(now != before);
        before = now;
    }
    assert_eq!((changes, before), (2, false));
}

#[test]
fn a_restart_begins_anew() {
    let mut target = target();
    for second in 0..20 {
        read(
            &mut target,
            second,
            &World::idle(second).with("process.fds", 1_000.0),
        );
    }
    assert_eq!(firing(&target), ["files-near-limit"]);
    target.restarted(Duration::from_secs(20), "uptime fell");
    assert!(firing(&target).is_empty());
}

#[test]
fn a_hot_lock_is_told_by_two_profiles() {
    let captured = |seconds: i64| {
        // Senders that wait for room in a channel wait for no lock.
        let channel = "main;handle;send;sync::channel::take";
        let stacks = [
            (channel, seconds * 5_000_000_000),
            (
                "main;handle;orders::place;sync::mutex::unlock",
                seconds * 900_000_000,
            ),
            ("main;handle;rare;sync::mutex::unlock", 1_000),
        ];
        let mut profile = cutaway_model::Profile::clone(&profile_of(&stacks, |name| name));
        profile.sample_types = vec![ValueType::new("delay", "nanoseconds")];
        profile.samples[0].labels = vec![Label {
            key: "kind".into(),
            value: LabelValue::Text("channel".into()),
        }];
        profile
    };
    let mut target = target();
    for second in 0..12 {
        if second % 5 == 0 {
            let at = Duration::from_secs(second);
            target.lints.locks.take(at, &captured(second as i64));
        }
        read(&mut target, second, &World::idle(second));
        assert_eq!(firing(&target).is_empty(), second < 5, "{second}");
    }
    let finding = target.lints.findings().next().expect("it fires");
    assert_eq!(
        finding.evidence.reason,
        "0.9 s waited per second, 100% of it because of orders::place"
    );
    // Captures that do not go on say nothing about the present.
    for second in 12..60 {
        read(&mut target, second, &World::idle(second));
    }
    assert!(firing(&target).is_empty());
}
