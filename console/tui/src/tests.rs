//! The console as a whole: keys and messages in, screens and commands out.

mod keys;
mod large;
mod live;
mod mash;
mod profiles;
mod scene;
mod screens;
