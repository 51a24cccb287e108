//! Otherworld: pipes.
