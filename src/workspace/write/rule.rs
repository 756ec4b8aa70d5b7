//! Rules, what they do, and the library of saved responses.

use std::time::Duration;

use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table, Value};

use super::super::rows::{Pairs, take_list};
use super::{change_headers, change_response, set, table};
use crate::respond::{
    Action, Answer, Answers, AtEnd, Condition, CountTest, Fault, ForwardSetup, HoldSetup, JsonTest, Overrides,
    ResponseChoice, Rule, SavedResponse, Sequence, Test, TextTest,
};

/// Brings the rules of an endpoint from what they were to what they are.
pub(super) fn change_rules(endpoint: &mut Table, before: &[Rule], after: &[Rule]) {
    change_list(endpoint, "rule", before, after, |rule| &rule.name, change_rule);
}

/// Brings the library from what it was to what it is.
pub(super) fn change_saved(document: &mut Table, before: &[SavedResponse], after: &[SavedResponse]) {
    change_list(document, "response", before, after, |saved| &saved.name, change_saved_response);
}

/// Brings what an endpoint does from what it was to what it is. The response of its own stands elsewhere.
pub(super) fn change_endpoint_action(endpoint: &mut Table, before: Option<&Action>, after: &Action) {
    let default = Action::default();
    let before = before.unwrap_or(&default);
    if before == after {
        return;
    }
    // An endpoint has one response of its own: another one is a sequence of one.
    let as_sequence = match &after.answers {
        Answers::One(answer @ Answer { response: ResponseChoice::Own(_), .. }) => {
            Some(Answers::Sequence(Sequence { steps: vec![answer.clone()], at_end: AtEnd::default() }))
        }
        _ => None,
    };
    change_answers(endpoint, &before.answers, as_sequence.as_ref().unwrap_or(&after.answers), false);
    change_ways(endpoint, before, after);
}

fn change_saved_response(table: &mut Table, before: Option<&SavedResponse>, after: &SavedResponse) {
    if before.is_none_or(|before| before.name != after.name) {
        set(table, "name", &*after.name);
    }
    if before.and_then(|before| before.kind) != after.kind {
        match after.kind {
            Some(kind) => set(table, "hook", kind.as_str()),
            None => drop(table.remove("hook")),
        }
    }
    change_response(table, before.map(|before| &before.response), &after.response);
}

fn change_rule(table: &mut Table, before: Option<&Rule>, after: &Rule) {
    if before.is_none_or(|before| before.name != after.name) {
        set(table, "name", &*after.name);
    }
    if before.is_none_or(|before| before.is_on) != after.is_on {
        set(table, "on", after.is_on);
    }
    if before.map(|before| before.conditions.as_slice()).unwrap_or_default() != after.conditions {
        match after.conditions.is_empty() {
            true => drop(table.remove("when")),
            false => set(table, "when", after.conditions.iter().map(condition).collect::<Array>()),
        }
    }
    let default = Action::default();
    let earlier = before.map_or(&default, |before| &before.action);
    change_answers(table, &earlier.answers, &after.action.answers, true);
    change_ways(table, earlier, &after.action);
}

/// The answers of a rule (`has_response`: with a response of its own) or of an endpoint.
fn change_answers(table: &mut Table, before: &Answers, after: &Answers, has_response: bool) {
    if before == after {
        return;
    }
    let default = Answer::default();
    match after {
        Answers::One(answer) => {
            table.remove("sequence");
            table.remove("at_end");
            let earlier = match before {
                Answers::One(earlier) => earlier,
                Answers::Sequence(_) => &default,
            };
            change_choice(table, &answer.response);
            change_fault(table, answer.fault.as_ref());
            match &answer.response {
                ResponseChoice::Own(response) => {
                    let own = match &earlier.response {
                        ResponseChoice::Own(own) => Some(own),
                        _ => None,
                    };
                    change_response(self::table(table, "response"), own, response);
                }
                _ if has_response => drop(table.remove("response")),
                _ => {}
            }
        }
        Answers::Sequence(sequence) => {
            table.remove("respond");
            table.remove("fault");
            if has_response {
                table.remove("response");
            }
            match (sequence.at_end, table.contains_key("at_end")) {
                (AtEnd::RepeatLast, false) => {}
                (at_end, _) => set(table, "at_end", at_end.as_str()),
            }
            change_sequence(table, before, sequence);
        }
    }
}

fn change_sequence(table: &mut Table, before: &Answers, after: &Sequence) {
    let known = match table.remove("sequence").map(Item::into_array_of_tables) {
        Some(Ok(known)) => known,
        Some(Err(_)) | None => ArrayOfTables::new(),
    };
    let mut known: Vec<Option<Table>> = known.into_iter().map(Some).collect();
    let earlier: &[Answer] = match before {
        Answers::Sequence(before) => &before.steps,
        Answers::One(_) => &[],
    };
    let mut steps = ArrayOfTables::new();
    for (idx, step) in after.steps.iter().enumerate() {
        let earlier = earlier.get(idx).filter(|_| known.len() == earlier.len());
        let kept = earlier.and_then(|_| known.get_mut(idx)?.take());
        let earlier = earlier.filter(|_| kept.is_some());
        let mut table = kept.unwrap_or_default();
        if earlier != Some(step) {
            change_step(&mut table, earlier, step);
        }
        steps.push(table);
    }
    table.insert("sequence", Item::ArrayOfTables(steps));
}

