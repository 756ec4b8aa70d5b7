//! Where settings and data lie, by each system's own rules.

use std::fmt;
use std::path::PathBuf;

use etcetera::BaseStrategy as _;

/// The system names no folder for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoFolder {
    variable: &'static str,
}

impl fmt::Display for NoFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot find your home folder; set {} to a folder that you may write to", self.variable)
    }
}

impl std::error::Error for NoFolder {}

/// `$XDG_CONFIG_HOME/hookscope`, else the platform's own.
pub fn config_dir() -> Result<PathBuf, NoFolder> {
    folder("XDG_CONFIG_HOME", etcetera::base_strategy::choose_native_strategy().map(|base| base.config_dir()))
}

/// `$XDG_DATA_HOME/hookscope`, else the platform's own: the working session, the authority and its keys.
pub fn data_dir() -> Result<PathBuf, NoFolder> {
    folder("XDG_DATA_HOME", etcetera::base_strategy::choose_native_strategy().map(|base| base.data_dir()))
}

/// The workspace file that holds where none is named.
pub fn default_path() -> Result<PathBuf, NoFolder> {
    config_dir().map(|folder| folder.join("workspace.toml"))
}

fn folder(variable: &'static str, own: Result<PathBuf, etcetera::HomeDirError>) -> Result<PathBuf, NoFolder> {
    // A relative path in these variables is to be ignored (XDG Base Directory Specification).
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = match named {
        Some(folder) => folder,
        None => own.map_err(|_| NoFolder { variable })?,
    };
    Ok(folder.join("hookscope"))
}
