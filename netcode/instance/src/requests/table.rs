//! The rows of `proto/events.json` that an instance is asked for, and the shapes of their data. The table itself is compiled in, so
//! that instance and gateway cannot drift apart; of JSON Schema only what it uses is understood, and a test reads all of it.

use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

const TABLE: &str = include_str!("../../../../proto/events.json");
/// How the table calls us.
const TO_US: &str = "the instance of whoever asks";
/// More than any row needs (unit: bytes).
const LARGEST: usize = 4096;

/// Shapes by the type of event.
#[derive(Debug)]
pub(super) struct Table(HashMap<String, Shape>);

/// What an event's data looks like.
#[derive(Debug)]
pub(super) struct Shape(Schema);

#[derive(Debug)]
enum Schema {
    /// Each field, and whether it must be there; no others.
    Object(HashMap<String, (Schema, bool)>),
    Array {
        items: Box<Schema>,
        least: usize,
        most: usize,
    },
    Number {
        from: f64,
        to: f64,
        whole: bool,
    },
    /// Length in characters.
    Text {
        pattern: Option<Regex>,
        least: usize,
        most: usize,
    },
    OneOf(Vec<String>),
    Boolean,
}

impl Table {
    /// # Panics
    /// Where the table holds what is not understood here; the tests below read the same one.
    pub fn read() -> Self {
        let table: Value = serde_json::from_str(TABLE).expect("the table is JSON");
        let rows = table["events"].as_object().expect("the table has events");
        let ours = rows.iter().filter(|(_, row)| row["to"] == TO_US);
        Self(
            ours.map(|(name, row)| {
                let schema =
                    Schema::read(&row["data"]).unwrap_or_else(|what| panic!("{name}: {what}"));
                (name.clone(), Shape(schema))
            })
            .collect(),
        )
    }

    pub fn shape(&self, name: &str) -> Option<&Shape> {
        self.0.get(name)
    }
}

impl Shape {
    /// Whether a text is JSON of this shape.
    pub fn fits(&self, text: &str) -> bool {
        text.len() <= LARGEST
            && serde_json::from_str(text).is_ok_and(|value: Value| self.0.fits(&value))
    }
}

const UNDERSTOOD: [&str; 14] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "enum",
    "description",
];

impl Schema {
    fn read(source: &Value) -> Result<Self, String> {
        let source = source.as_object().ok_or("a schema is an object")?;
        if let Some(key) = source
            .keys()
            .find(|key| !UNDERSTOOD.contains(&key.as_str()))
        {
            return Err(format!("{key:?} is not understood"));
        }
        if let Some(words) = source.get("enum") {
            let words = serde_json::from_value(words.clone());
            return words.map(Self::OneOf).map_err(|error| error.to_string());
        }
        match source.get("type").and_then(Value::as_str) {
            Some("object") => Self::read_object(source),
            Some("array") => Ok(Self::Array {
                items: Box::new(Self::read(&source["items"])?),
                least: count(source, "minItems").unwrap_or(0),
                most: count(source, "maxItems").ok_or("a list without an end")?,
            }),
            Some(kind @ ("number" | "integer")) => Ok(Self::Number {
                from: number(source, "minimum")?,
                to: number(source, "maximum")?,
                whole: kind == "integer",
            }),
            Some("string") => {
                let pattern = source.get("pattern").and_then(Value::as_str);
                let pattern = pattern.map(Regex::new).transpose();
                Ok(Self::Text {
                    pattern: pattern.map_err(|error| error.to_string())?,
                    least: count(source, "minLength").unwrap_or(0),
                    most: count(source, "maxLength").unwrap_or(LARGEST),
                })
            }
            Some("boolean") => Ok(Self::Boolean),
            other => Err(format!("{other:?} is not understood")),
        }
    }

