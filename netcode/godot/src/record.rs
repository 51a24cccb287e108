//! What was true, tick by tick, for tools that compare it with what clients saw (`OTHERWORLD_RECORD`).
//!
//! The tick fills a buffer and hands it to a thread that writes it; empty ones come back the same way. So the tick waits
//! for no disk and allocates nothing. A disk that stays behind ends the recording, loudly: a file with holes would lie.
//! `loadtest/README.md` has the format.

use std::fs::{File, create_dir_all};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use otherworld_core::snapshot::{BodyPose, PlayerPose};
use otherworld_core::{EntityId, Tick, Vec3};

const MAGIC: &[u8; 8] = b"OWTRUTH2";

/// Bytes of a tick without players and bodies, of a player, of a body.
const TICK_BYTES: usize = 4 + 8 + 4 + 2 + 2;
const PLAYER_BYTES: usize = 4 + 12 + 2 + 2 + 36;
const BODY_BYTES: usize = 4 + 12;

const GROUNDED: u16 = 1;
const TRACKED: u16 = 2;

/// Ticks that may wait for the disk: four seconds of them.
const BUFFERS: usize = 120;

/// So often bodies that lie still are written too (unit: ticks).
const ALL_EVERY: u32 = 300;

/// When a tick told its clients, and what it took.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Which one.
    pub tick: Tick,
    /// When its snapshots were made (since 1970).
    pub at: Duration,
    /// From its start to its last datagram.
    pub took: Duration,
}

/// A recording that runs. Dropping it waits until all of it is written.
pub struct Recorder {
    path: PathBuf,
    filled: Option<SyncSender<Vec<u8>>>,
    empty: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
    /// What was written last of each slot's body.
    written: Vec<(EntityId, Vec3)>,
    ticks: u32,
}

