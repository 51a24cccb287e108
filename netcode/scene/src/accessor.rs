//! A collider's mesh out of the file's buffer, with every offset checked.

use crate::Rule;
use crate::limits;
use gltf::accessor::{DataType, Dimensions};
use gltf::mesh::Mode;
use otherworld_core::Vec3;
use otherworld_core::world::Triangle;

/// All triangles of a mesh, in its own frame.
pub(crate) fn triangles(mesh: &gltf::Mesh<'_>, blob: &[u8]) -> Result<Vec<Triangle>, Rule> {
    let mut triangles = Vec::new();
    for primitive in mesh.primitives() {
        if primitive.mode() != Mode::Triangles {
            return Err(Rule::Mesh("its mesh is not made of triangles"));
        }
        let positions = primitive
            .get(&gltf::Semantic::Positions)
            .ok_or(Rule::Mesh("its mesh has no positions"))?;
        let positions = positions_of(&positions, blob)?;
        let corners = match primitive.indices() {
            Some(indices) => indices_of(&indices, blob)?
                .into_iter()
                .map(|index| positions.get(index).copied())
                .collect::<Option<Vec<Vec3>>>()
                .ok_or(Rule::Mesh("an index of its mesh points to no corner"))?,
            None => positions,
        };
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

fn positions_of(accessor: &gltf::Accessor<'_>, blob: &[u8]) -> Result<Vec<Vec3>, Rule> {
    if accessor.dimensions() != Dimensions::Vec3 || accessor.data_type() != DataType::F32 {
        return Err(Rule::Mesh("its mesh's positions are not f32"));
    }
    let float = |bytes: &[u8], at: usize| {
        f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    };
    elements(accessor, blob, 12)?
        .map(|bytes| {
            let place = Vec3::from([float(bytes, 0), float(bytes, 4), float(bytes, 8)]);
            place.is_finite().then_some(place).ok_or(Rule::Place)
        })
        .collect()
}

fn indices_of(accessor: &gltf::Accessor<'_>, blob: &[u8]) -> Result<Vec<usize>, Rule> {
    let width = match accessor.data_type() {
        DataType::U8 => 1,
        DataType::U16 => 2,
        DataType::U32 => 4,
        _ => return Err(Rule::Mesh("its mesh's indices are not whole numbers")),
    };
    if accessor.dimensions() != Dimensions::Scalar {
        return Err(Rule::Mesh("its mesh's indices are not single numbers"));
    }
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | usize::from(byte))
    };
    Ok(elements(accessor, blob, width)?.map(number).collect())
}

/// The elements of an accessor, `width` bytes each.
fn elements<'b>(
    accessor: &gltf::Accessor<'_>,
    blob: &'b [u8],
    width: usize,
) -> Result<impl Iterator<Item = &'b [u8]>, Rule> {
    let outside = || Rule::Mesh("its mesh lies outside its buffer");
    if accessor.sparse().is_some() {
        return Err(Rule::Mesh("its mesh is sparse"));
    }
    let view = accessor.view().ok_or_else(outside)?;
    let stride = view.stride().unwrap_or(width);
    let in_view = view
        .offset()
        .checked_add(view.length())
        .and_then(|end| blob.get(view.offset()..end))
        .ok_or_else(outside)?;
    let needed = match accessor.count() {
        0 => 0,
        count => (count - 1)
            .checked_mul(stride)
            .and_then(|bytes| bytes.checked_add(width))
            .ok_or_else(outside)?,
    };
    let bytes = accessor
        .offset()
        .checked_add(needed)
        .and_then(|end| in_view.get(accessor.offset()..end))
        .ok_or_else(outside)?;
    if stride < width {
        return Err(outside());
    }
    Ok(bytes.chunks(stride).map(move |chunk| &chunk[..width]))
}
