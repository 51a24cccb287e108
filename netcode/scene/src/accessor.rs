//! A collider's mesh out of the file's buffer, with every offset checked.

use crate::document::{Accessor, Document, Primitive};
use crate::{Rule, limits};
use otherworld_core::Vec3;
use otherworld_core::world::Triangle;

/// glTF's mode of a primitive, and its component types.
const TRIANGLES: u32 = 4;
const U8: u32 = 5121;
const U16: u32 = 5123;
const U32: u32 = 5125;
const F32: u32 = 5126;

/// A document and its buffer.
#[derive(Clone, Copy)]
pub(crate) struct Meshes<'a> {
    pub document: &'a Document,
    pub buffer: &'a [u8],
}

impl<'a> Meshes<'a> {
    /// All triangles of a mesh, in its own frame.
    pub fn triangles(&self, mesh: usize) -> Result<Vec<Triangle>, Rule> {
        let mesh = self.document.meshes.get(mesh);
        let mesh = mesh.ok_or(Rule::Mesh("it has no mesh"))?;
        let mut triangles = Vec::new();
        for primitive in &mesh.primitives {
            let corners = self.corners(primitive)?;
            triangles.extend(corners.as_chunks::<3>().0);
            if triangles.len() > limits::TRIANGLES {
                return Err(Rule::TooMany("triangles", limits::TRIANGLES));
            }
        }
        if triangles.is_empty() {
            return Err(Rule::Mesh("its mesh has no triangle"));
        }
        Ok(triangles)
    }

    fn corners(&self, primitive: &Primitive) -> Result<Vec<Vec3>, Rule> {
        if primitive.mode.unwrap_or(TRIANGLES) != TRIANGLES {
            return Err(Rule::Mesh("its mesh is not made of triangles"));
        }
        let positions = primitive.attributes.get("POSITION");
        let positions = positions.ok_or(Rule::Mesh("its mesh has no positions"))?;
        let positions = self.positions(self.accessor(*positions)?)?;
        let Some(indices) = primitive.indices else {
            return Ok(positions);
        };
        self.indices(self.accessor(indices)?)?
            .into_iter()
            .map(|index| positions.get(index).copied())
            .collect::<Option<Vec<Vec3>>>()
            .ok_or(Rule::Mesh("an index of its mesh points to no corner"))
    }

    fn accessor(&self, index: usize) -> Result<&'a Accessor, Rule> {
        let accessor = self.document.accessors.get(index);
        accessor.ok_or(Rule::Mesh("its mesh has no accessor"))
    }

    fn positions(&self, accessor: &Accessor) -> Result<Vec<Vec3>, Rule> {
        if accessor.kind != "VEC3" || accessor.component_type != F32 {
            return Err(Rule::Mesh("its mesh's positions are not f32"));
        }
        let float = |bytes: &[u8], at: usize| {
            f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        self.elements(accessor, 12)?
            .map(|bytes| {
                let place = Vec3::from([float(bytes, 0), float(bytes, 4), float(bytes, 8)]);
                place.is_finite().then_some(place).ok_or(Rule::Place)
            })
            .collect()
    }

    fn indices(&self, accessor: &Accessor) -> Result<Vec<usize>, Rule> {
        let width = match (accessor.kind.as_str(), accessor.component_type) {
            ("SCALAR", U8) => 1,
            ("SCALAR", U16) => 2,
            ("SCALAR", U32) => 4,
            _ => return Err(Rule::Mesh("its mesh's indices are not whole numbers")),
        };
        let number = |bytes: &[u8]| {
            let digits = bytes.iter().rev();
            digits.fold(0, |number, &byte| number << 8 | usize::from(byte))
        };
        Ok(self.elements(accessor, width)?.map(number).collect())
    }

    /// The elements of an accessor, `width` bytes each.
    fn elements(
        &self,
        accessor: &Accessor,
        width: usize,
    ) -> Result<impl Iterator<Item = &'a [u8]> + use<'a>, Rule> {
        if accessor.sparse.is_some() {
            return Err(Rule::Mesh("its mesh is sparse"));
        }
        self.range(accessor, width)
            .map(|(bytes, stride)| bytes.chunks(stride).map(move |chunk| &chunk[..width]))
            .ok_or(Rule::Mesh("its mesh lies outside its buffer"))
    }

    /// The bytes from the first element to the end of the last one, and the distance between two.
    fn range(&self, accessor: &Accessor, width: usize) -> Option<(&'a [u8], usize)> {
        let view = self.document.buffer_views.get(accessor.buffer_view?)?;
        let stride = view.byte_stride.unwrap_or(width);
        if view.buffer != 0 || stride < width {
            return None;
        }
        let viewed = slice(self.buffer, view.byte_offset, view.byte_length)?;
        let needed = match accessor.count {
            0 => 0,
            count => (count - 1).checked_mul(stride)?.checked_add(width)?,
        };
        Some((slice(viewed, accessor.byte_offset, needed)?, stride))
    }
}

fn slice(bytes: &[u8], offset: usize, length: usize) -> Option<&[u8]> {
    bytes.get(offset..offset.checked_add(length)?)
}
