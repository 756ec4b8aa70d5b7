//! `auth.addresses` of an endpoint: a file of the ranges that calls should come from.

use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;

use super::Reading;
use crate::respond::AddressSetup;
use crate::workspace::address_file;

const FILE: &str = "a file; write file = \"ip_ranges.json\", relative to this file";

impl Reading<'_> {
    pub(super) fn addresses(&mut self, table: &DeTable<'_>, auth: &DeTable<'_>) -> Option<AddressSetup> {
        self.unknown_keys(table, &["file", "cell"], "auth.addresses");
        let found = self.filled(table, "file", "the name of a file");
        let (file, span) = self.needed(auth, "addresses", FILE, found)?;
        let cell = self.filled(table, "cell", "the cell of your org");
        let path = self.file.parent().unwrap_or(Path::new("")).join(&file);
        let read = match address_file::read(&path) {
            Ok(read) => {
                for problem in read.list.problems() {
                    self.warn(span.clone(), format!("{}: {problem}", path.display()));
                }
                Some(read)
            }
            Err(error) => {
                self.error(span, format!("{error}; no address is found in it until then"));
                None
            }
        };
        if let (Some((cell, span)), Some(read)) = (&cell, &read)
            && !read.list.cells.iter().any(|(name, _)| name == cell)
        {
            let cells: Vec<&str> = read.list.cells.iter().map(|(name, _)| name.as_str()).collect();
            self.warn(
                span.clone(),
                format!("{file} has no cell '{cell}', so no address is in it. There are {}", cells.join(", ")),
            );
        }
        let modified_at = read.as_ref().and_then(|read| read.modified_at);
        let list = read.map(|read| Arc::new(read.list));
        Some(AddressSetup { file, cell: cell.map(|(cell, _)| cell), list, modified_at })
    }
}
