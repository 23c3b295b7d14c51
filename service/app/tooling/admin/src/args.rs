//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser};
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

    /// Makes a key to sign tokens with
    ///
    /// Writes ID.private.jwk, which only its owner may read, and ID.public.jwk, which every service
    /// needs in its own --keys directory. To change keys: make a new one, give its public half to every
    /// service and restart them, sign with the new one, and remove the old one's files when its last
    /// token has expired.
    Genkey {
        /// Directory of the keys; made if missing
        #[arg(
            long,
            env = "SALES_KEYS",
            value_name = "DIR",
            default_value = ".cutaway/keys"
        )]
        keys: PathBuf,
    },

    /// Prints a token that tells the service who is asking
    ///
    /// It cannot be taken back before it expires, other than with its key.
    Token(Token),
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

    /// Which key signs it [default: the only one]
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,

    /// Who it is for: a user's id or name, whose orders are theirs then; somebody else may do what the roles say, but has no
    /// orders
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: String,

    /// What they are to the shop: shopper, staff or admin; may be given several times
    #[arg(long, value_name = "ROLE", required = true)]
    pub(crate) role: Vec<Role>,

    /// For how long, such as 30min, 8h or 7days
    #[arg(long, value_name = "TIME", default_value = "8h", value_parser = humantime::parse_duration)]
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
        if let Command::Migrate { store } | Command::Seed { store, .. } = &command
            && let Err(error) = store.location()
        {
            eprintln!("sales-admin: {error:#}");
            std::process::exit(2)
        }
        command
    }
}
