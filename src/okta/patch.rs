//! Okta's patches of a token or an assertion: operations, and the data they change.
//!
//! `add`, `replace` and `remove` as RFC 6902 has them, within the limits that Okta OpenAPI 2026.06.3, TokenHookResponse, sets:
//! an index equal to an array's length appends, `add` below what is not there fails, `replace` and `remove` need what they
//! change. The judge and the effect share this code, so that they cannot disagree. Which paths and values a kind allows is said
//! in `judge/commands`. Where to look next: [`Operation`] is what a response asks, [`Node`] what it is done to, [`open_parts`]
//! where that comes from.

mod data;
mod members;
mod node;
mod operation;

pub(crate) use data::open_parts;
pub(crate) use node::{Blocked, Done, Node, Why};
pub(crate) use operation::{Fault, Op, Operation, Written};
