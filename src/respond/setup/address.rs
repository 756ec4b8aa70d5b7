//! The list of addresses that calls should come from.

use std::sync::Arc;

use crate::auth::{AddressList, AddressesExpected};

/// A file of address ranges, as Okta publishes one, and the cell of it that counts. Advisory: it never fails a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSetup {
    /// As written in the workspace, relative to it.
    pub file: String,
    /// Name of the org's cell in the file; none: all cells.
    pub cell: Option<String>,
    /// What the file says; none where it cannot be read.
    pub list: Option<Arc<AddressList>>,
    /// When the file was last changed: its only mark of age, since nothing in it says so.
    pub modified_at: Option<crate::call::Timestamp>,
}

impl AddressSetup {
    /// What an address is to be looked for in.
    pub fn expected(&self) -> AddressesExpected<'_> {
        AddressesExpected { file: &self.file, cell: self.cell.as_deref(), list: self.list.as_deref() }
    }
}
