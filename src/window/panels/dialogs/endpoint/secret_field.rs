//! Asking for a secret and for where it is kept. Whoever shows it stores nothing: what comes out is a source, and the engine puts
//! its value where it says.

use egui::Ui;

use super::super::{field_name, help};
use crate::call::Secret;
use crate::respond::SecretSource;
use crate::window::controls::{TextField, radio};
use crate::window::theme;

/// Is there a keychain to keep a secret in?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeychainState {
    /// It is being asked.
    #[default]
    Asking,
    There,
    /// It cannot be used, for this reason.
    Absent(String),
}

impl KeychainState {
    /// Why nothing can be kept in it; none where it can.
    fn problem(&self) -> Option<String> {
        match self {
            KeychainState::There => None,
            KeychainState::Asking => Some("The system keychain has not answered yet".to_owned()),
            KeychainState::Absent(why) => {
                Some(format!("Nothing can be kept there: {why}. Use an environment variable, or keep it for this run"))
            }
        }
    }
}

/// Where a secret is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretFrom {
    /// Where it is.
    Kept,
    Keychain,
    Environment,
    Typed,
    File,
}

/// A secret that is half typed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretDraft {
    /// None until the user has chosen: then the best place that there is.
    from: Option<SecretFrom>,
    variable: String,
    typed: String,
    /// What was there before, where it is one that this window cannot show.
    kept: Option<SecretSource>,
    /// Tells the entries of two workspaces apart that name their endpoints alike.
    mark: String,
}

impl std::fmt::Debug for SecretDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretDraft")
            .field("from", &self.from)
            .field("variable", &self.variable)
            .finish_non_exhaustive()
    }
}

impl SecretDraft {
    /// What is known of a secret before anything is typed; none for a new one.
    pub fn new(source: Option<&SecretSource>) -> SecretDraft {
        let mark = uuid::Uuid::new_v4().simple().to_string().chars().take(6).collect();
        let empty = SecretDraft { from: None, variable: String::new(), typed: String::new(), kept: None, mark };
        match source {
            None => empty,
            Some(SecretSource::Env { variable, .. }) => {
                SecretDraft { from: Some(SecretFrom::Environment), variable: variable.clone(), ..empty }
            }
            Some(SecretSource::Missing) => SecretDraft { from: Some(SecretFrom::Typed), ..empty },
            Some(source) => SecretDraft { from: Some(SecretFrom::Kept), kept: Some(source.clone()), ..empty },
        }
    }

    fn from(&self, keychain: &KeychainState) -> SecretFrom {
        self.from.unwrap_or(match keychain {
            KeychainState::There => SecretFrom::Keychain,
            // Never a file that nobody asked for. Its field looks as the keychain's, so an answer that comes late moves nothing.
            KeychainState::Asking | KeychainState::Absent(_) => SecretFrom::Typed,
        })
    }

    /// The source that it stands for, or what is missing. `purpose` is what an entry in the keychain is called, such as
    /// `token-password`; `environment` looks a variable up.
    pub fn source(
        &self,
        purpose: &str,
        keychain: &KeychainState,
        environment: &dyn Fn(&str) -> Option<Secret>,
    ) -> Result<SecretSource, String> {
        let from = self.from(keychain);
        if from == SecretFrom::Kept
            && let Some(source) = &self.kept
        {
            return Ok(source.clone());
        }
        if from == SecretFrom::Environment {
            return match self.variable.trim() {
                "" => Err("Name the environment variable that holds the secret".to_owned()),
                variable => Ok(SecretSource::Env { variable: variable.to_owned(), value: environment(variable) }),
            };
        }
        if self.typed.is_empty() {
            return Err("Type the secret".to_owned());
        }
        let value = Secret::new(self.typed.clone());
        let fresh = || format!("{purpose}-{}", self.mark);
        match from {
            SecretFrom::Keychain => {
                if let Some(problem) = keychain.problem() {
                    return Err(problem);
                }
                let name = match &self.kept {
                    Some(SecretSource::Keychain { name, .. }) => name.clone(),
                    _ => fresh(),
                };
                Ok(SecretSource::Keychain { name, value: Some(value) })
            }
            SecretFrom::File => {
                let name = match &self.kept {
                    Some(SecretSource::File { name, .. }) => name.clone(),
                    _ => fresh(),
                };
                Ok(SecretSource::File { name, value: Some(value) })
            }
            SecretFrom::Typed | SecretFrom::Kept | SecretFrom::Environment => Ok(SecretSource::Typed(value)),
        }
    }
}

