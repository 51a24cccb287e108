//! Walks through every call of the Agones SDK with the official Rust crate and prints what it saw, one JSON object a
//! line: `{"call": "reserve", "ok": true, "state": "Reserved", …}`. The contract suite of the fleet runs it against the
//! local supervisor's SDK server, and at acceptance against a real Agones sidecar, and compares the lines.
//!
//! `AGONES_SDK_GRPC_PORT` names the server. The GameServer must have a counter `players` and a list `seats`, both with a
//! capacity of at least 2 and nothing in them. It ends in `Shutdown`. The exit status is 1 when a call failed.

use std::time::Duration;

use agones::{GameServer, Sdk};
use serde_json::{Value, json};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    match walk().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            print(json!({"call": "failed", "ok": false, "error": error.to_string()}));
            std::process::ExitCode::FAILURE
        }
    }
}

async fn walk() -> Result<(), Box<dyn std::error::Error>> {
    let mut sdk = Sdk::new(None, None).await?;
    print(json!({"call": "connect", "ok": true}));
    let mut watch = sdk.watch_gameserver().await?;
    let seen = |call: &str, server: &GameServer| print(describe(call, server));

    seen("get", &sdk.get_gameserver().await?);
    let health = sdk.health_check();
    health.send(()).await?;
    health.send(()).await?;
    print(json!({"call": "health", "ok": true}));

    sdk.ready().await?;
    seen("ready", &until(&mut watch, "Ready").await?);
    sdk.reserve(Duration::from_secs(1)).await?;
    seen("reserve", &until(&mut watch, "Reserved").await?);
    seen("reserve_over", &until(&mut watch, "Ready").await?);
    sdk.allocate().await?;
    seen("allocate", &until(&mut watch, "Allocated").await?);

    sdk.set_label("probe", "label").await?;
    sdk.set_annotation("probe", "annotation").await?;
    let marked = |server: &GameServer| {
        server.object_meta.as_ref().is_some_and(|meta| {
            let has = |map: &std::collections::HashMap<String, String>, value: &str| {
                map.get("agones.dev/sdk-probe")
                    .is_some_and(|found| found == value)
            };
            has(&meta.labels, "label") && has(&meta.annotations, "annotation")
        })
    };
    seen(
        "set_label_and_annotation",
        &until_seen(&mut watch, "agones.dev/sdk-probe", marked).await?,
    );

    walk_counter(&sdk).await?;
    walk_list(&sdk).await?;

    health.send(()).await?;
    sdk.shutdown().await?;
    seen("shutdown", &until(&mut watch, "Shutdown").await?);
    Ok(())
}

async fn walk_counter(sdk: &Sdk) -> Result<(), Box<dyn std::error::Error>> {
    let mut beta = sdk.beta().clone();
    beta.increment_counter("players", 2).await?;
    beta.decrement_counter("players", 1).await?;
    let count = beta.get_counter_count("players").await?;
    let capacity = beta.get_counter_capacity("players").await?;
    beta.set_counter_count("players", capacity).await?;
    let beyond = beta.increment_counter("players", 1).await.map_err(code);
    beta.set_counter_count("players", 0).await?;
    let below = beta.decrement_counter("players", 1).await.map_err(code);
    beta.set_counter_capacity("players", capacity + 1).await?;
    let grown = beta.get_counter_capacity("players").await?;
    beta.set_counter_capacity("players", capacity).await?;
    let unknown = beta.get_counter_count("no-such").await.map_err(code);
    print(json!({
        "call": "counter", "ok": true, "count": count, "capacity": capacity, "grown": grown,
        "beyond": refusal(beyond), "below": refusal(below), "unknown": refusal(unknown),
    }));
    Ok(())
}

async fn walk_list(sdk: &Sdk) -> Result<(), Box<dyn std::error::Error>> {
    let mut beta = sdk.beta().clone();
    beta.append_list_value("seats", "1").await?;
    beta.append_list_value("seats", "2").await?;
    let twice = beta.append_list_value("seats", "2").await.map_err(code);
    let values = beta.get_list_values("seats").await?;
    let contains = beta.list_contains("seats", "1").await?;
    let length = beta.get_list_length("seats").await?;
    let capacity = beta.get_list_capacity("seats").await?;
    beta.delete_list_value("seats", "1").await?;
    let absent = beta.delete_list_value("seats", "1").await.map_err(code);
    beta.set_list_capacity("seats", 1).await?;
    let full = beta.append_list_value("seats", "3").await.map_err(code);
    beta.set_list_capacity("seats", capacity).await?;
    beta.delete_list_value("seats", "2").await?;
    let unknown = beta.get_list_values("no-such").await.map_err(code);
    print(json!({
        "call": "list", "ok": true, "values": values, "contains": contains, "length": length, "capacity": capacity,
        "twice": refusal(twice), "absent": refusal(absent), "full": refusal(full), "unknown": refusal(unknown),
    }));
    Ok(())
}

type Watch = tonic::Streaming<GameServer>;

async fn until(watch: &mut Watch, state: &str) -> Result<GameServer, String> {
    until_seen(watch, state, |server| {
        server
            .status
            .as_ref()
            .is_some_and(|status| status.state == state)
    })
    .await
}

async fn until_seen(
    watch: &mut Watch,
    what: &str,
    is_it: impl Fn(&GameServer) -> bool,
) -> Result<GameServer, String> {
    let found = timeout(PATIENCE, async {
        loop {
            match watch.message().await {
                Ok(Some(server)) if is_it(&server) => return Ok(server),
                Ok(Some(_)) => {}
                Ok(None) => return Err(format!("the watch ended before {what}")),
                Err(status) => return Err(format!("the watch failed before {what}: {status}")),
            }
        }
    });
    found.await.unwrap_or_else(|_| {
        Err(format!(
            "{what} was not seen on the watch within {PATIENCE:?}"
        ))
    })
}

fn describe(call: &str, server: &GameServer) -> Value {
    let meta = server.object_meta.clone().unwrap_or_default();
    let status = server.status.clone().unwrap_or_default();
    let ports: Vec<Value> = status
        .ports
        .iter()
        .map(|port| json!({"name": port.name, "port": port.port}))
        .collect();
    json!({
        "call": call, "ok": true, "state": status.state, "address": status.address, "ports": ports,
        "name": meta.name, "namespace": meta.namespace, "uid": meta.uid,
        "labels": meta.labels, "annotations": meta.annotations,
    })
}

fn code(error: agones::errors::Error) -> String {
    match error {
        agones::errors::Error::Rpc(status) => format!("{:?}", status.code()),
        other => other.to_string(),
    }
}

fn refusal<T>(answer: Result<T, String>) -> Value {
    answer.map_or_else(Value::String, |_| Value::Null)
}

fn print(line: Value) {
    println!("{line}");
}
