//! A workspace and the file it came from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use toml_edit::DocumentMut;

use super::read::{Issue, read};
use super::secrets::Secrets;
use super::whole_file::{self, Readers};
use super::write;
use crate::respond::{ClientMethod, SecretSource, Setup};

/// Why a workspace file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceError {
    pub path: PathBuf,
    pub detail: String,
}

impl fmt::Display for WorkspaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot read the workspace {}: {}; check the path and its permissions",
            self.path.display(),
            self.detail
        )
    }
}

impl std::error::Error for WorkspaceError {}

/// Why a workspace was not written. What was changed holds for this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveError {
    /// The file did not parse as a whole: writing it would lose what could not be read.
    NotWhole {
        path: PathBuf,
    },
    Write {
        path: PathBuf,
        detail: String,
    },
    Exists {
        path: PathBuf,
    },
    /// Somebody else changed the file since it was read.
    Changed {
        path: PathBuf,
    },
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SaveError::NotWhole { path } => write!(
                f,
                "{} has errors and was left as it is; the change holds for this run. Mend the file, or save as a new one",
                path.display()
            ),
            SaveError::Write { path, detail } => write!(
                f,
                "cannot write the workspace {}: {detail}; the change holds for this run. Check the folder and its permissions",
                path.display()
            ),
            SaveError::Changed { path } => write!(
                f,
                "{} was changed by somebody else in this moment, and is read again; make the change once more",
                path.display()
            ),
            SaveError::Exists { path } => write!(f, "{} exists already; choose another name", path.display()),
        }
    }
}

impl std::error::Error for SaveError {}

/// The setup with the file that it is loaded from and saved to.
#[derive(Debug)]
pub struct Workspace {
    setup: Setup,
    /// The setup that the text says.
    written: Setup,
    path: Option<PathBuf>,
    text: String,
    is_whole: bool,
    stamp: Option<(SystemTime, u64)>,
    /// Where the secrets lie that it names.
    secrets: Secrets,
}

/// A workspace and what is wrong with its file.
#[derive(Debug)]
pub struct Loaded {
    pub workspace: Workspace,
    pub issues: Vec<Issue>,
}

impl Workspace {
    /// The defaults of a first start; they are written to `path` when something changes.
    pub fn first_start(path: Option<PathBuf>) -> Workspace {
        let setup = Setup::first_start();
        let text = write::whole(&setup);
        let secrets = Secrets::of_user();
        Workspace { written: setup.clone(), setup, path, text, is_whole: true, stamp: None, secrets }
    }

    /// Reads a file, and the secrets that it names from this user's places. Only a file that is missing or cannot be read is an
    /// error. A keychain that does not answer takes a second.
    pub fn load(path: &Path) -> Result<Loaded, WorkspaceError> {
        Workspace::load_with(path, Secrets::of_user())
    }

    /// The same with places for secrets of one's own.
    pub fn load_with(path: &Path, secrets: Secrets) -> Result<Loaded, WorkspaceError> {
        let stamp = stamp(path);
        let text = std::fs::read(path)
            .map_err(|error| error.to_string())
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned()))
            .map_err(|detail| WorkspaceError { path: path.to_owned(), detail })?;
        let (setup, issues, is_whole) = read(&text, path, &secrets);
        let path = Some(path.to_owned());
        let workspace = Workspace { written: setup.clone(), setup, path, text, is_whole, stamp, secrets };
        Ok(Loaded { workspace, issues })
    }

    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// For what is changed for this run only, such as an address on the command line.
    pub fn setup_mut(&mut self) -> &mut Setup {
        &mut self.setup
    }

    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Where the secrets lie that it names.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Looks secrets up, and keeps them, in other places than this user's own.
    pub fn with_secrets(self, secrets: Secrets) -> Workspace {
        Workspace { secrets, ..self }
    }

    /// Writes what changed. The file appears whole or not at all, and keeps its permissions.
    pub fn save(&mut self, setup: &Setup) -> Result<(), SaveError> {
        self.setup = setup.clone();
        let Some(path) = self.path.clone() else {
            return Ok(());
        };
        if !self.is_whole {
            return Err(SaveError::NotWhole { path });
        }
        let text = self.text_of(setup).ok_or_else(|| SaveError::NotWhole { path: path.clone() })?;
        let now = stamp(&path);
        if now.is_some() && now != self.stamp {
            return Err(SaveError::Changed { path });
        }
        if text != self.text || !path.exists() {
            whole_file::write(&path, &text, Readers::AsBefore)
                .map_err(|error| SaveError::Write { path: path.clone(), detail: error.to_string() })?;
        }
        self.text = text;
        self.written = setup.clone();
        self.stamp = stamp(&path);
        Ok(())
    }

    /// Writes the setup of this run to a new file, and goes on with that.
    pub fn save_as_new(&mut self, path: &Path) -> Result<(), SaveError> {
        if path.exists() {
            return Err(SaveError::Exists { path: path.to_owned() });
        }
        let text = write::whole(&self.setup);
        whole_file::write(path, &text, Readers::AsBefore)
            .map_err(|error| SaveError::Write { path: path.to_owned(), detail: error.to_string() })?;
        self.text = text;
        self.written = self.setup.clone();
        self.is_whole = true;
        self.stamp = stamp(path);
        self.path = Some(path.to_owned());
        Ok(())
    }

    fn text_of(&self, setup: &Setup) -> Option<String> {
        if *setup == self.written {
            return Some(self.text.clone());
        }
        let mut document: DocumentMut = self.text.parse().ok()?;
        write::apply(&mut document, &self.written, setup);
        Some(document.to_string())
    }

    /// Reads the file again if somebody else changed it. None where nothing changed.
    pub fn reload_if_changed(&mut self) -> Option<Result<Vec<Issue>, WorkspaceError>> {
        let path = self.path.clone()?;
        let now = stamp(&path);
        if now == self.stamp || now.is_none() {
            return None;
        }
        self.stamp = now;
        match Workspace::load_with(&path, self.secrets.clone()) {
            Ok(loaded) if loaded.workspace.text == self.text => None,
            Ok(loaded) => {
                let typed = std::mem::replace(self, loaded.workspace).setup;
                keep_typed(&mut self.setup, &typed);
                self.written = self.setup.clone();
                Some(Ok(loaded.issues))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// Tells two states of a file apart.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// Secrets that were typed for this run hold on, whoever changes the file meanwhile.
fn keep_typed(setup: &mut Setup, before: &Setup) {
    let keep = |now: &mut SecretSource, earlier: &SecretSource| {
        if *now == SecretSource::Missing && matches!(earlier, SecretSource::Typed(_)) {
            *now = earlier.clone();
        }
    };
    for endpoint in &mut setup.endpoints {
        let Some(earlier) = before.endpoint_named(&endpoint.name) else { continue };
        if let (Some(now), Some(earlier)) = (&mut endpoint.auth.basic, &earlier.auth.basic) {
            keep(&mut now.password, &earlier.password);
        }
        if let (Some(now), Some(earlier)) = (&mut endpoint.auth.header, &earlier.auth.header) {
            keep(&mut now.value, &earlier.value);
        }
    }
    let (Some(oauth), Some(earlier)) = (&mut setup.oauth, &before.oauth) else { return };
    for client in &mut oauth.clients {
        let same = earlier.clients.iter().find(|earlier| earlier.client_id == client.client_id);
        if let Some(ClientMethod::SecretPost(earlier)) = same.map(|earlier| &earlier.method)
            && let ClientMethod::SecretPost(now) = &mut client.method
        {
            keep(now, earlier);
        }
    }
}
