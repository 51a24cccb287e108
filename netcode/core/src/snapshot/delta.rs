//! The parts of an entity, absolute or as the difference to a baseline.
//!
//! A field against a baseline is two bits for its class and then the difference in so many bits, or (the last class) the
//! value itself. Differences wrap, so whatever is read is a valid value; and the widths depend on the classes alone, so
//! a part whose baseline is missing can still be skipped. The classes are those that were shortest over a walking crowd
//! with moving hands (`docs/decisions/0007-deltas-on-a-shared-keyframe-grid.md`).

use super::BodyPose;
use super::packed::{
    BODY_PART_BITS, HEIGHT_BITS, PackedBody, PackedPlayer, SIDEWAYS_BITS, YAW_BITS,
};
use crate::bits::{BitReader, BitWriter, BitsError};
use crate::pose::{PART_BITS, PLACE_BITS, PackedPoint, PackedRotation, Tracked};
use crate::tick::EntityId;

/// Bits that say the class of a field.
const CLASS_BITS: u32 = 2;

/// The class of values that are told as they are.
const ABSOLUTE: usize = 3;

/// A number with its width, and the widths of its differences by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Bits of a value.
    pub bits: u32,
    /// Bits of a difference, ascending; 0 is only the difference of 0.
    pub classes: [u32; 3],
}

/// A rotation with the width of its parts, and the widths of their differences by class; the class is for all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationField {
    /// Bits of a part.
    pub bits: u32,
    /// Bits of a part's difference, ascending.
    pub classes: [u32; 3],
}

const fn field(bits: u32, classes: [u32; 3]) -> Field {
    Field { bits, classes }
}

const fn rotation(bits: u32, classes: [u32; 3]) -> RotationField {
    RotationField { bits, classes }
}

/// A player's feet.
pub const PLAYER_PLACE: [Field; 3] = [
    field(SIDEWAYS_BITS, [9, 11, 13]),
    field(HEIGHT_BITS, [0, 9, 11]),
    field(SIDEWAYS_BITS, [9, 11, 13]),
];

/// A player's yaw.
pub const YAW: Field = field(YAW_BITS, [0, 7, 10]);

/// The places of head, left and right hand.
pub const POINT_PLACE: [Field; 3] = [
    field(PLACE_BITS, [2, 4, 7]),
    field(PLACE_BITS, [3, 6, 9]),
    field(PLACE_BITS, [3, 6, 9]),
];

/// Their rotations.
pub const POINT_ROTATION: [RotationField; 3] = [
    rotation(PART_BITS, [2, 3, 6]),
    rotation(PART_BITS, [3, 5, 8]),
    rotation(PART_BITS, [3, 5, 8]),
];

/// A body's origin.
pub const BODY_PLACE: [Field; 3] = [
    field(SIDEWAYS_BITS, [8, 10, 12]),
    field(HEIGHT_BITS, [0, 8, 10]),
    field(SIDEWAYS_BITS, [8, 10, 12]),
];

/// A body's rotation.
pub const BODY_ROTATION: RotationField = rotation(BODY_PART_BITS, [0, 6, 9]);

impl Field {
    /// The class of `value` against `base`, and what follows it.
    fn class_of(&self, value: u32, base: u32) -> (usize, u32) {
        let mask = (1 << self.bits) - 1;
        let from_least = |width: u32| {
            let half = (1 << width) >> 1;
            value.wrapping_sub(base).wrapping_add(half) & mask
        };
        let mut classes = self
            .classes
            .into_iter()
            .map(|width| (width, from_least(width)));
        let class = classes.position(|(width, steps)| steps >> width == 0);
        match class {
            Some(class) => (class, from_least(self.classes[class])),
            None => (ABSOLUTE, value),
        }
    }

    fn width_of(&self, class: usize) -> u32 {
        self.classes.get(class).copied().unwrap_or(self.bits)
    }

    /// Bits that this value takes.
    #[must_use]
    pub fn cost(&self, value: u32, base: Option<u32>) -> u32 {
        base.map_or(self.bits, |base| {
            CLASS_BITS + self.width_of(self.class_of(value, base).0)
        })
    }

    fn write(
        &self,
        bits: &mut BitWriter<'_>,
        value: u32,
        base: Option<u32>,
    ) -> Result<(), BitsError> {
        let Some(base) = base else {
            return bits.write(value.into(), self.bits);
        };
        let (class, steps) = self.class_of(value, base);
        let coded = u64::from(steps) << CLASS_BITS | class as u64;
        bits.write(coded, CLASS_BITS + self.width_of(class))
    }

