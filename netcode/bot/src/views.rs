//! What each bot sees, written to a file for `loadtest/` to compare with what was true.
//!
//! A sample is the whole view of one bot at one moment. The bots take turns, evenly over the period, so that no moment has
//! more to write than others. A thread of its own writes; when it falls behind, the run ends with an error instead of
//! waiting for a disk. `loadtest/README.md` describes the file.

use crate::ending::Ending;
use crate::scenario;
use otherworld_core::EntityId;
use otherworld_core::client::{Client, Others, Shown, View};
use otherworld_core::vec3::Vec3;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const MAGIC: &[u8; 8] = b"OWVIEWS1";
/// Samples that may wait for the disk: seconds of a hundred bots.
const QUEUE: usize = 512;

const HAS_POINTS: u16 = 1;
const EXTRAPOLATED: u16 = 2;

/// Whose turn it is, and the way to the file.
pub struct Views {
    started: Duration,
    period: Duration,
    bots: Vec<Updates>,
    /// Turns taken so far, by all bots together.
    turns: u64,
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    writer: JoinHandle<io::Result<()>>,
}

/// In how many snapshots each entity had been at a bot's last sample.
#[derive(Clone, Default)]
struct Updates {
    own: Option<EntityId>,
    counts: HashMap<EntityId, u32>,
}

impl Views {
    /// Opens the file.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start(wanted: &scenario::Views, bots: usize, now: Duration) -> Result<Self, Ending> {
        let file = create(&wanted.path)
            .map_err(|error| Ending::System(format!("{}: {error}", wanted.path.display())))?;
        let (full, samples) = sync_channel(QUEUE);
        let (used, empty) = channel();
        Ok(Self {
            started: now,
            period: Duration::from_secs_f64(wanted.every_s),
            bots: vec![Updates::default(); bots],
            turns: 0,
            full,
            empty,
            writer: thread::spawn(move || write_all(file, &samples, &used)),
        })
    }

    /// When the next turn is.
    pub fn due(&self) -> Duration {
        let share = self.turns as f64 / self.bots.len() as f64;
        self.started + self.period.mul_f64(share)
    }

    /// The bot whose turn it is, if it is due. Turns that this process slept through are left out.
    pub fn next(&mut self, now: Duration) -> Option<usize> {
        if self.due() > now {
            return None;
        }
        while self.due() + self.period < now {
            self.turns += 1;
        }
        let bot = (self.turns % self.bots.len() as u64) as usize;
        self.turns += 1;
        Some(bot)
    }

    /// Writes what a bot sees now, if it has a body.
    ///
    /// # Errors
    /// The disk is too slow, full or gone.
    pub fn sample(&mut self, now: Duration, bot: usize, client: &mut Client) -> Result<(), Ending> {
        client.show(now);
        let Some(view) = client.view() else {
            return Ok(());
        };
        let mut bytes = self.empty.try_recv().unwrap_or_default();
        bytes.clear();
        let updates = &mut self.bots[bot];
        if updates.own != Some(view.entity) {
            (updates.own, updates.counts) = (Some(view.entity), HashMap::new());
        }
        encode(
            &mut bytes,
            now,
            bot as u32,
            &view,
            client.others(),
            |shown| updates.since_last(shown),
        );
        self.full.try_send(bytes).map_err(|error| match error {
            TrySendError::Full(_) => Ending::System("the disk is too slow for the views".into()),
            TrySendError::Disconnected(_) => Ending::System("the views cannot be written".into()),
        })
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Those of the disk, also earlier ones.
    pub fn finish(self) -> Result<(), Ending> {
        drop(self.full);
        let outcome = self.writer.join().expect("the writer does not panic");
        outcome.map_err(Ending::system)
    }
}

impl Updates {
    fn since_last(&mut self, shown: &Shown<'_>) -> u16 {
        let before = self.counts.insert(shown.entity, shown.updates);
        let since = shown.updates.wrapping_sub(before.unwrap_or(0));
        u16::try_from(since).unwrap_or(u16::MAX)
    }
}

