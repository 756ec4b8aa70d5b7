//! Why a call was answered as it was: the rule that answered, those that did not match, and what was broken on purpose.

use egui::{CollapsingHeader, Label, Ui};

use crate::call::{Decided, Opening};
use crate::window::theme::{self, Palette};

/// Who answered, in a sentence; none where nothing was answered.
pub fn sentence(opening: &Opening) -> Option<String> {
    let decided = opening.decided.as_ref();
    let Some(response) = &opening.response else {
        let fault = decided.and_then(|decided| decided.fault.as_ref())?;
        return Some(format!("Nothing came, with fault: {fault}"));
    };
    let mut text = match &*response.rule {
        "default" => "Answered by the endpoint: no rule matched".to_owned(),
        "next" => "Answered by the response that was staged for the next call".to_owned(),
        "listener" => "Answered by the listener itself".to_owned(),
        "sent" => "Answered by whom it was sent to".to_owned(),
        rule => format!("Answered by rule '{rule}'"),
    };
    let Some(decided) = decided else {
        return Some(match &*response.rule {
            // Nothing was looked at, so nothing failed to match.
            "default" => "Answered by the endpoint".to_owned(),
            _ => text,
        });
    };
    if decided.rules.is_empty() && &*response.rule == "default" {
        "Answered by the endpoint".clone_into(&mut text);
    }
    if let Some((step, of)) = decided.step {
        text.push_str(&format!(", step {step} of {of}"));
    }
    if let Some(fault) = &decided.fault {
        text.push_str(&format!(", with fault: {fault}"));
    }
    Some(text)
}

/// Draws it; true where a rule is to be made from the call, which is offered where it can be. Where many rules did not match, they
/// are folded away.
pub fn ui(opening: &Opening, can_make_rule: bool, palette: &Palette, ui: &mut Ui) -> bool {
    let Some(text) = sentence(opening) else { return false };
    ui.add(Label::new(theme::strong_text(text, palette)).wrap().selectable(true));
    if let Some(decided) = &opening.decided {
        decided_ui(decided, palette, ui);
    }
    can_make_rule && ui.button("Make a rule from this call…").clicked()
}

fn decided_ui(decided: &Decided, palette: &Palette, ui: &mut Ui) {
    if let Some(error) = &decided.template_error {
        let text = format!("The template was not used: {error}. The least harmful response was answered in its place");
        ui.add(Label::new(theme::secondary_text(text, palette).color(palette.ignored)).wrap().selectable(true));
    }
    failed_ui(decided, palette, ui);
}

fn failed_ui(decided: &Decided, palette: &Palette, ui: &mut Ui) {
    let n_failed = decided.rules.iter().filter(|rule| !rule.matched()).count();
    if n_failed == 0 {
        return;
    }
    let head = match n_failed {
        1 => "1 rule before did not match".to_owned(),
        _ => format!("{n_failed} rules before did not match"),
    };
    let shown = CollapsingHeader::new(theme::secondary_text(head, palette)).id_salt("rules-failed");
    shown.default_open(n_failed <= 3).show(ui, |ui| {
        for rule in &decided.rules {
            if let Some(failed) = &rule.failed {
                let text = format!("{}: {failed}", rule.name);
                ui.add(Label::new(theme::body_text(text, palette)).wrap().selectable(true));
            }
        }
    });
}
