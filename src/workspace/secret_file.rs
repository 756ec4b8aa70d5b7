//! The file of secrets beside the program's own data, for whoever has no keychain and wants none.
//!
//! JSON, an object of name to secret. Only its owner can read it: one that others can read is refused, since a secret that was
//! readable is none.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::whole_file;
use crate::call::Secret;

/// Its name in the data folder.
pub const FILE_NAME: &str = "secrets.json";

/// Why the file gave or took nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretFileError {
    Read {
        path: PathBuf,
        detail: String,
    },
    Write {
        path: PathBuf,
        detail: String,
    },
    /// Others than its owner may read or change it.
    NotPrivate {
        path: PathBuf,
    },
}

impl fmt::Display for SecretFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretFileError::Read { path, detail } => {
                write!(f, "cannot read the file of secrets {}: {detail}; check its permissions", path.display())
            }
            SecretFileError::Write { path, detail } => {
                write!(f, "cannot write the file of secrets {}: {detail}; check the folder", path.display())
            }
            SecretFileError::NotPrivate { path } => write!(
                f,
                "others can read the file of secrets {0}; make it yours alone with chmod 600 {0}, and give new secrets",
                path.display()
            ),
        }
    }
}

impl std::error::Error for SecretFileError {}

/// The file; it is read for each question, so that two runs see the same.
#[derive(Clone, Debug)]
pub struct SecretFile {
    path: PathBuf,
}

impl SecretFile {
    pub fn in_folder(data_dir: &Path) -> SecretFile {
        SecretFile { path: data_dir.join(FILE_NAME) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What an entry holds; none where there is no such entry, or no file.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, SecretFileError> {
        Ok(self.read()?.remove(name).map(Secret::new))
    }

    /// Sets and removes entries in one go. The file appears whole or not at all.
    pub fn change(&self, set: &[(&str, &Secret)], remove: &[&str]) -> Result<(), SecretFileError> {
        let before = self.read()?;
        let mut entries = before.clone();
        for name in remove {
            entries.remove(*name);
        }
        for (name, secret) in set {
            entries.insert((*name).to_owned(), secret.reveal().to_owned());
        }
        if entries == before {
            return Ok(());
        }
        let fail = |detail: String| SecretFileError::Write { path: self.path.clone(), detail };
        let text = serde_json::to_string_pretty(&entries).map_err(|error| fail(error.to_string()))?;
        whole_file::write(&self.path, &text, whole_file::Readers::Owner).map_err(|error| fail(error.to_string()))
    }

    fn read(&self) -> Result<BTreeMap<String, String>, SecretFileError> {
        let fail = |detail: String| SecretFileError::Read { path: self.path.clone(), detail };
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(fail(error.to_string())),
        };
        if !self.is_private() {
            return Err(SecretFileError::NotPrivate { path: self.path.clone() });
        }
        // What the parser says may quote the text, so only the place is told.
        serde_json::from_str(&text)
            .map_err(|error| fail(format!("line {} is no JSON of names and secrets", error.line())))
    }

    #[cfg(unix)]
    fn is_private(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(&self.path).is_ok_and(|about| about.mode() & 0o077 == 0)
    }

    /// Elsewhere the data folder is the user's own by the system's rules.
    #[cfg(not(unix))]
    fn is_private(&self) -> bool {
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_set_read_and_removed_and_the_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = SecretFile::in_folder(&folder.path().join("data"));
        assert_eq!(file.get("a"), Ok(None));
        file.change(&[("a", &Secret::new("one")), ("b", &Secret::new("two"))], &[]).unwrap();
        file.change(&[("b", &Secret::new("three"))], &["a"]).unwrap();
        assert_eq!(file.get("a"), Ok(None));
        assert_eq!(file.get("b"), Ok(Some(Secret::new("three"))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let beside = std::fs::read_dir(file.path().parent().unwrap()).unwrap().count();
        assert_eq!(beside, 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused_with_what_to_do() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = SecretFile::in_folder(folder.path());
        file.change(&[("a", &Secret::new("one"))], &[]).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = file.get("a").unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
        assert_eq!(file.change(&[("b", &Secret::new("two"))], &[]), Err(error));
    }

    #[test]
    fn a_file_that_is_broken_is_said_without_quoting_it_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = SecretFile::in_folder(folder.path());
        file.change(&[("a", &Secret::new("needle"))], &[]).unwrap();
        let broken = "{\"a\": \"needle\", needle";
        std::fs::write(file.path(), broken).unwrap();
        let error = file.get("a").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("needle"), "{error:?}");
        assert!(file.change(&[("b", &Secret::new("two"))], &[]).is_err());
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), broken);
    }
}
