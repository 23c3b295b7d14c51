//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use stores::Location;
use user::Role;

/// Looks after the sales service: its tables, its catalogue, its keys and tokens
#[derive(Parser)]
#[command(name = "sales-admin", version, after_help = EXIT_CODES)]
pub(crate) enum Command {
    /// Brings the tables of a store up to date, and makes them if there are none
    ///
    /// It is safe while services run: those of the version before go on working, unless the last step
    /// is a contraction that they could not live with, for which they are stopped first.
    Migrate {
        #[command(flatten)]
        store: Store,
    },

    /// Adds those products of the catalogue that the store lacks, told by their names
    ///
    /// The tables are brought up to date before. Products that are there stay as they are.
    Seed {
        #[command(flatten)]
        store: Store,

        /// How many pieces of each product that is added
        #[arg(long, value_name = "N", default_value_t = stores::seed::STOCK, value_parser = clap::value_parser!(i64).range(0..=types::Stock::MAX))]
        pieces: i64,
    },

    /// Shows events that nobody took, and has them published again or gives them up
    ///
    /// A service that publishes events (sales-api --events) tries each so many times; then it is a dead letter, and holds back
    /// later events of the same order or product. It is safe while services run.
    Events {
        #[command(subcommand)]
        what: EventsCommand,
    },

    /// Makes a key to sign tokens with: the same as `keys add`
    Genkey(NewKey),

    /// Looks after the keys that tokens are signed with
    ///
    /// To change keys while services run, in this order: `keys add` a new one, and bring its public half to every service that has
    /// a directory of its own; `keys use` it once they have read it; `keys retire` the old one. Services read their directories
    /// again every second. Old tokens stay good until they expire, and nobody is turned away.
    #[command(subcommand)]
    Keys(Keys),

    /// Prints a token that tells the service who is asking
    ///
    /// Until it expires it can be revoked, by its subject or its id (`jti`). Who needs one for longer than a day logs in.
    Token(Token),
}

/// What to do with events that nobody took.
#[derive(Subcommand)]
pub(crate) enum EventsCommand {
    /// Lists them: number, what happened to what, how often it was refused, and why the last time
    List {
        #[command(flatten)]
        store: Store,
    },

    /// Has them published again, with as many attempts as a new event
    Requeue {
        #[command(flatten)]
        letters: Letters,

        #[command(flatten)]
        store: Store,
    },

    /// Gives them up for good, so that the later events of their order or product are published
    Discard {
        /// Numbers of dead letters
        #[arg(value_name = "ID", required = true)]
        id: Vec<i64>,

        #[command(flatten)]
        store: Store,
    },
}

/// Which dead letters.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Letters {
    /// Numbers of dead letters
    #[arg(value_name = "ID")]
    pub(crate) id: Vec<i64>,

    /// All there are
    #[arg(long)]
    pub(crate) all: bool,
}

impl EventsCommand {
    fn store(&self) -> &Store {
        match self {
            EventsCommand::List { store }
            | EventsCommand::Requeue { store, .. }
            | EventsCommand::Discard { store, .. } => store,
        }
    }
}

/// What is to be done with the keys.
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Makes a key
    ///
    /// Writes ID.private.jwk, which only its owner may read, and ID.public.jwk, which every service needs in its --keys directory.
    /// The first key is in use at once.
    Add(NewKey),

    /// Signs with this key from now on
    Use {
        #[command(flatten)]
        keys: Directory,

        /// Which key
        #[arg(value_name = "ID")]
        id: String,

        /// Even if it was made a moment ago, and services may not know it yet
        #[arg(long)]
        now: bool,
    },

    /// Removes a key's private half, and lets it count until its last token has expired
    Retire {
        #[command(flatten)]
        keys: Directory,

        /// Which key; not the one in use
        #[arg(value_name = "ID")]
        id: String,

        /// How long its tokens still count; 0s if somebody may have stolen it
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
        after: Duration,
    },

    /// Lists the keys: id, algorithm, and what they are for
    List {
        #[command(flatten)]
        keys: Directory,
    },

    /// Removes what is left of retired keys that count no more
    Prune {
        #[command(flatten)]
        keys: Directory,
    },
}

/// A key to be made.
#[derive(Args)]
pub(crate) struct NewKey {
    #[command(flatten)]
    pub(crate) keys: Directory,

    /// What it signs with
    #[arg(long, value_enum, default_value_t)]
    pub(crate) alg: Alg,
}

/// What a key signs with.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Alg {
    /// Ed25519
    #[default]
    Eddsa,
    /// ECDSA on P-256 with SHA-256
    Es256,
}

/// Where the keys are.
#[derive(Args)]
pub(crate) struct Directory {
    /// Directory of the keys; made if missing
    #[arg(
        long = "keys",
        env = "SALES_KEYS",
        value_name = "DIR",
        default_value = ".cutaway/keys"
    )]
    pub(crate) path: PathBuf,
}

/// What a token is to say.
#[derive(Args)]
pub(crate) struct Token {
    /// Directory of the keys
    #[arg(
        long,
        env = "SALES_KEYS",
        value_name = "DIR",
        default_value = ".cutaway/keys"
    )]
    pub(crate) keys: PathBuf,

    /// Which key signs it [default: the one in use]
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,

    /// Who it is for: a user's id or name, whose orders are theirs then; somebody else may do what the roles say, but has no
    /// orders
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: String,

    /// What they are to the shop: shopper, staff or admin; may be given several times
    #[arg(long, value_name = "ROLE", required = true)]
    pub(crate) role: Vec<Role>,

    /// For how long, such as 10min or 8h; 24h at most
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    pub(crate) expires: Duration,
}

/// Which store.
#[derive(Args)]
pub(crate) struct Store {
    /// Which store: sqlite:PATH (made if missing) or, in builds with the feature `postgres`,
    /// postgres://USER:PASSWORD@HOST/DATABASE
    // A text until `location`: clap would repeat a value that it refuses, password and all.
    #[arg(
        long,
        env = "SALES_STORE",
        value_name = "URL",
        default_value = "sqlite:.cutaway/sales.db",
        hide_env_values = true
    )]
    store: String,
}

impl Store {
    /// Where it is.
    pub(crate) fn location(&self) -> anyhow::Result<Location> {
        self.store.parse().context("--store")
    }
}

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  it could not be done; the cause is on the error output
  2  the command line makes no sense";

impl Command {
    /// The command. Ends the process if it makes no sense (exit code 2) or help was asked for (0).
    pub(crate) fn read() -> Command {
        let command = Command::try_parse().unwrap_or_else(|error| {
            if !error.use_stderr() {
                // Help or the version.
                error.exit()
            }
            // Clap repeats what it does not understand, and that may hold a password.
            eprintln!("{}", debug::mask::mask(error.to_string().trim_end()));
            std::process::exit(2)
        });
        let store = match &command {
            Command::Migrate { store } | Command::Seed { store, .. } => Some(store),
            Command::Events { what } => Some(what.store()),
            Command::Genkey(_) | Command::Keys(_) | Command::Token(_) => None,
        };
        if let Some(store) = store
            && let Err(error) = store.location()
        {
            eprintln!("sales-admin: {error:#}");
            std::process::exit(2)
        }
        command
    }
}
