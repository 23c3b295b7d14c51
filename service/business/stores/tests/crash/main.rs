//! What a store has acknowledged is there after the program was killed, at any moment.
//!
//! A child process places and reverses orders and says of each when it was acknowledged. It is killed
//! (SIGKILL) when it has said so a random number of times; then every order it spoke of must be in the
//! store, and the pieces on the shelves must be exact. The kernel keeps what a killed process has
//! written, so on SQLite the same is done with a disk that forgets what was not synced (`power.c`). Of
//! PostgreSQL not only the client is killed, but also the server with all its processes, whose memory
//! then is gone. And with stores that break their promise on purpose: that must be noticed.

#[cfg(feature = "postgres")]
#[path = "../all/server.rs"]
mod server;

mod child;
mod disk;
#[cfg(all(feature = "postgres", target_os = "linux"))]
mod mortal;
mod rounds;

use disk::Disk;
use rounds::{Found, Round, Victim, rounds};
use stores::options::Sabotage;

/// As many as a test can wait for; `CRASH_ROUNDS=1000` for more.
const ROUNDS: u64 = 20;

#[test]
fn what_is_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let found = rounds(ROUNDS, || Round {
        store: disk::fresh(directory.path()),
        disk: Disk::Kept,
        sabotage: Sabotage::None,
        victim: Victim::Child,
    });
    found.nothing_is_wrong();
}

#[cfg(feature = "postgres")]
#[test]
fn what_is_acknowledged_by_postgres_survives_a_kill() {
    let found = rounds(ROUNDS, || Round {
        store: server::new_database(),
        disk: Disk::Kept,
        sabotage: Sabotage::None,
        victim: Victim::Child,
    });
    found.nothing_is_wrong();
}

#[cfg(all(feature = "postgres", target_os = "linux"))]
#[test]
fn what_is_acknowledged_by_postgres_survives_a_kill_of_the_server() {
    after_kills_of_the_server(Sabotage::None).nothing_is_wrong();
}

#[cfg(all(feature = "postgres", target_os = "linux"))]
#[test]
fn a_server_that_does_not_write_before_it_acknowledges_is_found_out() {
    after_kills_of_the_server(Sabotage::NeverSync).an_order_is_lost();
}

#[cfg(all(feature = "postgres", target_os = "linux"))]
fn after_kills_of_the_server(sabotage: Sabotage) -> Found {
    rounds(ROUNDS, || {
        let server = mortal::Server::start();
        Round {
            store: server.url("postgres"),
            disk: Disk::Kept,
            sabotage,
            victim: Victim::Server(server),
        }
    })
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_acknowledged_survives_a_power_cut() {
    after_power_cuts(Sabotage::None).nothing_is_wrong();
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_that_does_not_sync_is_found_out() {
    after_power_cuts(Sabotage::NeverSync).an_order_is_lost();
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_that_acknowledges_before_it_commits_is_found_out() {
    after_power_cuts(Sabotage::AnswerEarly).an_order_is_lost();
}

#[cfg(target_os = "linux")]
fn after_power_cuts(sabotage: Sabotage) -> Found {
    let directory = tempfile::tempdir().expect("a directory");
    rounds(ROUNDS, || Round {
        store: disk::fresh(directory.path()),
        disk: Disk::forgetful(directory.path()),
        sabotage,
        victim: Victim::Child,
    })
}
