//! What a store has acknowledged is there after the program was killed, at any moment.
//!
//! A child process places and reverses orders and says of each when it was acknowledged. It is killed
//! (SIGKILL) when it has said so a random number of times; then every order it spoke of must be in the
//! store, and the pieces on the shelves must be exact. The kernel keeps what a killed process has
//! written, so on SQLite the same is done with a disk that forgets what was not synced (`power.c`), and
//! with a store that breaks its promise on purpose: that must be noticed.

#[cfg(feature = "postgres")]
#[path = "../all/server.rs"]
mod server;

mod child;
mod disk;
mod rounds;

use disk::Disk;
use rounds::{Round, rounds};
use stores::options::Sabotage;

/// As many as a test can wait for; `CRASH_ROUNDS=1000` for more.
const ROUNDS: u64 = 20;

#[test]
fn what_is_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let round = Round {
        store: disk::store(directory.path()),
        disk: Disk::Kept,
        sabotage: Sabotage::None,
    };
    rounds(ROUNDS, &round).expect("nothing is lost");
}

#[cfg(feature = "postgres")]
#[test]
fn what_is_acknowledged_by_postgres_survives_a_kill() {
    let round = Round {
        store: server::url("postgres"),
        disk: Disk::Kept,
        sabotage: Sabotage::None,
    };
    rounds(ROUNDS, &round).expect("nothing is lost");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_acknowledged_survives_a_power_cut() {
    after_power_cuts(Sabotage::None).expect("nothing is lost");
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_that_does_not_sync_is_found_out() {
    let lost = after_power_cuts(Sabotage::NeverSync).expect_err("orders are lost");
    assert!(lost.contains("is lost"), "{lost}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_store_that_acknowledges_before_it_commits_is_found_out() {
    let lost = after_power_cuts(Sabotage::AnswerEarly).expect_err("orders are lost");
    assert!(lost.contains("is lost"), "{lost}");
}

#[cfg(target_os = "linux")]
fn after_power_cuts(sabotage: Sabotage) -> Result<(), String> {
    let directory = tempfile::tempdir().expect("a directory");
    let round = Round {
        store: disk::store(directory.path()),
        disk: Disk::forgetful(directory.path()),
        sabotage,
    };
    rounds(ROUNDS, &round)
}
