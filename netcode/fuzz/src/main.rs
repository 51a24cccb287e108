//! What `npm run fuzz` needs beside the engine: `list` names the targets; `seeds TARGET DIR` writes what a search starts from
//! as files; `hex TARGET FILE` prints an input as a line of its corpus; `replay TARGET FILE` runs it once.

use otherworld_fuzz::{TARGETS, Target, target};
use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["list"] => TARGETS
            .iter()
            .for_each(|target| println!("{}\t{}", target.name, target.about)),
        ["seeds", name, dir] => write_seeds(known(name)?, Path::new(dir))?,
        ["hex", _, file] => println!("{}", hex(&fs::read(file)?)),
        ["replay", name, file] => {
            let understood = known(name)?.run(&fs::read(file)?);
            println!(
                "{name}: {}",
                if understood { "understood" } else { "refused" }
            );
        }
        _ => return Err("list | seeds TARGET DIR | hex TARGET FILE | replay TARGET FILE".into()),
    }
    Ok(())
}

fn known(name: &str) -> Result<&'static Target, String> {
    target(name).ok_or_else(|| format!("there is no target {name}"))
}

fn write_seeds(target: &Target, dir: &Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    for (k, seed) in target.seeds().iter().enumerate() {
        fs::write(dir.join(format!("seed-{k:03}")), &seed.bytes)?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
