//! The recorded facts: the SQLite file, the recorder that writes it, the index of it, the filter, copies.
//!
//! The file is the truth, everything else is a view. Nothing here knows a socket or a window, and nothing here rewrites what was
//! recorded: what is cleared is marked, and removed later.
//!
//! # The file
//!
//! One SQLite database, extension `.hookscope`, `application_id` 0x486f6f6b, `user_version` 1, 4 KiB pages, readable by its owner
//! only. While it is recorded into it has a `-wal` and a `-shm` beside it; a clean end leaves one file. Whose file it is stands in
//! the file itself from the first commit on, and is read from its bytes before SQLite opens it ([`identity`]): a file that is
//! foreign, newer or damaged stays as it is, and so does its log.
//!
//! | Table | Holds |
//! |---|---|
//! | `calls(id, packed)` | one row for each call, written before the call is answered: request, credential report and decided response, as [`Packed`] |
//! | `ends(id, …)` | how each call ended, in narrow columns: all that a list and a filter need, so that opening reads this table only; `events` holds the keys of a delivery's events ([`DeliveryEvents`]) and is missing in the oldest sessions; so is `token`, the access token of the stand-in authorization server that a call came with ([`TokenUse`](crate::call::TokenUse)) as JSON |
//! | `verdicts(id, json)` | distinct verdicts; `ends.verdict` names one |
//! | `marks(id, pinned, note)` | what a person added |
//! | `meta(key, value)` | `session` (a UUID), `created_at`, `cleared_through` (the clear mark) |
//!
//! A call without a row in `ends` was under way when its process died; it is judged anew from what is there. Where a packed call
//! and its end disagree about which call it repeats, the end is right: the earlier calls of a large session may still have been on
//! their way into memory when the call was written.
//!
//! Packed calls begin with their LZ4 block (size first) and end with the number of their form. Numbers are LEB128, texts and
//! bodies have their length before them, in the order of [`crate::call::Opening`]'s fields.
//!
//! [`DeliveryEvents`]: crate::call::DeliveryEvents

mod checkpoint;
mod copy;
mod error;
mod file;
mod filter;
mod identity;
mod index;
mod live;
mod load;
mod lock;
mod packed;
mod place;
pub mod private;
mod reader;
mod recorder;
mod same;
mod viewed;
mod whole;

pub use copy::{Change, CopyProgress, save_copy};
pub use error::SessionError;
pub use filter::{Filter, FilterError, ReadyFilter, Search};
pub use index::{Index, RowView, Symbol, Tally};
pub use live::LiveSession;
pub use packed::Packed;
pub use place::OpenProgress;
pub use reader::Reader;
pub use recorder::{Recorded, Recorder, RecorderStatus};
pub use viewed::ViewedSession;
pub use whole::{Whole, refuse_session};
