//! One program run within limits: its output shown as it comes, its group ended when it must be.

use super::ExerciseError;
use crate::process::{Budget, Ended, Stop, supervise};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// What a check may cost. The program also limits itself, in `gym::main`: what it maps, and for anybody but root how many
/// processes it is. So most of what runs wild is told where it happens, and ended by nobody else.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the program may run.
    pub deadline: Duration,
    /// How long building it may take before that.
    pub build: Duration,
    /// How long a group that was asked to end may take before it is killed.
    pub grace: Duration,
    /// How many bytes it may print.
    pub output: usize,
    /// How many bytes of memory it may use.
    pub memory: u64,
    /// How many processes it may be.
    pub processes: u64,
    /// How many threads they may have together.
    pub tasks: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            deadline: Duration::from_secs(20),
            build: Duration::from_mins(10),
            grace: Duration::from_millis(200),
            output: 64 << 10,
            memory: 1 << 30,
            processes: 8,
            tasks: 64,
        }
    }
}

/// Whom lines are told to, as they come.
pub type Sink<'a> = dyn FnMut(&str) + Send + 'a;

/// How a program has come to its end.
#[derive(Debug)]
pub struct Ran {
    /// Its status, unless it had to be ended.
    pub status: Result<ExitStatus, Ended>,
    /// The last of what it printed: the reason of a crash is there.
    pub tail: String,
}

/// Runs `program` with `arguments`; tells `sink` each line it prints.
pub async fn run(
    program: &Path,
    arguments: &[String],
    limits: &Limits,
    sink: &mut Sink<'_>,
    cancel: impl Future<Output = ()>,
) -> Result<Ran, ExerciseError> {
    let mut command = Command::new(program);
    command.args(arguments).env_remove("RUST_BACKTRACE");
    let mut shown = Shown::new(limits.output, sink);
    let budget = Budget {
        time: limits.deadline,
        grace: limits.grace,
        memory: Some(limits.memory),
        processes: Some(limits.processes),
        tasks: Some(limits.tasks),
    };
    let reader = &mut shown;
    let read = |out, err| async move { reader.read(Some(out), Some(err)).await };
    let ended = supervise(&mut command, &budget, read, cancel).await;
    Ok(Ran {
        status: ended
            .map_err(super::io(program))?
            .map(|(status, ())| status),
        tail: shown.end(),
    })
}

/// How much of the end of the output is kept.
const TAIL: usize = 2 << 10;

struct Shown<'a, 'b> {
    left: usize,
    sink: &'a mut Sink<'b>,
    pending: [Vec<u8>; 2],
    tail: String,
}

impl<'a, 'b> Shown<'a, 'b> {
    fn new(left: usize, sink: &'a mut Sink<'b>) -> Shown<'a, 'b> {
        Shown {
            left,
            sink,
            pending: [Vec::new(), Vec::new()],
            tail: String::new(),
        }
    }

    /// Shows both streams to their ends; it is an error to print too much.
    async fn read(
        &mut self,
        mut out: Option<impl AsyncRead + Unpin>,
        mut err: Option<impl AsyncRead + Unpin>,
    ) -> Result<(), Stop> {
        let (mut first, mut second) = (vec![0; 4096], vec![0; 4096]);
        while out.is_some() || err.is_some() {
            let (stream, count) = tokio::select! {
                count = next(&mut out, &mut first), if out.is_some() => (0, count),
                count = next(&mut err, &mut second), if err.is_some() => (1, count),
            };
            let bytes = if stream == 0 {
                &first[..count]
            } else {
                &second[..count]
            };
            self.left = self
                .left
                .checked_sub(count)
                .ok_or(Stop::Ended(Ended::Output))?;
            self.pending[stream].extend_from_slice(bytes);
            while let Some(end) = self.pending[stream].iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending[stream].drain(..=end).collect();
                self.line(&line);
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        self.tail.push_str(text);
        self.tail.push('\n');
        if self.tail.len() > 2 * TAIL {
            let cut = self.tail.len() - TAIL;
            let cut = (cut..self.tail.len())
                .find(|at| self.tail.is_char_boundary(*at))
                .unwrap_or(cut);
            self.tail.drain(..cut);
        }
        (self.sink)(text);
    }

    fn end(mut self) -> String {
        for stream in 0..2 {
            let rest = std::mem::take(&mut self.pending[stream]);
            if !rest.is_empty() {
                self.line(&rest);
            }
        }
        self.tail
    }
}

/// The next bytes of a stream; 0 when it has ended, and then it is gone.
async fn next(stream: &mut Option<impl AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    let Some(open) = stream else { return 0 };
    let count = open.read(buffer).await.unwrap_or(0);
    if count == 0 {
        *stream = None;
    }
    count
}
