//! Okta's published address ranges: `ip_ranges.json`, an object of cell name to a list of CIDR ranges.
//!
//! An address proves nothing: whoever sends through Okta's machines, or forges a forwarded address, has the right one. So the check
//! is advisory, and says so.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::jwk::clipped;
use super::{advisory, skipped};
use crate::call::AuthCheck;

const RANGE: &str = "address-range";

/// As many bad ranges are told one by one.
const MOST_PROBLEMS: usize = 20;
/// As many cells are named in a sentence.
const MOST_CELLS: usize = 5;

/// The cells of a file and their ranges, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList {
    pub cells: Vec<(String, Vec<IpNet>)>,
    problems: Vec<String>,
    /// For each cell what it holds, sorted and without overlaps: the list is looked up on the path of a call.
    spans: Vec<Spans>,
}

/// Addresses as numbers, by family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spans {
    v4: Vec<RangeInclusive<u128>>,
    v6: Vec<RangeInclusive<u128>>,
}

/// Where calls should come from. Advisory: it never fails a credential.
#[derive(Clone, Copy, Debug)]
pub struct AddressesExpected<'a> {
    /// The file, as the workspace names it.
    pub file: &'a str,
    /// The cell that counts; none: all of them.
    pub cell: Option<&'a str>,
    /// None where the file cannot be read.
    pub list: Option<&'a AddressList>,
}

impl AddressList {
    /// Reads a file. What cannot be read of it is left out and noted in [`AddressList::problems`].
    ///
    /// # Errors
    ///
    /// One sentence where the text is no object of cells at all.
    pub fn parse(text: &str) -> Result<AddressList, String> {
        let text = text.trim_start_matches('\u{feff}');
        let cells: Map<String, Value> = serde_json::from_str(text).map_err(|error| match error.is_data() {
            true => "This is no JSON object: Okta's ip_ranges.json is an object of cells".to_owned(),
            false => format!("This is no JSON (line {}, column {})", error.line(), error.column()),
        })?;
        let mut list = AddressList::default();
        let mut n_more = 0;
        let mut note = |problem: String, problems: &mut Vec<String>| match problems.len() < MOST_PROBLEMS {
            true => problems.push(problem),
            false => n_more += 1,
        };
        let mut n_without_ranges = 0;
        for (cell, value) in &cells {
            let Some(Value::Array(ranges)) = value.get("ip_ranges") else {
                n_without_ranges += 1;
                note(format!("{} has no list ip_ranges: it is left out", clipped(cell)), &mut list.problems);
                continue;
            };
            let mut read = Vec::with_capacity(ranges.len());
            for range in ranges {
                match range.as_str().and_then(range_of) {
                    Some(range) => read.push(range),
                    None => {
                        let range = clipped(&range.to_string());
                        note(
                            format!("{}: {range} is no range of addresses: it is left out", clipped(cell)),
                            &mut list.problems,
                        );
                    }
                }
            }
            list.spans.push(Spans::of(&read));
            list.cells.push((cell.clone(), read));
        }
        if n_without_ranges == cells.len() && !cells.is_empty() {
            return Err("No member of it has a list ip_ranges: this is no file of address ranges as Okta publishes it"
                .to_owned());
        }
        if n_more > 0 {
            list.problems.push(format!("{n_more} more cannot be read and are left out"));
        }
        Ok(list)
    }

    /// Ranges that were left out, a sentence each.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// How many ranges there are, in all cells together.
    pub fn n_ranges(&self) -> usize {
        self.cells.iter().map(|(_, ranges)| ranges.len()).sum()
    }

    /// The names of the cells that hold the address, in the order of the file.
    pub fn cells_of(&self, address: IpAddr) -> Vec<&str> {
        let holds = |spans: &Spans| spans.hold(address);
        self.cells
            .iter()
            .zip(&self.spans)
            .filter(|(_, spans)| holds(spans))
            .map(|((cell, _), _)| cell.as_str())
            .collect()
    }
}

