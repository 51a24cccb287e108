//! The fields of a snapshot, each written and read by a pair of functions.

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::message::MessageError;
use crate::step::{Blocker, Blockers, State, Support};
use crate::tick::EntityId;
use crate::vec3::{Vec3, vec3};
use crate::world::LIMIT;

/// Steps of a quantised place in a metre.
pub(super) const STEPS_PER_METRE: f32 = 1024.0;
pub(super) const SIDEWAYS_BITS: u32 = 20;
pub(super) const HEIGHT_BITS: u32 = 19;

/// Largest difference of a quantised place to the true one along an axis (unit: metres), rounding of `f32` included.
pub const PLACE_ERROR: f32 = 0.55e-3;

/// Largest angle between a quantised rotation and the true one (unit: radians).
pub const ROTATION_ERROR: f32 = 2.5e-3;

/// A drawn player's yaw is a multiple of 1/4096 of a turn.
pub(super) const YAW_BITS: u32 = 12;

pub(super) const ROTATION_BITS: u32 = 11;
pub(super) const ROTATION_STEPS: f32 = ((1 << ROTATION_BITS) - 1) as f32;

/// Widths of an entity's number, by the two bits in front of it.
const ENTITY_BITS: [u32; 4] = [8, 12, 16, 32];

pub(super) fn write_entity(bits: &mut BitWriter<'_>, entity: EntityId) -> Result<(), BitsError> {
    let class = ENTITY_BITS.partition_point(|&width| width < 32 && entity.0 >> width != 0);
    bits.write(class as u64, 2)?;
    bits.write(u64::from(entity.0), ENTITY_BITS[class])
}

pub(super) fn read_entity(bits: &mut BitReader<'_>) -> Result<EntityId, MessageError> {
    let class = bits.read(2)? as usize;
    let entity = EntityId(bits.read_u32(ENTITY_BITS[class])?);
    if entity == EntityId::NONE {
        return Err(MessageError::Invalid("entity"));
    }
    Ok(entity)
}

pub(super) fn write_place(bits: &mut BitWriter<'_>, place: Vec3) -> Result<(), BitsError> {
    bits.write(quantise(place.x, LIMIT.x, SIDEWAYS_BITS), SIDEWAYS_BITS)?;
    bits.write(quantise(place.y, LIMIT.y, HEIGHT_BITS), HEIGHT_BITS)?;
    bits.write(quantise(place.z, LIMIT.z, SIDEWAYS_BITS), SIDEWAYS_BITS)
}

pub(super) fn read_place(bits: &mut BitReader<'_>) -> Result<Vec3, BitsError> {
    let mut axis = |width, limit| Ok(bits.read_u32(width)? as f32 / STEPS_PER_METRE - limit);
    Ok(vec3(
        axis(SIDEWAYS_BITS, LIMIT.x)?,
        axis(HEIGHT_BITS, LIMIT.y)?,
        axis(SIDEWAYS_BITS, LIMIT.z)?,
    ))
}

/// The nearest step, the last one for what lies outside; casting takes NaN to 0.
pub(super) fn quantise(value: f32, limit: f32, width: u32) -> u64 {
    let steps = ((value + limit) * STEPS_PER_METRE + 0.5) as u32;
    u64::from(steps.min((1 << width) - 1))
}

pub(super) fn quantise_yaw(yaw: u16) -> u64 {
    let half = 1 << (15 - YAW_BITS);
    u64::from(yaw.wrapping_add(half) >> (16 - YAW_BITS))
}

/// The three smaller parts of the quaternion; the largest follows from them, with the sign made positive.
pub(super) fn write_rotation(
    bits: &mut BitWriter<'_>,
    rotation: [f32; 4],
) -> Result<(), BitsError> {
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

pub(super) fn read_rotation(bits: &mut BitReader<'_>) -> Result<[f32; 4], BitsError> {
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

pub(super) fn write_state(bits: &mut BitWriter<'_>, state: &State) -> Result<(), BitsError> {
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

pub(super) fn read_state(bits: &mut BitReader<'_>) -> Result<State, MessageError> {
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

pub(super) fn write_exact(bits: &mut BitWriter<'_>, v: Vec3) -> Result<(), BitsError> {
    bits.write_f32(v.x)?;
    bits.write_f32(v.y)?;
    bits.write_f32(v.z)
}

pub(super) fn read_exact(bits: &mut BitReader<'_>) -> Result<Vec3, BitsError> {
    Ok(vec3(bits.read_f32()?, bits.read_f32()?, bits.read_f32()?))
}
