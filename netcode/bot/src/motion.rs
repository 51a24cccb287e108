//! Clips of head and hands, as `loadtest/motion` describes their files: read once, then mixed at any moment.

use crate::ending::Ending;
use crate::scenario::ClipSource;
use otherworld_core::pose::{Point, Tracked};
use otherworld_core::vec3::vec3;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use thiserror::Error;

/// Frames of a clip in a second.
const RATE: f64 = 30.0;

/// Head, left hand, right hand: three places and three quaternion parts each.
const COLUMNS: usize = 18;

/// Why a clip cannot be played.
#[derive(Debug, PartialEq, Error)]
pub enum ClipError {
    /// The file of a clip.
    #[error("{0}")]
    File(String),
    /// Lines are counted from 1.
    #[error("line {line} has {found} columns instead of {COLUMNS}")]
    Columns { line: usize, found: usize },
    /// A cell.
    #[error("line {line}: {cell:?} is not a whole number that a place or a rotation can have")]
    Cell { line: usize, cell: String },
    /// Two frames are the least to mix.
    #[error("it has {0} frames")]
    Short(usize),
}

/// Clips by their names.
pub type Clips = HashMap<String, Arc<Clip>>;

/// Reads the clips of a scenario.
pub fn load(sources: &BTreeMap<String, ClipSource>) -> Result<Clips, Ending> {
    let clips = sources.iter().map(|(name, source)| {
        let clip = match source {
            ClipSource::Inline { csv } => Clip::read(csv),
            ClipSource::File { path } => std::fs::read_to_string(path)
                .map_err(|error| ClipError::File(format!("{}: {error}", path.display())))
                .and_then(|csv| Clip::read(&csv)),
        };
        let clip = clip.map_err(|error| Ending::Scenario(format!("motion.{name}: {error}")))?;
        Ok((name.clone(), Arc::new(clip)))
    });
    clips.collect()
}

/// A clip; after its last frame comes the first again.
#[derive(Debug, PartialEq)]
pub struct Clip {
    frames: Vec<[Point; 3]>,
}

impl Clip {
    /// Reads the text of a file.
    pub fn read(csv: &str) -> Result<Clip, ClipError> {
        let rows = csv.lines().enumerate().skip(1);
        let frames = rows
            .map(|(index, row)| frame(index + 1, row))
            .collect::<Result<Vec<_>, _>>()?;
        if frames.len() < 2 {
            return Err(ClipError::Short(frames.len()));
        }
        Ok(Clip { frames })
    }

    /// How head and hands are held so long after the clip's start (unit: seconds), any number of loops later.
    pub fn at(&self, seconds: f64) -> Tracked {
        let place = (seconds * RATE).rem_euclid(self.frames.len() as f64);
        let index = (place as usize).min(self.frames.len() - 1);
        let share = (place - index as f64) as f32;
        let (from, to) = (
            &self.frames[index],
            &self.frames[(index + 1) % self.frames.len()],
        );
        Tracked::from_points(core::array::from_fn(|k| {
            mix(&from[k], &to[k], share).pack()
        }))
    }
}

fn frame(line: usize, row: &str) -> Result<[Point; 3], ClipError> {
    let mut cells = [0.0; COLUMNS];
    let found = row.split(',').count();
    if found != COLUMNS {
        return Err(ClipError::Columns { line, found });
    }
    for (cell, text) in cells.iter_mut().zip(row.split(',')) {
        let number = text.parse::<i16>().map_err(|_| ClipError::Cell {
            line,
            cell: text.to_owned(),
        })?;
        *cell = f32::from(number) / 1000.0;
    }
    Ok(core::array::from_fn(|k| point(&cells[6 * k..6 * k + 6])))
}

/// Of the quaternion the file has three parts; the fourth is not negative.
fn point(cells: &[f32]) -> Point {
    let [x, y, z] = [cells[3], cells[4], cells[5]];
    let square = x * x + y * y + z * z;
    Point {
        position: vec3(cells[0], cells[1], cells[2]),
        rotation: normalized([x, y, z, (1.0 - square).max(0.0).sqrt()]),
    }
}

fn mix(from: &Point, to: &Point, share: f32) -> Point {
    let dot: f32 = (0..4).map(|k| from.rotation[k] * to.rotation[k]).sum();
    let sign = if dot < 0.0 { -1.0 } else { 1.0 };
    let between = |k: usize| from.rotation[k] * (1.0 - share) + sign * to.rotation[k] * share;
    Point {
        position: from.position + (to.position - from.position) * share,
        rotation: normalized(core::array::from_fn(between)),
    }
}

fn normalized(rotation: [f32; 4]) -> [f32; 4] {
    let square: f32 = rotation.iter().map(|part| part * part).sum();
    if square < 1e-6 {
        return [0.0, 0.0, 0.0, 1.0];
    }
    rotation.map(|part| part / square.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use otherworld_core::pose::POINT_ERROR;

    const TWO: &str = "names\n\
        0,1600,-80,0,0,0,-200,900,-200,0,0,0,200,900,-200,0,0,0\n\
        0,1600,-80,0,600,0,-200,900,-200,0,0,0,400,1700,-200,0,0,0\n";

    #[test]
    fn mixes_frames_and_begins_anew() {
        let clip = Clip::read(TWO).unwrap();
        let hand = |seconds: f64| clip.at(seconds).right.unpack().position;
        let near = |seconds, x, y| {
            let off = hand(seconds) - vec3(x, y, -0.2);
            assert!(off.length() < 2.0 * POINT_ERROR, "{seconds}: {off:?}");
        };
        near(0.0, 0.2, 0.9);
        near(0.5 / RATE, 0.3, 1.3);
        near(1.0 / RATE, 0.4, 1.7);
        near(1.5 / RATE, 0.3, 1.3);
        near(1000.0 * 2.0 / RATE, 0.2, 0.9);
        let [_, y, _, w] = clip.at(1.0 / RATE).head.unpack().rotation;
        assert!((y - 0.6).abs() < 0.01 && (w - 0.8).abs() < 0.01);
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        assert_eq!(Clip::read("names\n"), Err(ClipError::Short(0)));
        let short = "names\n1,2\n";
        assert_eq!(
            Clip::read(short),
            Err(ClipError::Columns { line: 2, found: 2 })
        );
        let error = Clip::read(&TWO.replace("1700", "1.7")).unwrap_err();
        assert_eq!(error.to_string().split(':').next(), Some("line 3"));
    }

    /// The corpus itself: every clip is readable, and no hand is quicker than a throw.
    #[test]
    fn plays_the_corpus_without_a_leap() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../loadtest/motion/clips");
        let mut clips = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let clip = Clip::read(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
            clips += 1;
            for step in 0..1000 {
                let at = |step: u32| clip.at(f64::from(step) / 60.0).points();
                for (before, after) in at(step).into_iter().zip(at(step + 1)) {
                    let moved = after.unpack().position - before.unpack().position;
                    assert!(moved.length() * 60.0 < 12.0);
                }
            }
        }
        assert!(clips >= 8);
    }
}
