//! Otherworld: bots.
fn main() {}
