//! Which calls of a session a command works on.

use std::path::Path;

use super::arguments::PickArgs;
use super::failure::Failure;
use crate::call::CallId;
use crate::session::{Filter, SessionError, ViewedSession};
use crate::workspace;

/// Opens a session for reading, whole.
pub fn open(path: &Path) -> Result<ViewedSession, Failure> {
    let data_dir = workspace::data_dir().unwrap_or_else(|_| std::env::temp_dir());
    let mut session = ViewedSession::open(path, &data_dir, || {})?;
    session.wait();
    match session.problem() {
        Some(problem) => Err(Failure::input(problem)),
        None => Ok(session),
    }
}

impl PickArgs {
    /// Checked before anything is opened.
    pub fn picked(&self) -> Result<Picked, Failure> {
        if let Some(calls) = &self.calls {
            return ranges(calls).map(Picked::Ranges);
        }
        match &self.filter {
            None => Ok(Picked::All),
            Some(text) => Filter::parse(text).map(Picked::Filter).map_err(|errors| {
                let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
                Failure::Input(format!("the filter cannot be read: {}", said.join("; ")))
            }),
        }
    }
}

pub enum Picked {
    All,
    Ranges(Vec<(u32, u32)>),
    Filter(Filter),
}

impl Picked {
    /// The ids of the picked calls, in order.
    pub fn ids(&self, session: &ViewedSession) -> Result<Vec<CallId>, SessionError> {
        let mut ids = session.ids()?;
        match self {
            Picked::All => {}
            Picked::Ranges(ranges) => {
                ids.retain(|call_id| ranges.iter().any(|(from, through)| (*from..=*through).contains(&call_id.0)));
            }
            Picked::Filter(filter) => {
                let index = session.index();
                let ready = filter.ready(&index);
                ids.retain(|call_id| {
                    let mut fits = false;
                    index.for_each(*call_id, *call_id, |row| fits = ready.matches(row, &index));
                    fits
                });
            }
        }
        Ok(ids)
    }
}

fn ranges(text: &str) -> Result<Vec<(u32, u32)>, Failure> {
    let bad = |part: &str| {
        Failure::Input(format!("'{part}' in --calls is neither an id nor a range; write ids such as 3,5-9"))
    };
    text.split(',')
        .map(|part| {
            let (from, through) = part.trim().split_once('-').unwrap_or((part.trim(), part.trim()));
            let range = (from.parse().map_err(|_| bad(part))?, through.parse().map_err(|_| bad(part))?);
            if range.0 <= range.1 { Ok(range) } else { Err(bad(part)) }
        })
        .collect()
}
