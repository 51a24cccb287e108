//! Fetches the world and compares its SHA-256 with the announced one, before anything parses a byte of it. A server that
//! is away or broken is tried again for a while; then, and after an answer that no retry changes, the instance ends.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::error::Error;
use crate::proto;

const TIMEOUT: Duration = Duration::from_secs(30);
// Far above the complexity budget of any world; a bound so that a wrong address cannot fill the memory.
const LARGEST: u64 = 512 << 20;

/// A control plane that restarts is back long before. Whoever waits for this world is better served by another instance then.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn download(world: &proto::World) -> Result<Vec<u8>, Error> {
    let mut backoff = Backoff::default();
    let until = Instant::now() + PATIENCE;
    loop {
        let url = world.url.clone();
        // ureq blocks; this is its own short-lived thread.
        let fetched = tokio::task::spawn_blocking(move || fetch(&url)).await;
        let unavailable = |problem| Error::WorldUnavailable {
            url: world.url.clone(),
            problem,
        };
        match fetched.unwrap_or_else(|panic| Err(Failure::Final(panic.to_string()))) {
            Ok(bytes) => return compare(world, bytes),
            Err(Failure::Final(problem)) => return Err(unavailable(problem)),
            Err(Failure::Passing(problem)) if Instant::now() >= until => {
                return Err(unavailable(format!("{problem}, {PATIENCE:?} long")));
            }
            Err(Failure::Passing(problem)) => {
                let wait = backoff.next(fastrand::f64());
                log::warn!(stage = "download"; "the world {} cannot be fetched: {problem}; next try in {wait:.1?}",
                    world.url
                );
                tokio::time::sleep(wait).await;
            }
        }
    }
}

enum Failure {
    Passing(String),
    Final(String),
}

fn fetch(url: &str) -> Result<Vec<u8>, Failure> {
    if !url.starts_with("http://") {
        return Err(Failure::Final(
            "only http:// addresses can be fetched".into(),
        ));
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .build()
        .into();
    let passing = |error: ureq::Error| Failure::Passing(error.to_string());
    let mut response = agent.get(url).call().map_err(passing)?;
    let status = response.status();
    if status.is_client_error() {
        return Err(Failure::Final(format!("the server answered {status}")));
    }
    if !status.is_success() {
        return Err(Failure::Passing(format!("the server answered {status}")));
    }
    response
        .body_mut()
        .with_config()
        .limit(LARGEST)
        .read_to_vec()
        .map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(limit) => {
                Failure::Final(format!("it is larger than {limit} bytes"))
            }
            error => Failure::Passing(error.to_string()),
        })
}

fn compare(world: &proto::World, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let actual: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if actual.eq_ignore_ascii_case(&world.sha256) {
        return Ok(bytes);
    }
    Err(Error::WorldMismatch {
        url: world.url.clone(),
        expected: world.sha256.clone(),
        actual,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HttpAnswer, serve_http};

    fn world(url: String, bytes: &[u8]) -> proto::World {
        let sha256 = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        proto::World {
            id: "plaza".into(),
            url,
            sha256,
        }
    }

    #[tokio::test]
    async fn a_world_with_the_announced_hash_is_given_whole() {
        let glb = vec![7u8; 300_000];
        let server = serve_http(vec![HttpAnswer::new(200, glb.clone())]).await;
        assert_eq!(download(&world(server, &glb)).await.unwrap(), glb);
    }

    #[tokio::test]
    async fn another_hash_is_an_error_that_names_both() {
        let server = serve_http(vec![HttpAnswer::new(200, b"other".to_vec())]).await;
        let announced = world(server, b"plaza");
        let error = download(&announced).await.unwrap_err().to_string();
        let actual = "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";
        assert!(
            error.contains(&announced.sha256) && error.contains(actual),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_server_in_trouble_is_asked_again_and_a_firm_no_is_believed() {
        let trouble = vec![
            HttpAnswer::new(503, Vec::new()),
            HttpAnswer::cut_short(b"pla".to_vec()),
            HttpAnswer::new(200, b"plaza".to_vec()),
        ];
        let server = serve_http(trouble).await;
        assert_eq!(download(&world(server, b"plaza")).await.unwrap(), b"plaza");

        let server = serve_http(vec![HttpAnswer::new(404, Vec::new())]).await;
        let error = download(&world(server, b"plaza")).await.unwrap_err();
        assert!(
            matches!(&error, Error::WorldUnavailable { problem, .. } if problem.contains("404")),
            "{error}"
        );
    }
}
