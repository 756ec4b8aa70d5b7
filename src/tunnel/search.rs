//! Which tunnel programs are on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Program;

/// A program and where its file lies, if it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    pub program: Program,
    pub path: Option<PathBuf>,
}

/// Looks for every program that has a recipe in the folders of `PATH`, as a start would. It reads folders: not for a thread that
/// draws.
pub fn search(path: Option<&OsStr>) -> Vec<Installed> {
    let find = |program: Program| Installed { program, path: find_in(program.name(), path) };
    Program::WITH_RECIPE.into_iter().map(find).collect()
}

/// The file that a name would start.
pub(super) fn find_in(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(path?)
        // An empty entry stands for the current folder; a program that happens to lie there is none that was installed.
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_a_file_that_can_be_run_in_a_folder_of_the_path_counts_and_the_first_wins() {
        let dir = tempfile::tempdir().unwrap();
        let folders = ["one", "two", "three"].map(|name| dir.path().join(name));
        for folder in &folders {
            std::fs::create_dir(folder).unwrap();
        }
        let [one, two, three] = &folders;
        let put = |folder: &Path, name: &str, mode: u32| {
            let file = folder.join(name);
            std::fs::write(&file, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        put(one, "bore", 0o644);
        put(two, "bore", 0o755);
        put(three, "bore", 0o755);
        std::fs::create_dir(one.join("ngrok")).unwrap();
        let path = std::env::join_paths([one.as_path(), Path::new("not/absolute"), two, three]).unwrap();
        let found = search(Some(&path));
        let of = |program| found.iter().find(|found| found.program == program).unwrap().path.clone();
        assert_eq!(of(Program::Bore), Some(two.join("bore")));
        assert_eq!(of(Program::Ngrok), None);
        assert_eq!(of(Program::Cloudflared), None);
        assert_eq!(search(None).iter().filter(|found| found.path.is_some()).count(), 0);
    }
}
