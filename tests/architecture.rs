//! The table of who may use whom. A new arrow is a decision: it is made here, in the same commit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The ground floor.
const VALUES: [&str; 4] = ["okta", "call", "auth", "respond"];

/// Who may use whom, beside itself. `values` stands for the ground floor.
const ARROWS: [(&str, &[&str]); 15] = [
    ("main", &["cli", "window"]),
    // The window's state is the only part of it that touches the engine and the session.
    ("window/app", &["engine", "session", "tunnel", "window", "values"]),
    // Panels, and what they draw with.
    ("window", &["window", "values"]),
    ("cli", &["engine", "session", "sender", "workspace", "values"]),
    ("engine", &["listener", "sender", "tunnel", "session", "workspace", "values"]),
    ("listener", &["values"]),
    ("sender", &["values"]),
    ("tunnel", &[]),
    ("session", &["values"]),
    ("workspace", &["values"]),
    ("respond", &["auth", "call", "okta"]),
    ("auth", &["call", "okta"]),
    ("call", &["okta"]),
    ("okta", &[]),
    ("lib", &[]),
];

/// The longest a file may be, in lines, before it is asked which two nouns it has become.
const LONGEST: usize = 620;

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 50, "the sources were not found");
    found
}

/// Whose rules hold for a file.
fn owner(path: &Path) -> String {
    let mut parts = path.iter().map(|part| part.to_str().unwrap().trim_end_matches(".rs").to_owned());
    let first = parts.next().unwrap();
    match parts.next() {
        Some(second) if first == "window" && second == "app" => "window/app".to_owned(),
        _ => first,
    }
}

/// The top-level modules that a text names, tests and comments left out.
fn used(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let mut modules = BTreeSet::new();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for start in ["crate::", "hookscope::"] {
            for (at, _) in line.match_indices(start) {
                let rest = &line[at + start.len()..];
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !name.is_empty() {
                    modules.insert(name);
                }
                // `use crate::{call, okta}` names several.
                if let Some(list) = rest.strip_prefix('{') {
                    let list = list.split('}').next().unwrap();
                    modules.extend(list.split(',').map(|part| part.split("::").next().unwrap().trim().to_owned()));
                }
            }
        }
    }
    modules.remove("");
    modules.remove("self");
    modules
}

#[test]
fn nobody_uses_whom_the_table_does_not_name() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let owner = owner(&path);
        let (_, allowed) = ARROWS
            .iter()
            .find(|(name, _)| *name == owner)
            .unwrap_or_else(|| panic!("{} is in no room of the house", path.display()));
        let own = owner.split('/').next().unwrap().to_owned();
        for module in used(&text) {
            let is_allowed = module == own
                || allowed.contains(&module.as_str())
                || (allowed.contains(&"values") && VALUES.contains(&module.as_str()));
            if !is_allowed {
                broken.push(format!("{} uses {module}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_ground_floor_touches_no_file_socket_clock_or_window() {
    for (path, text) in sources() {
        if !VALUES.contains(&owner(&path).as_str()) {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap();
        for word in ["std::fs", "std::net::Tcp", "Instant::now", "SystemTime::now", "tokio::", "egui", "std::thread"] {
            assert!(!code.contains(word), "{} mentions {word}", path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_is_about_one_noun() {
    for (path, text) in sources() {
        assert!(text.starts_with("//!"), "{} does not begin with what it is for", path.display());
        assert!(text.lines().count() <= LONGEST, "{} has {} lines", path.display(), text.lines().count());
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(!["utils", "types", "common", "helpers", "misc"].contains(&name), "{} is a drawer", path.display());
    }
}

#[test]
fn main_is_thin() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(text.lines().count() < 60);
}
