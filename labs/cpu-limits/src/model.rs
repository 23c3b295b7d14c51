//! CFS bandwidth control, in a model: what Linux does with a group that has a quota.
//!
//! Once per period the group's pool is filled with its quota. A CPU that runs the group takes a slice of 5 ms from the
//! pool, and another when that is used up. If the pool is empty, the group stands still on that CPU until the next
//! period. What a CPU has used too much, because the kernel only looks at each tick, comes off what it is given next. A CPU
//! that has nothing to do gives back all but 1 ms; what it keeps does not expire (since Linux 5.4).
//!
//! Source: the kernel's `Documentation/scheduler/sched-bwc.rst` and `kernel/sched/fair.c`.

use lab_kit::quota::Counts;

use crate::job::{Interval, Item, Job, Seen, Worker};

/// The time of one step of the model, in µs. A tick is 40 of them.
const STEP: u64 = 100;
/// A timer interrupt of a kernel with `CONFIG_HZ=250`: it notices what has been used, and lets the next task run.
const TICK: u64 = 4_000;
/// What a CPU takes from the pool at once: `sched_cfs_bandwidth_slice_us`.
const SLICE: i64 = 5_000;
/// What a CPU with nothing to do keeps: `min_cfs_rq_runtime`.
const KEPT: i64 = 1_000;

/// What this job comes to on a machine of `cpus` that has nothing else to do.
pub(crate) fn run(job: &Job, cpus: usize) -> Seen {
    let mut machine = Machine::new(job, cpus.max(1));
    let end = job.warm_up + job.time;
    for now in (0..end).step_by(usize::try_from(STEP).unwrap_or(1)) {
        machine.step(now);
    }
    machine.finish(end)
}

struct Machine<'a> {
    job: &'a Job,
    /// What is left of the group's quota, in µs.
    pool: i64,
    cpus: Vec<Cpu>,
    workers: Vec<Simulated>,
    /// How many items have been taken.
    taken: u64,
    group: Counts,
    throttled_in_period: bool,
}

#[derive(Default)]
struct Cpu {
    /// What it may still use without asking; negative if it has used too much.
    left: i64,
    throttled: bool,
    /// Who runs, and who waits behind.
    queue: Vec<usize>,
}

#[derive(Default)]
struct Simulated {
    seen: Worker,
    /// What it does, and the CPU time that this still needs.
    item: Option<(Item, u64)>,
    /// Since when it has not run.
    idle_since: Option<u64>,
    /// The item that it will take, and when that comes.
    next: Option<u64>,
}

impl<'a> Machine<'a> {
    fn new(job: &'a Job, cpus: usize) -> Self {
        Self {
            job,
            pool: 0,
            cpus: (0..cpus).map(|_| Cpu::default()).collect(),
            workers: (0..job.workers).map(|_| Simulated::default()).collect(),
            taken: 0,
            group: Counts::default(),
            throttled_in_period: false,
        }
    }

    fn step(&mut self, now: u64) {
        if now.is_multiple_of(self.job.period) {
            self.refill(now);
        }
        for worker in 0..self.workers.len() {
            self.arrive(worker, now);
        }
        for cpu in 0..self.cpus.len() {
            // CPUs do not tick at the same moment.
            let offset = cpu as u64 * TICK / self.cpus.len() as u64;
            if (now + offset).is_multiple_of(TICK) {
                self.tick(cpu);
            }
            self.work(cpu, now);
        }
    }

    /// A new period: a full pool, out of which those that stand still are helped first.
    fn refill(&mut self, now: u64) {
        if now >= self.job.warm_up && now > 0 {
            self.group.periods += 1;
            self.group.throttled_periods += u64::from(self.throttled_in_period);
        }
        self.throttled_in_period = false;
        self.pool = i64::try_from(self.job.quota).unwrap_or(i64::MAX);
        for cpu in self.cpus.iter_mut().filter(|cpu| cpu.throttled) {
            let given = (1 - cpu.left).min(self.pool);
            self.pool -= given;
            cpu.left += given;
            cpu.throttled = cpu.left <= 0;
        }
    }

    /// A worker without an item takes the next one when it has come, and wakes on the CPU with the least to do.
    fn arrive(&mut self, worker: usize, now: u64) {
        if self.workers[worker].item.is_some() {
            return;
        }
        let next = self.workers[worker].next.take().unwrap_or_else(|| {
            let next = self.job.arrival(self.taken, now);
            self.taken += 1;
            next
        });
        if next > now {
            self.workers[worker].next = Some(next);
            return;
        }
        let item = Item {
            arrived: next,
            worked: Interval(now, now),
        };
        self.workers[worker].item = Some((item, self.job.work));
        if !self.cpus.iter().any(|cpu| cpu.queue.contains(&worker))
            && let Some(cpu) = self.cpus.iter_mut().min_by_key(|cpu| cpu.queue.len())
        {
            cpu.queue.push(worker);
        }
    }

    /// The kernel looks: what has been used is taken from the pool, and the next in the queue runs.
    fn tick(&mut self, cpu: usize) {
        let cpu = &mut self.cpus[cpu];
        if cpu.queue.is_empty() || cpu.throttled {
            return;
        }
        if cpu.left <= 0 {
            let given = (SLICE - cpu.left).min(self.pool).max(0);
            self.pool -= given;
            cpu.left += given;
            if cpu.left <= 0 {
                cpu.throttled = true;
                self.throttled_in_period = true;
            }
        }
        cpu.queue.rotate_left(1);
    }

