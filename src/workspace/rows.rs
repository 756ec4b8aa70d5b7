//! The list of endpoints in a workspace file: which table is whose, before and after a change.

use std::collections::BTreeSet;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

use super::write::change_endpoint;
use crate::respond::Endpoint;

/// Brings the tables of a document from some endpoints to others. An endpoint that got another name or path keeps its table, with
/// everything in it that this program does not know; tables that are no endpoint stay where they are.
pub fn change(document: &mut DocumentMut, before: &[Endpoint], after: &[Endpoint]) {
    let tables = take_list(document.as_table_mut(), "endpoint");
    let table_of: Vec<Option<usize>> = before.iter().map(|endpoint| position(&tables, endpoint)).collect();
    let pairs = Pairs { before, after, partners: partners(before, after), table_of };
    document.insert("endpoint", Item::ArrayOfTables(pairs.change(tables, change_endpoint)));
}

/// Takes a list of tables out. An inline one becomes tables, so that there is one way to change it.
pub(super) fn take_list(parent: &mut Table, key: &str) -> ArrayOfTables {
    match parent.remove(key).map(Item::into_array_of_tables) {
        Some(Ok(tables)) => tables,
        Some(Err(_)) | None => ArrayOfTables::new(),
    }
}

/// A list of things that stand in tables, before and after a change. Whose table is whose is settled before anything in them
/// changes: names and paths may be traded.
pub(super) struct Pairs<'a, T> {
    pub before: &'a [T],
    pub after: &'a [T],
    /// For each thing after the change, the one it was before.
    pub partners: Vec<Option<usize>>,
    /// For each thing before the change, its table.
    pub table_of: Vec<Option<usize>>,
}

impl<T> Pairs<'_, T> {
    /// The tables after the change. Each thing keeps its table, with everything in it that this program does not know; tables
    /// that are nobody's stay where they are. `change` brings a table from what it was, none for a new one, to what it is.
    pub fn change(self, tables: ArrayOfTables, change: impl Fn(&mut Table, Option<&T>, &T)) -> ArrayOfTables {
        let Pairs { before, after, partners, table_of } = self;
        let mut tables: Vec<Option<Table>> = tables.into_iter().map(Some).collect();
        let places: BTreeSet<isize> = tables.iter().flatten().flat_map(places_of).collect();
        let is_known: BTreeSet<usize> = table_of.iter().flatten().copied().collect();
        let mut strangers = (0..tables.len()).filter(|idx| !is_known.contains(idx)).peekable();
        let (mut changed, mut order) = (ArrayOfTables::new(), Vec::new());
        for (item, partner) in after.iter().zip(partners) {
            let table_idx = partner.and_then(|idx| table_of.get(idx).copied().flatten());
            while let Some(stranger) = strangers.next_if(|stranger| table_idx.is_some_and(|idx| *stranger < idx)) {
                order.push(stranger);
                changed.extend(tables.get_mut(stranger).and_then(Option::take));
            }
            let known = table_idx.and_then(|idx| tables.get_mut(idx)).and_then(Option::take);
            let earlier = partner.and_then(|idx| before.get(idx)).filter(|_| known.is_some());
            let mut table = known.unwrap_or_default();
            change(&mut table, earlier, item);
            order.extend(table_idx);
            changed.push(table);
        }
        for stranger in strangers {
            order.push(stranger);
            changed.extend(tables.get_mut(stranger).and_then(Option::take));
        }
        if let Some(first) = places.first().copied()
            && (changed.iter().any(has_new) || !order.is_sorted())
        {
            let mut places = Places { rest: places.into_iter().collect::<Vec<_>>().into_iter(), last: first };
            changed.iter_mut().for_each(|table| places.give(table));
        }
        changed
    }
}

/// For each endpoint after a change, the one it was before.
fn partners(before: &[Endpoint], after: &[Endpoint]) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; after.len()];
    let mut is_free = vec![true; before.len()];
    let same_name = |one: &Endpoint, other: &Endpoint| one.name == other.name;
    let same_path = |one: &Endpoint, other: &Endpoint| one.path == other.path;
    // The surest sign first.
    type IsPartner<'a> = &'a dyn Fn(usize, &Endpoint, usize, &Endpoint) -> bool;
    let signs: [IsPartner<'_>; 5] = [
        &|_, one, _, other| same_name(one, other) && same_path(one, other),
        &|at, one, other_at, other| at == other_at && (same_name(one, other) || same_path(one, other)),
        &|_, one, _, other| same_name(one, other),
        &|_, one, _, other| same_path(one, other),
        &|at, _, other_at, _| at == other_at && before.len() == after.len(),
    ];
    for is_partner in signs {
        for ((at, endpoint), partner) in after.iter().enumerate().zip(&mut found) {
            if partner.is_some() {
                continue;
            }
            let earlier = before.iter().enumerate().zip(&mut is_free);
            let mut fitting = earlier
                .filter(|((earlier_at, earlier), is_free)| **is_free && is_partner(at, endpoint, *earlier_at, earlier));
            if let Some(((earlier_at, _), is_free)) = fitting.next() {
                *is_free = false;
                *partner = Some(earlier_at);
            }
        }
    }
    found
}

/// In a file an endpoint is known by its path, which is never missing.
fn position(tables: &ArrayOfTables, endpoint: &Endpoint) -> Option<usize> {
    tables.iter().position(|table| table.get("path").and_then(Item::as_str) == Some(&endpoint.path))
}

/// Where a table and those in it stand in the document.
fn places_of(table: &Table) -> Vec<isize> {
    let inner = table.iter().flat_map(|(_, item)| tables_in(item)).flat_map(places_of);
    table.position().into_iter().chain(inner).collect()
}

/// True where a table, or one in it, has no place yet. It would stand behind whatever was written before it, which may be in the
/// midst of another table's.
fn has_new(table: &Table) -> bool {
    table.position().is_none() || table.iter().flat_map(|(_, item)| tables_in(item)).any(has_new)
}

/// The tables that an item is: one, or those of a list.
fn tables_in(item: &Item) -> Vec<&Table> {
    match item {
        Item::Table(table) => vec![table],
        Item::ArrayOfTables(tables) => tables.iter().collect(),
        Item::None | Item::Value(_) => Vec::new(),
    }
}

fn tables_in_mut(item: &mut Item) -> Vec<&mut Table> {
    match item {
        Item::Table(table) => vec![table],
        Item::ArrayOfTables(tables) => tables.iter_mut().collect(),
        Item::None | Item::Value(_) => Vec::new(),
    }
}

/// The places in a document that are given out anew. A table that had none stands behind the one before it.
struct Places {
    rest: std::vec::IntoIter<isize>,
    last: isize,
}

impl Places {
    /// Gives a table and those in it their places, in the order in which they stood in it.
    fn give(&mut self, table: &mut Table) {
        if table.position().is_some() {
            self.last = self.rest.next().unwrap_or(self.last);
        }
        table.set_position(Some(self.last));
        let mut inner: Vec<&mut Table> = table.iter_mut().flat_map(|(_, item)| tables_in_mut(item)).collect();
        inner.sort_by_key(|table| table.position().unwrap_or(isize::MAX));
        for table in inner {
            self.give(table);
        }
    }
}
