//! The settings file: read, write, notice changes; secrets by reference.
//!
//! TOML that a person reads and a team keeps in git. Reading never stops a start: what is wrong is an [`Issue`] with line and
//! column, the rest is used. Writing keeps comments, order and unknown keys, touches only what changed, and never touches a file
//! that did not parse as a whole. A typed secret is never written; its credential is, so that a later run asks for it. Where to look next: `read` has the form of the file, `write`
//! how it is changed, `folders` where it lies; `secrets` has the places that a secret can be in, of which `keychain` and `secret_file` can be written.

pub mod address_file;
mod file;
mod folders;
pub mod keychain;
mod read;
mod rows;
mod secret_file;
mod secrets;
pub mod whole_file;
mod write;

pub use file::{Loaded, SaveError, Workspace, WorkspaceError};
pub use folders::{NoFolder, config_dir, data_dir, default_path};
pub use keychain::{Keychain, KeychainError};
pub use read::{Issue, IssueSeverity, read};
pub use secret_file::{SecretFile, SecretFileError};
pub use secrets::{Secrets, Vault};
