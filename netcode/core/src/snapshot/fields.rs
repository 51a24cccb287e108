//! The fields that travel bit by bit, each written and read by a pair of functions.

use crate::bits::{BitReader, BitWriter, BitsError};
use crate::message::MessageError;
use crate::step::{Blocker, Blockers, State, Support};
use crate::tick::EntityId;
use crate::vec3::{Vec3, vec3};

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
