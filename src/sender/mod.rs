//! The client side: calls as Okta makes them.
//!
//! Three seconds for the whole, no redirects, HTTP/1.1, and once more only where Okta would. Knows no session and no window. Where
//! to look next: [`Sender::send`] is one attempt, [`okta_shaped`] the whole of it, [`run_all`] many of them, [`replay_headers`]
//! what a recorded call is sent with, [`try_credentials`] tries a handler without and with a wrong secret, [`test_chain`] the
//! test of a tunnel.

mod attempt;
mod chain;
mod connect;
mod forward;
mod matrix;
mod replay;
mod run;
mod shaped;
mod target;
mod trial;
mod trust;

pub use attempt::{Outgoing, Received, SendError, Sender, Sent};
pub use chain::{ChainRoots, ChainTest, ListenerPorts, test_chain};
pub use forward::{Forwarder, Forwarders};
pub use matrix::{FaultTried, FaultedAttempt, try_fault};
pub use replay::{ReplayRefused, basic_credential, credential_fields, replay_headers};
pub use run::{Job, Pace, run_all};
pub use shaped::{Shaped, okta_shaped};
pub use target::{Target, TargetError};
pub use trial::{TriedCall, try_credentials};
pub use trust::{Trust, TrustError};
