//! The system's keychain: the Secret Service, Apple's keychain, Windows' credential manager.
//!
//! A keychain may ask its user something, hang, or not be there at all. So one thread of its own speaks with it, and whoever asks
//! waits for a second and no longer; while the thread is still busy with an earlier question, nobody waits at all.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::call::Secret;

/// The name under which every entry of this program stands.
pub const SERVICE: &str = "hookscope";

/// A keychain that does not answer within this time counts as none.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// Questions that may wait for the thread. One is asked at a time, since whoever asks waits.
const QUESTIONS: usize = 8;

/// An entry that is never made: asking for it tells whether there is a keychain.
const NEVER_MADE: &str = "is-there-a-keychain";

/// Why the keychain gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeychainError {
    /// It did not answer within [`ANSWERS_WITHIN`], or is still busy with an earlier question.
    NoAnswer,
    /// The system has none, or it cannot be reached.
    Absent { detail: String },
    /// It is there and refuses: it is locked, or somebody said no.
    Refused { detail: String },
}

impl fmt::Display for KeychainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeychainError::NoAnswer => f.write_str("the system keychain did not answer within a second; unlock it"),
            KeychainError::Absent { detail } => write!(f, "there is no system keychain ({detail})"),
            KeychainError::Refused { detail } => write!(f, "the system keychain refused ({detail}); unlock it"),
        }
    }
}

impl std::error::Error for KeychainError {}

/// What a keychain can do. The real one is [`system`]'s; tests have their own.
pub trait Entries: Send {
    /// None where there is no such entry.
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError>;
    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError>;
    /// An entry that is not there counts as deleted.
    fn delete(&self, name: &str) -> Result<(), KeychainError>;
}

enum Question {
    Get(String),
    Set(String, Secret),
    Delete(String),
}

type Answer = Result<Option<Secret>, KeychainError>;

struct Asked {
    number: u64,
    question: Question,
    asker: SyncSender<Answer>,
}

/// How far the thread has come. It is busy with a question that somebody gave up on until it has answered that one.
#[derive(Default)]
struct Progress {
    asked: AtomicU64,
    answered: AtomicU64,
    given_up: AtomicU64,
}

/// The keychain behind its thread. Clones speak with the same one.
#[derive(Clone)]
pub struct Keychain {
    questions: SyncSender<Asked>,
    progress: Arc<Progress>,
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keychain")
    }
}

/// The keychain of this system. Its thread starts with the first question of the process.
pub fn system() -> &'static Keychain {
    static SYSTEM: OnceLock<Keychain> = OnceLock::new();
    SYSTEM.get_or_init(|| Keychain::of(SystemEntries))
}

impl Keychain {
    /// A keychain with these entries.
    pub fn of(entries: impl Entries + 'static) -> Keychain {
        let (questions, asked) = sync_channel(QUESTIONS);
        let progress = Arc::new(Progress::default());
        let of_thread = progress.clone();
        let thread = std::thread::Builder::new().name("hookscope-keychain".to_owned());
        if let Err(error) = thread.spawn(move || answer_all(&entries, &asked, &of_thread)) {
            // Its end of the channel is gone: every question is told that nobody answers.
            log::error!("the keychain is not asked: {error}");
        }
        Keychain { questions, progress }
    }

    /// What an entry holds; none where there is no such entry.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        self.ask(Question::Get(name.to_owned()))
    }

    /// Makes an entry, or puts another secret into it.
    pub fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.ask(Question::Set(name.to_owned(), secret.clone())).map(drop)
    }

    /// Removes an entry. One that is not there counts as removed.
    pub fn delete(&self, name: &str) -> Result<(), KeychainError> {
        self.ask(Question::Delete(name.to_owned())).map(drop)
    }

    /// Is there a keychain that answers?
    pub fn look(&self) -> Result<(), KeychainError> {
        self.get(NEVER_MADE).map(drop)
    }

    fn ask(&self, question: Question) -> Answer {
        let progress = &self.progress;
        if progress.given_up.load(Ordering::Acquire) > progress.answered.load(Ordering::Acquire) {
            return Err(KeychainError::NoAnswer);
        }
        let number = progress.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let (asker, answered) = sync_channel(1);
        match self.questions.try_send(Asked { number, question, asker }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(KeychainError::NoAnswer),
            Err(TrySendError::Disconnected(_)) => return Err(no_thread()),
        }
        match answered.recv_timeout(ANSWERS_WITHIN) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                progress.given_up.fetch_max(number, Ordering::AcqRel);
                Err(KeychainError::NoAnswer)
            }
            Err(RecvTimeoutError::Disconnected) => Err(no_thread()),
        }
    }
}

