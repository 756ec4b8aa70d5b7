//! Asking for a file of address ranges. The file itself is read elsewhere: this asks for it, and is given what it says.

use std::sync::Arc;

use egui::Ui;

use super::super::{entered, error_ui, field_name, help};
use crate::auth::AddressList;
use crate::call::Timestamp;
use crate::respond::AddressSetup;
use crate::window::controls::{TextField, button, checkbox, choice, grouped};
use crate::window::theme;

/// What a file of ranges says, as whoever read it gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressesRead {
    pub list: Arc<AddressList>,
    pub modified_at: Option<Timestamp>,
}

/// What the window is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressesAsk {
    /// Let the user choose a file.
    Browse,
    /// Read this one, and say what it says.
    Read(String),
}

/// What is half typed of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressesDraft {
    is_on: bool,
    file: String,
    cell: Option<String>,
    /// The file that was read, and what came of it.
    read: Option<(String, Result<AddressesRead, String>)>,
    /// The file that was asked for last.
    asked: Option<String>,
}

impl AddressesDraft {
    pub fn new(setup: Option<&AddressSetup>) -> AddressesDraft {
        let Some(setup) = setup else { return AddressesDraft::default() };
        let read = setup.list.clone().map(|list| AddressesRead { list, modified_at: setup.modified_at });
        AddressesDraft {
            is_on: true,
            file: setup.file.clone(),
            cell: setup.cell.clone(),
            read: read.map(|read| (setup.file.clone(), Ok(read))),
            asked: None,
        }
    }

    /// A file was chosen.
    pub fn choose(&mut self, file: String) {
        self.file = file;
    }

    /// A file was read.
    pub fn read(&mut self, file: String, read: Result<AddressesRead, String>) {
        self.read = Some((file, read));
    }

    /// What is expected, or what is missing.
    pub fn setup(&self) -> Result<Option<AddressSetup>, String> {
        if !self.is_on {
            return Ok(None);
        }
        let file = self.file.trim();
        if file.is_empty() {
            return Err("Choose the file of address ranges, or leave them out".to_owned());
        }
        match self.known() {
            Some(Ok(read)) => Ok(Some(AddressSetup {
                file: file.to_owned(),
                cell: self.cell.clone(),
                list: Some(read.list.clone()),
                modified_at: read.modified_at,
            })),
            Some(Err(why)) => Err(why.clone()),
            None => Err("The file of address ranges is being read; try again".to_owned()),
        }
    }

    /// What is known of the file that is named now.
    fn known(&self) -> Option<&Result<AddressesRead, String>> {
        self.read.as_ref().filter(|(file, _)| file == self.file.trim()).map(|(_, read)| read)
    }

    pub fn ui(&mut self, now: Timestamp, ui: &mut Ui) -> Option<AddressesAsk> {
        let mut ask = None;
        checkbox(ui, &mut self.is_on, "Compare the caller's address with Okta's ranges");
        if !self.is_on {
            return None;
        }
        let mut is_typing = false;
        ui.horizontal(|ui| {
            let width = ui.available_width() - 84.0;
            let field = TextField::new("Address file").hint("ip_ranges.json").width(width).on_wire();
            let response = field.ui(ui, &mut self.file);
            is_typing = response.has_focus() && !entered(ui, &response);
            if button(ui, None, "Browse…").clicked() {
                ask = Some(AddressesAsk::Browse);
            }
        });
        let file = self.file.trim().to_owned();
        if ask.is_none()
            && !is_typing
            && !file.is_empty()
            && self.known().is_none()
            && self.asked.as_ref() != Some(&file)
        {
            self.asked = Some(file.clone());
            ask = Some(AddressesAsk::Read(file));
        }
        match self.known().cloned() {
            Some(Ok(read)) => self.read_ui(&read, now, ui),
            Some(Err(why)) => error_ui(ui, &why),
            None => help(ui, "Okta publishes the ranges of each cell as ip_ranges.json."),
        }
        ask
    }

    fn read_ui(&mut self, read: &AddressesRead, now: Timestamp, ui: &mut Ui) {
        const ALL: &str = "All cells";
        field_name(ui, "Cell");
        let shown = self.cell.clone().unwrap_or_else(|| ALL.to_owned());
        choice(ui, "Cell", &shown, |ui| {
            ui.selectable_value(&mut self.cell, None, ALL);
            for (cell, _) in &read.list.cells {
                ui.selectable_value(&mut self.cell, Some(cell.clone()), cell);
            }
        });
        let of_cell = |(name, _): &&(String, Vec<_>)| self.cell.as_ref().is_none_or(|cell| cell == name);
        let n_ranges: usize = read.list.cells.iter().filter(of_cell).map(|(_, ranges)| ranges.len()).sum();
        let age = read.modified_at.map(|modified_at| format!(", {}", age(modified_at, now))).unwrap_or_default();
        let ranges = if n_ranges == 1 { "range" } else { "ranges" };
        help(
            ui,
            &format!(
                "{} {ranges}{age}. Advisory: an address outside them is noted, and the call is taken.",
                grouped(n_ranges)
            ),
        );
        ui.add_space(theme::GAP_TIGHT);
    }
}

/// How old a file is, in words.
fn age(modified_at: Timestamp, now: Timestamp) -> String {
    const DAY: i64 = 86_400_000_000;
    match now.micros_since(modified_at) / DAY {
        i64::MIN..=0 => "changed today".to_owned(),
        1 => "one day old".to_owned(),
        days => format!("{days} days old"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_file_counts_only_once_it_was_read() {
        let mut draft = AddressesDraft { is_on: true, ..AddressesDraft::default() };
        assert!(draft.setup().unwrap_err().contains("Choose the file"));
        draft.choose("ip_ranges.json".to_owned());
        assert!(draft.setup().unwrap_err().contains("being read"));
        draft.read("other.json".to_owned(), Err("another file".to_owned()));
        assert!(draft.setup().unwrap_err().contains("being read"));
        draft.read("ip_ranges.json".to_owned(), Err("it is no list".to_owned()));
        assert_eq!(draft.setup(), Err("it is no list".to_owned()));
        let read = AddressesRead { list: Arc::default(), modified_at: Some(Timestamp(5)) };
        draft.read("ip_ranges.json".to_owned(), Ok(read));
        let setup = draft.setup().unwrap().unwrap();
        assert_eq!((setup.file.as_str(), setup.modified_at), ("ip_ranges.json", Some(Timestamp(5))));
        assert_eq!(AddressesDraft::new(Some(&setup)).setup(), Ok(Some(setup)));
    }

    #[test]
    fn the_age_of_a_file_is_told_in_days() {
        let days = |n: i64| age(Timestamp(0), Timestamp(n * 86_400_000_000 + 5));
        assert_eq!([days(0), days(1), days(40)], ["changed today", "one day old", "40 days old"]);
    }
}
