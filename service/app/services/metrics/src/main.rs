//! Starts and ends the sidecar; everything it does is in the library.

mod args;

use std::process::ExitCode;

use anyhow::Context as _;
use lifecycle::Lifecycle;
use listen::Limits;
use sales_metrics::exporter::{self, Exporter};
use sales_metrics::rules::Rules;
use sales_metrics::source::Source;
use sales_metrics::{push, routes};
use tokio::net::TcpListener;

use args::Args;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (args, from) = Args::read();
    match run(&args, from).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sales-metrics: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args, mut from: Source) -> anyhow::Result<()> {
    tracing_subscriber::fmt().json().flatten_event(true).init();
    let life = Lifecycle::new();
    life.signals(|| {}).context("cannot watch for signals")?;

    let rules = read_rules(args)?;
    if let Some(path) = &args.token_file {
        let of = || format!("--token-file {}", path.display());
        let token = std::fs::read_to_string(path).with_context(of)?;
        let set = from.set_token(&token).map_err(anyhow::Error::msg);
        set.with_context(of)?;
    }
    let exporter = Exporter::new(
        from.clone(),
        rules,
        exporter::Limits {
            timeout: args.timeout,
            max_body: args.max_body as usize,
            max_samples: args.max_samples as usize,
            fresh: args.fresh,
        },
    );

    let listener = TcpListener::from_std(listen::bind(args.listen, "--listen")?)?;
    let listening = listener.local_addr()?;
    if let Some(url) = &args.otlp {
        let env = |name: &str| std::env::var(name).ok();
        let endpoint = otlp::Endpoint::new(url, "/v1/metrics", env).context("--otlp")?;
        let resource = otlp::Resource::from_env("sales-metrics", env);
        let push = push::push(
            exporter.clone(),
            endpoint,
            resource,
            args.otlp_every,
            life.asked().clone(),
        );
        life.tasks().spawn("otlp", push);
    }
    let router = routes::router(exporter, life.asked().clone());
    let limits = Limits {
        drain: args.drain,
        max_connections: 100,
        ..Limits::default()
    };
    let stop = life.stop_accepting();
    life.tasks().spawn("metrics", async move {
        listen::serve(listener, router, limits, stop).await;
    });
    life.ready();
    tracing::info!(listen = %listening, %from, "serving");

    let ended = life.end().drain(args.drain).run().await;
    tracing::info!(reason = ended.reason, took = ?ended.took, cut_off = ended.tasks.cut_off.len(), "ended");
    Ok(())
}

fn read_rules(args: &Args) -> anyhow::Result<Rules> {
    let Some(path) = &args.rules else {
        return Ok(Rules::parse("")?);
    };
    let refused = || format!("--rules {}", path.display());
    let text = std::fs::read_to_string(path).with_context(refused)?;
    Rules::parse(&text).with_context(refused)
}
