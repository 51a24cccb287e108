//! The command line.

use lexopt::{Arg, Parser, ValueExt};
use otherworld_core::testing::Conditions;
use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

pub const USAGE: &str = "otherworld-impair --relay LISTEN=TARGET … [options]

  --relay LISTEN=TARGET  takes datagrams at LISTEN (port 0: any) to TARGET and the answers back; may come often
  --rtt MS               half of it is spent on each way (0)
  --jitter MS            on top, each way, for each datagram evenly from none to this (0)
  --loss PCT             lost, each way (0)
  --duplicate PCT        come twice, each way (0)
  --reorder PCT          wait 100 ms longer, each way (0)
  --seed N               of the random numbers (a new one, which is printed)
  --clients N            at most so many source addresses at a time (1000)
  --idle S               an address that is silent for so long is forgotten (60)
  --report S             prints the counters so often (0: only at the end and on SIGUSR1)
  --public               also addresses that are not loopback";

/// A delay that nobody waits for is a mistake (unit: milliseconds).
const MOST_MS: f64 = 10_000.0;
/// Longer than any datagram can be under way: the address of a datagram in the queue is never another's.
const LEAST_IDLE: Duration = Duration::from_secs(21);

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// From where to where.
    pub relays: Vec<(SocketAddr, SocketAddr)>,
    /// Of each way.
    pub conditions: Conditions,
    pub seed: u64,
    pub clients: usize,
    pub idle: Duration,
    pub report: Option<Duration>,
}

/// Reads the command line; the error is for people.
pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Options, String> {
    let mut parser = Parser::from_iter(args);
    let mut options = Options {
        relays: Vec::new(),
        conditions: Conditions::default(),
        seed: 0,
        clients: 1000,
        idle: Duration::from_secs(60),
        report: None,
    };
    let (mut given_seed, mut public) = (None, false);
    while let Some(arg) = parser.next().map_err(|error| error.to_string())? {
        let conditions = &mut options.conditions;
        match arg {
            Arg::Long("relay") => options.relays.push(relay(&text(&mut parser)?)?),
            Arg::Long("rtt") => conditions.delay_us = milliseconds(&mut parser)? / 2,
            Arg::Long("jitter") => conditions.jitter_us = milliseconds(&mut parser)?,
            Arg::Long("loss") => conditions.loss = share(&mut parser)?,
            Arg::Long("duplicate") => conditions.duplication = share(&mut parser)?,
            Arg::Long("reorder") => conditions.reorder = share(&mut parser)?,
            Arg::Long("seed") => given_seed = Some(number(&mut parser)?),
            Arg::Long("clients") => options.clients = number(&mut parser)?,
            Arg::Long("idle") => options.idle = Duration::from_secs(number(&mut parser)?),
            Arg::Long("report") => {
                let seconds: u64 = number(&mut parser)?;
                options.report = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            Arg::Long("public") => public = true,
            other => return Err(other.unexpected().to_string()),
        }
    }
    check(&options, public)?;
    options.seed = given_seed.unwrap_or_else(new_seed);
    Ok(options)
}

/// One that nobody has seen, and that JSON's numbers can hold.
fn new_seed() -> u64 {
    RandomState::new().build_hasher().finish() >> 11
}

fn check(options: &Options, public: bool) -> Result<(), String> {
    if options.relays.is_empty() {
        return Err("say from where to where with --relay".into());
    }
    if options.idle < LEAST_IDLE {
        return Err(format!("--idle is at least {} s", LEAST_IDLE.as_secs()));
    }
    // The counters are read by scripts that start us here; a network that anybody can make worse is nobody's wish.
    let mut addresses = options.relays.iter().flat_map(|(from, to)| [from, to]);
    match addresses.find(|address| !public && !address.ip().is_loopback()) {
        Some(address) => Err(format!("{address} is not loopback; --public allows it")),
        None => Ok(()),
    }
}

fn relay(text: &str) -> Result<(SocketAddr, SocketAddr), String> {
    let parts = text.split_once('=');
    let both = parts.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    both.ok_or_else(|| format!("{text:?} is not LISTEN=TARGET, two addresses with ports"))
}

fn text(parser: &mut Parser) -> Result<String, String> {
    let value = parser.value().map_err(|error| error.to_string())?;
    value.string().map_err(|error| error.to_string())
}

fn number<T: FromStr>(parser: &mut Parser) -> Result<T, String> {
    let text = text(parser)?;
    text.parse()
        .map_err(|_| format!("{text:?} is no number that fits"))
}

fn milliseconds(parser: &mut Parser) -> Result<u64, String> {
    let ms: f64 = number(parser)?;
    if !(0.0..=MOST_MS).contains(&ms) {
        return Err(format!("{ms} ms is not between 0 and {MOST_MS}"));
    }
    Ok((ms * 1000.0) as u64)
}

fn share(parser: &mut Parser) -> Result<f64, String> {
    let percent: f64 = number(parser)?;
    if !(0.0..=100.0).contains(&percent) {
        return Err(format!("{percent} % is not between 0 and 100"));
    }
    Ok(percent / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Options, String> {
        read(line.split(' ').map(OsString::from))
    }

    #[test]
    fn reads_the_bad_network() {
        let options = of(
            "impair --relay 127.0.0.1:0=127.0.0.1:9 --rtt 80 --jitter 30 --loss 5 --duplicate 2 --reorder 2 --seed 7",
        );
        let options = options.unwrap();
        assert_eq!(options.conditions, Conditions::bad(0.05));
        assert_eq!(options.seed, 7);
        assert_eq!(options.relays[0].1.port(), 9);
    }

    #[test]
    fn says_what_is_wrong() {
        let relay = "impair --relay 127.0.0.1:0=127.0.0.1:9";
        for (line, problem) in [
            ("impair".into(), "--relay"),
            ("impair --relay 127.0.0.1:9".into(), "LISTEN=TARGET"),
            ("impair --relay 0.0.0.0:0=127.0.0.1:9".into(), "--public"),
            (format!("{relay} --loss 101"), "101"),
            (format!("{relay} --rtt -1"), "-1"),
            (format!("{relay} --idle 1"), "--idle"),
            (format!("{relay} --speed 1"), "--speed"),
        ] {
            let error = of(&line).unwrap_err();
            assert!(error.contains(problem), "{line}: {error}");
        }
        assert!(of("impair --public --relay 0.0.0.0:0=127.0.0.1:9 --seed 1").is_ok());
    }
}