    fn read_object(source: &Map<String, Value>) -> Result<Self, String> {
        if source.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err("an object without a bound".into());
        }
        let required = source.get("required").and_then(Value::as_array);
        let is_required =
            |key: &str| required.is_some_and(|keys| keys.iter().any(|known| known == key));
        let properties = source.get("properties").and_then(Value::as_object);
        let fields = properties
            .into_iter()
            .flatten()
            .map(|(key, schema)| Ok((key.clone(), (Self::read(schema)?, is_required(key)))));
        fields.collect::<Result<_, String>>().map(Self::Object)
    }

    fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Object(fields), Value::Object(found)) => {
                let known = |(key, value): (&String, &Value)| {
                    fields
                        .get(key)
                        .is_some_and(|(schema, _)| schema.fits(value))
                };
                let there = |(key, (_, required)): (&String, &(Schema, bool))| {
                    !required || found.contains_key(key)
                };
                found.iter().all(known) && fields.iter().all(there)
            }
            (Self::Array { items, least, most }, Value::Array(found)) => {
                (*least..=*most).contains(&found.len())
                    && found.iter().all(|value| items.fits(value))
            }
            (Self::Number { from, to, whole }, Value::Number(found)) => {
                found.as_f64().is_some_and(|found| {
                    (*from..=*to).contains(&found) && (!whole || found.fract() == 0.0)
                })
            }
            (
                Self::Text {
                    pattern,
                    least,
                    most,
                },
                Value::String(found),
            ) => {
                (*least..=*most).contains(&found.chars().count())
                    && pattern
                        .as_ref()
                        .is_none_or(|pattern| pattern.is_match(found))
            }
            (Self::OneOf(words), Value::String(found)) => words.contains(found),
            (Self::Boolean, Value::Bool(_)) => true,
            _ => false,
        }
    }
}

fn count(source: &Map<String, Value>, key: &str) -> Option<usize> {
    let count = source.get(key)?.as_u64()?;
    usize::try_from(count).ok()
}

fn number(source: &Map<String, Value>, key: &str) -> Result<f64, String> {
    let number = source.get(key).and_then(Value::as_f64);
    number.ok_or_else(|| format!("a number without a {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_request_of_the_table_to_an_instance_is_understood() {
        let table: Value = serde_json::from_str(TABLE).unwrap();
        let rows = table["events"].as_object().unwrap();
        let wanted = |(name, row): &(&String, &Value)| {
            name.ends_with(":requested") && row["to"].as_str().unwrap().contains("instance")
        };
        let wanted: Vec<&String> = rows.iter().filter(wanted).map(|(name, _)| name).collect();
        let known = Table::read();
        assert!(wanted.len() >= 10, "{wanted:?}");
        assert_eq!(known.0.len(), wanted.len());
        assert!(wanted.iter().all(|name| known.shape(name).is_some()));
    }

    #[test]
    fn data_fits_its_shape_or_does_not() {
        let table = Table::read();
        let fits = |name: &str, data: &str| {
            let name = format!("interaction:{name}:v1:requested");
            table.shape(&name).unwrap().fits(data)
        };
        let at = |x: &str| format!(r#"{{"object":"body:1","position":[{x},0,0]}}"#);
        assert!(fits("stand", "{}"));
        assert!(fits("pickup", r#"{"object":"body:1","hand":"left"}"#));
        assert!(fits("drag", &at("-1.5e3")));
        assert!(fits(
            "scale",
            r#"{"object":"avatar:18446744073709551615","factor":0.5}"#
        ));
        for (name, data) in [
            ("stand", r#"{"x":1}"#),
            ("stand", "[]"),
            ("stand", "null"),
            ("stand", ""),
            ("stand", "{} {}"),
            ("pickup", r#"{"object":"body:1"}"#),
            ("pickup", r#"{"object":"body:1","hand":"third"}"#),
            ("pickup", r#"{"object":7,"hand":"left"}"#),
            ("sit", r#"{"object":"xbody:1"}"#),
            ("sit", "{\"object\":\"body:1\\n\"}"),
            ("drag", &at("100001")),
            ("drag", &at("1e999")),
            ("drag", &at("\"1\"")),
            ("drag", r#"{"object":"body:1","position":[0,0]}"#),
            ("drag", r#"{"object":"body:1","position":[0,0,0,0]}"#),
        ] {
            assert!(!fits(name, data), "{name} {data}");
        }
        let long = format!("{{{}}}", " ".repeat(LARGEST));
        assert!(!fits("stand", &long));
        let deep = "[".repeat(LARGEST);
        assert!(!fits("stand", &deep), "a nest is refused, not descended");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_judged_without_a_panic(data in ".{0,200}") {
            for shape in Table::read().0.values() {
                shape.fits(&data);
            }
        }
    }
}
