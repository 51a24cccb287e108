//! What a client is told each tick: its own state exactly, everything else as closely as one can see.
//!
//! First form: every entity in a snapshot is complete, so that any single datagram is enough and nothing is acknowledged;
//! what does not fit waits for its turn ([`crate::select`]). A client predicts from [`Own`], so its floats travel bit by
//! bit; others are drawn only, so places are multiples of 1/1024 m. Layout in `netcode/spec/STANDARD.md`.

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::message::MessageError;
use crate::step::{Blocker, Blockers, State, Support};
use crate::tick::{EntityId, Tick};
use crate::vec3::{Vec3, vec3};
use crate::world::LIMIT;

/// Steps of a quantised place in a metre.
const STEPS_PER_METRE: f32 = 1024.0;
const SIDEWAYS_BITS: u32 = 20;
const HEIGHT_BITS: u32 = 19;

/// Largest difference of a quantised place to the true one along an axis (unit: metres), rounding of `f32` included.
pub const PLACE_ERROR: f32 = 0.55e-3;

/// Largest angle between a quantised rotation and the true one (unit: radians).
pub const ROTATION_ERROR: f32 = 2.5e-3;

/// A drawn player's yaw is a multiple of 1/4096 of a turn.
const YAW_BITS: u32 = 12;

const ROTATION_BITS: u32 = 11;
const ROTATION_STEPS: f32 = ((1 << ROTATION_BITS) - 1) as f32;

const END: u64 = 0;
const PLAYER: u64 = 1;
const BODY: u64 = 2;

/// What a client needs to run its clock and its prediction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The tick that this is the outcome of.
    pub tick: Tick,
    /// The newest tick that the server has an input of this client for.
    pub input_tick: Tick,
    /// `[IN6]` How early the newest input came before its tick was taken (unit: milliseconds; negative: late).
    pub input_margin_ms: i16,
    /// Ticks so far that were taken without an input of their own; wraps.
    pub missed_inputs: u8,
}

/// The client's own character.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Own {
    /// Its body.
    pub entity: EntityId,
    /// Exactly as the server has it after [`Header::tick`].
    pub state: State,
}

/// Somebody else's character.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PlayerPose {
    /// Whose body; [`crate::message::RosterEntry`] says whose seat.
    pub entity: EntityId,
    /// The feet (unit: metres).
    pub position: Vec3,
    /// Where they look, as in [`crate::input::Input`].
    pub yaw: u16,
    /// Whether they stand on something.
    pub grounded: bool,
}

/// A dynamic body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyPose {
    /// Which one.
    pub entity: EntityId,
    /// Its origin (unit: metres).
    pub position: Vec3,
    /// Quaternion of length one: x, y, z, w.
    pub rotation: [f32; 4],
    /// Whether it lies still.
    pub asleep: bool,
}

/// Writes one snapshot into the caller's bytes, most important things first, until it is full.
#[derive(Debug)]
pub struct SnapshotWriter<'a> {
    bits: BitWriter<'a>,
}

impl<'a> SnapshotWriter<'a> {
    /// Starts a snapshot. `own` is `None` for a spectator.
    ///
    /// # Errors
    /// [`BitsError::Full`] when not even that fits.
    pub fn new(
        out: &'a mut [u8],
        header: &Header,
        own: Option<&Own>,
    ) -> Result<SnapshotWriter<'a>, BitsError> {
        let mut bits = BitWriter::new(out);
        bits.write(u64::from(header.tick.0), 32)?;
        bits.write(u64::from(header.input_tick.0), 32)?;
        bits.write(u64::from(header.input_margin_ms.cast_unsigned()), 16)?;
        bits.write(u64::from(header.missed_inputs), 8)?;
        bits.write_bool(own.is_some())?;
        if let Some(own) = own {
            write_entity(&mut bits, own.entity)?;
            write_state(&mut bits, &own.state)?;
        }
        Ok(SnapshotWriter { bits })
    }

    /// Adds a player.
    ///
    /// # Errors
    /// [`BitsError::Full`]; the snapshot stays without it.
    pub fn add_player(&mut self, player: &PlayerPose) -> Result<(), BitsError> {
        self.add(|bits| {
            bits.write(PLAYER, 2)?;
            write_entity(bits, player.entity)?;
            write_place(bits, player.position)?;
            bits.write(quantise_yaw(player.yaw), YAW_BITS)?;
            bits.write_bool(player.grounded)
        })
    }

    /// Adds a dynamic body.
    ///
    /// # Errors
    /// [`BitsError::Full`]; the snapshot stays without it.
    pub fn add_body(&mut self, body: &BodyPose) -> Result<(), BitsError> {
        self.add(|bits| {
            bits.write(BODY, 2)?;
            write_entity(bits, body.entity)?;
            write_place(bits, body.position)?;
            write_rotation(bits, body.rotation)?;
            bits.write_bool(body.asleep)
        })
    }

    fn add(
        &mut self,
        write: impl FnOnce(&mut BitWriter<'a>) -> Result<(), BitsError>,
    ) -> Result<(), BitsError> {
        let before = self.bits.bits_written();
        let result = write(&mut self.bits);
        if result.is_err() {
            self.bits.rewind(before);
        }
        result
    }

    /// Bits so far.
    #[must_use]
    pub fn bits_written(&self) -> usize {
        self.bits.bits_written()
    }

    /// The length of the message (unit: bytes). Nothing marks the end but the end: unused bits are zero.
    #[must_use]
    pub fn finish(self) -> usize {
        self.bits.bytes_written()
    }
}

