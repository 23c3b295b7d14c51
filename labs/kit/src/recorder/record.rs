//! One event as it is kept: three words.

use lab_format::SpanKind;
use sync::Operation;

/// Task and resource numbers are cut to 32 bits: nobody makes four billion of either in a lab.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Record {
    /// Nanoseconds since the recording began.
    pub(crate) at: u64,
    /// Whose event it is; 0 is code outside named tasks.
    pub(crate) task: u32,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    Started,
    /// The record's task is a thread of its own.
    Thread,
    Ended,
    /// The record's task is being polled, on the thread that the record comes from.
    PollStarted,
    PollEnded,
    WaitStarted {
        resource: u32,
        operation: Operation,
    },
    /// `by` is 0 if nobody let it go on.
    WaitEnded {
        resource: u32,
        operation: Operation,
        by: u32,
    },
    /// The record's task has it now.
    Acquired {
        resource: u32,
    },
    /// What the record's task had is given back.
    Released {
        resource: u32,
    },
    /// A value of `from` has arrived at the record's task.
    Received {
        resource: u32,
        from: u32,
    },
    Depth {
        resource: u32,
        len: u32,
    },
    Closed {
        resource: u32,
    },
    /// The lab says what the record's task does.
    SpanStarted {
        label: u32,
        kind: SpanKind,
    },
    SpanEnded {
        label: u32,
        kind: SpanKind,
    },
    /// The lab names a moment.
    Mark {
        label: u32,
    },
    /// The lab counts; of no task.
    Count {
        counter: u32,
        value: f64,
    },
}

/// A record as numbers: the time; the task and a second number; a third number, the tag, and what it says.
pub(crate) type Words = [u64; 3];

impl Record {
    pub(crate) fn pack(self) -> Words {
        let Parts {
            tag,
            detail,
            number,
            second,
        } = Parts::of(self.what);
        let middle = match self.what {
            // A counter is of no task, and its value takes the task's place too.
            What::Count { value, .. } => value.to_bits(),
            _ => u64::from(self.task) | u64::from(second) << 32,
        };
        let last = u64::from(number) | u64::from(tag) << 32 | u64::from(detail) << 40;
        [self.at, middle, last]
    }

    /// `None` for words that nothing packs to.
    pub(crate) fn unpack([at, middle, last]: Words) -> Option<Self> {
        let (task, second) = (middle as u32, (middle >> 32) as u32);
        let (number, tag, detail) = (last as u32, (last >> 32) as u8, (last >> 40) as u8);
        let operation = || OPERATIONS.get(usize::from(detail)).copied();
        let kind = || SpanKind::ALL.get(usize::from(detail)).copied();
        let what = match tag {
            1 => What::Started,
            2 => What::Thread,
            3 => What::Ended,
            4 => What::PollStarted,
            5 => What::PollEnded,
            6 => What::WaitStarted {
                resource: number,
                operation: operation()?,
            },
            7 => What::WaitEnded {
                resource: number,
                operation: operation()?,
                by: second,
            },
            8 => What::Acquired { resource: number },
            9 => What::Released { resource: number },
            10 => What::Received {
                resource: number,
                from: second,
            },
            11 => What::Depth {
                resource: number,
                len: second,
            },
            12 => What::Closed { resource: number },
            13 => What::SpanStarted {
                label: number,
                kind: kind()?,
            },
            14 => What::SpanEnded {
                label: number,
                kind: kind()?,
            },
            15 => What::Mark { label: number },
            16 => {
                let value = f64::from_bits(middle);
                let what = What::Count {
                    counter: number,
                    value,
                };
                return Some(Self { at, task: 0, what });
            }
            _ => return None,
        };
        Some(Self { at, task, what })
    }
}

/// What of a record is neither its time nor its task.
#[derive(Default)]
struct Parts {
    tag: u8,
    detail: u8,
    number: u32,
    second: u32,
}

impl Parts {
    fn of(what: What) -> Self {
        let parts = |tag, number, second, detail| Self {
            tag,
            detail,
            number,
            second,
        };
        match what {
            What::Started => parts(1, 0, 0, 0),
            What::Thread => parts(2, 0, 0, 0),
            What::Ended => parts(3, 0, 0, 0),
            What::PollStarted => parts(4, 0, 0, 0),
            What::PollEnded => parts(5, 0, 0, 0),
            What::WaitStarted {
                resource,
                operation,
            } => parts(6, resource, 0, code(operation)),
            What::WaitEnded {
                resource,
                operation,
                by,
            } => parts(7, resource, by, code(operation)),
            What::Acquired { resource } => parts(8, resource, 0, 0),
            What::Released { resource } => parts(9, resource, 0, 0),
            What::Received { resource, from } => parts(10, resource, from, 0),
            What::Depth { resource, len } => parts(11, resource, len, 0),
            What::Closed { resource } => parts(12, resource, 0, 0),
            What::SpanStarted { label, kind } => parts(13, label, 0, kind as u8),
            What::SpanEnded { label, kind } => parts(14, label, 0, kind as u8),
            What::Mark { label } => parts(15, label, 0, 0),
            What::Count { counter, .. } => parts(16, counter, 0, 0),
        }
    }
}

const OPERATIONS: [Operation; 7] = [
    Operation::Send,
    Operation::Receive,
    Operation::Lock,
    Operation::Read,
    Operation::Write,
    Operation::Acquire,
    Operation::CheckOut,
];

/// Where the operation stands in [`OPERATIONS`].
fn code(operation: Operation) -> u8 {
    match operation {
        Operation::Send => 0,
        Operation::Receive => 1,
        Operation::Lock => 2,
        Operation::Read => 3,
        Operation::Write => 4,
        Operation::Acquire => 5,
        Operation::CheckOut => 6,
        // One that was added to `sync` and not here: its records are left out when they are read.
        _ => u8::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_comes_back_as_it_was() {
        let (resource, by, label) = (u32::MAX, 7, 3);
        let mut all = vec![
            What::Started,
            What::Thread,
            What::Ended,
            What::PollStarted,
            What::PollEnded,
            What::Acquired { resource },
            What::Released { resource },
            What::Received { resource, from: by },
            What::Depth { resource, len: by },
            What::Closed { resource },
            What::Mark { label },
        ];
        for operation in OPERATIONS {
            all.push(What::WaitStarted {
                resource,
                operation,
            });
            all.push(What::WaitEnded {
                resource,
                operation,
                by,
            });
        }
        for kind in SpanKind::ALL {
            all.push(What::SpanStarted { label, kind });
            all.push(What::SpanEnded { label, kind });
        }
        for (at, what) in (1 << 40..).zip(all) {
            let record = Record { at, task: 5, what };
            assert_eq!(Record::unpack(record.pack()), Some(record));
        }
        let what = What::Count {
            counter: 2,
            value: -0.25,
        };
        let count = Record {
            at: 9,
            task: 0,
            what,
        };
        assert_eq!(Record::unpack(count.pack()), Some(count));
        assert_eq!(Record::unpack([0; 3]), None);
    }
}
