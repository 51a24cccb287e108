//! The few HTTP requests a bot makes, with deadlines and size limits. They block: helper threads make them.
//!
//! A bot is a visitor like any other: a guest account, a ticket to a world, and with the ticket's answer the way in. It keeps the
//! token of its account, so that whoever lost a session comes back as the same person.

use crate::ending::Ending;
use crate::scenario::{Join, Rejoin};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant};
use ureq::http::StatusCode;

const DEADLINE: Duration = Duration::from_secs(20);
/// So long the control plane may let one question wait for its answer (unit: seconds).
const WAIT_S: u64 = 20;
/// A control plane that does not wait with its answer is not asked in a tight loop.
const SHORTEST_ROUND: Duration = Duration::from_millis(500);
/// Far more than any answer of the API (unit: bytes).
const LARGEST_ANSWER: u64 = 64 * 1024;

/// Downloads a world's file.
pub fn download(url: &str) -> Result<Vec<u8>, Ending> {
    let failed = |error: ureq::Error| Ending::World(format!("{url}: {error}"));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(DEADLINE))
        .build()
        .into();
    let mut response = agent.get(url).call().map_err(failed)?;
    let limit = otherworld_scene::limits::BYTES as u64;
    response
        .body_mut()
        .with_config()
        .limit(limit)
        .read_to_vec()
        .map_err(failed)
}

/// Who asks for a seat.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Shown above the head.
    pub name: String,
    /// Of their account; none yet, or none any more.
    pub token: Option<String>,
}

#[derive(Deserialize)]
struct Guest {
    token: String,
}

#[derive(Deserialize)]
struct Ticket {
    state: String,
    reason: Option<Reason>,
    connect: Option<Join>,
}

#[derive(Default, Deserialize)]
struct Reason {
    code: String,
    message: String,
}

/// The public API, for one thread.
pub struct Api {
    agent: ureq::Agent,
    url: String,
    world: String,
}

impl Api {
    /// One that asks there.
    pub fn new(at: &Rejoin) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(DEADLINE + Duration::from_secs(WAIT_S)))
            .http_status_as_error(false);
        Self {
            agent: config.build().into(),
            url: at.url.trim_end_matches('/').to_owned(),
            world: at.world.clone(),
        }
    }

    /// Asks until there is a seat or the ticket has ended: the same wish again is the same ticket. A visitor without a good
    /// token becomes a new guest.
    pub fn seat(&self, visitor: &mut Visitor) -> Result<Join, Ending> {
        loop {
            let asked = Instant::now();
            let ticket = self.ask(visitor)?;
            if let Some(connect) = ticket.connect {
                return Ok(connect);
            }
            if ticket.state == "ended" {
                let Reason { code, message } = ticket.reason.unwrap_or_default();
                return Err(Ending::Seat(format!("{message} ({code})")));
            }
            thread::sleep(SHORTEST_ROUND.saturating_sub(asked.elapsed()));
        }
    }

    fn ask(&self, visitor: &mut Visitor) -> Result<Ticket, Ending> {
        let body = json!({ "world": self.world });
        for is_new in [false, true] {
            let token = match &visitor.token {
                Some(token) => token.clone(),
                None => visitor
                    .token
                    .insert(self.become_guest(&visitor.name)?)
                    .clone(),
            };
            match self.post("/api/v1/tickets", Some(&token), &body)? {
                (StatusCode::UNAUTHORIZED, _) if !is_new => visitor.token = None,
                answer => return read(answer),
            }
        }
        unreachable!("the second round takes any answer")
    }

    fn become_guest(&self, name: &str) -> Result<String, Ending> {
        let guest: Guest = read(self.post("/api/v1/guests", None, &json!({ "name": name }))?)?;
        Ok(guest.token)
    }

    fn post(
        &self,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<(StatusCode, Value), Ending> {
        let url = format!("{}{path}", self.url);
        let failed = |error: ureq::Error| Ending::Seat(format!("{url}: {error}"));
        let mut request = self
            .agent
            .post(&url)
            .header("prefer", format!("wait={WAIT_S}"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = request.send_json(body).map_err(failed)?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(LARGEST_ANSWER);
        // Whoever answers something else than JSON (a proxy) is told by the status.
        let body = body.read_json().unwrap_or(Value::Null);
        Ok((status, body))
    }
}

/// What was asked for, or why there is none in the words of the error table.
fn read<T: DeserializeOwned>((status, body): (StatusCode, Value)) -> Result<T, Ending> {
    if !status.is_success() {
        let message = body["message"].as_str().unwrap_or("no reason given");
        return Err(Ending::Seat(format!("{status}: {message}")));
    }
    serde_json::from_value(body).map_err(|error| Ending::Seat(format!("an answer: {error}")))
}
