//! The rules, and what each looks at.

use std::time::Duration;

use cutaway_model::{Path, ProfileKind, Scalar, Series, sanitize, units};

use super::trend::{above, floor, rate, risen, steady};
use super::{Evidence, Lint, Rule, Seen, Special};
use crate::facts::{Fact, members};
use crate::state::Tab;
use crate::unit::{Unit, percent};
use crate::vitals::Variables;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The window of most rules.
const WINDOW: Duration = seconds(10);

#[rustfmt::skip] // A table: one lint, two lines.
pub(crate) const RULES: &[Rule] = &[
    rule(Lint::WorkerBlocked, "worker-blocked", "a worker is blocked",
        "3 polls of 100 ms or more, and in 3 of the readings of 10 s", (0, 8), worker_blocked),
    rule(Lint::HotLock, "hot-lock", "a hot lock",
        "half a second waited for locks per second, between two profiles 5 s apart", (0, 10), hot_lock),
    rule(Lint::CpuThrottled, "cpu-throttled", "throttled by the CPU quota",
        "stopped by the quota in 10% of its periods over 10 s", (2, 10), throttled),
    rule(Lint::CpuSaturated, "cpu-saturated", "out of CPU",
        "90% of the processors it may use over 10 s, or all workers busy", (3, 8), saturated),
    rule(Lint::WorkersOverQuota, "workers-over-quota", "more workers than CPU",
        "more worker threads than processors it may use, for 5 s", (5, 5), workers_over_quota),
    rule(Lint::TasksGrow, "tasks-grow", "tasks grow without bound",
        "100 more and half as many again in 10 s, 200 in 2 min or 500 in 10 min, rising all the time", (0, 10), tasks_grow),
    rule(Lint::HeapGrows, "heap-grows", "the heap grows without bound",
        "8 MiB and 10% in 10 s, 16 MiB in 2 min or 32 MiB in 10 min, rising all the time", (2, 10), heap_grows),
    rule(Lint::Errors, "errors", "errors",
        "1 a second and 5% of requests, over 10 s", (2, 10), errors),
    rule(Lint::Shedding, "shedding", "load is shed",
        "1 a second and 1% of requests refused, over 10 s", (2, 10), shedding),
    rule(Lint::RetryStorm, "retry-storm", "a retry storm",
        "5 retries a second and one for every five requests, over 10 s", (2, 10), retry_storm),
    rule(Lint::BreakerOpen, "breaker-open", "a circuit breaker is open",
        "a breaker that says it is open", (0, 3), breaker_open),
    rule(Lint::QueueNearBound, "queue-near-bound", "a queue is nearly full",
        "80% of its bound for 3 s", (3, 5), queue_near_bound),
    rule(Lint::PoolWaits, "pool-waits", "callers wait for a pool",
        "somebody waits all the time for 5 s, or half a second waited per second over 10 s", (0, 8), pool_waits),
    rule(Lint::FilesNearLimit, "files-near-limit", "nearly out of file descriptors",
        "80% of the limit for 5 s", (5, 10), files_near_limit),
];

const fn rule(
    lint: Lint,
    name: &'static str,
    title: &'static str,
    looks_for: &'static str,
    (after, until): (u64, u64),
    judge: fn(&Seen<'_>) -> Option<Evidence>,
) -> Rule {
    Rule {
        lint,
        name,
        title,
        looks_for,
        after: seconds(after),
        until: seconds(until),
        judge,
    }
}

impl Seen<'_> {
    fn series(&self, fact: Fact) -> Option<&Series> {
        let variable = self.facts.variable(self.variables, fact)?;
        variable.present.then_some(&variable.series)
    }

    /// Growth per second over the window, of all labels together.
    fn rate(&self, fact: Fact) -> Option<f64> {
        self.rate_over(fact, WINDOW)
    }

    fn rate_over(&self, fact: Fact, span: Duration) -> Option<f64> {
        let path = self.facts.path(fact)?;
        let all = members(self.variables, path);
        let rates = all.filter_map(|(_, variable)| rate(&variable.series, self.now, span));
        rates.fold(None, |sum, rate| Some(sum.unwrap_or(0.0) + rate))
    }

    /// Processors used over `span`, and how many it may use.
    fn cpu(&self, span: Duration) -> Option<(f64, f64)> {
        let used = self.nanos(Fact::CpuUsed, self.rate_over(Fact::CpuUsed, span)?) / 1e9;
        let limit = self.number(Fact::CpuLimit).filter(|limit| *limit > 0.0)?;
        Some((used, limit))
    }

    fn number(&self, fact: Fact) -> Option<f64> {
        self.facts.number(self.variables, fact)
    }

    /// The bar to reach: lower when it was reached already.
    fn bar(&self, bar: f64) -> f64 {
        if self.firing { bar * 0.7 } else { bar }
    }

    /// Nanoseconds, whichever unit the source has.
    fn nanos(&self, fact: Fact, value: f64) -> f64 {
        match self.facts.variable(self.variables, fact) {
            Some(variable) if variable.unit == Unit::Seconds => value * 1e9,
            _ => value,
        }
    }

    /// The view of a profile, if the target has it; otherwise that of the numbers.
    fn view_of(&self, kind: ProfileKind, tab: Tab) -> Tab {
        if self.offered.contains(&kind) {
            tab
        } else {
            Tab::Runtime
        }
    }

    fn evidence(&self, fact: Fact, tab: Tab, reason: String) -> Evidence {
        Evidence {
            reason,
            path: self.facts.path(fact).cloned(),
            tab,
        }
    }
}

