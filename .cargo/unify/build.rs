//! Present because Cargo only counts build dependencies of a package that has a build script.

fn main() {}
