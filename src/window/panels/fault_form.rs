//! The choice of a fault: what can be broken in an answer, with its lengths, and what Okta makes of it.

use std::time::Duration;

use egui::{Label, Ui};

use crate::okta::HookKind;
use crate::respond::Fault;
use crate::window::controls::{self, TextField};
use crate::window::marks::{MARK_BOX, paint_mark};
use crate::window::theme;

/// A fault while it is being chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultDraft {
    /// [`Fault::name`] of the chosen one; none where nothing is broken.
    name: Option<&'static str>,
    /// Its first and second parameter as they are written: a length in milliseconds, a rate, or a text.
    first: String,
    second: String,
}

impl FaultDraft {
    pub fn new(fault: Option<&Fault>) -> FaultDraft {
        let Some(fault) = fault else { return FaultDraft::default() };
        let millis = |length: &Duration| length.as_millis().to_string();
        let (first, second) = match fault {
            Fault::Delay(delay) => (millis(delay), String::new()),
            Fault::RandomDelay { from, to } => (millis(from), millis(to)),
            Fault::SlowBody { over } => (millis(over), String::new()),
            Fault::LateBody { after } => (millis(after), String::new()),
            Fault::BodyRate(rate) => (rate.to_string(), String::new()),
            Fault::ContentType(text) | Fault::Redirect(text) => (text.to_string(), String::new()),
            _ => Default::default(),
        };
        FaultDraft { name: Some(fault.name()), first, second }
    }

    /// The fault as it is written, or why it is none.
    pub fn fault(&self) -> Result<Option<Fault>, String> {
        let Some(name) = self.name else { return Ok(None) };
        let Some(fault) = Fault::all().into_iter().find(|fault| fault.name() == name) else { return Ok(None) };
        let (first, second) = (self.first.trim(), self.second.trim());
        let fault = match fault {
            Fault::Delay(_) => Fault::Delay(length(first)?),
            Fault::RandomDelay { .. } => {
                let (from, to) = (length(first)?, length(second)?);
                if from > to {
                    return Err("The shortest delay is longer than the longest".to_owned());
                }
                Fault::RandomDelay { from, to }
            }
            Fault::SlowBody { .. } => Fault::SlowBody { over: length(first)? },
            Fault::LateBody { .. } => Fault::LateBody { after: length(first)? },
            Fault::BodyRate(_) => match first.parse() {
                Ok(rate @ 1..) => Fault::BodyRate(rate),
                _ => return Err("The rate is a number of bytes per second, at least 1".to_owned()),
            },
            Fault::ContentType(_) if first.is_empty() => return Err("Write a content type".to_owned()),
            Fault::ContentType(_) => Fault::ContentType(field_value(first)?.into()),
            Fault::Redirect(_) if first.is_empty() => return Err("Write where it redirects to".to_owned()),
            Fault::Redirect(_) => Fault::Redirect(field_value(first)?.into()),
            other => other,
        };
        Ok(Some(fault))
    }

    fn choose(&mut self, fault: Option<&Fault>) {
        if fault.map(Fault::name) != self.name {
            *self = FaultDraft::new(fault);
        }
    }
}

fn length(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(millis @ 0..=600_000) => Ok(Duration::from_millis(millis)),
        _ => Err("A length is a number of milliseconds up to 600,000".to_owned()),
    }
}

fn field_value(text: &str) -> Result<&str, String> {
    match axum::http::HeaderValue::from_str(text) {
        Ok(_) => Ok(text),
        Err(_) => Err(format!("'{text}' cannot be the value of a header field")),
    }
}

