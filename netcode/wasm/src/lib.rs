//! Otherworld: wasm.
