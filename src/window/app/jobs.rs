//! What takes longer than a frame: opening, saving, and the system's file chooser. Each runs on a thread of its own and says what
//! came of it through a channel.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::load::LoadReport;
use crate::engine::Wake;
use crate::session::{Change, CopyProgress, Reader, SessionError, ViewedSession, save_copy};

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
    pub is_opening: bool,
    pub is_choosing: bool,
}

/// More cannot be started at once by one person.
const AT_ONCE: usize = 16;

impl Jobs {
    pub fn new(wake: Wake) -> Jobs {
        let (sender, receiver) = sync_channel(AT_ONCE);
        Jobs { sender, receiver, wake, saving: None, is_opening: false, is_choosing: false }
    }

    /// What has been done since the last time.
    pub fn done(&mut self) -> Vec<Done> {
        let done: Vec<Done> = self.receiver.try_iter().collect();
        for one in &done {
            match one {
                Done::Opened { .. } => self.is_opening = false,
                Done::Saved { .. } => self.saving = None,
                Done::Chosen { .. } => self.is_choosing = false,
                Done::Counted(_) => {}
            }
        }
        done
    }

    pub fn open(&mut self, path: PathBuf, data_dir: PathBuf) -> std::io::Result<()> {
        self.is_opening = true;
        let wake = self.wake.clone();
        self.start("hookscope-open", move || {
            let session = ViewedSession::open(&path, &data_dir, move || wake());
            Done::Opened { path, session: Box::new(session) }
        })
    }

    pub fn save(&mut self, source: Reader, path: PathBuf, change: Option<Change>) -> std::io::Result<()> {
        let progress = Arc::new(CopyProgress::default());
        self.saving = Some(progress.clone());
        self.start("hookscope-save", move || {
            let result = save_copy(&source, &path, change.as_ref(), &progress);
            Done::Saved { path, result }
        })
    }

    pub fn count(&self, count: impl FnOnce() -> LoadReport + Send + 'static) -> std::io::Result<()> {
        self.start("hookscope-load-count", move || Done::Counted(Box::new(count())))
    }

    /// Asks a running save to stop and leave nothing behind.
    pub fn cancel_save(&self) {
        if let Some(progress) = &self.saving {
            progress.is_cancelled.store(true, Ordering::Release);
        }
    }

    pub fn choose(&mut self, choose: Choose) -> std::io::Result<()> {
        self.is_choosing = true;
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
        })
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
