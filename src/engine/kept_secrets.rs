//! Keeping the secrets that a front was given: in the keychain or in the owner's file, as each of them says.
//!
//! What is new is put there before the workspace file names it; what nobody names any more is removed after the file was written,
//! so that no file is ever left with the name of a secret that is gone.

use std::collections::HashSet;
use std::sync::Arc;

use super::Tone;
use super::task::Task;
use crate::call::Secret;
use crate::respond::{SecretSource, Setup};
use crate::workspace::Secrets;

impl Task {
    /// Keeps what is new of the secrets, off the network's threads: a keychain takes its time.
    pub(super) async fn keep_secrets(&self, before: Arc<Setup>, after: Setup) -> Setup {
        let secrets = self.secrets();
        let mut changed = after.clone();
        let kept = tokio::task::spawn_blocking(move || {
            let problems = keep(&secrets, &before, &mut changed);
            (changed, problems)
        });
        match kept.await {
            Ok((changed, problems)) => {
                problems.into_iter().for_each(|problem| self.tell(Tone::Warning, problem));
                changed
            }
            Err(error) => {
                self.tell(Tone::Warning, format!("The secrets were not kept: {error}"));
                after
            }
        }
    }

    /// Removes the secrets that nobody names any more.
    pub(super) async fn forget_secrets(&self, before: Arc<Setup>, after: Arc<Setup>) {
        let secrets = self.secrets();
        let forgotten = tokio::task::spawn_blocking(move || forget(&secrets, &before, &after));
        // Where the thread was not had, the secrets stay where they are: they are the user's own.
        for problem in forgotten.await.unwrap_or_default() {
            self.tell(Tone::Warning, problem);
        }
    }
}

/// Puts the secrets where they say, as far as they are not there yet. One that cannot be kept holds for this run only; the
/// sentences say why.
pub fn keep(secrets: &Secrets, before: &Setup, after: &mut Setup) -> Vec<String> {
    let known: Vec<&SecretSource> = before.secret_sources().collect();
    let mut problems = Vec::new();
    for source in after.secret_sources_mut() {
        if known.contains(&&*source) {
            continue;
        }
        let (result, value) = match &*source {
            SecretSource::Keychain { name, value: Some(value) } => {
                (secrets.keychain().set(name, value).map_err(|error| error.to_string()), value)
            }
            SecretSource::File { name, value: Some(value) } => (set_in_file(secrets, name, value), value),
            _ => continue,
        };
        if let Err(why) = result {
            problems.push(format!("The secret was not kept: {why}. It holds for this run only"));
            *source = SecretSource::Typed(value.clone());
        }
    }
    problems
}

fn set_in_file(secrets: &Secrets, name: &str, value: &Secret) -> Result<(), String> {
    match secrets.file() {
        Some(file) => file.change(&[(name, value)], &[]).map_err(|error| error.to_string()),
        None => Err("the system names no folder for it".to_owned()),
    }
}

/// Removes the secrets that were named and are not any more.
pub fn forget(secrets: &Secrets, before: &Setup, after: &Setup) -> Vec<String> {
    let mut problems = Vec::new();
    let in_keychain = |source: &SecretSource| match source {
        SecretSource::Keychain { name, .. } => Some(name.clone()),
        _ => None,
    };
    for name in dropped(before, after, in_keychain) {
        if let Err(error) = secrets.keychain().delete(&name) {
            problems.push(format!("The secret '{name}' is still in the keychain, since {error}. Remove it there"));
        }
    }
    let in_file = |source: &SecretSource| match source {
        SecretSource::File { name, .. } => Some(name.clone()),
        _ => None,
    };
    let names = dropped(before, after, in_file);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(file) = secrets.file().filter(|_| !names.is_empty())
        && let Err(error) = file.change(&[], &names)
    {
        problems.push(format!("Secrets that are not used any more are still kept: {error}"));
    }
    problems
}

/// The names that `before` has and `after` has not.
fn dropped(before: &Setup, after: &Setup, name_of: impl Fn(&SecretSource) -> Option<String>) -> HashSet<String> {
    let still: HashSet<String> = after.secret_sources().filter_map(&name_of).collect();
    before.secret_sources().filter_map(&name_of).filter(|name| !still.contains(name)).collect()
}