fn worker_blocked(seen: &Seen<'_>) -> Option<Evidence> {
    let series = seen.series(Fact::PollMax)?;
    // A thread that others push off the processor takes long as well, and blocks nothing by itself.
    let bar = if pushed_off(seen) { 1e9 } else { 100e6 };
    let scale = seen.nanos(Fact::PollMax, 1.0);
    let (over, all, most) = above(series, seen.now, WINDOW, bar / scale);
    // One long poll is seen in many readings: all of a machine that stood still for a moment has one.
    let polls = polls_above(seen, bar).unwrap_or(LONG_POLLS);
    if over < 3 || polls < LONG_POLLS {
        return None;
    }
    let longest = units::nanos(seen.nanos(Fact::PollMax, most));
    let reason = format!("polls of up to {longest}, seen in {over} of {all} readings");
    Some(seen.evidence(Fact::PollMax, Tab::Runtime, reason))
}

/// So many are no accident.
const LONG_POLLS: f64 = 3.0;

/// How many of the latest polls took so many nanoseconds, where the target tells: `[[nanoseconds, count], …]`.
fn polls_above(seen: &Seen<'_>, bar: f64) -> Option<f64> {
    let variable = seen.facts.variable(seen.variables, Fact::PollBuckets);
    let Scalar::Array(buckets) = variable.filter(|of| of.present)?.value() else {
        return None;
    };
    let counts = buckets.iter().filter_map(|bucket| match bucket {
        Scalar::Array(pair) => match &pair[..] {
            [bound, count] if bound.as_f64()? >= bar => count.as_f64(),
            _ => None,
        },
        _ => None,
    });
    Some(counts.sum())
}

/// Whether the process wants more of the processors than it gets: its quota stops it, or it is busy while threads are
/// interrupted all the time or wait for their turn. How long a poll takes then says little of the task.
fn pushed_off(seen: &Seen<'_>) -> bool {
    let within = |span| {
        if throttled_share(seen, span).is_some_and(|share| share >= THROTTLED) {
            return true;
        }
        let interrupted = seen.rate_over(Fact::Interrupted, span);
        let waits = seen.rate_over(Fact::CpuPressure, span);
        let waits = waits.map(|waits| seen.nanos(Fact::CpuPressure, waits) / 1e9);
        let contended =
            interrupted.is_some_and(|rate| rate >= 50.0) || waits.is_some_and(|share| share >= 0.5);
        let is_busy = |(used, limit)| used >= limit * 0.1;
        contended && seen.cpu(span).is_some_and(is_busy)
    };
    // Soon, for what is mistaken for blocking would be told at once; and as long as what is judged reaches back.
    within(seconds(3)) || within(WINDOW)
}

fn hot_lock(seen: &Seen<'_>) -> Option<Evidence> {
    let waited = seen.locks.waited(seen.now)?;
    if waited.per_second < seen.bar(0.5) {
        return None;
    }
    Some(Evidence {
        reason: format!(
            "{} s waited per second, {} of it because of {}",
            units::count(waited.per_second),
            percent(waited.share),
            waited.function
        ),
        path: None,
        tab: Tab::Locks,
    })
}

/// From which share of its periods on a quota that stops the process is in its way.
const THROTTLED: f64 = 0.1;

