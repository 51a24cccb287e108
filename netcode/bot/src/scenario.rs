//! The scenario: which bots, with the way in that the control plane gave each, and what they do.

use crate::behaviour::Behaviour;
use crate::ending::Ending;
use crate::fault::Fault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What standard input holds.
#[derive(Debug, Deserialize)]
pub struct Scenario {
    /// The bots.
    #[serde(deserialize_with = "bots")]
    pub bots: Vec<Bot>,
    /// Clips of head and hands that gestures name.
    #[serde(default)]
    pub motion: BTreeMap<String, ClipSource>,
    /// How long they play (unit: seconds).
    pub duration_s: f64,
    /// How often each bot says what it sees (unit: seconds); a line's counts are those since the last one.
    #[serde(default = "every_second")]
    pub report_s: f64,
    /// `[SE8]` How long a bot that hears nothing tries to come back to its body (unit: seconds); 0: not at all.
    #[serde(default = "as_long_as_the_network_may_be_gone")]
    pub resume_s: f64,
    /// Where bots that lost their seat ask for another one; without it they are gone.
    #[serde(default)]
    pub rejoin: Option<Rejoin>,
    /// Where what the bots see is written.
    #[serde(default)]
    pub views: Option<Views>,
}

/// A control plane, and the world that is asked for there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejoin {
    /// Of the control plane: `http://host:port`.
    pub url: String,
    /// Id or short name.
    pub world: String,
}

/// A file of what the bots see.
#[derive(Debug, Deserialize)]
pub struct Views {
    /// Where it is made.
    pub path: PathBuf,
    /// How often each bot's view is written (unit: seconds).
    #[serde(default = "every_second")]
    pub every_s: f64,
}

/// Where a clip is.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum ClipSource {
    /// A file.
    File { path: PathBuf },
    /// Here.
    Inline { csv: String },
}

fn every_second() -> f64 {
    1.0
}

/// Longer than the ten seconds that cost nobody their body, and shorter than the instance's grace.
fn as_long_as_the_network_may_be_gone() -> f64 {
    13.0
}

/// One bot: the way in that its ticket gave, and what to do.
#[derive(Debug, Deserialize)]
pub struct Bot {
    /// How reports call it, and its name should it become a new guest.
    #[serde(default)]
    pub name: Option<String>,
    /// Of its account, with which it asks for another seat.
    #[serde(default)]
    pub token: Option<String>,
    /// What the control plane answered.
    #[serde(flatten)]
    pub join: Join,
    /// Without it: standing still.
    #[serde(default)]
    pub behaviour: Behaviour,
    /// What goes wrong with its network.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// The way in that it takes.
    #[serde(default)]
    pub pipe: Way,
    /// Datagrams go here instead of to the token's address: a proxy.
    #[serde(default)]
    pub via: Option<SocketAddr>,
}

/// A ticket's `connect`, as far as a bot needs it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Join {
    /// Decimal, because JSON's numbers end at 2^53.
    pub seat: String,
    /// Which instance.
    #[serde(default)]
    pub instance: String,
    /// Which world.
    pub world: World,
    /// Decimal.
    pub protocol_hash: String,
    /// One token for each way in.
    pub pipes: Vec<Pipe>,
}

/// A world to download.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct World {
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Where it lies.
    pub url: String,
}

/// One way in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pipe {
    /// "udp", "relay"; bots know no others.
    pub pipe: String,
    /// The connect token, base64.
    pub token: String,
    /// The relay's address.
    #[serde(default)]
    pub url: Option<String>,
    /// What lets in there.
    #[serde(default)]
    pub ticket: Option<String>,
}

/// The ways in that a bot can take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Straight to the instance.
    #[default]
    Udp,
    /// By a WebSocket to the control plane.
    Relay,
}

impl Way {
    /// As the ticket calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Relay => "relay",
        }
    }
}

/// Bots one by one, so that an error says whose it is.
fn bots<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Bot>, D::Error> {
    let bots = Vec::<Value>::deserialize(source)?.into_iter().enumerate();
    bots.map(|(index, bot)| {
        let label = label(index, bot.get("name").and_then(Value::as_str));
        serde_json::from_value(bot).map_err(|error| D::Error::custom(format!("{label}: {error}")))
    })
    .collect()
}

/// How errors call a bot.
pub fn label(index: usize, name: Option<&str>) -> String {
    name.map_or_else(
        || format!("bots[{index}]"),
        |name| format!("bots[{index}] {name:?}"),
    )
}

