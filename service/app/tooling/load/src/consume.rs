//! The other end of the service's events.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use lifecycle::Shutdown;
use listen::Limits;
use sales_peers::consumer::{self, Ledger, Options, Report, Secret};
use tokio::net::TcpListener;

use crate::print;

/// Takes the service's events over HTTP (sales-api --events http://127.0.0.1:9090/) and applies each once, however often it
/// comes.
///
/// What it has applied is in a file, so it may be stopped, or killed, and started again. GET tells what was taken so far;
/// the same is said at the end, which comes on SIGINT or SIGTERM, or after --count events.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// Where it listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9090")]
    listen: SocketAddr,

    /// The file of what was applied; made if missing
    #[arg(
        long,
        value_name = "PATH",
        default_value = ".cutaway/events-applied.jsonl"
    )]
    state: PathBuf,

    /// File with the secret that events must be signed with [default: none, and no signature is needed]
    #[arg(long, value_name = "PATH")]
    secret_file: Option<PathBuf>,

    /// A subject such as order/7 whose events are refused, to see what becomes of them; may be given several times
    #[arg(long, value_name = "SUBJECT")]
    refuse: Vec<String>,

    /// End when so many events are applied, those of earlier runs on the same file included [default: go on until it is stopped]
    #[arg(long, value_name = "N")]
    count: Option<u64>,

    /// Print the summary as one JSON document
    #[arg(long)]
    json: bool,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  events of each subject came in their order
  1  they did not, or it could not start
  2  a flag makes no sense";

/// Takes events until it is stopped.
pub(crate) async fn consume(args: &Args) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::new();
    lifecycle::signals(&shutdown)?;
    let options = Options {
        secret: args.secret_file.as_deref().map(Secret::read).transpose()?,
        refuse: args.refuse.iter().cloned().collect(),
    };
    let ledger = Ledger::open(&args.state)?;
    let listener = TcpListener::from_std(listen::bind(args.listen, "--listen")?)?;
    eprintln!(
        "sales-load: takes events at http://{}/",
        listener.local_addr()?
    );
    let router = consumer::router(ledger.clone(), options);
    let (stopped, counted, count) = (shutdown.triggered(), ledger.clone(), args.count);
    let ends = async move {
        let Some(count) = count else {
            return stopped.await;
        };
        tokio::select! {
            () = stopped => {}
            () = counted.until(count) => {}
        }
    };
    listen::serve(listener, router, Limits::default(), ends).await;
    let report = ledger.report();
    if args.json {
        print(&format!("{}\n", serde_json::to_string(&report)?));
    } else {
        print(&text(&report));
    }
    Ok(if report.out_of_order == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn text(report: &Report) -> String {
    let Report {
        applied,
        again,
        out_of_order,
        by_type,
    } = report;
    let lines = by_type
        .iter()
        .map(|(kind, count)| format!("  {kind:<18} {count}\n"));
    let lines: String = lines.collect();
    format!(
        "applied  {applied}\n{lines}came again, and not applied again  {again}\nout of order  {out_of_order}\n"
    )
}