impl Recorder {
    /// Begins a file, over an older one, for so many slots.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn start(path: &Path, players: usize, bodies: usize) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            create_dir_all(folder)?;
        }
        let mut file = File::create(path)?;
        file.write_all(MAGIC)?;
        let (filled, to_write) = sync_channel::<Vec<u8>>(BUFFERS);
        let (give_back, empty) = sync_channel(BUFFERS);
        let most = TICK_BYTES + players * PLAYER_BYTES + bodies * BODY_BYTES;
        for _ in 0..BUFFERS {
            let _ = give_back.send(Vec::with_capacity(most));
        }
        let thread = thread::Builder::new()
            .name("record".into())
            .spawn(move || write_all(file, &to_write, &give_back))?;
        Ok(Self {
            path: path.to_owned(),
            filled: Some(filled),
            empty,
            thread: Some(thread),
            written: vec![Default::default(); bodies],
            ticks: 0,
        })
    }

    /// Takes down a tick, or ends the recording when the disk stayed behind. `bodies` are all slots in order.
    pub fn tick<'a>(
        &mut self,
        told: Told,
        players: impl Iterator<Item = &'a PlayerPose>,
        bodies: impl Iterator<Item = Option<&'a BodyPose>>,
    ) {
        let Some(filled) = &self.filled else {
            return;
        };
        let Ok(mut bytes) = self.empty.try_recv() else {
            let path = self.path.display();
            log::error!(stage = "record", tick = told.tick.0;
                "the queue of ticks to be written is full; the recording {path} ends here");
            self.filled = None;
            return;
        };
        bytes.clear();
        write_tick(&mut bytes, told);
        let players = players.map(|player| write_player(&mut bytes, player));
        let players = players.count() as u16;
        let all = self.ticks.is_multiple_of(ALL_EVERY);
        self.ticks += 1;
        let slots = self.written.iter_mut().zip(bodies);
        let bodies =
            slots.filter_map(|(written, body)| write_body(&mut bytes, body?, written, all));
        let bodies = bodies.count() as u16;
        bytes[TICK_BYTES - 4..TICK_BYTES - 2].copy_from_slice(&players.to_le_bytes());
        bytes[TICK_BYTES - 2..TICK_BYTES].copy_from_slice(&bodies.to_le_bytes());
        // As many can wait as there are. Without a writer, which has said why, nothing more is taken down.
        if filled.try_send(bytes).is_err() {
            self.filled = None;
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.filled = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_all(mut file: File, filled: &Receiver<Vec<u8>>, empty: &SyncSender<Vec<u8>>) {
    while let Ok(bytes) = filled.recv() {
        if let Err(error) = file.write_all(&bytes) {
            log::error!(stage = "record"; "the recording cannot be written and ends here: {error}");
            return;
        }
        let _ = empty.try_send(bytes);
    }
}

/// The two counts come when they are known.
fn write_tick(bytes: &mut Vec<u8>, told: Told) {
    let took_us = u32::try_from(told.took.as_micros()).unwrap_or(u32::MAX);
    bytes.extend(told.tick.0.to_le_bytes());
    bytes.extend((told.at.as_micros() as u64).to_le_bytes());
    bytes.extend(took_us.to_le_bytes());
    bytes.extend([0; 4]);
}

fn write_player(bytes: &mut Vec<u8>, player: &PlayerPose) {
    let grounded = if player.grounded { GROUNDED } else { 0 };
    let tracked = if player.tracked.is_some() { TRACKED } else { 0 };
    bytes.extend(player.entity.0.to_le_bytes());
    write_place(bytes, player.position);
    bytes.extend(player.yaw.to_le_bytes());
    bytes.extend((grounded | tracked).to_le_bytes());
    let points = player.tracked.map(|tracked| tracked.points());
    for index in 0..3 {
        let place = points.map(|points| {
            let point = points[index].unpack();
            point.in_world(player.position, player.yaw)
        });
        write_place(bytes, place.unwrap_or(Vec3::ZERO));
    }
}

/// Nothing of a body that lies where it was written last, unless all are wanted.
fn write_body(
    bytes: &mut Vec<u8>,
    body: &BodyPose,
    written: &mut (EntityId, Vec3),
    all: bool,
) -> Option<()> {
    let now = (body.entity, body.position);
    if !all && body.asleep && *written == now {
        return None;
    }
    *written = now;
    bytes.extend(body.entity.0.to_le_bytes());
    write_place(bytes, body.position);
    Some(())
}

fn write_place(bytes: &mut Vec<u8>, Vec3 { x, y, z }: Vec3) {
    for value in [x, y, z] {
        bytes.extend(value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use otherworld_core::pose::{Point, Tracked};
    use otherworld_core::vec3::vec3;

    use super::*;

    fn player(entity: u32, tracked: bool) -> PlayerPose {
        let point = |x: f32| {
            Point {
                position: vec3(x, 1.5, 0.0),
                rotation: [0.0, 0.0, 0.0, 1.0],
            }
            .pack()
        };
        PlayerPose {
            entity: EntityId(entity),
            position: vec3(1.0, 2.0, 3.0),
            yaw: 0,
            grounded: true,
            tracked: tracked.then(|| Tracked::from_points([point(0.0), point(-0.3), point(0.3)])),
        }
    }

    fn body(entity: u32, x: f32, asleep: bool) -> BodyPose {
        BodyPose {
            entity: EntityId(entity),
            position: vec3(x, 0.0, 0.0),
            rotation: [0.0, 0.0, 0.0, 1.0],
            asleep,
        }
    }

    fn told(tick: u32) -> Told {
        Told {
            tick: Tick(tick),
            at: Duration::from_micros(1_000_000 + u64::from(tick)),
            took: Duration::from_micros(1_234),
        }
    }

    fn word(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }

    fn float(bytes: &[u8], at: usize) -> f32 {
        f32::from_bits(word(bytes, at))
    }

    #[test]
    fn what_was_true_stands_in_the_file() {
        let path = std::env::temp_dir().join(format!("ow-record-{}", std::process::id()));
        let mut recorder = Recorder::start(&path, 4, 3).unwrap();
        let players = [player(7, true), player(8, false)];
        let (still, moving) = (body(1, 5.0, true), body(3, 6.0, false));
        for tick in 0..3 {
            let bodies = [Some(&still), None, Some(&moving)];
            recorder.tick(told(tick), players.iter(), bodies.into_iter());
        }
        drop(recorder);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(&bytes[..8], MAGIC);
        let first = &bytes[8..];
        assert_eq!(
            (word(first, 0), word(first, 4), word(first, 12)),
            (0, 1_000_000, 1_234)
        );
        assert_eq!((first[16], first[18]), (2, 2));
        let tracked = &first[TICK_BYTES..];
        assert_eq!((word(tracked, 0), float(tracked, 8)), (7, 2.0));
        assert_eq!(tracked[18], 3);
        assert!(
            (float(tracked, 24) - 3.5).abs() < 1e-3,
            "the head is above the feet"
        );
        let rooted = &tracked[PLAYER_BYTES..];
        assert_eq!(
            (word(rooted, 0), rooted[18], float(rooted, 24)),
            (8, 1, 0.0)
        );
        let bodies = &rooted[PLAYER_BYTES..];
        assert_eq!((word(bodies, 0), float(bodies, 4)), (1, 5.0));
        assert_eq!((word(bodies, 16), float(bodies, 20)), (3, 6.0));
        let second = &bodies[2 * BODY_BYTES..];
        assert_eq!(
            (word(second, 0), second[16], second[18]),
            (1, 2, 1),
            "who lies still is left out"
        );
        let length = 3 * (TICK_BYTES + 2 * PLAYER_BYTES) + 4 * BODY_BYTES;
        assert_eq!(bytes.len() - 8, length);
    }

    #[test]
    fn a_disk_that_stays_behind_ends_the_recording_and_never_the_tick() {
        let (filled, to_write) = sync_channel(BUFFERS);
        let (give_back, empty) = sync_channel(BUFFERS);
        for _ in 0..BUFFERS {
            give_back.send(Vec::new()).unwrap();
        }
        let mut recorder = Recorder {
            path: "/nowhere".into(),
            filled: Some(filled),
            empty,
            thread: None,
            written: Vec::new(),
            ticks: 0,
        };
        for tick in 0..2 * BUFFERS as u32 {
            recorder.tick(told(tick), std::iter::empty(), std::iter::empty());
        }
        assert!(recorder.filled.is_none());
        assert_eq!(
            to_write.iter().count(),
            BUFFERS,
            "all ticks up to then are whole"
        );
    }
}
