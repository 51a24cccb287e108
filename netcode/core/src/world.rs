//! The static world as the character step sees it: triangles in a grid of square cells, and a hash of them.
//!
//! Both ends of a connection build it from the same file and compare [`World::hash`]: the step gives the same bits only
//! in the same world. The grid is flat (a world is wide, not tall) and stored as compressed rows: one run of triangle
//! numbers per cell. It is built once; looking things up allocates nothing.

use crate::vec3::Vec3;

/// Edge of a cell of the grid (unit: metres).
const CELL: f32 = 1.0;

/// How far from the origin things may be, sideways and up or down (unit: metres): what a snapshot can say.
pub const LIMIT: Vec3 = crate::vec3::vec3(512.0, 256.0, 512.0);

/// Most triangles of a world.
pub const MAX_TRIANGLES: usize = 4_000_000;

/// Most entries of the grid, all cells together: a triangle has one in each cell that its box touches.
const MAX_ENTRIES: usize = 16_000_000;

/// Most triangles that one look-up finds.
pub const MAX_CANDIDATES: usize = 512;

/// Twice the area below which a triangle has no usable normal (unit: square metres).
const MIN_DOUBLE_AREA: f32 = 1e-9;

/// Three corners, in either order: the step sees both sides.
pub type Triangle = [Vec3; 3];

/// A triangle of the world with what the step asks of it again and again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face {
    pub a: Vec3,
    pub b: Vec3,
    pub c: Vec3,
    /// Of length one.
    pub normal: Vec3,
    pub low: Vec3,
    pub high: Vec3,
}

/// A static world.
#[derive(Clone, Debug)]
pub struct World {
    faces: Vec<Face>,
    row_starts: Vec<u32>,
    entries: Vec<u32>,
    origin: [f32; 2],
    cells: [i32; 2],
    low: Vec3,
    hash: u64,
}

/// Why triangles are not a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldError {
    /// There is nothing to stand on.
    Empty,
    /// More than [`MAX_TRIANGLES`].
    TooManyTriangles,
    /// This triangle has a corner that is not finite or lies beyond [`LIMIT`].
    OutOfBounds {
        /// Its index.
        triangle: usize,
    },
    /// Too many large triangles overlap: the grid would hold more than 16 million entries.
    TooDense,
}

impl core::fmt::Display for WorldError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            WorldError::Empty => f.write_str("the world has no triangle"),
            WorldError::TooManyTriangles => {
                write!(f, "the world has more than {MAX_TRIANGLES} triangles")
            }
            WorldError::OutOfBounds { triangle } => write!(
                f,
                "triangle {triangle} lies further than {} m sideways or {} m up or down",
                LIMIT.x, LIMIT.y
            ),
            WorldError::TooDense => f.write_str("too many large triangles overlap"),
        }
    }
}

impl core::error::Error for WorldError {}

/// The triangles near a place; on the stack, cut at [`MAX_CANDIDATES`].
pub(crate) struct Candidates {
    ids: [u32; MAX_CANDIDATES],
    count: usize,
    overflow: bool,
}

impl Candidates {
    /// The triangles, or nothing when there were too many to hold.
    pub fn ids(&self) -> Option<&[u32]> {
        (!self.overflow).then(|| &self.ids[..self.count])
    }
}

/// A range of cells, both ends included.
struct Cells {
    x: [i32; 2],
    z: [i32; 2],
}

impl World {
    /// Builds the grid. Triangles without an area are left out (but hashed).
    ///
    /// # Errors
    /// [`WorldError`]; hostile triangles cost bounded time and memory.
    pub fn build(triangles: &[Triangle]) -> Result<World, WorldError> {
        if triangles.len() > MAX_TRIANGLES {
            return Err(WorldError::TooManyTriangles);
        }
        if let Some(triangle) = triangles.iter().position(|t| !t.iter().all(in_bounds)) {
            return Err(WorldError::OutOfBounds { triangle });
        }
        let faces: Vec<Face> = triangles.iter().filter_map(face).collect();
        let first = faces.first().ok_or(WorldError::Empty)?;
        let (low, high) = faces
            .iter()
            .fold((first.low, first.high), |(low, high), face| {
                (low.min(face.low), high.max(face.high))
            });
        let mut world = World {
            faces,
            row_starts: Vec::new(),
            entries: Vec::new(),
            origin: [low.x, low.z],
            cells: [
                ((high.x - low.x) / CELL) as i32 + 1,
                ((high.z - low.z) / CELL) as i32 + 1,
            ],
            low,
            hash: hash(triangles),
        };
        world.fill_grid()?;
        Ok(world)
    }

