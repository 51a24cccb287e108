//! Otherworld: core.
