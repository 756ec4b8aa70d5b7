//! The assertions that were used: each one is good once.

use std::collections::HashMap;

/// Digests of client and `jti`, until the assertion would be past anyway.
#[derive(Clone, Debug, Default)]
pub struct UsedAssertions {
    until: HashMap<[u8; 32], i64>,
}
