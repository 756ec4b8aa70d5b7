//! Where in a call secrets stand, and which of them a person wants to see.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::call::Record;

/// The part of a call that holds a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretPart {
    RequestHeaders,
    Query,
    RequestBody,
    ResponseHeaders,
    ResponseBody,
}

/// One secret of a call, told by where it stands and never by what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretPlace {
    pub part: SecretPart,
    /// In a body the JSON Pointer of the value (RFC 6901), with the parameter behind it where the secret is part of a URL; else
    /// the name of the header or parameter. A second one of the same name has `(2)` behind it.
    pub name: Arc<str>,
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            SecretPart::RequestBody | SecretPart::RequestHeaders => f.write_str(&self.name),
            SecretPart::Query => write!(f, "{} of the query", self.name),
            SecretPart::ResponseHeaders | SecretPart::ResponseBody => write!(f, "{} of the response", self.name),
        }
    }
}

/// Which secrets of a call are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revealed {
    Only(BTreeSet<SecretPlace>),
    All,
}

impl Default for Revealed {
    fn default() -> Revealed {
        Revealed::Only(BTreeSet::new())
    }
}

impl Revealed {
    pub fn has(&self, place: &SecretPlace) -> bool {
        match self {
            Revealed::Only(places) => places.contains(place),
            Revealed::All => true,
        }
    }

    /// Shows or hides one secret; `all` are those that the call has.
    pub fn set<'a>(&mut self, place: &SecretPlace, reveal: bool, all: impl IntoIterator<Item = &'a SecretPlace>) {
        if let (Revealed::All, false) = (&*self, reveal) {
            *self = Revealed::Only(all.into_iter().cloned().collect());
        }
        if let Revealed::Only(places) = self {
            match reveal {
                true => places.insert(place.clone()),
                false => places.remove(place),
            };
        }
    }
}

/// A secret of a call as it is shown: masked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSecret {
    pub place: SecretPlace,
    /// The JSON value that it is or is part of, where it stands in JSON.
    pub pointer: Option<Arc<str>>,
    /// Which field it is, where it stands in a header: counted from 0 among the headers as they are shown.
    pub field_idx: usize,
    /// The bytes that show it or stand for it: in the body as it is shown, in the query, or in the value of the header.
    pub range: Range<usize>,
    /// The same in the decoded text of the JSON string or number.
    pub value_range: Range<usize>,
    pub is_revealed: bool,
}

/// A call as it may be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub record: Record,
    /// In the order of headers and bodies.
    pub secrets: Vec<ShownSecret>,
}

impl Shown {
    /// A call of which everything is shown that there is.
    pub fn whole(record: Record) -> Shown {
        Shown { record, secrets: Vec::new() }
    }

    /// The secrets of one part.
    pub fn secrets_of(&self, part: SecretPart) -> Vec<ShownSecret> {
        self.secrets.iter().filter(|secret| secret.place.part == part).cloned().collect()
    }
}
