//! Reading a request never panics, as whatever kind it is read, and what is shown of it stays short.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../../src/okta/mod.rs"]
mod okta;

use libfuzzer_sys::fuzz_target;
use okta::{HookKind, RequestView};

fuzz_target!(|bytes: &[u8]| {
    okta::RequestEnvelope::read(bytes);
    okta::json_error(bytes);
    for kind in HookKind::NAMED.into_iter().chain([HookKind::Unknown]) {
        for fact in RequestView::read(kind, bytes).facts() {
            assert!(fact.value.chars().count() <= 160);
        }
    }
    for event in okta::events(bytes) {
        assert!(event.event_idx < bytes.len());
    }
});
