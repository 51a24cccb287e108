//! What a world holds, for people who read its log: things counted by kind, and its frame of reference.
//!
//! A node's name says its kind up to the first number in it: `ball_017` is a ball, `chair_1_back` a part of chair 1.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use otherworld_scene::{Place, Scene};

/// Counts by kind, marker and quad plane.
pub struct Inventory<'a> {
    kinds: BTreeMap<&'a str, usize>,
    frame: [(&'static str, Option<&'a Place>); 2],
}

/// Counts a scene.
pub fn of(scene: &Scene) -> Inventory<'_> {
    let statics = scene.statics.iter().map(|collider| &collider.name);
    let bodies = scene.bodies.iter().map(|body| &body.name);
    let spawns = scene.spawns.iter().map(|spawn| &spawn.name);
    let names = statics.chain(bodies).chain(spawns);
    let things: BTreeSet<(&str, &str)> = names.map(|name| kind_and_number(name)).collect();
    let mut kinds = BTreeMap::new();
    for (kind, _) in things {
        *kinds.entry(kind).or_default() += 1;
    }
    Inventory {
        kinds,
        frame: [
            ("marker", scene.marker.as_ref()),
            ("quad_plane", scene.quad_plane.as_ref()),
        ],
    }
}

fn kind_and_number(name: &str) -> (&str, &str) {
    let Some(begin) = name.find(|c: char| c.is_ascii_digit()) else {
        return (name, "");
    };
    let length = name[begin..].find(|c: char| !c.is_ascii_digit());
    let end = length.map_or(name.len(), |length| begin + length);
    (name[..begin].trim_end_matches('_'), &name[begin..end])
}

impl fmt::Display for Inventory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, count) in &self.kinds {
            write!(f, "{kind}:{count},")?;
        }
        for (k, (name, place)) in self.frame.iter().enumerate() {
            let comma = if k == 0 { "" } else { "," };
            match place.map(|place| place.pose.position) {
                Some(at) => write!(f, "{comma}{name}:[{},{},{}]", at.x, at.y, at.z)?,
                None => write!(f, "{comma}{name}:none")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_kind_and_number() {
        assert_eq!(kind_and_number("ball_017"), ("ball", "017"));
        assert_eq!(kind_and_number("chair_1_back"), ("chair", "1"));
        assert_eq!(kind_and_number("stairs_a_3"), ("stairs_a", "3"));
        assert_eq!(kind_and_number("terrain"), ("terrain", ""));
        assert_eq!(kind_and_number("7"), ("", "7"));
    }
}