    /// Counts the entries of each cell, then writes them: two passes, no list per cell.
    fn fill_grid(&mut self) -> Result<(), WorldError> {
        let mut starts = vec![0u32; (self.cells[0] * self.cells[1]) as usize + 1];
        let mut total = 0usize;
        for face in &self.faces {
            let range = self.range(face.low, face.high);
            total += range.count();
            if total > MAX_ENTRIES {
                return Err(WorldError::TooDense);
            }
            range.for_each(|x, z| starts[self.cell(x, z) + 1] += 1);
        }
        for k in 1..starts.len() {
            starts[k] += starts[k - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![0u32; total];
        for (id, face) in self.faces.iter().enumerate() {
            self.range(face.low, face.high).for_each(|x, z| {
                let slot = &mut next[self.cell(x, z)];
                entries[*slot as usize] = id as u32;
                *slot += 1;
            });
        }
        (self.row_starts, self.entries) = (starts, entries);
        Ok(())
    }

    /// A hash over the bits of the triangles, in their order.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many triangles have an area.
    #[must_use]
    pub fn triangle_count(&self) -> usize {
        self.faces.len()
    }

    /// Height of the lowest corner (unit: metres): who is far below it has left the world.
    #[must_use]
    pub fn lowest(&self) -> f32 {
        self.low.y
    }

    #[inline]
    pub(crate) fn face(&self, id: u32) -> &Face {
        &self.faces[id as usize]
    }

    /// The triangles whose boxes touch the box from `low` to `high`, in an order that depends on nothing else.
    pub(crate) fn near(&self, low: Vec3, high: Vec3) -> Candidates {
        let mut found = Candidates {
            ids: [0; MAX_CANDIDATES],
            count: 0,
            overflow: false,
        };
        let query = self.range(low, high);
        query.for_each(|x, z| {
            let cell = self.cell(x, z);
            let run = self.row_starts[cell] as usize..self.row_starts[cell + 1] as usize;
            for &id in &self.entries[run] {
                let face = self.face(id);
                if !overlap(face, low, high) {
                    continue;
                }
                // A triangle counts in the first cell that it shares with the query: no list of those seen is needed.
                let own = self.range(face.low, face.high);
                if x != own.x[0].max(query.x[0]) || z != own.z[0].max(query.z[0]) {
                    continue;
                }
                match found.ids.get_mut(found.count) {
                    Some(slot) => {
                        *slot = id;
                        found.count += 1;
                    }
                    None => found.overflow = true,
                }
            }
        });
        found
    }

    fn cell(&self, x: i32, z: i32) -> usize {
        (z * self.cells[0] + x) as usize
    }

    #[inline]
    fn range(&self, low: Vec3, high: Vec3) -> Cells {
        let index = |value: f32, axis: usize| {
            let cell = ((value - self.origin[axis]) / CELL).floor() as i32;
            cell.clamp(0, self.cells[axis] - 1)
        };
        Cells {
            x: [index(low.x, 0), index(high.x, 0)],
            z: [index(low.z, 1), index(high.z, 1)],
        }
    }
}

impl Cells {
    fn count(&self) -> usize {
        (self.x[1] - self.x[0] + 1) as usize * (self.z[1] - self.z[0] + 1) as usize
    }

    #[inline]
    fn for_each(&self, mut visit: impl FnMut(i32, i32)) {
        for z in self.z[0]..=self.z[1] {
            for x in self.x[0]..=self.x[1] {
                visit(x, z);
            }
        }
    }
}

fn in_bounds(corner: &Vec3) -> bool {
    // Written so that NaN is out of bounds.
    let inside = |value: f32, limit: f32| value >= -limit && value <= limit;
    inside(corner.x, LIMIT.x) && inside(corner.y, LIMIT.y) && inside(corner.z, LIMIT.z)
}

fn face(&[a, b, c]: &Triangle) -> Option<Face> {
    let normal = (b - a).cross(c - a);
    let length = normal.length();
    (length >= MIN_DOUBLE_AREA).then(|| Face {
        a,
        b,
        c,
        normal: normal * (1.0 / length),
        low: a.min(b).min(c),
        high: a.max(b).max(c),
    })
}

#[inline]
fn overlap(face: &Face, low: Vec3, high: Vec3) -> bool {
    face.low.x <= high.x
        && face.high.x >= low.x
        && face.low.y <= high.y
        && face.high.y >= low.y
        && face.low.z <= high.z
        && face.high.z >= low.z
}

/// FNV-1a over the corners' bits, 32 at a time.
fn hash(triangles: &[Triangle]) -> u64 {
    triangles
        .iter()
        .flatten()
        .flat_map(|corner| corner.to_bits())
        .fold(crate::protocol::FNV_OFFSET, |hash, word| {
            (hash ^ u64::from(word)).wrapping_mul(crate::protocol::FNV_PRIME)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vec3::vec3;
    use proptest::prelude::*;

    const FLOOR: Triangle = [
        vec3(-10.0, 0.0, -10.0),
        vec3(-10.0, 0.0, 10.0),
        vec3(10.0, 0.0, 0.0),
    ];

    fn moved(by: Vec3) -> Triangle {
        FLOOR.map(|corner| corner + by)
    }

    #[test]
    fn wo1_what_is_not_a_world_is_refused() {
        let flat = [vec3(1.0, 0.0, 0.0); 3];
        let beyond = WorldError::OutOfBounds { triangle: 1 };
        let refused = |triangles: &[Triangle]| World::build(triangles).err();
        assert_eq!(refused(&[]), Some(WorldError::Empty));
        assert_eq!(refused(&[flat]), Some(WorldError::Empty));
        assert_eq!(
            refused(&[FLOOR, moved(vec3(503.0, 0.0, 0.0))]),
            Some(beyond)
        );
        assert_eq!(
            refused(&[FLOOR, moved(vec3(0.0, f32::NAN, 0.0))]),
            Some(beyond)
        );
        let wide = [
            vec3(-512.0, 0.0, -512.0),
            vec3(-512.0, 0.0, 512.0),
            vec3(512.0, 0.0, 0.0),
        ];
        assert_eq!(refused(&[wide; 17]), Some(WorldError::TooDense));
        assert_eq!(
            refused(&vec![flat; MAX_TRIANGLES + 1]),
            Some(WorldError::TooManyTriangles)
        );
    }

    #[test]
    fn wo2_the_hash_knows_every_bit_and_the_order() {
        let hash = |triangles: &[Triangle]| World::build(triangles).unwrap().hash();
        let other = moved(vec3(0.0, 1.0, 0.0));
        let mut nudged = FLOOR;
        nudged[2].x = f32::from_bits(nudged[2].x.to_bits() + 1);
        let all = [
            hash(&[FLOOR]),
            hash(&[nudged]),
            hash(&[FLOOR, other]),
            hash(&[other, FLOOR]),
        ];
        for (k, a) in all.iter().enumerate() {
            assert!(all[k + 1..].iter().all(|b| a != b));
        }
    }

    fn any_triangle() -> impl Strategy<Value = Triangle> {
        let place = prop::array::uniform3(-20.0f32..20.0);
        let edge = prop::array::uniform3(-4.0f32..4.0);
        (place, edge.clone(), edge).prop_map(|(a, b, c)| {
            let a = Vec3::from(a);
            [a, a + Vec3::from(b), a + Vec3::from(c)]
        })
    }

    proptest! {
        #[test]
        fn wo3_the_grid_finds_what_a_search_of_all_finds_and_each_once(
            triangles in prop::collection::vec(any_triangle(), 1..80),
            low in prop::array::uniform3(-30.0f32..30.0),
            size in prop::array::uniform3(0.0f32..6.0),
        ) {
            let world = World::build(&triangles).unwrap();
            let low = Vec3::from(low);
            let high = low + Vec3::from(size);
            let mut found = world.near(low, high).ids().unwrap().to_vec();
            found.sort_unstable();
            let all = 0..world.triangle_count() as u32;
            let expected: Vec<u32> = all.filter(|&id| overlap(world.face(id), low, high)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
