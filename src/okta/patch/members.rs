//! The members of an object that a patch opened.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::node::{Node, Why};
use crate::okta::json::Object;

/// Above this many members an object may keep an index of their names,
const LINEAR_UP_TO: usize = 32;

/// once it was searched so often that making the index costs no more.
const SEARCHED_UNTIL_INDEX: usize = 8;

/// An object that was opened.
#[derive(Debug, Default)]
pub(crate) struct Members<'a> {
    /// A member that was taken away keeps its place, without a value. Of members with the same name the last one counts.
    list: Vec<(Cow<'a, str>, Option<Node<'a>>)>,
    /// Where in the list a name stands; only for long lists that are searched often.
    places: Option<HashMap<Cow<'a, str>, usize>>,
    n_searched: usize,
    /// The other members are not known.
    is_unknown: bool,
}

impl<'a> Members<'a> {
    pub(super) fn of(object: Object<'a>) -> Members<'a> {
        let given = object.into_members();
        let mut list = Vec::with_capacity(given.len() + 4);
        list.extend(given.into_iter().map(|member| (member.name, Some(Node::Text(member.value)))));
        Members { list, ..Members::default() }
    }

    /// Members some of which are opened already.
    pub(super) fn opened(members: Vec<(Cow<'a, str>, Node<'a>)>) -> Members<'a> {
        let list = members.into_iter().map(|(name, node)| (name, Some(node))).collect();
        Members { list, ..Members::default() }
    }

    /// Members of which nothing is known.
    pub(super) fn unknown() -> Members<'a> {
        Members { is_unknown: true, ..Members::default() }
    }

    fn place(&mut self, name: &str) -> Option<usize> {
        if self.places.is_none() && self.list.len() > LINEAR_UP_TO {
            self.n_searched += 1;
            if self.n_searched > SEARCHED_UNTIL_INDEX {
                self.make_index();
            }
        }
        match &self.places {
            Some(places) => places.get(name).copied(),
            None => self.list.iter().rposition(|(own, _)| own == name),
        }
    }

    fn make_index(&mut self) {
        let mut places = HashMap::with_capacity(self.list.len() * 2);
        for (place, (name, _)) in self.list.iter().enumerate() {
            places.insert(name.clone(), place);
        }
        self.places = Some(places);
    }

    pub(super) fn get(&mut self, name: Cow<'a, str>) -> Result<&mut Node<'a>, Why> {
        let place = match self.place(&name) {
            Some(place) => place,
            None if self.is_unknown => self.append(name, Some(Node::Unknown)),
            None => return Err(Why::NoMember),
        };
        self.list.get_mut(place).and_then(|(_, node)| node.as_mut()).ok_or(Why::NoMember)
    }

    /// True where it took the place of another.
    pub(super) fn set(&mut self, name: Cow<'a, str>, value: Node<'a>) -> bool {
        match self.place(&name).and_then(|place| self.list.get_mut(place)) {
            Some((_, node)) => node.replace(value).is_some(),
            None => {
                self.append(name, Some(value));
                false
            }
        }
    }

    pub(super) fn take_away(&mut self, name: &str) {
        if let Some((_, node)) = self.place(name).and_then(|place| self.list.get_mut(place)) {
            *node = None;
        }
    }

    /// The members that are there. One that was taken away takes earlier ones of its name with it.
    pub(super) fn into_map(self) -> Map<String, Value> {
        let mut map = Map::new();
        for (name, node) in self.list {
            match node {
                Some(node) => drop(map.insert(name.into_owned(), node.into_value())),
                None => drop(map.shift_remove(&*name)),
            }
        }
        map
    }

    fn append(&mut self, name: Cow<'a, str>, node: Option<Node<'a>>) -> usize {
        let place = self.list.len();
        if let Some(places) = &mut self.places {
            places.insert(name.clone(), place);
        }
        self.list.push((name, node));
        place
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::okta::json::Json;

    fn of(text: &str) -> Members<'_> {
        Members::of(Json::read(text).unwrap().object().unwrap())
    }

    fn set<'a>(members: &mut Members<'a>, name: &'a str, text: &'a str) -> bool {
        members.set(Cow::Borrowed(name), Node::Text(Json::read(text).unwrap()))
    }

    fn has(members: &mut Members<'_>, name: &str) -> bool {
        members.get(Cow::Owned(name.to_owned())).is_ok()
    }

    #[test]
    fn many_members_are_found_as_few_are_and_the_last_of_two_counts() {
        let given: Vec<String> = (0..500).map(|number| format!("\"m{}\":{number}", number % 400)).collect();
        let text = format!("{{{}}}", given.join(","));
        let mut members = of(&text);
        members.take_away("m8");
        for _ in 0..SEARCHED_UNTIL_INDEX {
            assert!(set(&mut members, "m399", "1"));
        }
        members.take_away("m7");
        assert!(!has(&mut members, "m8") && !has(&mut members, "m7") && has(&mut members, "m9"));
        assert!(!set(&mut members, "new", "2") && set(&mut members, "new", "3") && !set(&mut members, "m7", "4"));
        let map = members.into_map();
        assert_eq!(map.len(), 400);
        assert_eq!((&map["m5"], &map["m399"]), (&405.into(), &1.into()));
        assert_eq!((&map["new"], &map["m7"], map.get("m8")), (&3.into(), &4.into(), None));
    }

    #[test]
    fn a_member_that_is_taken_away_takes_its_namesakes_along() {
        let mut members = of(r#"{"a":1,"b":2,"a":3}"#);
        members.take_away("a");
        assert!(!has(&mut members, "a"));
        assert_eq!(Value::Object(members.into_map()), serde_json::json!({"b": 2}));
    }

    #[test]
    fn of_unknown_members_all_are_there_until_they_are_taken_away() {
        let mut members = Members::unknown();
        assert!(has(&mut members, "a") && !set(&mut members, "b", "1"));
        members.take_away("a");
        assert!(!has(&mut members, "a"));
    }
}
