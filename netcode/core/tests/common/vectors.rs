//! Golden vectors: `netcode/spec/vectors/NAME.json` is compared with what the code makes of the same values.
//!
//! `OTHERWORLD_BLESS=1 cargo test -p otherworld-core` writes them anew, for the diff to be read by a person.
#![allow(dead_code)]

use serde_json::Value;
use std::fmt::Write;

pub fn check(name: &str, actual: &Value) {
    let path = format!("{}/../spec/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("OTHERWORLD_BLESS").is_some() {
        let text = serde_json::to_string_pretty(actual).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
    }
    let golden: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(
        &golden, actual,
        "{name} is not on the wire as it was: raise its version in protocol.rs"
    );
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
