//! Log lines on standard output, one event each, as `key=value` in the logfmt way: what a person reads in a terminal a
//! collector reads too. Levels by `OTHERWORLD_LOG` (`info`, or per module as in `otherworld=debug,info`).

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use env_logger::{Builder, Target, fmt::Formatter};
use log::kv::{self, Key, Value, VisitSource};
use log::{LevelFilter, Record};

/// Names the levels in the environment.
pub const LEVEL_KEY: &str = "OTHERWORLD_LOG";

/// The newest tick, for every line of whatever thread.
static TICK: AtomicU32 = AtomicU32::new(0);

/// Says which tick the lines from now on are of.
pub fn set_tick(tick: u32) {
    TICK.store(tick, Relaxed);
}

/// Begins to log. A second call, by a second server in one process, changes nothing.
pub fn init(levels: Option<&str>) {
    let mut builder = Builder::new();
    builder
        .filter_level(LevelFilter::Info)
        .target(Target::Stdout);
    if let Some(levels) = levels {
        builder.parse_filters(levels);
    }
    let _ = builder.format(write_line).try_init();
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
