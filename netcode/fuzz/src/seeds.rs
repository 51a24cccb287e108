//! What a search starts from: the golden vectors, a session, what no honest peer sends (`hostile`), the lines of `corpus/`, a world. All of it is text in git.
//!
//! A line of `corpus/NAME.txt` is `what it is: hex`. Lines under `# found` were failures once; they are kept for ever.

use crate::Target;
use crate::parts::steps;
use crate::talk::talk;
use otherworld_core::link::Link;
use otherworld_core::message::MessageId;
use otherworld_pipes::token::{ConnectToken, PRIVATE_BYTES};
use serde_json::Value;
use std::path::PathBuf;

mod hostile;
#[path = "../../scene/tests/common/mod.rs"]
mod world;

/// Something to start from.
#[derive(Clone, Debug)]
pub struct Seed {
    /// What it is.
    pub what: String,
    /// The target's input.
    pub bytes: Vec<u8>,
    /// Whether the target must understand it: what our own code wrote.
    pub is_true: bool,
}

impl Target {
    /// All seeds of the target.
    ///
    /// # Panics
    /// When a file of vectors or a corpus cannot be read.
    #[must_use]
    pub fn seeds(&self) -> Vec<Seed> {
        let mut seeds = made(self.name);
        seeds.extend(hostile::seeds(self.name));
        seeds.extend(corpus(self.name));
        seeds
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The bytes of a hexadecimal text.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .map(|digit| char::from(digit).to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn corpus(name: &str) -> Vec<Seed> {
    let path = folder().join(format!("corpus/{name}.txt"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Vec::new();
    };
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let seed = line.rsplit_once(": ");
            let (what, hex) =
                seed.unwrap_or_else(|| panic!("{}: no name in {line}", path.display()));
            Seed {
                what: what.into(),
                bytes: unhex(hex)
                    .unwrap_or_else(|| panic!("{}: no hex after {what}", path.display())),
                is_true: false,
            }
        })
        .collect()
}

/// The words of `dictionary.txt`: values that parsers compare with.
///
/// # Panics
/// When the file cannot be read.
#[must_use]
pub fn dictionary() -> Vec<Vec<u8>> {
    let path = folder().join("dictionary.txt");
    let text = std::fs::read_to_string(&path).expect("the dictionary");
    let words = text
        .lines()
        .filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    words.map(unescape).collect()
}

/// A word as libFuzzer writes it: `\xAB` is a byte.
fn unescape(word: &str) -> Vec<u8> {
    let mut parts = word.split("\\x");
    let mut bytes = parts.next().unwrap_or("").as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        bytes.extend(unhex(hex).expect("two digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

fn made(name: &str) -> Vec<Seed> {
    match name {
        "client" => vec![true_seed(
            "a session",
            steps(&marked(4 << 3, talk(24).down)),
        )],
        "session" => vec![true_seed(
            "a session",
            steps(&marked(26 << 2 | 1, talk(16).up)),
        )],
        "snapshot" => snapshots(),
        "packet" => vec![true_seed(
            "a keep-alive of nobody",
            [&[0x14, 1][..], &[0; 24]].concat(),
        )],
        "connect-token" => tokens(|token, _| token),
        "private-token" => tokens(private_half),
        "user-data" => cases("user-data", |bytes, _| bytes),
        "link" => {
            let mut seeds = cases("link", |bytes, _| steps(&[(3, bytes)]));
            seeds.push(true_seed(
                "a session",
                steps(&marked(4 << 3 | 1, talk(40).down)),
            ));
            seeds
        }
        "channel" => segments(),
        "input" => cases("input", |bytes, _| steps(&[(0x80, bytes)])),
        "message" => cases("messages", |bytes, case| {
            let id = message_id(case["message"].as_str().unwrap_or_default());
            [&[id][..], &bytes].concat()
        }),
        "scene" => vec![true_seed(
            "one of everything",
            [
                world::document().to_string().as_bytes(),
                &[0],
                &world::tetrahedron(),
            ]
            .concat(),
        )],
        "glb" => vec![true_seed(
            "one of everything",
            world::glb(&world::document(), &world::tetrahedron()),
        )],
        _ => Vec::new(),
    }
}

fn true_seed(what: impl Into<String>, bytes: Vec<u8>) -> Seed {
    Seed {
        what: what.into(),
        bytes,
        is_true: true,
    }
}

fn golden(file: &str) -> Value {
    let path = folder().join(format!("../spec/vectors/{file}.json"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("a file of vectors")
}

/// One seed for each case of a file of golden vectors.
fn cases(file: &str, input: impl Fn(Vec<u8>, &Value) -> Vec<u8>) -> Vec<Seed> {
    let golden = golden(file);
    let cases = golden["cases"].as_array().expect("cases");
    cases
        .iter()
        .enumerate()
        .map(|(k, case)| {
            let bytes = case["hex"].as_str().and_then(unhex).expect("hex");
            true_seed(format!("{file}.json, case {k}"), input(bytes, case))
        })
        .collect()
}

/// Every step with the same control.
fn marked(control: u8, row: Vec<Vec<u8>>) -> Vec<(u8, Vec<u8>)> {
    row.into_iter().map(|bytes| (control, bytes)).collect()
}

/// The cases of snapshot.json, each one's baselines being in those before; and those of a session.
fn snapshots() -> Vec<Seed> {
    let golden = cases("snapshot", |bytes, _| bytes);
    let row: Vec<_> = golden.into_iter().map(|seed| (0, seed.bytes)).collect();
    let mut told = Vec::new();
    for payload in talk(40).down {
        let received = Link::new().receive(0, &payload).map(|r| r.messages);
        let messages = received.expect("a payload");
        let snapshots = messages.filter(|(id, _)| *id == MessageId::Snapshot as u8);
        told.extend(snapshots.map(|(_, bytes)| (0, bytes.to_vec())));
    }
    vec![
        true_seed("snapshot.json", steps(&row)),
        true_seed("those of a session", steps(&told)),
    ]
}

/// The segments in the payloads of events.json, in order and turned round: the stream of the second start.
fn segments() -> Vec<Seed> {
    let payloads = cases("events", |bytes, _| bytes);
    let mut row: Vec<_> = payloads
        .iter()
        .map(|seed| (1, &seed.bytes[8 + 3..]))
        .collect();
    let forth = true_seed("events.json", steps(&row));
    row.reverse();
    vec![forth, true_seed("events.json, turned round", steps(&row))]
}

fn message_id(message: &str) -> u8 {
    let known = MessageId::ALL.into_iter().find(|id| {
        let name = format!("{id:?}");
        name.eq_ignore_ascii_case(&message.replace(' ', ""))
    });
    known.unwrap_or_else(|| panic!("no message is called {message}")) as u8
}

fn tokens(input: impl Fn(Vec<u8>, &Value) -> Vec<u8>) -> Vec<Seed> {
    let golden = golden("connect-token");
    let vectors = golden["vectors"].as_array().expect("vectors");
    let seed = |vector: &Value| {
        let bytes = vector["token"].as_str().and_then(unhex).expect("hex");
        let name = vector["name"].as_str().unwrap_or_default();
        true_seed(format!("connect-token.json, {name}"), input(bytes, vector))
    };
    vectors.iter().map(seed).collect()
}

/// What lies under a token's seal: the client id, then timeout, addresses and keys as the other half has them, then user data.
fn private_half(token: Vec<u8>, vector: &Value) -> Vec<u8> {
    let read = ConnectToken::read(&token).expect("a token");
    let sizes = read
        .addresses
        .iter()
        .map(|at| if at.is_ipv4() { 7 } else { 19 });
    let length = 4 + 4 + sizes.sum::<usize>() + 64;
    let id: u64 = vector["clientId"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    let user_data = vector["userData"].as_str().and_then(unhex).expect("hex");
    let shared = &token[61 + PRIVATE_BYTES..][..length];
    [&id.to_le_bytes()[..], shared, &user_data].concat()
}