/// A step has the keys of its response in itself.
fn change_step(table: &mut Table, before: Option<&Answer>, after: &Answer) {
    change_choice(table, &after.response);
    change_fault(table, after.fault.as_ref());
    let earlier = match before.map(|before| &before.response) {
        Some(ResponseChoice::Own(earlier)) => Some(earlier),
        _ => None,
    };
    match &after.response {
        ResponseChoice::Own(response) => change_response(table, earlier, response),
        _ => {
            for key in ["status", "headers", "delay_ms", "body", "body_file", "template"] {
                table.remove(key);
            }
        }
    }
}

fn change_choice(table: &mut Table, choice: &ResponseChoice) {
    match choice {
        ResponseChoice::Saved(name) => set(table, "respond", &**name),
        ResponseChoice::Endpoint | ResponseChoice::Own(_) => drop(table.remove("respond")),
    }
}

fn change_fault(table: &mut Table, fault: Option<&Fault>) {
    match fault {
        Some(known) => set(table, "fault", fault_value(known)),
        None => drop(table.remove("fault")),
    }
}

/// Forwarding and holding.
fn change_ways(table: &mut Table, before: &Action, after: &Action) {
    if before.forward != after.forward {
        match &after.forward {
            Some(forward) => change_forward(table, before.forward.as_ref(), forward),
            None => drop(table.remove("forward")),
        }
    }
    if before.hold != after.hold {
        match after.hold {
            Some(hold) if hold == HoldSetup::default() => set(table, "hold", true),
            Some(hold) => set(table, "hold", inline([("deadline_ms", millis(hold.deadline))])),
            None => drop(table.remove("hold")),
        }
    }
}

fn change_forward(owner: &mut Table, before: Option<&ForwardSetup>, after: &ForwardSetup) {
    if !owner.get("forward").is_some_and(Item::is_table_like) {
        // A URL alone becomes a table where there is more to say.
        owner.remove("forward");
    }
    let forward = table(owner, "forward");
    set(forward, "to", &after.to);
    match after.soft_deadline {
        Some(deadline) => set(forward, "soft_deadline_ms", millis(deadline)),
        None => drop(forward.remove("soft_deadline_ms")),
    }
    match &after.cacert {
        Some(path) => set(forward, "cacert", path),
        None => drop(forward.remove("cacert")),
    }
    match after.is_insecure {
        true => set(forward, "insecure", true),
        false => drop(forward.remove("insecure")),
    }
    if before.map(|before| &before.overrides).unwrap_or(&Overrides::default()) != &after.overrides {
        match after.overrides.is_empty() {
            true => drop(forward.remove("override")),
            false => change_overrides(table(forward, "override"), &after.overrides),
        }
    }
}

fn change_overrides(table: &mut Table, after: &Overrides) {
    match after.status {
        Some(status) => set(table, "status", i64::from(status)),
        None => drop(table.remove("status")),
    }
    match after.headers.is_empty() {
        true => drop(table.remove("headers")),
        false => change_headers(table, &after.headers),
    }
    match after.without_headers.is_empty() {
        true => drop(table.remove("without_headers")),
        false => set(table, "without_headers", after.without_headers.iter().collect::<Array>()),
    }
    match &after.body {
        Some(body) => set(table, "body", &**body),
        None => drop(table.remove("body")),
    }
    let values: Option<InlineTable> = after.json.iter().map(|(key, value)| Some((key, toml_value(value)?))).collect();
    match values {
        _ if after.json.is_empty() => drop(table.remove("json")),
        Some(values) => {
            table.remove("json");
            set(table, "json", values);
        }
        // TOML has no null.
        None => {
            let object: serde_json::Map<String, serde_json::Value> = after.json.iter().cloned().collect();
            table.remove("json");
            set(table, "json", serde_json::Value::Object(object).to_string());
        }
    }
}

fn fault_value(fault: &Fault) -> Value {
    match fault {
        Fault::Delay(delay) => inline([("delay_ms", millis(*delay))]),
        Fault::RandomDelay { from, to } => {
            inline([("random_delay_ms", Value::Array([millis(*from), millis(*to)].into_iter().collect()))])
        }
        Fault::SlowBody { over } => inline([("slow_body_ms", millis(*over))]),
        Fault::BodyRate(rate) => inline([("body_bytes_per_second", i64::from(*rate).into())]),
        Fault::LateBody { after } => inline([("late_body_ms", millis(*after))]),
        Fault::ContentType(content_type) => inline([("content_type", (&**content_type).into())]),
        Fault::Redirect(location) => inline([("redirect", (&**location).into())]),
        simple => simple.name().into(),
    }
}

