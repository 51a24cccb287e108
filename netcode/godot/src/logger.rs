//! Log lines on standard output, one event each, as `key=value` in the logfmt way: what a person reads in a terminal a
//! collector reads too. `OTHERWORLD_LOG_LEVEL` says how much of our own; other crates are heard from warnings on.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use env_logger::{Builder, Target, fmt::Formatter};
use log::kv::{self, Key, Value, VisitSource};
use log::{LevelFilter, Record};

/// Names the least important level that is written.
pub const LEVEL_KEY: &str = "OTHERWORLD_LOG_LEVEL";

/// The newest tick, for every line of whatever thread.
static TICK: AtomicU32 = AtomicU32::new(0);

/// Says which tick the lines from now on are of.
pub fn set_tick(tick: u32) {
    TICK.store(tick, Relaxed);
}

/// Begins to log. A second call, by a second server in one process, changes nothing.
///
/// # Errors
/// A sentence that names the key, when the level is none.
pub fn init(level: Option<&str>) -> Result<(), String> {
    let level = match level.unwrap_or_default() {
        "" => LevelFilter::Info,
        level => level.parse().map_err(|_| {
            format!("{LEVEL_KEY} is no level: {level:?}; give trace, debug, info, warn or error")
        })?,
    };
    let mut builder = Builder::new();
    builder
        .filter_level(LevelFilter::Warn)
        .filter_module("otherworld", level)
        .target(Target::Stdout);
    let _ = builder.format(write_line).try_init();
    Ok(())
}

fn write_line(out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let mut line = String::new();
    let level = record.level().as_str().to_ascii_lowercase();
    let tick = TICK.load(Relaxed);
    let target = record.target().split("::").next().unwrap_or_default();
    let _ = write!(
        line,
        "time={} level={level} from={target} tick={tick}",
        out.timestamp_millis()
    );
    let _ = record.key_values().visit(&mut Fields(&mut line));
    let _ = write!(line, " msg=");
    write_value(&mut line, &record.args().to_string());
    writeln!(out, "{line}")
}

struct Fields<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let _ = write!(self.0, " {key}=");
        write_value(self.0, &value.to_string());
        Ok(())
    }
}

/// Bare where that is clear, quoted where it is not.
fn write_value(line: &mut String, value: &str) {
    let bare = |c: char| c.is_alphanumeric() || "-_.:/,[]".contains(c);
    let _ = match !value.is_empty() && value.chars().all(bare) {
        true => write!(line, "{value}"),
        false => write!(line, "{value:?}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_named_with_the_cure() {
        let refused = init(Some("loud")).unwrap_err();
        assert!(refused.starts_with("OTHERWORLD_LOG_LEVEL is no level: \"loud\"; give"));
    }

    #[test]
    fn values_stay_on_one_line_and_in_one_field() {
        let written = |value: &str| {
            let mut line = String::new();
            write_value(&mut line, value);
            line
        };
        assert_eq!(written("127.0.0.1:7420"), "127.0.0.1:7420");
        assert_eq!(
            written("it's \"me\"\nlevel=error"),
            r#""it's \"me\"\nlevel=error""#
        );
        assert_eq!(written(""), r#""""#);
    }
}
