//! The few HTTP requests a bot makes, with deadlines and size limits. They block: a helper thread makes them.

use crate::ending::Ending;
use crate::scenario::Join;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

/// Downloads a world's file.
pub fn download(url: &str) -> Result<Vec<u8>, Ending> {
    let failed = |error: ureq::Error| Ending::World(format!("{url}: {error}"));
    let mut response = agent().get(url).call().map_err(failed)?;
    let limit = otherworld_scene::limits::BYTES as u64;
    response
        .body_mut()
        .with_config()
        .limit(limit)
        .read_to_vec()
        .map_err(failed)
}

/// Asks for a seat, as any client does.
pub fn join(url: &str, name: &str) -> Result<Join, Ending> {
    let failed = |error: ureq::Error| Ending::World(format!("no seat at {url}: {error}"));
    let mut response = agent()
        .post(url)
        .send_json(serde_json::json!({ "name": name }))
        .map_err(failed)?;
    response.body_mut().read_json().map_err(failed)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(DEADLINE))
        .build()
        .into()
}
