//! Makes lines of JSON logs readable, and picks some of them.

mod line;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, ValueEnum};
use lifecycle::Shutdown;

use line::{Level, Line};

/// Longer lines are passed on as they are: nobody reads them, and they would fill the memory.
const MAX_LINE: u64 = 1 << 20;

/// Makes lines of JSON logs readable, and picks some of them: sales-api --log json | logfmt --level warn
///
/// What is no JSON object is passed on as it is. Ctrl-C ends what writes the log; this reads its last lines and then ends.
#[derive(Parser)]
#[command(name = "logfmt", version, after_help = AFTER)]
struct Args {
    /// Files to read, one after the other; `-` is the standard input [default: -]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Only lines of this level or a worse one: error, warn, info, debug, trace
    #[arg(short, long, value_name = "LEVEL")]
    level: Option<Level>,

    /// Only lines of this trace; the beginning of its id is enough
    #[arg(short, long = "trace", value_name = "ID", value_parser = trace)]
    trace: Option<String>,

    /// Only lines with this field, or with this value of it: code, code=out_of_stock; may be given several times
    #[arg(short, long = "field", value_name = "NAME[=VALUE]")]
    fields: Vec<String>,

    /// Leave out what is no JSON
    #[arg(long)]
    json_only: bool,

    /// Print the lines that are picked as they are
    #[arg(long)]
    raw: bool,

    /// Colours: if the output is a terminal, always or never
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

const AFTER: &str = "\
Exit codes:
  0  everything was read, or nobody reads the output any more
  1  a file could not be read; the cause is on the error output
  2  the command line makes no sense";

fn trace(text: &str) -> Result<String, String> {
    let id = text.to_ascii_lowercase();
    let fits = (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then_some(id)
        .ok_or_else(|| "must be 1 to 32 hexadecimal digits".into())
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("logfmt: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    // The first signal is for the program that writes the log; a second one ends this one too.
    lifecycle::signals(&Shutdown::new()).context("cannot watch for signals")?;
    let stdin = [PathBuf::from("-")];
    let files = if args.files.is_empty() {
        &stdin[..]
    } else {
        &args.files
    };
    let mut out = io::stdout().lock();
    for path in files {
        let read = if path == Path::new("-") {
            copy(io::stdin().lock(), &mut out, args)
        } else {
            let file = File::open(path).with_context(|| path.display().to_string())?;
            copy(file, &mut out, args)
        };
        match read {
            Ok(()) => {}
            Err(Failed::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(Failed::Write(error)) => return Err(error).context("standard output"),
            Err(Failed::Read(error)) => return Err(error).context(path.display().to_string()),
        }
    }
    Ok(())
}

enum Failed {
    Read(io::Error),
    Write(io::Error),
}

fn copy(from: impl Read, out: &mut impl Write, args: &Args) -> Result<(), Failed> {
    let color = match args.color {
        Color::Auto => io::stdout().is_terminal(),
        color => color == Color::Always,
    };
    let mut from = BufReader::with_capacity(64 << 10, from);
    let (mut line, mut ready, mut is_rest) = (Vec::new(), String::new(), false);
    let mut written: Vec<u8> = Vec::new();
    loop {
        line.clear();
        let read = from
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(Failed::Read)?;
        if read > 0 {
            let is_whole = line.ends_with(b"\n") || read < MAX_LINE as usize;
            let parsed = if is_rest || !is_whole {
                None
            } else {
                Line::parse(&line)
            };
            is_rest = !line.ends_with(b"\n") && !is_whole;
            match parsed {
                Some(parsed) if !picks(args, &parsed) => {}
                Some(parsed) if !args.raw => {
                    ready.clear();
                    parsed.write(&mut ready, color);
                    written.extend_from_slice(ready.as_bytes());
                }
                None if args.json_only => {}
                _ => written.extend_from_slice(&line),
            }
        }
        // Whoever watches a log sees what there is at once.
        if read == 0 || from.buffer().is_empty() || written.len() >= 64 << 10 {
            out.write_all(&written)
                .and_then(|()| out.flush())
                .map_err(Failed::Write)?;
            written.clear();
        }
        if read == 0 {
            return Ok(());
        }
    }
}

fn picks(args: &Args, line: &Line) -> bool {
    let has_level = args
        .level
        .is_none_or(|least| line.level().is_some_and(|level| level >= least));
    let has_trace = args.trace.as_ref().is_none_or(|id| {
        line.field("trace_id")
            .is_some_and(|have| have.starts_with(id))
    });
    let has_fields = args.fields.iter().all(|field| match field.split_once('=') {
        Some((name, value)) => line.field(name).is_some_and(|have| have == value),
        None => line.field(field).is_some_and(|have| have != "null"),
    });
    has_level && has_trace && has_fields
}