/// The share of the quota's periods in which it stopped the process.
fn throttled_share(seen: &Seen<'_>, span: Duration) -> Option<f64> {
    let periods = seen.rate_over(Fact::Periods, span);
    let throttled = seen.rate_over(Fact::ThrottledPeriods, span);
    Some(throttled? / periods.filter(|rate| *rate > 0.0)?)
}

fn throttled(seen: &Seen<'_>) -> Option<Evidence> {
    let share = throttled_share(seen, WINDOW)?;
    if share < seen.bar(THROTTLED) {
        return None;
    }
    let lost = seen.rate(Fact::ThrottledTime);
    let lost = lost.map(|lost| units::nanos(seen.nanos(Fact::ThrottledTime, lost)));
    let lost = lost.map(|lost| format!(", {lost} lost per second"));
    let reason = format!(
        "stopped in {} of the quota's periods{}",
        percent(share),
        lost.unwrap_or_default()
    );
    Some(seen.evidence(Fact::ThrottledPeriods, Tab::Runtime, reason))
}

fn saturated(seen: &Seen<'_>) -> Option<Evidence> {
    // That the quota stops it says the same, and why.
    if throttled_share(seen, WINDOW).is_some_and(|share| share >= THROTTLED) {
        return None;
    }
    let (used, limit) = seen.cpu(WINDOW)?;
    // Where others use the processors too, the workers are busy though the process does not get all it may use.
    let busy = seen.facts.list(seen.variables, Fact::Busy);
    let all_busy = !busy.is_empty() && busy.iter().all(|share| *share >= seen.bar(0.95).max(0.8));
    let full = used >= limit * seen.bar(0.9).max(0.8);
    let starved = all_busy && used >= limit * 0.15;
    if !full && !starved {
        return None;
    }
    let workers = if all_busy { ", all workers busy" } else { "" };
    let reason = format!(
        "{} used of the {} it may use{workers}",
        percent(used),
        percent(limit)
    );
    Some(seen.evidence(Fact::CpuUsed, Tab::Cpu, reason))
}

fn workers_over_quota(seen: &Seen<'_>) -> Option<Evidence> {
    let workers = seen.number(Fact::Workers)?;
    let limit = seen.number(Fact::CpuLimit).filter(|limit| *limit > 0.0)?;
    if workers <= limit.ceil() {
        return None;
    }
    let by = seen.facts.variable(seen.variables, Fact::CpuLimitBy);
    let by = by.and_then(|by| by.value().as_str().map(|by| sanitize(by).into_owned()));
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let reason = format!("{workers} workers share {} CPU{by}", units::count(limit));
    Some(seen.evidence(Fact::Workers, Tab::Runtime, reason))
}

fn tasks_grow(seen: &Seen<'_>) -> Option<Evidence> {
    let fact = [Fact::AliveTasks, Fact::Goroutines]
        .into_iter()
        .find(|fact| seen.series(*fact).is_some())?;
    let bars = [(10, 100.0, 1.5), (120, 200.0, 1.3), (600, 500.0, 1.2)];
    // Each request under way is a task: that many come in at once is told by what holds them up.
    let requests = seen.series(Fact::InFlight);
    let growth = grows(seen, seen.series(fact)?, requests, &bars)?;
    let what = if fact == Fact::Goroutines {
        "goroutines"
    } else {
        "tasks"
    };
    let reason = format!("{what} {growth}");
    let tab = seen.view_of(ProfileKind::Goroutine, Tab::Tasks);
    Some(seen.evidence(fact, tab, reason))
}

fn heap_grows(seen: &Seen<'_>) -> Option<Evidence> {
    const MIB: f64 = 1_048_576.0;
    // A collected heap breathes: where the next collection is due says how much of it lives.
    let collected = seen
        .number(Fact::GcCycles)
        .is_some_and(|cycles| cycles > 0.0);
    let (fact, bars): (_, &[(u64, f64, f64)]) = if collected {
        let bars = &[(60, 16.0 * MIB, 1.3), (600, 32.0 * MIB, 1.2)];
        (Fact::GcNext, bars)
    } else {
        let bars = &[
            (10, 8.0 * MIB, 1.1),
            (120, 16.0 * MIB, 1.1),
            (600, 32.0 * MIB, 1.1),
        ];
        (Fact::HeapLive, bars)
    };
    let growth = grows(seen, seen.series(fact)?, None, bars)?;
    let tab = seen.view_of(ProfileKind::Heap, Tab::Heap);
    Some(seen.evidence(fact, tab, format!("live memory {growth}")))
}

