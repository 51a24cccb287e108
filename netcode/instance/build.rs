//! Generates the contract with the control plane from `proto/`: the client for the crate, the server for its tests.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../proto";
    let contract = "../../proto/otherworld/instance/v1/instance.proto";
    println!("cargo:rerun-if-changed={contract}");
    tonic_build::configure()
        .server_mod_attribute("otherworld.instance.v1", "#[cfg(test)]")
        .build_transport(false) // its `connect` would collide with the rpc of that name
        .compile_protos(&[contract], &[root])?;
    Ok(())
}