/// A range, or a single address.
fn range_of(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl Spans {
    fn of(ranges: &[IpNet]) -> Spans {
        let mut spans = Spans::default();
        for range in ranges {
            let span = number(range.network())..=number(range.broadcast());
            match range {
                IpNet::V4(_) => spans.v4.push(span),
                // The whole of IPv4 may be written as IPv6.
                IpNet::V6(v6) => match v6.network().to_ipv4_mapped() {
                    Some(_) if v6.prefix_len() >= 96 => {
                        spans.v4.push(span.start() & u128::from(u32::MAX)..=span.end() & u128::from(u32::MAX));
                    }
                    _ => spans.v6.push(span),
                },
            }
        }
        merge(&mut spans.v4);
        merge(&mut spans.v6);
        spans
    }

    fn hold(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let spans = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        let number = number(address);
        let n_before = spans.partition_point(|span| *span.start() <= number);
        n_before.checked_sub(1).and_then(|idx| spans.get(idx)).is_some_and(|span| span.contains(&number))
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// Sorts, and joins what overlaps or touches.
fn merge(spans: &mut Vec<RangeInclusive<u128>>) {
    spans.sort_by_key(|span| *span.start());
    let mut merged: Vec<RangeInclusive<u128>> = Vec::with_capacity(spans.len());
    for span in spans.drain(..) {
        match merged.last_mut() {
            Some(last) if *span.start() <= last.end().saturating_add(1) => {
                *last = *last.start()..=*last.end().max(span.end());
            }
            _ => merged.push(span),
        }
    }
    *spans = merged;
}

pub(super) fn check(expected: &AddressesExpected<'_>, client: Option<IpAddr>, checks: &mut Vec<AuthCheck>) {
    let place = match expected.cell {
        Some(cell) => format!("{} of {}", clipped(cell), expected.file),
        None => format!("any cell of {}", expected.file),
    };
    let (Some(list), Some(address)) = (expected.list, client) else {
        let why = match client {
            Some(_) => format!("Not looked at: {} cannot be read", expected.file),
            None => "Not looked at: the address that the call came from is not known".to_owned(),
        };
        checks.push(skipped(RANGE, why));
        return;
    };
    let address = address.to_canonical();
    let cells = list.cells_of(address);
    let is_in = match expected.cell {
        Some(cell) => cells.contains(&cell),
        None => !cells.is_empty(),
    };
    let named = match cells.len() {
        n_cells if n_cells > MOST_CELLS => {
            format!("{} and {} more", cells.get(..MOST_CELLS).unwrap_or_default().join(", "), n_cells - MOST_CELLS)
        }
        _ => cells.join(", "),
    };
    let n_ranges = list.n_ranges();
    let found = match (is_in, cells.is_empty(), expected.cell) {
        (true, ..) => format!("{address} is in {named}, one of the {n_ranges} ranges of {}", expected.file),
        (false, true, _) => format!("{address} is in none of the {n_ranges} ranges of {}", expected.file),
        (false, false, Some(cell)) if !list.cells.iter().any(|(name, _)| name == cell) => {
            format!("{address} is in {named}, and {} has no cell {}", expected.file, clipped(cell))
        }
        (false, false, _) => format!("{address} is in {named}, not in {place}"),
    };
    let came = if cells.is_empty() { address.to_string() } else { format!("{address} ({named})") };
    checks.push(advisory(RANGE, format!("{found}. Advisory: an address proves nothing")).with(place, came));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::call::CheckResult;
    use proptest::prelude::*;

    const FILE: &str = r#"{
        "us_cell_1": {"ip_ranges": ["192.0.2.16/32", "198.51.100.8/30", "198.51.100.8/30"]},
        "preview_cell_1": {"ip_ranges": ["203.0.113.64/29", "198.51.100.10/31"], "note": 1},
        "zz_unheard_of": {"ip_ranges": ["2001:db8::/33", "10.0.0.0/7"]}
    }"#;

    fn cells(list: &AddressList, address: &str) -> String {
        list.cells_of(address.parse().unwrap()).join(" ")
    }

    #[test]
    fn an_address_is_found_in_every_cell_that_holds_it() {
        let list = AddressList::parse(FILE).unwrap();
        assert_eq!(list.problems(), [""; 0]);
        assert_eq!(list.n_ranges(), 7);
        for (address, expected) in [
            ("192.0.2.16", "us_cell_1"),
            ("192.0.2.17", ""),
            ("198.51.100.7", ""),
            ("198.51.100.8", "us_cell_1"),
            ("198.51.100.11", "us_cell_1 preview_cell_1"),
            ("198.51.100.12", ""),
            ("203.0.113.71", "preview_cell_1"),
            ("11.255.255.255", "zz_unheard_of"),
            ("12.0.0.0", ""),
            ("2001:db8:7fff::1", "zz_unheard_of"),
            ("2001:db8:8000::1", ""),
            ("::ffff:192.0.2.16", "us_cell_1"),
            // The number of an IPv4 address, but another family.
            ("::c000:210", ""),
        ] {
            assert_eq!(cells(&list, address), expected, "{address}");
        }
    }

    #[test]
    fn a_bad_range_is_noticed_and_the_rest_is_used() {
        let list = AddressList::parse(
            r#"{"a":{"ip_ranges":["192.0.2.0/33","x",7,"192.0.2.1","::ffff:198.51.100.0/120"]},"b":[],"c":{"ip_ranges":[]}}"#,
        )
        .unwrap();
        assert_eq!(list.problems().len(), 4, "{:?}", list.problems());
        assert!(list.problems()[0].contains("192.0.2.0/33") && list.problems()[3].contains("b has no list"));
        assert_eq!(list.cells.iter().map(|(cell, _)| cell.as_str()).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(cells(&list, "192.0.2.1"), "a");
        assert_eq!(cells(&list, "198.51.100.255"), "a");
    }

    #[test]
    fn what_is_no_list_is_refused_with_a_sentence() {
        assert!(AddressList::parse("").unwrap_err().contains("line 1"));
        assert!(AddressList::parse("[]").unwrap_err().contains("no JSON object"));
        assert!(AddressList::parse(r#"{"a":1}"#).unwrap_err().contains("ip_ranges"));
        assert_eq!(AddressList::parse("{}").unwrap().n_ranges(), 0);
    }

    fn checked(cell: Option<&str>, list: Option<&AddressList>, address: Option<&str>) -> AuthCheck {
        let mut checks = Vec::new();
        let expected = AddressesExpected { file: "ranges.json", cell, list };
        check(&expected, address.map(|address| address.parse().unwrap()), &mut checks);
        checks.remove(0)
    }

    #[test]
    fn the_check_names_the_cells_and_says_that_it_is_advisory() {
        let list = AddressList::parse(FILE).unwrap();
        for (cell, address, part) in [
            (None, "192.0.2.16", "192.0.2.16 is in us_cell_1, one of the 7 ranges of ranges.json"),
            (None, "192.0.2.17", "in none of the 7 ranges"),
            (Some("us_cell_1"), "198.51.100.11", "is in us_cell_1, preview_cell_1"),
            (Some("us_cell_1"), "203.0.113.64", "is in preview_cell_1, not in us_cell_1"),
            (Some("us_cell_99"), "203.0.113.64", "has no cell us_cell_99"),
        ] {
            let check = checked(cell, Some(&list), Some(address));
            assert_eq!((&*check.name, check.result), (RANGE, CheckResult::Advisory));
            assert!(check.detail.contains(part) && check.detail.contains("Advisory"), "{check:?}");
        }
        assert_eq!(checked(None, None, Some("192.0.2.16")).result, CheckResult::Skipped);
        assert_eq!(checked(None, Some(&list), None).result, CheckResult::Skipped);
    }

    proptest! {
        #[test]
        fn looking_up_is_the_same_as_going_through_all_ranges(
            ranges in proptest::collection::vec((any::<u32>(), 0u8..=32), 0..30),
            addresses in proptest::collection::vec(any::<u32>(), 20),
        ) {
            let nets: Vec<IpNet> = ranges
                .iter()
                // Few high bits, so that ranges overlap and touch.
                .map(|(bits, prefix)| format!("{}/{prefix}", std::net::Ipv4Addr::from(bits & 0x0700_000f)).parse().unwrap())
                .collect();
            let texts: Vec<String> = nets.iter().map(IpNet::to_string).collect();
            let list = AddressList::parse(&serde_json::json!({"a": {"ip_ranges": texts}}).to_string()).unwrap();
            for bits in addresses.into_iter().map(|bits| bits & 0x0f00_001f) {
                let address = IpAddr::from(std::net::Ipv4Addr::from(bits));
                let expected = nets.iter().any(|net| net.contains(&address));
                prop_assert_eq!(!list.cells_of(address).is_empty(), expected, "{}", address);
            }
        }

        #[test]
        fn whatever_the_file_says_never_panics(text in "\\PC{0,60}", range in "\\PC{0,20}") {
            AddressList::parse(&text).ok();
            let list = AddressList::parse(&serde_json::json!({"a": {"ip_ranges": [range]}}).to_string()).unwrap();
            prop_assert_eq!(list.n_ranges() + list.problems().len(), 1);
        }
    }
}