/// Growth in words, if it passes the bar of one of the windows: seconds, at least so much, at least so many times. What
/// `explained` grew by meanwhile does not count.
fn grows(
    seen: &Seen<'_>,
    series: &Series,
    explained: Option<&Series>,
    bars: &[(u64, f64, f64)],
) -> Option<String> {
    let bytes = bars[0].1 > 1e6;
    let write = |value| {
        if bytes {
            units::bytes(value)
        } else {
            units::count(value)
        }
    };
    bars.iter().find_map(|(span, least, times)| {
        let growth = steady(series, seen.now, seconds(*span))?;
        let explained = explained.map_or(0.0, |series| risen(series, seen.now, growth.span));
        let grown = growth.to - growth.from - explained;
        let enough = grown >= seen.bar(*least) && grown >= growth.from * seen.bar(times - 1.0);
        enough.then(|| {
            let per_second = (growth.to - growth.from) / growth.span.as_secs_f64();
            format!(
                "{} → {} in {}, {}/s",
                write(growth.from),
                write(growth.to),
                units::duration(growth.span),
                write(per_second)
            )
        })
    })
}

fn errors(seen: &Seen<'_>) -> Option<Evidence> {
    let errors = seen.rate(Fact::Errors)?;
    share_of(seen, Fact::Errors, errors, (1.0, 0.05), "requests fail")
}

fn shedding(seen: &Seen<'_>) -> Option<Evidence> {
    let shed = seen.rate(Fact::Shed)?;
    share_of(seen, Fact::Shed, shed, (1.0, 0.01), "requests are refused")
}

/// A number of events a second, and which share of requests that is.
fn share_of(
    seen: &Seen<'_>,
    fact: Fact,
    events: f64,
    (least, least_share): (f64, f64),
    what: &str,
) -> Option<Evidence> {
    let requests = seen.rate(Fact::Requests).unwrap_or(0.0).max(events);
    let share = events / requests;
    if events < seen.bar(least) || share < seen.bar(least_share) {
        return None;
    }
    let reason = format!(
        "{} of {} {what}, {}",
        units::rate(events),
        units::rate(requests),
        percent(share)
    );
    Some(seen.evidence(fact, Tab::Overview, reason))
}

fn retry_storm(seen: &Seen<'_>) -> Option<Evidence> {
    let requests = seen.rate(Fact::Requests).unwrap_or(0.0);
    seen.special.retries.iter().find_map(|path| {
        let retries = rate(&seen.variables.get(path)?.series, seen.now, WINDOW)?;
        let storm = retries >= seen.bar(5.0) && retries >= requests * seen.bar(0.2);
        storm.then(|| Evidence {
            reason: format!(
                "{} retries, {} requests: {}",
                units::rate(retries),
                units::rate(requests),
                sanitize(&path.to_string())
            ),
            path: Some(path.clone()),
            tab: Tab::Overview,
        })
    })
}

fn breaker_open(seen: &Seen<'_>) -> Option<Evidence> {
    seen.special.breakers.iter().find_map(|path| {
        let variable = seen
            .variables
            .get(path)
            .filter(|variable| variable.present)?;
        let open = match variable.value() {
            Scalar::Text(state) => state.eq_ignore_ascii_case("open"),
            _ => path.to_string().to_lowercase().contains("open") && variable.number() > Some(0.0),
        };
        open.then(|| Evidence {
            reason: format!("{} is {}", sanitize(&path.to_string()), variable.short()),
            path: Some(path.clone()),
            tab: Tab::Overview,
        })
    })
}

fn queue_near_bound(seen: &Seen<'_>) -> Option<Evidence> {
    let share = |(waiting, bound): &(Path, Path)| {
        let waiting = seen.variables.get(waiting)?.present_number()?;
        let bound = seen.variables.get(bound)?.present_number()?;
        (bound > 0.0).then_some((waiting / bound, waiting, bound))
    };
    let full = seen
        .special
        .queues
        .iter()
        .filter_map(|queue| Some((queue, share(queue)?)));
    let (queue, (share, waiting, bound)) = full.max_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    (share >= seen.bar(0.8).max(0.6)).then(|| Evidence {
        reason: format!(
            "{}: {} of {}, {}",
            sanitize(&queue.0.to_string()),
            units::count(waiting),
            units::count(bound),
            percent(share)
        ),
        path: Some(queue.0.clone()),
        tab: Tab::Overview,
    })
}

