//! Files and folders that only their owner may read. The one place that knows how each system says so.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a file, or opens it as it is; a new one is readable by its owner only. On Windows a file in the user's own folders
/// already is.
pub fn create_file(path: &Path) -> io::Result<File> {
    owner_only().create(true).truncate(false).open(path)
}

/// Creates a file that must not be there yet, readable by its owner only.
pub fn create_new_file(path: &Path) -> io::Result<File> {
    owner_only().create_new(true).open(path)
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Makes a file that is there already readable by its owner only.
pub fn restrict(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    {
        std::fs::metadata(path)?;
    }
    Ok(())
}

/// Creates a folder and those above it; new ones can be entered by their owner only.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}
