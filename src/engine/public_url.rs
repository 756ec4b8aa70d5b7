//! The public URL of one run and the next: remembered in the data folder, so that a change is noticed that nobody saw happen.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::call::Timestamp;
use crate::okta::Severity;
use crate::okta::management::hook_uri_problems;
use crate::respond::Setup;
use crate::workspace::whole_file::{self, Readers};

/// The file in the data folder. Only its owner can read it: a public URL is a way in.
const FILE: &str = "public-url.json";
/// Workspaces whose URL is remembered; the one used longest ago goes first.
const KEPT: usize = 64;
/// A file that is larger is none of ours, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The public URL is another one than hooks in Okta may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UrlChange {
    pub before: String,
    /// In microseconds since 1970, as a [`Timestamp`] has it.
    at: i64,
}

impl UrlChange {
    pub fn at(&self) -> Timestamp {
        Timestamp(self.at)
    }
}

/// What is remembered for one workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    /// None is the run without a workspace file.
    workspace: Option<PathBuf>,
    url: String,
    /// A change that nobody has said to have read.
    change: Option<UrlChange>,
}

/// The URLs of earlier runs.
#[derive(Debug)]
pub struct RememberedUrls {
    path: PathBuf,
    /// The last used comes last.
    all: Vec<Remembered>,
}

impl RememberedUrls {
    /// Reads the file. One that is missing or cannot be read is as good as none: nothing but a warning hangs on it.
    pub fn load(data_dir: &Path) -> RememberedUrls {
        let path = data_dir.join(FILE);
        let is_ours = std::fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST);
        let bytes = if is_ours { std::fs::read(&path).ok() } else { None };
        let all = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        RememberedUrls { path, all }
    }

    /// The change of a workspace's URL that nobody has said to have read.
    pub fn change(&self, workspace: Option<&Path>) -> Option<&UrlChange> {
        self.of(workspace).and_then(|known| known.change.as_ref())
    }

    /// Takes the URL that holds now; gives the one before, where that was another.
    pub fn use_url(&mut self, workspace: Option<&Path>, url: &str, now: Timestamp) -> Option<String> {
        let known = self.of(workspace).cloned();
        let before = known.as_ref().map(|known| known.url.clone()).filter(|before| !is_same_url(before, url));
        if known.is_some() && before.is_none() {
            return None;
        }
        let unread = known.and_then(|known| known.change);
        let change = match &before {
            // Hooks hold what was true before the first change that nobody has read; back again is no change.
            Some(before) => {
                let first = unread.map_or_else(|| before.clone(), |unread| unread.before);
                (!is_same_url(&first, url)).then_some(UrlChange { before: first, at: now.0 })
            }
            None => None,
        };
        self.all.retain(|known| known.workspace.as_deref() != workspace);
        self.all.push(Remembered { workspace: workspace.map(PathBuf::from), url: url.to_owned(), change });
        if self.all.len() > KEPT {
            self.all.remove(0);
        }
        self.save();
        before
    }

    /// The change has been read.
    pub fn forget_change(&mut self, workspace: Option<&Path>) {
        let known = self.all.iter_mut().find(|known| known.workspace.as_deref() == workspace);
        if let Some(known) = known
            && known.change.take().is_some()
        {
            self.save();
        }
    }

    fn of(&self, workspace: Option<&Path>) -> Option<&Remembered> {
        self.all.iter().find(|known| known.workspace.as_deref() == workspace)
    }

    fn save(&self) {
        let written = serde_json::to_string_pretty(&self.all)
            .map_err(std::io::Error::from)
            .and_then(|text| whole_file::write(&self.path, &text, Readers::Owner));
        if let Err(error) = written {
            log::warn!("the public URL is not remembered: {} cannot be written: {error}", self.path.display());
        }
    }
}