fn create(path: &Path) -> io::Result<BufWriter<File>> {
    let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
    file.write_all(MAGIC)?;
    Ok(file)
}

fn write_all(
    mut file: BufWriter<File>,
    samples: &Receiver<Vec<u8>>,
    used: &Sender<Vec<u8>>,
) -> io::Result<()> {
    for sample in samples {
        file.write_all(&sample)?;
        // At the end nobody takes them back.
        let _ = used.send(sample);
    }
    file.flush()
}

fn encode(
    out: &mut Vec<u8>,
    now: Duration,
    bot: u32,
    view: &View,
    others: &Others,
    mut updates: impl FnMut(&Shown<'_>) -> u16,
) {
    out.extend((now.as_micros() as u64).to_le_bytes());
    out.extend(bot.to_le_bytes());
    out.extend(view.entity.0.to_le_bytes());
    put_place(out, view.state.position);
    let counts_at = out.len();
    out.extend([0; 4]);
    let (mut players, mut bodies) = (0u16, 0u16);
    for shown in others.players() {
        let points = shown.points();
        put_shown(out, &shown);
        let places = points.map(|points| points.map(|point| point.position));
        for place in places.unwrap_or_default() {
            put_place(out, place);
        }
        out.extend(updates(&shown).to_le_bytes());
        let flags = HAS_POINTS * u16::from(points.is_some());
        out.extend((flags | extrapolated(&shown)).to_le_bytes());
        players += 1;
    }
    for shown in others.bodies() {
        put_shown(out, &shown);
        out.extend(updates(&shown).to_le_bytes());
        out.extend(extrapolated(&shown).to_le_bytes());
        bodies += 1;
    }
    out[counts_at..counts_at + 2].copy_from_slice(&players.to_le_bytes());
    out[counts_at + 2..counts_at + 4].copy_from_slice(&bodies.to_le_bytes());
}

fn extrapolated(shown: &Shown<'_>) -> u16 {
    EXTRAPOLATED * u16::from(shown.extrapolated)
}

fn put_shown(out: &mut Vec<u8>, shown: &Shown<'_>) {
    out.extend(shown.entity.0.to_le_bytes());
    out.extend(shown.tick.to_le_bytes());
    put_place(out, shown.position);
}

fn put_place(out: &mut Vec<u8>, Vec3 { x, y, z }: Vec3) {
    for part in [x, y, z] {
        out.extend(part.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn views(bots: usize) -> (Views, std::path::PathBuf) {
        let path = std::env::temp_dir().join(format!("views-{bots}-{}", std::process::id()));
        let wanted = scenario::Views {
            path: path.clone(),
            every_s: 1.0,
        };
        let views = Views::start(&wanted, bots, Duration::from_secs(100)).unwrap();
        (views, path)
    }

    #[test]
    fn bots_take_turns_evenly_over_the_period() {
        let (mut views, path) = views(4);
        let at = Duration::from_millis;
        let mut turns = Vec::new();
        for now_ms in (100_000..102_000).step_by(50) {
            while let Some(bot) = views.next(at(now_ms)) {
                turns.push((now_ms, bot));
            }
        }
        assert_eq!(
            turns[..5],
            [
                (100_000, 0),
                (100_250, 1),
                (100_500, 2),
                (100_750, 3),
                (101_000, 0)
            ]
        );
        // After a sleep each has one turn at most, not all that were missed.
        let late = std::iter::from_fn(|| views.next(at(110_000))).count();
        assert!((4..=5).contains(&late), "{late}");
        views.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), MAGIC);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_made_is_named() {
        let wanted = scenario::Views {
            path: "/nowhere/views".into(),
            every_s: 1.0,
        };
        let error = Views::start(&wanted, 1, Duration::ZERO).err().unwrap();
        assert!(error.to_string().contains("/nowhere/views"), "{error}");
    }
}
