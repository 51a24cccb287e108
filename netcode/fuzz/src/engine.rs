//! libFuzzer over one target, which `OTHERWORLD_FUZZ_TARGET` names. Built and run by `npm run fuzz`: its coverage comes from
//! compiler flags that are in `scripts/fuzz.ts`.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<&otherworld_fuzz::Target> = LazyLock::new(|| {
    let name = std::env::var("OTHERWORLD_FUZZ_TARGET").expect("OTHERWORLD_FUZZ_TARGET");
    otherworld_fuzz::target(&name).unwrap_or_else(|| panic!("there is no target {name}"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    TARGET.run(bytes);
});