    fn read(&self, bits: &mut BitReader<'_>, base: Option<u32>) -> Result<u32, BitsError> {
        let Some(base) = base else {
            return bits.read_u32(self.bits);
        };
        let class = bits.read(CLASS_BITS)? as usize;
        let width = self.width_of(class);
        let steps = bits.read_u32(width)?;
        if class == ABSOLUTE {
            return Ok(steps);
        }
        let half = (1 << width) >> 1;
        Ok(base.wrapping_add(steps).wrapping_sub(half) & ((1 << self.bits) - 1))
    }
}

impl RotationField {
    fn part(&self, class: usize) -> Field {
        Field {
            bits: self.bits,
            classes: [self.classes[class]; 3],
        }
    }

    /// The narrowest class that all three parts fit; none where another part of the quaternion is the largest now.
    fn class_of(&self, value: &PackedRotation, base: &PackedRotation) -> usize {
        let fits = |class: &usize| {
            let part = self.part(*class);
            let mut parts = value.parts.into_iter().zip(base.parts);
            parts.all(|(value, base)| part.class_of(value.into(), base.into()).0 == 0)
        };
        (0..ABSOLUTE)
            .filter(|_| value.largest == base.largest)
            .find(fits)
            .unwrap_or(ABSOLUTE)
    }

    fn width_of(&self, class: usize) -> u32 {
        self.classes
            .get(class)
            .map_or(2 + 3 * self.bits, |width| 3 * width)
    }

    /// Bits that this value takes.
    #[must_use]
    pub fn cost(&self, value: &PackedRotation, base: Option<&PackedRotation>) -> u32 {
        base.map_or(self.width_of(ABSOLUTE), |base| {
            CLASS_BITS + self.width_of(self.class_of(value, base))
        })
    }

    fn write(
        &self,
        bits: &mut BitWriter<'_>,
        value: &PackedRotation,
        base: Option<&PackedRotation>,
    ) -> Result<(), BitsError> {
        let class = match base {
            Some(base) => {
                let class = self.class_of(value, base);
                bits.write(class as u64, CLASS_BITS)?;
                class
            }
            None => ABSOLUTE,
        };
        if let (Some(base), true) = (base, class < ABSOLUTE) {
            let part = self.part(class);
            for (value, base) in value.parts.into_iter().zip(base.parts) {
                let (_, steps) = part.class_of(value.into(), base.into());
                bits.write(steps.into(), self.classes[class])?;
            }
            return Ok(());
        }
        bits.write(value.largest.into(), 2)?;
        for part in value.parts {
            bits.write(part.into(), self.bits)?;
        }
        Ok(())
    }

    fn read(
        &self,
        bits: &mut BitReader<'_>,
        base: Option<&PackedRotation>,
    ) -> Result<PackedRotation, BitsError> {
        let class = match base {
            Some(_) => bits.read(CLASS_BITS)? as usize,
            None => ABSOLUTE,
        };
        if let (Some(base), true) = (base, class < ABSOLUTE) {
            let mut rotation = *base;
            let (width, mask) = (self.classes[class], (1u32 << self.bits) - 1);
            for part in &mut rotation.parts {
                let steps = bits.read_u32(width)?;
                let half = (1 << width) >> 1;
                *part = (u32::from(*part).wrapping_add(steps).wrapping_sub(half) & mask) as u16;
            }
            return Ok(rotation);
        }
        let mut rotation = PackedRotation {
            largest: bits.read(2)? as u8,
            ..PackedRotation::default()
        };
        for part in &mut rotation.parts {
            *part = bits.read(self.bits)? as u16;
        }
        Ok(rotation)
    }
}

/// Where a player stands, looks and whether on the ground; the points are a part of their own.
pub(super) fn write_root(
    bits: &mut BitWriter<'_>,
    player: &PackedPlayer,
    base: Option<&PackedPlayer>,
) -> Result<(), BitsError> {
    let root = |player: &PackedPlayer| (player.place, player.yaw, player.grounded);
    if let Some(base) = base {
        let same = root(player) == root(base);
        bits.write_bool(same)?;
        if same {
            return Ok(());
        }
    }
    write_place(
        bits,
        &PLAYER_PLACE,
        player.place,
        base.map(|base| base.place),
    )?;
    YAW.write(bits, player.yaw.into(), base.map(|base| base.yaw.into()))?;
    bits.write_bool(player.grounded)
}

