//! The console as a whole: keys and messages in, screens and commands out.

mod keys;
mod live;
mod mash;
mod past;
mod profiles;
mod replicas;
mod scene;
mod screens;
