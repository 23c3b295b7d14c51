//! The console as a whole: keys and messages in, screens and commands out.

mod coverage;
mod keys;
mod large;
mod live;
mod mash;
mod mouse;
mod past;
mod pods;
mod profiles;
mod replicas;
mod scene;
mod screens;
