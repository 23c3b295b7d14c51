//! What somebody needs who teaches a room: the board, a machine that is ready, a bundle without a network.

mod bundle;
#[path = "../common/mod.rs"]
mod common;
mod doctor;
mod room;
