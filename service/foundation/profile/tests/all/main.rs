//! Profiles of real programs, made ones, and bytes that are none: what is read, written and made of them, and what
//! `go tool pprof` says of the same.

mod combine;
mod corpus;
mod filters;
mod go;
mod hostile;
mod lists;
mod tool;
mod views;