/// What [`write_root`] wrote; entity and points are the baseline's.
pub(super) fn read_root(
    bits: &mut BitReader<'_>,
    base: Option<&PackedPlayer>,
) -> Result<PackedPlayer, BitsError> {
    if let Some(base) = base
        && bits.read_bool()?
    {
        return Ok(*base);
    }
    Ok(PackedPlayer {
        place: read_place(bits, &PLAYER_PLACE, base.map(|base| base.place))?,
        yaw: YAW.read(bits, base.map(|base| base.yaw.into()))? as u16,
        grounded: bits.read_bool()?,
        ..base.copied().unwrap_or_default()
    })
}

/// Head and hands, if there are any.
pub(super) fn write_points(
    bits: &mut BitWriter<'_>,
    tracked: Option<&Tracked>,
    base: Option<&Tracked>,
) -> Result<(), BitsError> {
    bits.write_bool(tracked.is_some())?;
    let Some(tracked) = tracked else {
        return Ok(());
    };
    let bases = base.map(Tracked::points);
    for (k, point) in tracked.points().into_iter().enumerate() {
        let base = bases.as_ref().map(|bases| &bases[k]);
        for (axis, steps) in point.place.into_iter().enumerate() {
            let base = base.map(|base| base.place[axis].into());
            POINT_PLACE[k].write(bits, steps.into(), base)?;
        }
        POINT_ROTATION[k].write(bits, &point.rotation, base.map(|base| &base.rotation))?;
    }
    Ok(())
}

/// What [`write_points`] wrote.
pub(super) fn read_points(
    bits: &mut BitReader<'_>,
    base: Option<&Tracked>,
) -> Result<Option<Tracked>, BitsError> {
    if !bits.read_bool()? {
        return Ok(None);
    }
    let bases = base.map(Tracked::points);
    let mut points = [PackedPoint::default(); 3];
    for (k, point) in points.iter_mut().enumerate() {
        let base = bases.as_ref().map(|bases| &bases[k]);
        for (axis, steps) in point.place.iter_mut().enumerate() {
            let base = base.map(|base| base.place[axis].into());
            *steps = POINT_PLACE[k].read(bits, base)? as u16;
        }
        point.rotation = POINT_ROTATION[k].read(bits, base.map(|base| &base.rotation))?;
    }
    Ok(Some(Tracked::from_points(points)))
}

/// A body; at rest it is one bit.
pub(super) fn write_body(
    bits: &mut BitWriter<'_>,
    body: &PackedBody,
    base: Option<&PackedBody>,
) -> Result<(), BitsError> {
    if let Some(base) = base {
        bits.write_bool(body == base)?;
        if body == base {
            return Ok(());
        }
    }
    write_place(bits, &BODY_PLACE, body.place, base.map(|base| base.place))?;
    BODY_ROTATION.write(bits, &body.rotation, base.map(|base| &base.rotation))?;
    bits.write_bool(body.asleep)
}

/// What [`write_body`] wrote; the entity is the baseline's.
pub(super) fn read_body(
    bits: &mut BitReader<'_>,
    base: Option<&PackedBody>,
) -> Result<PackedBody, BitsError> {
    if let Some(base) = base
        && bits.read_bool()?
    {
        return Ok(*base);
    }
    Ok(PackedBody {
        entity: base.map(|base| base.entity).unwrap_or_default(),
        place: read_place(bits, &BODY_PLACE, base.map(|base| base.place))?,
        rotation: BODY_ROTATION.read(bits, base.map(|base| &base.rotation))?,
        asleep: bits.read_bool()?,
    })
}

/// A body as it is when nothing is known of it, but for its entity.
pub(crate) fn write_pose(bits: &mut BitWriter<'_>, body: &BodyPose) -> Result<(), BitsError> {
    write_body(bits, &PackedBody::pack(body), None)
}

/// What [`write_pose`] wrote.
pub(crate) fn read_pose(bits: &mut BitReader<'_>, entity: EntityId) -> Result<BodyPose, BitsError> {
    let body = read_body(bits, None)?;
    Ok(PackedBody { entity, ..body }.unpack())
}

fn write_place(
    bits: &mut BitWriter<'_>,
    fields: &[Field; 3],
    place: [u32; 3],
    base: Option<[u32; 3]>,
) -> Result<(), BitsError> {
    (0..3).try_for_each(|axis| fields[axis].write(bits, place[axis], base.map(|base| base[axis])))
}

fn read_place(
    bits: &mut BitReader<'_>,
    fields: &[Field; 3],
    base: Option<[u32; 3]>,
) -> Result<[u32; 3], BitsError> {
    let mut place = [0; 3];
    for (axis, steps) in place.iter_mut().enumerate() {
        *steps = fields[axis].read(bits, base.map(|base| base[axis]))?;
    }
    Ok(place)
}
