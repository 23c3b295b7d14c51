//! What somebody needs who teaches a room: the board, a machine that is ready, a bundle without a network.

mod room;
