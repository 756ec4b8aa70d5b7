//! Reading a request never panics.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/okta/mod.rs"]
mod okta;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    okta::RequestEnvelope::read(bytes);
    okta::json_error(bytes);
});