fn condition(condition: &Condition) -> Value {
    let test = match condition.test() {
        Test::Method(test) => inline([("method", text_test(test))]),
        Test::Path(test) => inline([("path", text_test(test))]),
        Test::EventType(test) => inline([("event_type", text_test(test))]),
        Test::Header { name, test } => inline(std::iter::once(("header", (&**name).into())).chain(wanted_text(test))),
        Test::Json { pointer, test } => {
            inline(std::iter::once(("json", pointer.to_string().into())).chain(wanted_json(test)))
        }
        Test::Hook(kind) => inline([("hook", kind.as_str().into())]),
        Test::Credential(result) => inline([("credential", result.as_str().into())]),
        Test::Attempt(attempt) => inline([("attempt", i64::from(*attempt).into())]),
        Test::Count(CountTest::Nth(nth)) => inline([("nth", count(*nth))]),
        Test::Count(CountTest::From(from)) => inline([("from", count(*from))]),
        Test::Count(CountTest::Every(every)) => inline([("every", count(*every))]),
        Test::Replay(wanted) => inline([("replay", (*wanted).into())]),
    };
    if condition.is_negated() { inline([("not", test)]) } else { test }
}

/// A text alone is what is to be equal.
fn text_test(test: &TextTest) -> Value {
    match test {
        TextTest::Equals(text) => (&**text).into(),
        TextTest::Exists => inline([("exists", true.into())]),
        other => inline(wanted_text(other)),
    }
}

fn wanted_text(test: &TextTest) -> Option<(&'static str, Value)> {
    match test {
        TextTest::Exists => None,
        TextTest::Equals(text) => Some(("equals", (&**text).into())),
        TextTest::Contains(part) => Some(("contains", (&**part).into())),
        TextTest::Pattern(pattern) => Some(("pattern", pattern.as_str().into())),
    }
}

fn wanted_json(test: &JsonTest) -> Option<(&'static str, Value)> {
    match test {
        JsonTest::Exists => None,
        JsonTest::Equals(value) => Some(match toml_value(value) {
            Some(value) => ("equals", value),
            None => ("equals_json", value.to_string().into()),
        }),
        JsonTest::Contains(part) => Some(("contains", (&**part).into())),
        JsonTest::Pattern(pattern) => Some(("pattern", pattern.as_str().into())),
    }
}

/// A JSON value in TOML; none where TOML has nothing like it: null, and numbers beyond 64 bits with a sign.
fn toml_value(value: &serde_json::Value) -> Option<Value> {
    Some(match value {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(truth) => (*truth).into(),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None if number.is_u64() => return None,
            None => number.as_f64()?.into(),
        },
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Array(elements) => {
            Value::Array(elements.iter().map(toml_value).collect::<Option<Vec<Value>>>()?.into_iter().collect())
        }
        serde_json::Value::Object(members) => {
            let members = members.iter().map(|(name, value)| Some((name, toml_value(value)?)));
            Value::InlineTable(members.collect::<Option<InlineTable>>()?)
        }
    })
}

fn inline<'k>(pairs: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    Value::InlineTable(pairs.into_iter().collect())
}

fn millis(duration: Duration) -> Value {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).into()
}

fn count(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// Brings a list of named tables from what it was to what it is. What kept its name, or its place where only a name changed,
/// keeps its table with everything in it that this program does not know; tables that were not understood stay where they are.
fn change_list<T: PartialEq>(
    parent: &mut Table,
    key: &str,
    before: &[T],
    after: &[T],
    name_of: impl Fn(&T) -> &str,
    change: impl Fn(&mut Table, Option<&T>, &T),
) {
    if before == after {
        return;
    }
    let tables = take_list(parent, key);
    let names: Vec<Option<&str>> = tables.iter().map(|table| table.get("name").and_then(Item::as_str)).collect();
    let table_of: Vec<Option<usize>> = table_of_each(&names, before.iter().map(&name_of));
    let mut partners: Vec<Option<usize>> =
        after.iter().map(|item| before.iter().position(|earlier| name_of(earlier) == name_of(item))).collect();
    for idx in 0..before.len() {
        if !partners.contains(&Some(idx))
            && let Some(free @ None) = partners.get_mut(idx)
        {
            *free = Some(idx);
        }
    }
    let changed = Pairs { before, after, partners, table_of }.change(tables, change);
    if !changed.is_empty() {
        parent.insert(key, Item::ArrayOfTables(changed));
    }
}

/// For each name the table that has it. A name that stands twice was read from the first table; one that stands in none was
/// made up for a table without a name, in order.
fn table_of_each<'a>(tables: &[Option<&str>], names: impl Iterator<Item = &'a str>) -> Vec<Option<usize>> {
    let named = |name: &str| tables.iter().position(|table| *table == Some(name));
    let numbered = |name: &str| {
        let idx = name.strip_prefix("rule ")?.parse::<usize>().ok()?.checked_sub(1)?;
        tables.get(idx)?.is_none().then_some(idx)
    };
    names.map(|name| named(name).or_else(|| numbered(name))).collect()
}