fn no_thread() -> KeychainError {
    KeychainError::Absent { detail: "its thread has ended; start the program again".to_owned() }
}

fn answer_all(entries: &dyn Entries, questions: &Receiver<Asked>, progress: &Progress) {
    while let Ok(Asked { number, question, asker }) = questions.recv() {
        let answer = match question {
            Question::Get(name) => entries.get(&name),
            Question::Set(name, secret) => entries.set(&name, &secret).map(|()| None),
            Question::Delete(name) => entries.delete(&name).map(|()| None),
        };
        // Whoever asked may have gone: they have been told that nobody answered.
        asker.try_send(answer).ok();
        progress.answered.fetch_max(number, Ordering::AcqRel);
    }
}

/// The entries of the system's own keychain.
struct SystemEntries;

impl SystemEntries {
    fn entry(name: &str) -> Result<keyring::Entry, KeychainError> {
        match keyring::Entry::store_status() {
            Ok(()) => keyring::Entry::new(SERVICE, name).map_err(|error| error_of(&error)),
            Err(error) => Err(KeychainError::Absent { detail: why(error) }),
        }
    }
}

impl Entries for SystemEntries {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        match SystemEntries::entry(name)?.get_password() {
            Ok(secret) => Ok(Some(Secret::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error_of(&error)),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        SystemEntries::entry(name)?.set_password(secret.reveal()).map_err(|error| error_of(&error))
    }

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        match SystemEntries::entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(error_of(&error)),
        }
    }
}

fn error_of(error: &keyring::Error) -> KeychainError {
    let detail = why(error);
    match error {
        keyring::Error::PlatformFailure(_) | keyring::Error::NoDefaultStore => KeychainError::Absent { detail },
        _ => KeychainError::Refused { detail },
    }
}

/// What went wrong, without the bytes that some of these errors carry: they may be the secret.
fn why(error: &keyring::Error) -> String {
    match error {
        keyring::Error::PlatformFailure(inner) | keyring::Error::NoStorageAccess(inner) => inner.to_string(),
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => "the entry is no text".to_owned(),
        keyring::Error::TooLong(attribute, most) => format!("the {attribute} is longer than {most} characters"),
        keyring::Error::Ambiguous(entries) => format!("{} entries have this name", entries.len()),
        keyring::Error::NoEntry => "there is no such entry".to_owned(),
        keyring::Error::NoDefaultStore => "the system has none".to_owned(),
        keyring::Error::Invalid(attribute, detail) => format!("{attribute}: {detail}"),
        _ => "it gave no reason".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Answers a question only when it is told to.
    struct Hanging(Mutex<Receiver<()>>);

    impl Entries for Hanging {
        fn get(&self, _: &str) -> Result<Option<Secret>, KeychainError> {
            self.0.lock().unwrap().recv().ok();
            Ok(None)
        }

        fn set(&self, _: &str, _: &Secret) -> Result<(), KeychainError> {
            Ok(())
        }

        fn delete(&self, _: &str) -> Result<(), KeychainError> {
            Ok(())
        }
    }

    #[test]
    fn a_keychain_that_hangs_counts_as_none_and_is_asked_again_once_it_answers() {
        let (answer, wait) = sync_channel(1);
        let keychain = Keychain::of(Hanging(Mutex::new(wait)));
        assert_eq!(keychain.get("a"), Err(KeychainError::NoAnswer));
        // Nobody waits for it a second time: the thread is still with the first question.
        assert_eq!(keychain.set("b", &Secret::new("x")), Err(KeychainError::NoAnswer));
        assert_eq!(keychain.look(), Err(KeychainError::NoAnswer));
        answer.send(()).unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while keychain.set("c", &Secret::new("x")).is_err() {
            assert!(std::time::Instant::now() < deadline, "it is asked again");
            std::thread::yield_now();
        }
    }

    #[test]
    fn no_error_of_the_keychain_shows_what_an_entry_holds() {
        let needle = b"needle-in-the-keychain";
        let error = error_of(&keyring::Error::BadEncoding(needle.to_vec()));
        assert!(!format!("{error} {error:?}").contains("needle"), "{error:?}");
        assert!(!format!("{error:?}").contains("110, 101"), "{error:?}");
    }
}
