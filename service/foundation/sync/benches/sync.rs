//! What waiting, holding and telling cost.

fn main() {}