/// A snapshot as it was received. Reading into the same one again allocates nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Clock and acknowledgement.
    pub header: Header,
    /// The client's own character; a spectator has none.
    pub own: Option<Own>,
    /// Some of the others.
    pub players: Vec<PlayerPose>,
    /// Some of the dynamic bodies.
    pub bodies: Vec<BodyPose>,
}

impl Snapshot {
    /// Room for as much as a payload can hold.
    #[must_use]
    pub fn with_capacity() -> Snapshot {
        let smallest_player = 2 + 2 + 8 + 2 * SIDEWAYS_BITS + HEIGHT_BITS + YAW_BITS + 1;
        let most = crate::link::MAX_PAYLOAD_BYTES * 8 / smallest_player as usize;
        Snapshot {
            players: Vec::with_capacity(most),
            bodies: Vec::with_capacity(most),
            ..Snapshot::default()
        }
    }

    /// Reads a message in place of what was here.
    ///
    /// # Errors
    /// When it is too short or has an impossible value; what is here then is of no use.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<(), MessageError> {
        self.players.clear();
        self.bodies.clear();
        let mut bits = BitReader::new(bytes);
        self.header = Header {
            tick: Tick(bits.read_u32(32)?),
            input_tick: Tick(bits.read_u32(32)?),
            input_margin_ms: (bits.read(16)? as u16).cast_signed(),
            missed_inputs: bits.read(8)? as u8,
        };
        self.own = if bits.read_bool()? {
            Some(Own {
                entity: read_entity(&mut bits)?,
                state: read_state(&mut bits)?,
            })
        } else {
            None
        };
        while bits.bits_left() >= 2 {
            match bits.read(2)? {
                END => break,
                PLAYER => self.players.push(PlayerPose {
                    entity: read_entity(&mut bits)?,
                    position: read_place(&mut bits)?,
                    yaw: (bits.read(YAW_BITS)? as u16) << (16 - YAW_BITS),
                    grounded: bits.read_bool()?,
                }),
                BODY => self.bodies.push(BodyPose {
                    entity: read_entity(&mut bits)?,
                    position: read_place(&mut bits)?,
                    rotation: read_rotation(&mut bits)?,
                    asleep: bits.read_bool()?,
                }),
                _ => return Err(MessageError::Invalid("kind of entity")),
            }
        }
        if bits.bits_left() >= 8 {
            return Err(MessageError::Invalid("end of the snapshot"));
        }
        Ok(())
    }
}

/// Widths of an entity's number, by the two bits in front of it.
const ENTITY_BITS: [u32; 4] = [8, 12, 16, 32];

fn write_entity(bits: &mut BitWriter<'_>, entity: EntityId) -> Result<(), BitsError> {
    let class = ENTITY_BITS.partition_point(|&width| width < 32 && entity.0 >> width != 0);
    bits.write(class as u64, 2)?;
    bits.write(u64::from(entity.0), ENTITY_BITS[class])
}

fn read_entity(bits: &mut BitReader<'_>) -> Result<EntityId, MessageError> {
    let class = bits.read(2)? as usize;
    let entity = EntityId(bits.read_u32(ENTITY_BITS[class])?);
    if entity == EntityId::NONE {
        return Err(MessageError::Invalid("entity"));
    }
    Ok(entity)
}

