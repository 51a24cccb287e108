//! Values out of an extension's JSON, each checked as it is read.

use crate::place::is_uniform;
use crate::{Rule, limits};
use otherworld_core::Vec3;
use serde_json::Value;

pub(crate) fn radius(fields: &Value, scale: Vec3) -> Result<f32, Rule> {
    let bottom = length(fields, "radiusBottom", 0.5, scale)?;
    let top = length(fields, "radiusTop", 0.5, scale)?;
    if bottom != top {
        return Err(Rule::Extension("tapered shapes are not supported"));
    }
    Ok(bottom)
}

/// A length of a round shape, scaled.
pub(crate) fn length(
    fields: &Value,
    key: &'static str,
    default: f32,
    scale: Vec3,
) -> Result<f32, Rule> {
    if !is_uniform(scale) {
        return Err(Rule::Scale);
    }
    checked_size(number(fields, key, default)? * scale.x, key)
}

pub(crate) fn checked_size(size: f32, what: &'static str) -> Result<f32, Rule> {
    let sane = (limits::SMALLEST..=limits::LARGEST).contains(&size);
    sane.then_some(size).ok_or(Rule::Size(what))
}

pub(crate) fn number(fields: &Value, key: &str, default: f32) -> Result<f32, Rule> {
    match fields.get(key) {
        None => Ok(default),
        Some(value) => value
            .as_f64()
            .map(|value| value as f32)
            .filter(|value| value.is_finite())
            .ok_or(Rule::Extension("a number is not one")),
    }
}

pub(crate) fn vector(fields: &Value, key: &str, default: [f32; 3]) -> Result<Vec3, Rule> {
    let Some(value) = fields.get(key) else {
        return Ok(Vec3::from(default));
    };
    let wrong = Rule::Extension("a vector is not three numbers");
    let Some([x, y, z]) = value.as_array().map(Vec::as_slice) else {
        return Err(wrong);
    };
    match (x.as_f64(), y.as_f64(), z.as_f64()) {
        (Some(x), Some(y), Some(z)) => Ok(Vec3::from([x as f32, y as f32, z as f32])),
        _ => Err(wrong),
    }
}

/// An index; a missing one and -1 mean none.
pub(crate) fn index(fields: &Value, key: &str) -> Result<Option<usize>, Rule> {
    match fields.get(key) {
        None => Ok(None),
        Some(value) if value.as_i64() == Some(-1) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(|index| Some(index as usize))
            .ok_or(Rule::Extension("an index is not a whole number")),
    }
}

pub(crate) fn listed<'a>(
    list: &'a [Value],
    fields: &Value,
    key: &str,
) -> Result<Option<&'a Value>, Rule> {
    match index(fields, key)? {
        None => Ok(None),
        Some(index) => list
            .get(index)
            .map(Some)
            .ok_or(Rule::Extension("an index points past its list")),
    }
}
