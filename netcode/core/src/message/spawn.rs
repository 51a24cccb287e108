//! Dynamic bodies that come and go, by the reliable channel: a client shows a body from its spawn to its despawn, and what
//! a snapshot says of one that is not there is of no use to it.

use super::MessageError;
use crate::bits::{BitReader, BitWriter, BitsError};
use crate::snapshot::{BodyPose, read_pose, write_pose};
use crate::tick::{EntityId, Tick};

/// Length of a spawn (unit: bytes).
pub const SPAWN_BYTES: usize = 22;

/// A dynamic body is there from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spawn {
    /// Which body of the world's file it is a copy of, in the order of its nodes: its looks and its shape.
    pub of: u16,
    /// The tick that the pose is of.
    pub tick: Tick,
    /// The body, and where it was then.
    pub pose: BodyPose,
}

impl Spawn {
    /// Writes the message's bytes and returns how many they are.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(u64::from(self.pose.entity.0), 32)?;
        out.write(u64::from(self.of), 16)?;
        out.write(u64::from(self.tick.0), 32)?;
        write_pose(&mut out, &self.pose)?;
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short, or nobody's.
    pub fn decode(bytes: &[u8]) -> Result<Spawn, MessageError> {
        let mut input = BitReader::new(bytes);
        let entity = EntityId(input.read_u32(32)?);
        if entity == EntityId::NONE {
            return Err(MessageError::Invalid("entity"));
        }
        Ok(Spawn {
            of: input.read(16)? as u16,
            tick: Tick(input.read_u32(32)?),
            pose: read_pose(&mut input, entity)?,
        })
    }
}

/// A dynamic body is there no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Despawn {
    /// The body.
    pub entity: EntityId,
}

impl Despawn {
    /// Writes the message's bytes and returns how many they are.
    ///
    /// # Errors
    /// [`BitsError::Full`].
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, BitsError> {
        let mut out = BitWriter::new(out);
        out.write(u64::from(self.entity.0), 32)?;
        Ok(out.bytes_written())
    }

    /// Reads the message.
    ///
    /// # Errors
    /// When it is too short, or nobody's.
    pub fn decode(bytes: &[u8]) -> Result<Despawn, MessageError> {
        let entity = EntityId(BitReader::new(bytes).read_u32(32)?);
        if entity == EntityId::NONE {
            return Err(MessageError::Invalid("entity"));
        }
        Ok(Despawn { entity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{PLACE_ERROR, ROTATION_ERROR};
    use crate::vec3::vec3;
    use proptest::prelude::*;

    #[test]
    fn a_spawn_comes_back_as_closely_as_a_snapshot_tells_it() {
        let spawn = Spawn {
            of: 7,
            tick: Tick(u32::MAX),
            pose: BodyPose {
                entity: EntityId(5_000),
                position: vec3(1.2345, -0.777, 300.1),
                rotation: [0.1, 0.7, -0.1, -0.7],
                asleep: true,
            },
        };
        let mut bytes = [0xa5; 64];
        let n = spawn.encode(&mut bytes).unwrap();
        assert_eq!(n, SPAWN_BYTES);
        let read = Spawn::decode(&bytes[..n]).unwrap();
        assert_eq!((read.of, read.tick), (7, Tick(u32::MAX)));
        assert_eq!(read.pose.entity, EntityId(5_000));
        let off = read.pose.position - spawn.pose.position;
        assert!(off.x.abs().max(off.y.abs()).max(off.z.abs()) <= PLACE_ERROR);
        for (a, b) in read.pose.rotation.iter().zip(spawn.pose.rotation) {
            assert!((a - b).abs() <= ROTATION_ERROR);
        }
        assert!(read.pose.asleep);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(spawn) = Spawn::decode(&bytes) {
                prop_assert!(spawn.pose.position.is_finite());
                prop_assert!(spawn.pose.rotation.iter().all(|part| part.is_finite()));
            }
            if let Ok(despawn) = Despawn::decode(&bytes) {
                prop_assert_ne!(despawn.entity, EntityId::NONE);
            }
        }
    }
}