/// Reads and checks a scenario.
pub fn read(input: impl Read) -> Result<Scenario, Ending> {
    let scenario: Scenario =
        serde_json::from_reader(input).map_err(|error| Ending::Scenario(error.to_string()))?;
    for (name, seconds) in [
        ("duration_s", scenario.duration_s),
        ("report_s", scenario.report_s),
    ] {
        // 10^10 seconds are three centuries.
        if !(0.1..1e10).contains(&seconds) {
            return Err(Ending::Scenario(format!(
                "{name} must be between 0.1 and 10,000,000,000"
            )));
        }
    }
    let views_s = scenario.views.as_ref().map_or(1.0, |views| views.every_s);
    if !(0.01..1e10).contains(&views_s) {
        return Err(Ending::Scenario(
            "views.every_s must be at least 0.01".into(),
        ));
    }
    // Netcode's own patience ends at 60 s.
    if !(0.0..=60.0).contains(&scenario.resume_s) {
        return Err(Ending::Scenario("resume_s must be between 0 and 60".into()));
    }
    let mut faults = scenario.bots.iter().flat_map(|bot| &bot.faults);
    if !faults.all(Fault::is_possible) {
        return Err(Ending::Scenario("a fault happens at no such time".into()));
    }
    if scenario.bots.is_empty() {
        return Err(Ending::Scenario("there are no bots in it".into()));
    }
    Ok(scenario)
}

impl Join {
    /// The pipe of a way in.
    pub fn pipe(&self, way: Way) -> Result<&Pipe, Ending> {
        let pipe = self.pipes.iter().find(|pipe| pipe.pipe == way.name());
        let missing = || Ending::Scenario(format!("no pipe {:?} is offered", way.name()));
        pipe.ok_or_else(missing)
    }

    /// A pipe's connect token.
    pub fn token(&self, way: Way) -> Result<Vec<u8>, Ending> {
        STANDARD
            .decode(&self.pipe(way)?.token)
            .map_err(|error| Ending::Scenario(format!("a token is not base64: {error}")))
    }

    /// The instance's protocol.
    pub fn protocol(&self) -> Result<u64, Ending> {
        let bad = |_| {
            Ending::Scenario(format!(
                "the protocol hash {:?} is not a number",
                self.protocol_hash
            ))
        };
        self.protocol_hash.parse().map_err(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::Step;

    const JOINED: &str = r#"{
        "bots": [{
            "seat": "18446744073709551615", "user": "u", "instance": "plaza-abcde",
            "world": { "id": "plaza", "sha256": "00", "url": "http://127.0.0.1:7400/worlds/00.glb" },
            "protocolHash": "12345", "pipes": [{ "pipe": "webtransport", "token": "" }, { "pipe": "udp", "token": "AQI=" }],
            "name": "Ada",
            "behaviour": { "seed": 7, "again_from": 1, "steps": [
                { "do": "gesture", "clip": "talk", "offset_s": 1.5 },
                { "do": "walk", "to": [[3.6, 1], [9.3, 1]], "speed": 2 },
                { "do": "wander", "area": { "center": [0, 1], "radius": 3 } },
                { "do": "push", "body": "ball_001", "to": [1, 2] },
                { "do": "jump" }
            ] }
        }],
        "duration_s": 60
    }"#;

    #[test]
    fn reads_a_joins_answer_with_a_behaviour_beside_it() {
        let scenario = read(JOINED.as_bytes()).unwrap();
        let bot = &scenario.bots[0];
        assert_eq!(bot.join.token(Way::Udp).unwrap(), [1, 2]);
        assert_eq!(bot.join.protocol().unwrap(), 12345);
        let Behaviour {
            seed,
            steps,
            again_from,
        } = &bot.behaviour;
        assert_eq!((*seed, steps.len(), *again_from), (7, 5, Some(1)));
        assert!(matches!(&steps[1], Step::Walk { to, speed: 2.0 } if to[1] == [9.3, 1.0]));
    }

    #[test]
    fn names_the_bot_the_step_and_the_key_that_are_wrong() {
        for (from, to, expected) in [
            ("\"walk\"", "\"wlak\"", "steps[1]: unknown variant `wlak`"),
            ("\"speed\": 2", "\"speed\": 9", "steps[1].speed must be"),
            (
                "\"speed\": 2",
                "\"sped\": 2",
                "steps[1]: unknown field `sped`",
            ),
            ("[[3.6, 1], [9.3, 1]]", "[]", "steps[1].to has no waypoint"),
            (
                "\"radius\": 3",
                "\"radius\": 0",
                "steps[2].area has no room",
            ),
            (
                "\"body\": \"ball_001\", ",
                "",
                "steps[3]: missing field `body`",
            ),
            ("\"again_from\": 1", "\"again_from\": 5", "again_from"),
        ] {
            let error = read(JOINED.replace(from, to).as_bytes())
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(expected) && error.contains("bots[0] \"Ada\""),
                "{error}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let changed = |from: &str, to: &str| read(JOINED.replace(from, to).as_bytes());
        assert!(changed("\"duration_s\": 60", "\"duration_s\": 0").is_err());
        assert!(
            changed(
                "\"duration_s\": 60",
                "\"duration_s\": 60, \"report_s\": 1e300"
            )
            .is_err()
        );
        assert!(
            matches!(changed("\"seat\"", "\"chair\""), Err(Ending::Scenario(message)) if message.contains("seat"))
        );
        let no_udp = changed("\"udp\"", "\"tcp\"").unwrap();
        assert!(no_udp.bots[0].join.token(Way::Udp).is_err());
        assert!(read(&b"{\"bots\": [], \"duration_s\": 1}"[..]).is_err());
    }
}
