//! The stand-in authorization server as a front sees it: no key, no secret.

use crate::call::Timestamp;

/// The stand-in, for a front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandInState {
    pub issuer: String,
    pub token_url: String,
    pub keys_url: String,
    pub metadata_url: String,
    /// The key that signs first.
    pub keys: Vec<SigningKeyState>,
    pub readiness: Readiness,
    /// The newest last.
    pub refusals: Vec<RefusalSeen>,
}

/// A signing key, for a front: never the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyState {
    pub kid: String,
    pub made_at: Timestamp,
    /// How long its public half is still served; none for the key that signs.
    pub until: Option<Timestamp>,
}

/// Can tokens be signed?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Readiness {
    /// Nobody has asked for a stand-in yet.
    #[default]
    NotAsked,
    /// The first key is being made, or a new one.
    MakingKey,
    Ready,
    /// Why not.
    Failed(String),
}

/// A token request that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalSeen {
    pub at: Timestamp,
    pub client_id: Option<String>,
    pub error: String,
    /// A sentence; never a secret.
    pub description: String,
}
