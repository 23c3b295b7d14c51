//! From events to spans: when a task ran, and what it waited for between.

use std::collections::{BTreeMap, HashMap};

use sync::TaskId;

use super::ring::{Record, Recorded, Wait, What};

/// A time in which a task did one thing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) task: TaskId,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) doing: Doing,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Runs on this thread.
    Running { thread: u32 },
    /// Waits, not running, for one of these.
    Waiting {
        waits: Vec<Wait>,
        by: Option<TaskId>,
    },
    /// Waits while it runs: it blocks its thread.
    Blocked { wait: Wait, by: Option<TaskId> },
}

/// What is known of a task while events are read.
#[derive(Default)]
struct Row {
    /// The poll that runs: since when, and on which thread.
    poll: Option<(u64, u32)>,
    /// When the last poll ended.
    idle_since: Option<u64>,
    /// Waits that have begun and not ended, and when.
    waits: Vec<(Wait, u64)>,
    /// A wait between two polls, whose reason to end is told in the second.
    open: Option<usize>,
}

/// All spans, in the order of their ends. A span that began before the first event or ends after the last is as long as
/// the recording.
pub(super) fn spans(recorded: &Recorded) -> Vec<Span> {
    let mut assembly = Assembly {
        recorded,
        spans: Vec::new(),
        rows: HashMap::new(),
        first: recorded
            .records
            .first()
            .map_or(0, |record| if recorded.dropped > 0 { record.at } else { 0 }),
    };
    for record in &recorded.records {
        assembly.add(record);
    }
    assembly.finish(recorded.end)
}

struct Assembly<'a> {
    recorded: &'a Recorded,
    spans: Vec<Span>,
    rows: HashMap<TaskId, Row>,
    /// Where spans begin of whose beginning nothing is known.
    first: u64,
}

impl Assembly<'_> {
    fn add(&mut self, record: &Record) {
        let row = self.rows.entry(record.task).or_default();
        let (task, at) = (record.task, record.at);
        match &record.what {
            What::Started { .. } => {}
            What::PollStarted => {
                row.poll = Some((at, record.thread));
                row.open = None;
                if !row.waits.is_empty() {
                    row.open = Some(self.spans.len());
                    self.spans.push(Span {
                        task,
                        from: row.idle_since.unwrap_or(self.first),
                        to: at,
                        doing: Doing::Waiting {
                            waits: row.waits.iter().map(|(wait, _)| *wait).collect(),
                            by: None,
                        },
                    });
                }
            }
            What::PollEnded => {
                let (from, thread) = row.poll.take().unwrap_or((self.first, record.thread));
                row.idle_since = Some(at);
                self.spans.push(Span {
                    task,
                    from,
                    to: at,
                    doing: Doing::Running { thread },
                });
            }
            What::WaitStarted(wait) => row.waits.push((*wait, at)),
            What::WaitEnded { wait, by } => {
                let position = row.waits.iter().position(|(known, _)| known == wait);
                let since = position.map(|index| row.waits.swap_remove(index).1);
                let began = row.poll.map_or(self.first, |(began, _)| began);
                match since {
                    Some(since) if since >= began && row.poll.is_some() => {
                        // Others that are over in the poll that they began in were given up or there at once.
                        if self.recorded.blocks(*wait) {
                            self.spans.push(Span {
                                task,
                                from: since,
                                to: at,
                                doing: Doing::Blocked {
                                    wait: *wait,
                                    by: *by,
                                },
                            });
                        }
                    }
                    _ => row.let_go(&mut self.spans, *by),
                }
            }
            What::Ended => {
                self.rows.remove(&task);
            }
        }
    }

    /// Ends what is still going on.
    fn finish(mut self, end: u64) -> Vec<Span> {
        for (task, row) in self.rows.into_iter().collect::<BTreeMap<_, _>>() {
            let (from, doing) = match (row.poll, row.idle_since) {
                (Some((from, thread)), _) => (from, Doing::Running { thread }),
                (None, Some(from)) if !row.waits.is_empty() => {
                    let waits = row.waits.iter().map(|(wait, _)| *wait).collect();
                    (from, Doing::Waiting { waits, by: None })
                }
                (None, _) => continue,
            };
            self.spans.push(Span {
                task,
                from,
                to: end.max(from),
                doing,
            });
        }
        self.spans
    }
}

impl Row {
    /// The wait between the last two polls was ended by this task.
    fn let_go(&mut self, spans: &mut [Span], by: Option<TaskId>) {
        let span = self.open.and_then(|index| spans.get_mut(index));
        if let Some(Span {
            doing: Doing::Waiting { by: unknown, .. },
            ..
        }) = span
        {
            *unknown = unknown.or(by);
        }
    }
}