fn write_place(bits: &mut BitWriter<'_>, place: Vec3) -> Result<(), BitsError> {
    bits.write(quantise(place.x, LIMIT.x, SIDEWAYS_BITS), SIDEWAYS_BITS)?;
    bits.write(quantise(place.y, LIMIT.y, HEIGHT_BITS), HEIGHT_BITS)?;
    bits.write(quantise(place.z, LIMIT.z, SIDEWAYS_BITS), SIDEWAYS_BITS)
}

fn read_place(bits: &mut BitReader<'_>) -> Result<Vec3, BitsError> {
    let mut axis = |width, limit| Ok(bits.read_u32(width)? as f32 / STEPS_PER_METRE - limit);
    Ok(vec3(
        axis(SIDEWAYS_BITS, LIMIT.x)?,
        axis(HEIGHT_BITS, LIMIT.y)?,
        axis(SIDEWAYS_BITS, LIMIT.z)?,
    ))
}

/// The nearest step, the last one for what lies outside; casting takes NaN to 0.
fn quantise(value: f32, limit: f32, width: u32) -> u64 {
    let steps = ((value + limit) * STEPS_PER_METRE + 0.5) as u32;
    u64::from(steps.min((1 << width) - 1))
}

fn quantise_yaw(yaw: u16) -> u64 {
    let half = 1 << (15 - YAW_BITS);
    u64::from(yaw.wrapping_add(half) >> (16 - YAW_BITS))
}

/// The three smaller parts of the quaternion; the largest follows from them, with the sign made positive.
fn write_rotation(bits: &mut BitWriter<'_>, rotation: [f32; 4]) -> Result<(), BitsError> {
    let mut largest = 0;
    for k in 1..4 {
        if rotation[k].abs() > rotation[largest].abs() {
            largest = k;
        }
    }
    let sign = if rotation[largest] < 0.0 { -1.0 } else { 1.0 };
    bits.write(largest as u64, 2)?;
    for (k, part) in rotation.into_iter().enumerate() {
        if k != largest {
            let share = part * sign * core::f32::consts::FRAC_1_SQRT_2 + 0.5;
            let steps = (share * ROTATION_STEPS + 0.5) as u32;
            bits.write(u64::from(steps.min(ROTATION_STEPS as u32)), ROTATION_BITS)?;
        }
    }
    Ok(())
}

fn read_rotation(bits: &mut BitReader<'_>) -> Result<[f32; 4], BitsError> {
    let largest = bits.read(2)? as usize;
    let mut rotation = [0.0; 4];
    let mut left = 1.0;
    for (k, part) in rotation.iter_mut().enumerate() {
        if k != largest {
            let steps = bits.read_u32(ROTATION_BITS)? as f32;
            *part = (steps / ROTATION_STEPS - 0.5) * core::f32::consts::SQRT_2;
            left -= *part * *part;
        }
    }
    // A hostile peer can make `left` negative; then the others are scaled to length one.
    if left < 0.0 {
        let scale = 1.0 / (1.0 - left).sqrt();
        rotation = rotation.map(|part| part * scale);
    } else {
        rotation[largest] = left.sqrt();
    }
    Ok(rotation)
}

fn write_state(bits: &mut BitWriter<'_>, state: &State) -> Result<(), BitsError> {
    write_exact(bits, state.position)?;
    write_exact(bits, state.velocity)?;
    bits.write(state.support as u64, 2)?;
    bits.write(state.blockers.len() as u64, 2)?;
    for blocker in state.blockers.iter() {
        write_exact(bits, blocker.normal)?;
        bits.write_f32(blocker.offset)?;
        bits.write_f32(blocker.drift)?;
        bits.write(u64::from(blocker.ticks_left), 3)?;
    }
    Ok(())
}

fn read_state(bits: &mut BitReader<'_>) -> Result<State, MessageError> {
    let position = read_exact(bits)?;
    let velocity = read_exact(bits)?;
    if !position.is_finite() || !velocity.is_finite() {
        return Err(MessageError::Invalid("state"));
    }
    let support = match bits.read(2)? {
        0 => Support::Air,
        1 => Support::World,
        2 => Support::Body,
        _ => return Err(MessageError::Invalid("support")),
    };
    let mut blockers = Blockers::default();
    for _ in 0..bits.read(2)? {
        let blocker = Blocker {
            normal: read_exact(bits)?,
            offset: bits.read_f32()?,
            drift: bits.read_f32()?,
            ticks_left: bits.read(3)? as u8,
        };
        if !blocker.is_sane() || !blockers.push_exact(blocker) {
            return Err(MessageError::Invalid("blocker"));
        }
    }
    Ok(State {
        position,
        velocity,
        support,
        blockers,
    })
}

