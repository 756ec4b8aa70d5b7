//! What a request says: typed views for whoever shows a call or checks it.
//!
//! Reading never fails and borrows what it can. Where to look next: `request/node.rs` reads the members that matter in one pass.

mod event;
mod node;
mod phone;

pub use event::{EventView, Party, events};
