//! The console as a whole: keys and messages in, screens and commands out.

mod keys;
mod live;
mod mash;
mod scene;
mod screens;
