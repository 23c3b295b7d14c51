//! Looks after the sales service: its tables, its catalogue, its events, its keys and tokens.

mod args;
mod events;
mod keys;
mod store;

use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;

use args::{Command, EventsCommand};

fn main() -> ExitCode {
    match run(Command::read()) {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("sales-admin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does it, and says what was done.
fn run(command: Command) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    match command {
        Command::Migrate { store } => runtime.block_on(store::migrate(&store.location()?)),
        Command::Seed { store, pieces } => {
            runtime.block_on(store::seed(&store.location()?, pieces))
        }
        Command::Events { what } => runtime.block_on(async {
            match what {
                EventsCommand::List { store } => events::list(&store.location()?).await,
                EventsCommand::Requeue { letters, store } => {
                    events::requeue(&store.location()?, &letters).await
                }
                EventsCommand::Discard { id, store } => {
                    events::discard(&store.location()?, &id).await
                }
            }
        }),
        Command::Genkey(new) => keys::add(&new),
        Command::Keys(command) => keys::run(&command, SystemTime::now()),
        Command::Token(token) => keys::token(&token, SystemTime::now()),
    }
}