    /// Whoever is first in the queue runs for one step.
    fn work(&mut self, index: usize, now: u64) {
        let cpu = &mut self.cpus[index];
        let running = (!cpu.throttled)
            .then(|| cpu.queue.first().copied())
            .flatten();
        for (place, worker) in cpu.queue.iter().enumerate() {
            let worker = &mut self.workers[*worker];
            if running.is_some() && place == 0 {
                if let Some(since) = worker.idle_since.take() {
                    worker.seen.gaps.push(Interval(since, now));
                }
            } else if worker.idle_since.is_none() {
                worker.idle_since = Some(now);
            }
        }
        if cpu.throttled {
            self.group.throttled_us += STEP;
        }
        let Some(running) = running else { return };
        cpu.left -= i64::try_from(STEP).unwrap_or(0);
        let worker = &mut self.workers[running];
        let Some((item, left)) = &mut worker.item else {
            return;
        };
        *left = left.saturating_sub(STEP);
        if *left > 0 {
            return;
        }
        item.worked.1 = now + STEP;
        worker.seen.items.push(*item);
        worker.item = None;
        if self.job.burst > 0 {
            self.rest(index, running);
        }
    }

    /// A worker may have nothing to do now. A CPU without work gives back what it does not keep.
    fn rest(&mut self, cpu: usize, worker: usize) {
        let cpu = &mut self.cpus[cpu];
        cpu.queue.retain(|other| *other != worker);
        if cpu.queue.is_empty() && cpu.left > KEPT {
            self.pool += cpu.left - KEPT;
            cpu.left = KEPT;
        }
    }

    fn finish(mut self, end: u64) -> Seen {
        for worker in &mut self.workers {
            if let Some(since) = worker.idle_since.filter(|_| worker.item.is_some()) {
                worker.seen.gaps.push(Interval(since, end));
            }
        }
        let workers: Vec<Worker> = self.workers.into_iter().map(|worker| worker.seen).collect();
        Seen {
            workers,
            group: self.group,
            end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::quantile;

    fn job(quota: u64, workers: usize) -> Job {
        Job {
            quota: quota * 1_000,
            period: 100_000,
            workers,
            work: 5_000,
            burst: 0,
            warm_up: 200_000,
            time: 5_000_000,
        }
    }

    /// The quantile in ms.
    #[track_caller]
    fn check(job: &Job, share: f64, expected: f64) {
        let seen = run(job, 2);
        let found = quantile(&seen.latencies(job), share) as f64 / 1e3;
        assert!(
            (found / expected - 1.0).abs() < 0.2,
            "{job:?}: {found} ms, not {expected} ms"
        );
    }

    fn per_second(job: &Job) -> f64 {
        run(job, 2).latencies(job).len() as f64 / (job.time as f64 / 1e6)
    }

    #[test]
    fn the_slowest_items_wait_for_the_next_period() {
        check(&job(100, 1), 0.99, 5.0);
        check(&job(100, 2), 0.50, 5.0);
        // Two CPUs use up 100 ms in 50, and stand still for the other 50.
        check(&job(100, 2), 0.99, 55.0);
        check(&job(100, 8), 0.99, 86.0);
        check(&job(150, 2), 0.99, 30.0);
    }

    #[test]
    fn more_workers_are_not_more_work() {
        let expected = 200.0;
        for workers in [1, 2, 4, 8] {
            let found = per_second(&job(100, workers));
            assert!(
                (found / expected - 1.0).abs() < 0.05,
                "{workers} workers: {found}"
            );
        }
        let found = per_second(&job(150, 2));
        assert!((found / 300.0 - 1.0).abs() < 0.05, "{found}");
    }

    #[test]
    fn periods_are_throttled_when_the_quota_is_used_up_in_them_and_else_not() {
        let share = |job: &Job| {
            let group = run(job, 2).group;
            group.throttled_periods as f64 / group.periods as f64
        };
        assert!(share(&job(100, 1)) < 0.01);
        assert!(share(&job(100, 2)) > 0.99);
        assert!(share(&job(200, 2)) < 0.05, "as much as there is");
        assert!(share(&job(400, 8)) < 0.01, "more than there is");
    }

    #[test]
    fn a_burst_is_throttled_though_the_average_is_below_the_limit() {
        let bursts = Job {
            burst: 20,
            ..job(50, 2)
        };
        // 20 items of 5 ms each 250 ms are 40 ms in each 100.
        let seen = run(&bursts, 2);
        assert!(seen.group.throttled_periods > 10, "{:?}", seen.group);
        assert!(!seen.still().is_empty());
        check(&bursts, 0.99, 125.0);
    }

    #[test]
    fn no_cpu_uses_more_than_it_was_given_but_for_what_a_tick_overlooks() {
        for (quota, workers) in [(20, 1), (50, 2), (100, 8), (150, 3)] {
            let job = job(quota, workers);
            let seen = run(&job, 2);
            let used: u64 = seen
                .workers
                .iter()
                .flat_map(Worker::running)
                .map(Interval::length)
                .sum();
            let most = (job.warm_up + job.time) / job.period * job.quota;
            assert!(used <= most + 4 * TICK, "{job:?}: {used} of {most}");
        }
    }
}
