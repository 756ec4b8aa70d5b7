//! Where the secrets lie that a workspace names.

use std::path::{Path, PathBuf};

use super::keychain::{self, Keychain, KeychainError};
use super::secret_file::{SecretFile, SecretFileError};
use crate::call::Secret;

/// Where secrets are looked up. A closure from the name of a variable to its value has nothing but an environment.
pub trait Vault: Send + Sync {
    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// An entry of the system's keychain; `Ok(None)` where there is none of this name.
    ///
    /// # Errors
    ///
    /// Where there is no keychain, or it does not answer or refuses.
    fn keychain_entry(&self, _name: &str) -> Result<Option<Secret>, KeychainError> {
        Err(KeychainError::Absent { detail: "none is used here".to_owned() })
    }

    /// An entry of the owner's file of secrets; `Ok(None)` where there is none of this name.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or others can read it too.
    fn file_entry(&self, _name: &str) -> Result<Option<Secret>, SecretFileError> {
        Ok(None)
    }
}

impl<F: Fn(&str) -> Option<String> + Send + Sync> Vault for F {
    fn variable(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// The places of this system: its environment, its keychain, and the file of secrets in the data folder.
#[derive(Clone, Debug)]
pub struct Secrets {
    keychain: Keychain,
    /// None where the system names no folder for data.
    file: Option<SecretFile>,
}

impl Secrets {
    /// Those of this user, with the file of secrets in the user's own data folder.
    pub fn of_user() -> Secrets {
        Secrets::new(keychain::system().clone(), super::data_dir().ok())
    }

    /// With the file of secrets in this data folder.
    pub fn in_folder(data_dir: &Path) -> Secrets {
        Secrets::new(keychain::system().clone(), Some(data_dir.to_owned()))
    }

    /// With a keychain of one's own, as tests need it.
    pub fn new(keychain: Keychain, data_dir: Option<PathBuf>) -> Secrets {
        Secrets { keychain, file: data_dir.map(|folder| SecretFile::in_folder(&folder)) }
    }

    pub fn keychain(&self) -> &Keychain {
        &self.keychain
    }

    pub fn file(&self) -> Option<&SecretFile> {
        self.file.as_ref()
    }
}

impl Vault for Secrets {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn keychain_entry(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        self.keychain.get(name)
    }

    fn file_entry(&self, name: &str) -> Result<Option<Secret>, SecretFileError> {
        self.file.as_ref().map_or(Ok(None), |file| file.get(name))
    }
}