/// What a kind of fault is called where its parameters do not matter.
fn title(fault: &Fault) -> String {
    match fault {
        Fault::Delay(_) => "Late by a fixed time".to_owned(),
        Fault::RandomDelay { .. } => "Late by a random time".to_owned(),
        Fault::SlowBody { .. } => "Slow body, over a time".to_owned(),
        Fault::BodyRate(_) => "Slow body, at a rate".to_owned(),
        Fault::LateBody { .. } => "Headers at once, body later".to_owned(),
        Fault::ContentType(_) => "Another content type".to_owned(),
        Fault::Redirect(_) => "Redirect".to_owned(),
        other => {
            let text = other.to_string();
            let mut letters = text.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

/// Draws the choice, what belongs to it, and what Okta makes of it for a kind of hook. `name` is that of the choice; its fields are
/// named after it.
pub fn ui(draft: &mut FaultDraft, name: &str, kind: HookKind, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let all = Fault::all();
    let chosen = all.iter().find(|fault| Some(fault.name()) == draft.name);
    let selected = chosen.map_or_else(|| "No fault".to_owned(), title);
    let mut choose = None;
    controls::choice(ui, name, &selected, |ui| {
        if ui.selectable_label(chosen.is_none(), "No fault").clicked() {
            choose = Some(None);
        }
        for fault in &all {
            let is_chosen = Some(fault.name()) == draft.name;
            let said = fault.consequence(kind);
            let row = ui.selectable_label(is_chosen, title(fault));
            if row.on_hover_text(format!("{}: {}", said.outcome.as_str(), said.summary)).clicked() {
                choose = Some(Some(fault.clone()));
            }
        }
    });
    if let Some(fault) = choose {
        draft.choose(fault.as_ref());
    }
    parameters_ui(draft, name, ui);
    match draft.fault() {
        Ok(None) => {}
        Ok(Some(fault)) => consequence_ui(&fault, kind, ui),
        Err(why) => {
            ui.add(Label::new(theme::body_text(why, palette).color(palette.refused)).wrap());
        }
    }
}

fn parameters_ui(draft: &mut FaultDraft, of: &str, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let number = |ui: &mut Ui, name: &str, text: &mut String, unit: &str| {
        ui.label(theme::secondary_text(name, palette));
        TextField::new(&format!("{of}: {name}")).on_wire().width(72.0).ui(ui, text);
        ui.label(theme::secondary_text(unit, palette));
    };
    ui.horizontal_wrapped(|ui| match draft.name {
        Some("delay") => number(ui, "Delay", &mut draft.first, "ms"),
        Some("random-delay") => {
            number(ui, "At least", &mut draft.first, "ms");
            number(ui, "At most", &mut draft.second, "ms");
        }
        Some("slow-body") => number(ui, "Over", &mut draft.first, "ms"),
        Some("late-body") => number(ui, "Body after", &mut draft.first, "ms"),
        Some("body-rate") => number(ui, "Rate", &mut draft.first, "bytes per second"),
        Some("content-type") => {
            drop(TextField::new(&format!("{of}: Content type")).on_wire().width(240.0).ui(ui, &mut draft.first))
        }
        Some("redirect") => {
            drop(TextField::new(&format!("{of}: Location")).on_wire().width(320.0).ui(ui, &mut draft.first))
        }
        _ => {}
    });
}

/// Outcome, sentence, retry and how far that is documented.
fn consequence_ui(fault: &Fault, kind: HookKind, ui: &mut Ui) {
    let palette = theme::palette(ui);
    let said = fault.consequence(kind);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let (rect, _) = ui.allocate_exact_size(egui::vec2(MARK_BOX, 20.0), egui::Sense::hover());
        paint_mark(ui.painter(), rect, said.outcome, palette);
        ui.vertical(|ui| {
            ui.add(Label::new(theme::body_text(said.summary.clone(), palette)).wrap());
            let retry = format!("{} · {}", said.outcome.as_str(), said.retry);
            ui.add(Label::new(theme::secondary_text(retry, palette)).wrap());
            let source = format!("{}: {}", said.confidence.meaning(), said.source);
            ui.add(Label::new(theme::hint_text(source, palette)).wrap());
        });
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_comes_back_from_its_form() {
        for fault in Fault::all() {
            assert_eq!(FaultDraft::new(Some(&fault)).fault(), Ok(Some(fault)));
        }
        assert_eq!(FaultDraft::new(None).fault(), Ok(None));
    }

    #[test]
    fn what_cannot_be_a_parameter_says_what_to_change() {
        let with = |fault: &Fault, first: &str| {
            let draft = FaultDraft { first: first.to_owned(), ..FaultDraft::new(Some(fault)) };
            draft.fault().unwrap_err()
        };
        assert!(with(&Fault::Delay(Duration::ZERO), "soon").contains("milliseconds"));
        assert!(with(&Fault::BodyRate(1), "0").contains("at least 1"));
        assert!(with(&Fault::Redirect("x".into()), "a\nb").contains("header field"));
        let random = Fault::RandomDelay { from: Duration::ZERO, to: Duration::from_secs(1) };
        assert!(with(&random, "2000").contains("longer than the longest"));
    }
}
