//! Load on the sales API, the way shoppers make it, with a check at the end that nothing was lost or sold twice.
//!
//! Arrivals are scheduled on the clock and do not wait for answers, as real shoppers do not wait
//! for each other, and a request's latency counts from the moment it was meant to start. A service
//! that stalls therefore shows every request that the stall kept waiting ("no coordinated
//! omission"). A closed loop, in which clients do wait, is there for comparison.
//!
//! Layout:
//! - [`args`]: the command line
//! - [`target`]: the service's address, and the rule that it is on this machine
//! - [`api`]: requests to the service, and the ways they fail
//! - [`scenarios`]: what kinds of load there are
//! - [`shoppers`]: what they do next
//! - [`pacer`], [`closed`], [`slow`]: when they do it
//! - [`shop`]: one visit, from beginning to end
//! - [`retry`]: whether a request is tried again
//! - [`ledger`]: what the service has acknowledged
//! - [`verify`]: whether that is true
//! - [`run`]: all of it together
//! - [`stats`]: what is counted
//! - [`report`]: how it is told
//! - [`consume`]: the other end of the service's events
//! - [`supply`]: the other end of the service's questions for prices

mod api;
mod args;
mod closed;
mod consume;
mod ledger;
mod pacer;
mod report;
mod retry;
mod run;
mod scenarios;
mod shop;
mod shoppers;
mod slow;
mod stats;
mod supply;
mod target;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use lifecycle::Shutdown;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use args::{Args, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    allow_many_sockets();
    let done = match &args.command {
        Some(Command::Consume(args)) => consume::consume(args).await,
        Some(Command::Supply(args)) => supply::supply(args).await,
        None => load(&args).await,
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sales-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Each visit under way may need a connection, and the usual limit on open files is 1,024.
fn allow_many_sockets() {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // With fewer, the load goes on as well, and shows the failures.
    let _allowed = setrlimit(Resource::Nofile, all);
}

/// Fails if the service never answered, or something was found to be wrong.
async fn load(args: &Args) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::new();
    lifecycle::signals(&shutdown)?;
    let Some(summary) = run::run(args, &shutdown).await? else {
        eprintln!("sales-load: stopped before the service was ready");
        return Ok(ExitCode::SUCCESS);
    };
    print(&if args.json {
        format!("{}\n", report::json(&summary))
    } else {
        report::text(&summary)
    });
    Ok(if summary.succeeded() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Like `print!`, but a reader that has gone away is no reason to panic.
fn print(text: &str) {
    let _gone = std::io::stdout().write_all(text.as_bytes());
}