/// A slash at the end and the case of letters make no difference to a scheme and a host.
pub fn is_same_url(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// What a person typed or pasted, as a public URL: without spaces around it, without a slash at the end, and without the path of
/// an endpoint, since that is added. None where nothing is left.
pub fn typed_url(text: &str, setup: &Setup) -> Option<String> {
    let url = text.trim();
    let without_path = setup.endpoints.iter().find_map(|endpoint| {
        let base = url.strip_suffix(endpoint.path.as_str())?;
        // What is left must still be an address with a host.
        base.split_once("://").filter(|(_, host)| !host.is_empty()).map(|_| base)
    });
    let url = without_path.unwrap_or(url).trim_end_matches('/');
    (!url.is_empty()).then(|| url.to_owned())
}

/// What Okta will not take about a public URL once an endpoint's path is added; none where nothing is wrong.
pub fn public_url_problem(url: &str, setup: &Setup) -> Option<String> {
    if url.contains(['?', '#']) {
        return Some("An endpoint's path is added at the end, so the URL can have no ? and no #".to_owned());
    }
    let refusal = |url: &str| hook_uri_problems(url).into_iter().find(|problem| problem.severity == Severity::Error);
    if let Some(problem) = refusal(url) {
        return Some(problem.message.into_owned());
    }
    let longest = setup.endpoints.iter().max_by_key(|endpoint| endpoint.path.chars().count())?;
    let problem = refusal(&format!("{}{}", url.trim_end_matches('/'), longest.path))?;
    Some(format!("{} (with the path of {})", problem.message, longest.name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const A: &str = "https://a.example";
    const B: &str = "https://b.example";
    const C: &str = "https://c.example";

    #[test]
    fn a_change_between_runs_is_noticed_and_stays_until_it_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let run = || RememberedUrls::load(dir.path());
        assert_eq!(run().use_url(None, A, Timestamp(1)), None);
        assert_eq!(run().use_url(None, "https://A.example/", Timestamp(2)), None);
        assert_eq!(run().use_url(None, B, Timestamp(3)).as_deref(), Some(A));
        assert_eq!(run().change(None), Some(&UrlChange { before: A.to_owned(), at: 3 }));
        // Another change before anybody read the first: hooks still hold the oldest.
        assert_eq!(run().use_url(None, C, Timestamp(4)).as_deref(), Some(B));
        assert_eq!(run().change(None), Some(&UrlChange { before: A.to_owned(), at: 4 }));
        let mut last = run();
        last.forget_change(None);
        assert_eq!(run().change(None), None);
        assert_eq!(run().use_url(None, C, Timestamp(5)), None);
    }

    #[test]
    fn back_at_the_url_that_hooks_hold_nothing_has_changed() {
        let dir = tempfile::tempdir().unwrap();
        let mut known = RememberedUrls::load(dir.path());
        known.use_url(None, A, Timestamp(1));
        known.use_url(None, B, Timestamp(2));
        assert_eq!(known.use_url(None, A, Timestamp(3)).as_deref(), Some(B));
        assert_eq!(known.change(None), None);
    }

    #[test]
    fn each_workspace_has_its_own_url_and_only_so_many_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut known = RememberedUrls::load(dir.path());
        let other = Path::new("/home/me/other.toml");
        known.use_url(None, A, Timestamp(1));
        assert_eq!(known.use_url(Some(other), B, Timestamp(2)), None);
        assert_eq!(known.use_url(None, A, Timestamp(3)), None);
        for number in 0..2 * KEPT {
            known.use_url(Some(Path::new(&number.to_string())), A, Timestamp(4));
        }
        assert_eq!(RememberedUrls::load(dir.path()).all.len(), KEPT);
    }

    #[test]
    fn a_file_that_is_damaged_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "{", "[3]", "{\"urls\":1}"] {
            std::fs::write(dir.path().join(FILE), text).unwrap();
            let mut known = RememberedUrls::load(dir.path());
            assert_eq!(known.use_url(None, A, Timestamp(1)), None);
            assert_eq!(RememberedUrls::load(dir.path()).use_url(None, B, Timestamp(2)).as_deref(), Some(A));
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        RememberedUrls::load(dir.path()).use_url(None, A, Timestamp(1));
        let mode = std::fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_pasted_url_loses_spaces_slash_and_the_path_of_an_endpoint() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(typed_url(text, &Setup::first_start()).as_deref(), expected, "{text}");
        };
        check(" https://a.example/ ", Some(A));
        check("https://a.example/hooks/token", Some(A));
        check("https://a.example/base/hooks/saml", Some("https://a.example/base"));
        check("https://a.example/elsewhere", Some("https://a.example/elsewhere"));
        check("  ", None);
    }

    #[test]
    fn what_okta_will_not_take_is_said() {
        let problem = |url: &str| public_url_problem(url, &Setup::first_start());
        assert_eq!(problem(A), None);
        assert_eq!(problem("https://a.example:8443/base"), None);
        assert!(problem("http://a.example").unwrap().contains("refuses http"));
        assert!(problem("a.example").unwrap().contains("Begin the URL with https://"));
        assert!(problem("https://a .example").unwrap().contains("white space"));
        assert!(problem("https://").unwrap().contains("Name the host"));
        assert!(problem("https://a.example?x=1").unwrap().contains("no ?"));
        let long = format!("https://a.example/{}", "x".repeat(1_000));
        assert!(problem(&long).unwrap().contains("1,024"));
        assert!(problem(&long).unwrap().ends_with("(with the path of password-import)"));
        assert!(problem("https://laptop.local").unwrap().contains("cannot reach"));
        assert!(problem("javascript://a.example/x").unwrap().contains("Begin the URL with https://"));
    }
}