fn write_exact(bits: &mut BitWriter<'_>, v: Vec3) -> Result<(), BitsError> {
    bits.write_f32(v.x)?;
    bits.write_f32(v.y)?;
    bits.write_f32(v.z)
}

fn read_exact(bits: &mut BitReader<'_>) -> Result<Vec3, BitsError> {
    Ok(vec3(bits.read_f32()?, bits.read_f32()?, bits.read_f32()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::MAX_PAYLOAD_BYTES;
    use proptest::prelude::*;

    fn any_place() -> impl Strategy<Value = Vec3> {
        (-512.0f32..512.0, -256.0f32..256.0, -512.0f32..512.0).prop_map(|(x, y, z)| vec3(x, y, z))
    }

    fn any_rotation() -> impl Strategy<Value = [f32; 4]> {
        prop::array::uniform4(-1.0f32..1.0)
            .prop_filter("long enough", |q| {
                q.iter().map(|p| p * p).sum::<f32>() > 0.01
            })
            .prop_map(|q| {
                let length = q.iter().map(|p| p * p).sum::<f32>().sqrt();
                q.map(|p| p / length)
            })
    }

    fn any_state() -> impl Strategy<Value = State> {
        let plane = (any_rotation(), -500.0f32..500.0, -0.1f32..0.1, 1u8..=6);
        let support = prop::sample::select(vec![Support::Air, Support::World, Support::Body]);
        let planes = prop::collection::vec(plane, 0..=3);
        (any_place(), any_place(), support, planes).prop_map(
            |(position, velocity, support, planes)| {
                let mut blockers = Blockers::default();
                for ([x, y, z, w], offset, drift, ticks_left) in planes {
                    let length = (x * x + y * y + z * z).sqrt();
                    let normal = if length > 0.1 {
                        vec3(x, y, z) * (1.0 / length)
                    } else {
                        vec3(0.0, if w > 0.0 { 1.0 } else { -1.0 }, 0.0)
                    };
                    blockers.push_exact(Blocker {
                        normal,
                        offset,
                        drift,
                        ticks_left,
                    });
                }
                State {
                    position,
                    velocity,
                    support,
                    blockers,
                }
            },
        )
    }

    fn any_entity() -> impl Strategy<Value = EntityId> {
        (1u32.., 0u32..32).prop_map(|(id, shift)| EntityId((id >> shift).max(1)))
    }

    /// The angle between two rotations (unit: radians).
    fn angle(a: [f32; 4], b: [f32; 4]) -> f64 {
        let dot = |a: [f32; 4], b: [f32; 4]| -> f64 {
            (0..4).map(|k| f64::from(a[k]) * f64::from(b[k])).sum()
        };
        let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
        2.0 * cosine.abs().min(1.0).acos()
    }

    fn body(entity: u32) -> BodyPose {
        BodyPose {
            entity: EntityId(entity),
            position: vec3(1.0, 2.0, 3.0),
            rotation: [0.0, 0.0, 0.0, 1.0],
            asleep: true,
        }
    }

    #[test]
    fn sn1_a_hundred_players_need_less_than_a_datagram() {
        let mut bytes = [0; MAX_PAYLOAD_BYTES - 11];
        let own = Own {
            entity: EntityId(300),
            state: State::default(),
        };
        let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), Some(&own)).unwrap();
        println!("header and own state: {} bits", writer.bits_written());
        let player = |k: u32| PlayerPose {
            entity: EntityId(256 + k),
            ..PlayerPose::default()
        };
        let before = writer.bits_written();
        for k in 0..99 {
            writer.add_player(&player(k)).unwrap();
        }
        println!("a player: {} bits", (writer.bits_written() - before) / 99);
        assert_eq!((writer.bits_written() - before) / 99, 88);
        let mut bodies = 0;
        while writer.add_body(&body(1)).is_ok() {
            bodies += 1;
        }
        println!("and {bodies} bodies of 107 bits beside them");
        assert_eq!(bodies, 0);
    }

    #[test]
    fn sn2_what_does_not_fit_leaves_the_snapshot_whole() {
        let mut bytes = [0xff; 60];
        let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), None).unwrap();
        let mut count = 0;
        while writer.add_body(&body(count + 1)).is_ok() {
            count += 1;
        }
        let length = writer.finish();
        let mut snapshot = Snapshot::default();
        snapshot.decode(&bytes[..length]).unwrap();
        assert_eq!(snapshot.bodies.len(), count as usize);
        assert!(SnapshotWriter::new(&mut bytes[..11], &Header::default(), None).is_err());
    }

    #[test]
    fn sn3_places_outside_the_world_are_at_its_edge() {
        for (outside, edge) in [(f32::INFINITY, 512.0), (-1e9, -512.0), (f32::NAN, -512.0)] {
            let steps = quantise(outside, LIMIT.x, SIDEWAYS_BITS);
            let back = steps as f32 / STEPS_PER_METRE - LIMIT.x;
            assert!((back - edge).abs() < 1e-3, "{outside}");
        }
    }

    proptest! {
        #[test]
        fn sn4_the_own_state_comes_back_bit_by_bit(state in any_state(), entity in any_entity(), tick: u32, margin: i16) {
            let header = Header { tick: Tick(tick), input_tick: Tick(tick.wrapping_add(3)), input_margin_ms: margin, missed_inputs: 9 };
            let own = Own { entity, state };
            let mut bytes = [0; 200];
            let length = SnapshotWriter::new(&mut bytes, &header, Some(&own)).unwrap().finish();
            let mut snapshot = Snapshot::default();
            snapshot.decode(&bytes[..length]).unwrap();
            prop_assert_eq!(snapshot.header, header);
            prop_assert_eq!(snapshot.own.unwrap().entity, entity);
            prop_assert_eq!(snapshot.own.unwrap().state.hash(0), state.hash(0));
        }

        #[test]
        fn sn5_others_come_back_within_the_stated_error(place in any_place(), rotation in any_rotation(), yaw: u16, entity in any_entity()) {
            let player = PlayerPose { entity, position: place, yaw, grounded: true };
            let body = BodyPose { entity, position: place, rotation, asleep: true };
            let mut bytes = [0; 64];
            let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), None).unwrap();
            writer.add_player(&player).unwrap();
            writer.add_body(&body).unwrap();
            let length = writer.finish();
            let mut snapshot = Snapshot::default();
            snapshot.decode(&bytes[..length]).unwrap();
            let (p, b) = (snapshot.players[0], snapshot.bodies[0]);
            prop_assert_eq!((p.entity, b.entity, p.grounded, b.asleep), (entity, entity, true, true));
            for off in [p.position - place, b.position - place] {
                prop_assert!(off.x.abs() <= PLACE_ERROR && off.y.abs() <= PLACE_ERROR && off.z.abs() <= PLACE_ERROR, "{:?}", off);
            }
            prop_assert!(p.yaw.wrapping_sub(yaw).cast_signed().unsigned_abs() <= 8);
            prop_assert!(angle(b.rotation, rotation) <= f64::from(ROTATION_ERROR), "{}", angle(b.rotation, rotation));
        }

        #[test]
        fn sn6_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..1200)) {
            let mut snapshot = Snapshot::with_capacity();
            let capacity = (snapshot.players.capacity(), snapshot.bodies.capacity());
            if bytes.len() <= MAX_PAYLOAD_BYTES && snapshot.decode(&bytes).is_ok() {
                for body in &snapshot.bodies {
                    let square: f32 = body.rotation.iter().map(|p| p * p).sum();
                    prop_assert!((square - 1.0).abs() < 1e-4);
                }
                prop_assert_eq!(capacity, (snapshot.players.capacity(), snapshot.bodies.capacity()));
            }
        }

        /// Like the one above, but past the first impossible value: a valid snapshot with a few bytes changed.
        #[test]
        fn sn6_mutated_snapshots_are_read_or_refused(state in any_state(), changes in prop::collection::vec((0usize..200, any::<u8>()), 0..4), cut in 0usize..200) {
            let own = Own { entity: EntityId(5), state };
            let mut bytes = [0; 200];
            let mut writer = SnapshotWriter::new(&mut bytes, &Header::default(), Some(&own)).unwrap();
            for k in 1..9 {
                let _ = writer.add_body(&body(k));
            }
            let length = writer.finish();
            for (at, byte) in changes {
                bytes[at] ^= byte;
            }
            let mut snapshot = Snapshot::default();
            if snapshot.decode(&bytes[..length.min(cut)]).is_ok()
                && let Some(own) = snapshot.own
            {
                prop_assert!(own.state.position.is_finite() && own.state.velocity.is_finite());
                prop_assert!(own.state.blockers.iter().all(Blocker::is_sane));
            }
        }
    }
}
