//! CFS bandwidth control, in a model: what Linux does with a group that has a quota.
//!
//! Once per period the group's pool is filled with its quota. A CPU that runs the group takes a slice of 5 ms from the
//! pool, and another when that is used up. If the pool is empty, the group stands still on that CPU until the next
//! period. What a CPU has used too much, because the kernel only looks at each tick, comes off what it is given next. A CPU
//! that has nothing to do gives back all but 1 ms; what it keeps does not expire (since Linux 5.4).
//!
//! Source: the kernel's `Documentation/scheduler/sched-bwc.rst` and `kernel/sched/fair.c`.

use crate::job::{Group, Interval, Item, Job, Seen, Worker};

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
    group: Group,
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
            group: Group::default(),
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
            self.group.throttled_time += STEP;
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
