//! Otherworld: godot.
