//! Otherworld: instance.
