//! The console's screen: state, update, view. No network, no files, no clock: time and news arrive as [`Input`].
//!
//! ```text
//!   Message, Key, Resize, Tick ──▶ update ──▶ State ──▶ view ──▶ terminal
//!                                     │
//!                                     └──▶ Command, for whoever reads the targets
//! ```
//!
//! ```
//! use std::time::Duration;
//! use cutaway_tui::{Input, Options, State, draw, update};
//! use ratatui::{buffer::Buffer, layout::Rect};
//!
//! let mut state = State::new(Options::default());
//! update(&mut state, Input::Resize(80, 24));
//! update(&mut state, Input::Tick(Duration::from_secs(1)));
//! let mut screen = Buffer::empty(Rect::new(0, 0, 80, 24));
//! draw(&state, &mut screen);
//! let picture = cutaway_tui::shot::svg(&screen, "an empty console");
//! assert!(picture.starts_with("<svg"));
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `state` | everything the screen is drawn from |
//! | `update` | what messages and keys do to it |
//! | `keys` | the one table of keys |
//! | `target`, `variable`, `health`, `vitals` | what is known of a target |
//! | `facts`, `lints`, `explain` | what numbers mean, and which look wrong |
//! | `fleet`, `live`, `keymap` | many targets, recordings, remapped keys |
//! | [`ring`] | profiles kept in the background |
//! | `tree`, `board`, `profiling`, `flame`, `sources` | what the views show of it |
//! | `view` | the screen, a file for each region |
//! | `draw` | text, charts and grids in cells |
//! | [`shot`] | a screen as a picture |
//!
//! # Bounds
//! Histories, variables and captures are bounded by [`Options`] and constants beside their use; text from targets is
//! sanitized when it comes in. Frames cost what is on the screen; flame graphs are laid out when they change. What takes
//! long is [`Work`], for another thread: see [`State::work`].

mod board;
mod draw;
mod explain;
mod facts;
mod field;
mod flame;
mod fleet;
mod health;
mod keymap;
mod keys;
mod lints;
mod live;
mod matcher;
mod profiling;
mod progress;
pub mod ring;
pub mod shot;
mod sources;
mod state;
mod target;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod theme;
mod themes;
mod tree;
mod unit;
mod update;
mod variable;
mod view;
mod vitals;

pub use keymap::{KeyInfo, keys};
pub use lints::Found;
pub use live::Replay;
pub use profiling::{Prepared, Work};
pub use state::{Options, State, TARGET_VARIABLES};
pub use theme::{Colors, Palette};
pub use update::{FileNews, Input, update};
pub use view::{draw, view};
