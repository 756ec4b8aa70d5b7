//! Hookscope shows what Okta calls and what Okta will do with the answer.
//!
//! # The map of this house
//!
//! ```text
//!                 GROUND FLOOR: values and functions only; no file, socket, clock, task or window
//! okta            the contract: hook kinds, payloads, findings, verdicts
//! call            what is recorded: request, response, times, ids; secrets and how they are masked; how two calls differ
//! auth            is this credential right? Basic, header, bearer token, address list; the rules of the stand-in token
//!                 endpoint. Keys and clock are passed in
//! respond         which response does this call get? rules, templates, sequences, faults
//!
//!                 FIRST FLOOR: what is kept
//! session         the recorded facts: the SQLite file, the recorder, the index, search, export
//! workspace       the settings file: read, write, watch; secrets by reference, in the keychain or the owner's file
//!
//!                 SECOND FLOOR: the network
//! listener        the server sockets: accept, TLS, HTTP, carrying out a plan, times
//! sender          the client side: Okta-shaped send and replay, forwarding, the test of a tunnel from outside
//! tunnel          the ways to bring Okta's calls to a laptop: recipes, programs that run, their public URL
//!
//!                 THIRD FLOOR
//! engine          the running inspector without a screen: one handle, commands in, events out
//!
//!                 ROOF: two fronts over one engine
//! cli             without a window: one file per subcommand
//! window          the desktop program
//! ```
//!
//! `tests/architecture.rs` holds the table of who may use whom. A new arrow is a decision, made in the same commit.
//!
//! # What must never be
//!
//! - A response on the wire before its call is in the session file. The one exception is a write that takes longer than a
//!   second: such a call says `recorded: false` until it is written.
//! - A configured secret in a session file, a log, an export or an error message.
//! - A guess about Okta dressed as a fact: where Okta's documents are silent the outcome is `undocumented`, where they
//!   disagree the verdict shows both sides.
//! - A lock held across an `.await`, or one shared with the window.
//! - A panic caused by what somebody sent, typed or left in a file.

pub mod auth;
pub mod call;
pub mod cli;
pub mod engine;
pub mod listener;
pub mod okta;
pub mod respond;
pub mod sender;
pub mod session;
pub mod tunnel;
pub mod window;
pub mod workspace;