fn pool_waits(seen: &Seen<'_>) -> Option<Evidence> {
    seen.special.pools.iter().find_map(|(waiting, time)| {
        let variable = seen.variables.get(waiting)?;
        let always = floor(&variable.series, seen.now, seconds(5), 4).filter(|least| *least >= 1.0);
        let waited = time.as_ref().and_then(|time| {
            let variable = seen.variables.get(time)?;
            let per_second = rate(&variable.series, seen.now, WINDOW)?;
            let nanos = variable.unit != Unit::Seconds;
            Some(if nanos { per_second / 1e9 } else { per_second })
        });
        let waited = waited.unwrap_or(0.0);
        (always.is_some() || waited >= seen.bar(0.5)).then(|| Evidence {
            reason: format!(
                "{}: {} now, {} s waited per second",
                sanitize(&waiting.to_string()),
                variable.short(),
                units::count(waited)
            ),
            path: Some(waiting.clone()),
            tab: Tab::Overview,
        })
    })
}

fn files_near_limit(seen: &Seen<'_>) -> Option<Evidence> {
    let limit = seen.number(Fact::FdLimit).filter(|limit| *limit > 0.0)?;
    let open = seen.number(Fact::Fds)?;
    if open < limit * seen.bar(0.8).max(0.7) {
        return None;
    }
    let reason = format!("{} of {} are open", units::count(open), units::count(limit));
    Some(seen.evidence(Fact::Fds, Tab::Runtime, reason))
}

/// Finds the variables that some rules look at by the names of their neighbours.
pub(super) fn special(variables: &Variables) -> Special {
    const WAITING: [&str; 5] = ["waiting", "depth", "queued", "len", "write_queue"];
    const BOUNDS: [&str; 6] = [
        "queue_limit",
        "capacity",
        "bound",
        "queue_bound",
        "queue_capacity",
        "max_waiting",
    ];
    let numeric = |path: &Path| {
        variables
            .get(path)
            .is_some_and(crate::variable::Variable::is_numeric)
    };
    let mut queues = Vec::new();
    let mut pools = Vec::new();
    let mut retries = Vec::new();
    let mut breakers = Vec::new();
    for path in variables.keys() {
        let name = path.name();
        // A channel whose senders wait loses nothing when it is full: that is how it slows them down.
        let refuses = || !numeric(&sibling(path, "senders_waiting"));
        if WAITING.contains(&name) && path.segments().len() > 1 && refuses() {
            let beside = BOUNDS.iter().map(|bound| sibling(path, bound));
            queues.extend(
                beside
                    .filter(numeric)
                    .take(1)
                    .map(|bound| (path.clone(), bound)),
            );
        }
        if let Some(base) = path
            .segments()
            .len()
            .eq(&1)
            .then(|| name.strip_suffix("_waiting"))
            .flatten()
        {
            let bound = Path::new([format!("{base}_queue_limit")]);
            queues.extend(numeric(&bound).then(|| (path.clone(), bound)));
        }
        let of_pool = path
            .segments()
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|of| of.contains("pool"));
        if name == "waiting" && of_pool {
            let time = Some(sibling(path, "wait_ns")).filter(numeric);
            pools.push((path.clone(), time));
        } else if name.ends_with("pool_waiting") {
            let time = Path::new([name.replace("_waiting", "_wait_seconds_total")]);
            pools.push((path.clone(), Some(time).filter(numeric)));
        }
        if matches!(name, "retries" | "retried") || name.ends_with("retries_total") {
            retries.push(path.clone());
        }
        if path
            .segments()
            .iter()
            .any(|of| of.to_lowercase().contains("breaker"))
        {
            breakers.push(path.clone());
        }
    }
    // JSON says the same as text where both are there.
    Special {
        queues: queues.into(),
        pools: pools.into(),
        retries: retries.into(),
        breakers: breakers.into(),
    }
}

/// Another variable in the same object.
fn sibling(path: &Path, name: &str) -> Path {
    let around = &path.segments()[..path.segments().len() - 1];
    Path::new(
        around
            .iter()
            .map(AsRef::as_ref)
            .chain([name])
            .collect::<Vec<&str>>(),
    )
}