/// Draws the field. `name` is what the secret is called, such as `Password`.
pub fn secret_ui(ui: &mut Ui, name: &str, keychain: &KeychainState, draft: &mut SecretDraft) {
    field_name(ui, name);
    let mut from = draft.from(keychain);
    let before = from;
    let problem = keychain.problem();
    let mut places = Vec::from([
        (SecretFrom::Keychain, "System keychain", "in the system keychain"),
        (SecretFrom::Environment, "Environment variable", "from an environment variable"),
        (SecretFrom::Typed, "This run only", "typed for this run"),
        (SecretFrom::File, "Owner-only file", "in the owner-only file"),
    ]);
    if draft.kept.is_some() {
        places.insert(0, (SecretFrom::Kept, "As it is", "as it is"));
    }
    egui::Grid::new((name, "places")).num_columns(2).spacing([theme::GAP_SECTION, theme::GAP_TIGHT]).show(ui, |ui| {
        for row in places.chunks(2) {
            for (place, text, called) in row {
                let is_possible = *place != SecretFrom::Keychain || problem.is_none();
                let shown = ui.add_enabled_ui(is_possible, |ui| {
                    radio(ui, &mut from, *place, text, &format!("{name} {called}"));
                });
                if let Some(problem) = problem.as_ref().filter(|_| !is_possible) {
                    shown.response.on_hover_text(problem);
                }
            }
            ui.end_row();
        }
    });
    if from != before {
        draft.from = Some(from);
    }
    match from {
        SecretFrom::Environment => {
            let field = format!("{name} variable");
            TextField::new(&field).hint("HOOK_PASSWORD").on_wire().ui(ui, &mut draft.variable);
        }
        SecretFrom::Keychain | SecretFrom::Typed | SecretFrom::File => {
            TextField::new(name).on_wire().masked(true).ui(ui, &mut draft.typed);
        }
        SecretFrom::Kept => {}
    }
    let told = match (from, &draft.kept) {
        (SecretFrom::Kept, Some(SecretSource::Keychain { name, value })) => match value {
            Some(_) => format!("In the system keychain as '{name}'."),
            None => format!("The system keychain gives no '{name}'; every credential fails until it does."),
        },
        (SecretFrom::Kept, Some(SecretSource::File { name, value })) => match value {
            Some(_) => format!("In the owner-only file as '{name}'."),
            None => format!("The owner-only file gives no '{name}'; every credential fails until it does."),
        },
        (SecretFrom::Kept, Some(SecretSource::Plain(_))) => {
            "As plain text in the workspace file. The system keychain or a variable keeps it out of there.".to_owned()
        }
        (SecretFrom::Kept, _) => "Typed for this run; never written anywhere.".to_owned(),
        (SecretFrom::Typed, _) => "Never written anywhere; the next run asks for it again.".to_owned(),
        (SecretFrom::File, _) => {
            "Not encrypted: whoever can read your files can read it. Only you may, by its permissions.".to_owned()
        }
        (SecretFrom::Keychain, _) => {
            "Kept by your system, under 'hookscope'; the workspace names its entry.".to_owned()
        }
        (SecretFrom::Environment, _) => String::new(),
    };
    if !told.is_empty() {
        help(ui, &told);
    }
    // Why it cannot be chosen has to be read without a pointer, too.
    if let (KeychainState::Absent(why), false) = (keychain, from == SecretFrom::Kept) {
        let mut letters = why.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        help(ui, &format!("{first}{}.", letters.as_str()));
    }
    ui.add_space(theme::GAP_TIGHT);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn source(draft: &SecretDraft, keychain: &KeychainState) -> Result<SecretSource, String> {
        draft.source("token-password", keychain, &|_| None)
    }

    fn typed(from: SecretFrom, kept: Option<&SecretSource>) -> SecretDraft {
        SecretDraft { from: Some(from), typed: "open sesame".to_owned(), ..SecretDraft::new(kept) }
    }

    #[test]
    fn a_secret_in_the_keychain_gets_an_entry_of_its_own_and_keeps_the_one_it_has() {
        let draft = typed(SecretFrom::Keychain, None);
        let Ok(SecretSource::Keychain { name, value }) = source(&draft, &KeychainState::There) else { panic!() };
        assert!(name.starts_with("token-password-") && name.len() > "token-password-".len(), "{name}");
        assert_eq!(value, Some(Secret::new("open sesame")));
        let kept = SecretSource::Keychain { name: "mine".to_owned(), value: None };
        let draft = typed(SecretFrom::Keychain, Some(&kept));
        let Ok(SecretSource::Keychain { name, .. }) = source(&draft, &KeychainState::There) else { panic!() };
        assert_eq!(name, "mine");
        let absent = KeychainState::Absent("there is none".to_owned());
        assert!(source(&draft, &absent).unwrap_err().contains("environment variable"));
    }

    #[test]
    fn the_best_place_is_proposed_until_the_user_has_chosen() {
        let draft = SecretDraft::new(None);
        assert_eq!(draft.from(&KeychainState::There), SecretFrom::Keychain);
        let absent = KeychainState::Absent("there is none".to_owned());
        for keychain in [KeychainState::Asking, absent] {
            assert_eq!(draft.from(&keychain), SecretFrom::Typed, "{keychain:?}");
            assert!(source(&draft, &keychain).unwrap_err().contains("Type the secret"));
        }
        assert!(source(&draft, &KeychainState::There).unwrap_err().contains("Type the secret"));
        let file = source(&typed(SecretFrom::File, None), &KeychainState::There).unwrap();
        assert!(matches!(file, SecretSource::File { value: Some(_), .. }));
    }

    #[test]
    fn what_is_typed_is_never_printed() {
        assert!(!format!("{:?}", typed(SecretFrom::Typed, None)).contains("sesame"));
    }
}
