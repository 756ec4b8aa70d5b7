//! What takes longer than a frame: opening, saving, and the system's file chooser. Each runs on a thread of its own and says what
//! came of it through a channel.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::load::LoadReport;
use crate::engine::Wake;
use crate::session::{
    Change, CopyProgress, OpenProgress, Reader, SessionError, ViewedSession, refuse_session, save_copy,
};
use crate::window::panels::dialogs::endpoint::AddressesRead;

/// What came of a job.
pub enum Done {
    Opened {
        path: PathBuf,
        session: Box<Result<ViewedSession, SessionError>>,
    },
    Saved {
        path: PathBuf,
        result: Result<usize, SessionError>,
    },
    /// The load of a session.
    Counted(Box<LoadReport>),
    /// Is there a keychain? If not, why.
    Keychain(Result<(), String>),
    /// What a file of addresses says.
    Addresses {
        file: String,
        read: Result<AddressesRead, String>,
    },
    /// The path that was chosen; none where the chooser was closed, or there is none on this system.
    Chosen {
        path: Option<PathBuf>,
    },
}

/// Whether the chooser is for reading or for writing, and which files it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choose {
    pub is_save: bool,
    pub title: &'static str,
    pub extension: Option<(&'static str, &'static str)>,
    pub proposed: PathBuf,
}

/// The threads that work for the window.
pub struct Jobs {
    sender: SyncSender<Done>,
    receiver: Receiver<Done>,
    wake: Wake,
    pub saving: Option<Arc<CopyProgress>>,
    pub opening: Option<Opening>,
    pub is_choosing: bool,
}

/// A session that is being opened.
pub struct Opening {
    pub path: PathBuf,
    pub progress: Arc<OpenProgress>,
}

/// More cannot be started at once by one person.
const AT_ONCE: usize = 16;

impl Jobs {
    pub fn new(wake: Wake) -> Jobs {
        let (sender, receiver) = sync_channel(AT_ONCE);
        Jobs { sender, receiver, wake, saving: None, opening: None, is_choosing: false }
    }

    /// What has been done since the last time.
    pub fn done(&mut self) -> Vec<Done> {
        let done: Vec<Done> = self.receiver.try_iter().collect();
        for one in &done {
            match one {
                Done::Opened { .. } => self.opening = None,
                Done::Saved { .. } => self.saving = None,
                Done::Chosen { .. } => self.is_choosing = false,
                Done::Counted(_) | Done::Keychain(_) | Done::Addresses { .. } => {}
            }
        }
        done
    }

    pub fn open(&mut self, path: PathBuf, data_dir: PathBuf) -> std::io::Result<()> {
        let progress: Arc<OpenProgress> = Arc::default();
        let opening = Opening { path: path.clone(), progress: progress.clone() };
        let wake = self.wake.clone();
        self.start("hookscope-open", move || {
            let session = ViewedSession::open_with(&path, &data_dir, progress, move || wake());
            // One that was cancelled in its last moment would never be complete.
            let session = session.and_then(|session| session.progress().is_wanted().map(|()| session));
            Done::Opened { path, session: Box::new(session) }
        })?;
        self.opening = Some(opening);
        Ok(())
    }

    /// Asks a running opening to stop and leave nothing behind.
    pub fn cancel_open(&self) {
        if let Some(opening) = &self.opening {
            opening.progress.cancel();
        }
    }

    /// Saves a copy. `in_use` are the sessions whose files must not be written over.
    pub fn save(
        &mut self,
        source: Reader,
        path: PathBuf,
        change: Option<Change>,
        in_use: Vec<PathBuf>,
        data_dir: PathBuf,
    ) -> std::io::Result<()> {
        let progress = Arc::new(CopyProgress::default());
        let saving = progress.clone();
        self.start("hookscope-save", move || {
            let in_use: Vec<&Path> = in_use.iter().map(PathBuf::as_path).collect();
            let result = refuse_session(&path, &in_use, Some(&data_dir))
                .and_then(|()| save_copy(&source, &path, change.as_ref(), &progress));
            Done::Saved { path, result }
        })?;
        self.saving = Some(saving);
        Ok(())
    }

    pub fn count(&self, count: impl FnOnce() -> LoadReport + Send + 'static) -> std::io::Result<()> {
        self.start("hookscope-load-count", move || Done::Counted(Box::new(count())))
    }

    /// Asks the keychain whether it is there, which takes a second where it does not answer.
    pub fn look_for_keychain(&self) -> std::io::Result<()> {
        self.start("hookscope-look", || Done::Keychain(crate::engine::look_for_keychain()))
    }

    pub fn read_addresses(
        &self,
        file: String,
        read: impl FnOnce() -> Result<AddressesRead, String> + Send + 'static,
    ) -> std::io::Result<()> {
        self.start("hookscope-addresses", move || Done::Addresses { file, read: read() })
    }

    /// Asks a running save to stop and leave nothing behind.
    pub fn cancel_save(&self) {
        if let Some(progress) = &self.saving {
            progress.is_cancelled.store(true, Ordering::Release);
        }
    }

    pub fn choose(&mut self, choose: Choose) -> std::io::Result<()> {
        self.start("hookscope-chooser", move || {
            let mut dialog = rfd::FileDialog::new().set_title(choose.title);
            if let Some((name, extension)) = choose.extension {
                dialog = dialog.add_filter(name, &[extension]);
            }
            if let Some(folder) = choose.proposed.parent().filter(|folder| folder.is_dir()) {
                dialog = dialog.set_directory(folder);
            }
            if let Some(name) = choose.proposed.file_name() {
                dialog = dialog.set_file_name(name.to_string_lossy());
            }
            Done::Chosen { path: if choose.is_save { dialog.save_file() } else { dialog.pick_file() } }
        })?;
        self.is_choosing = true;
        Ok(())
    }

    fn start(&self, name: &str, work: impl FnOnce() -> Done + Send + 'static) -> std::io::Result<()> {
        let (sender, wake) = (self.sender.clone(), self.wake.clone());
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // The window may have closed meanwhile.
            sender.send(work()).ok();
            wake();
        })?;
        Ok(())
    }
}
