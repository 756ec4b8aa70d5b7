//! The list of addresses that calls should come from, over real sockets: it is said, and never decides anything.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod oauth;
mod support;

use std::sync::Arc;

use hookscope::auth::AddressList;
use hookscope::call::{AuthResult, CheckResult, Record};
use hookscope::respond::AddressSetup;
use oauth::Inspector;
use support::body_of;

fn call_from(forwarded: Option<&str>, believed: bool) -> Record {
    let list = AddressList::parse(r#"{"us_cell_1": {"ip_ranges": ["203.0.113.0/24"]}}"#).unwrap();
    let inspector = Inspector::start(|setup| {
        setup.enforce = true;
        setup.listener.forwarded_from_loopback = believed;
        setup.endpoints[1].auth.addresses = Some(AddressSetup {
            file: "ip_ranges.json".to_owned(),
            cell: None,
            list: Some(Arc::new(list)),
            modified_at: None,
        });
    });
    let path = inspector.state().setup.endpoints[1].path.clone();
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(forwarded.map(|address| ("X-Forwarded-For", address)));
    let answer = inspector.client().request("POST", &path, &headers, &body_of("token", "one"));
    assert_eq!(answer.status, 204, "an address is never enforced");
    inspector.next()
}

fn detail(record: &Record) -> String {
    let checks = &record.opening.auth.checks;
    assert_eq!(record.opening.auth.result, AuthResult::NotConfigured, "it is no credential");
    assert!(checks.iter().all(|check| check.result == CheckResult::Advisory), "{checks:?}");
    checks.iter().map(|check| format!("{} {:?} {:?}\n", check.detail, check.expected, check.came)).collect()
}

#[test]
fn the_forwarded_address_is_looked_for_only_where_the_workspace_says_so() {
    let from_okta = detail(&call_from(Some("203.0.113.7"), true));
    assert!(from_okta.contains("203.0.113.7") && from_okta.contains("us_cell_1"), "{from_okta}");
    let not_believed = detail(&call_from(Some("203.0.113.7"), false));
    assert!(!not_believed.contains("203.0.113.7") && not_believed.contains("127.0.0.1"), "{not_believed}");
    let elsewhere = detail(&call_from(Some("198.51.100.7"), true));
    assert!(elsewhere.contains("198.51.100.7") && !elsewhere.contains("us_cell_1 "), "{elsewhere}");
}
