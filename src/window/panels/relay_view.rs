//! What others did with a call before it was answered: the developer's handler, and a person who held it.

use egui::{Align, Label, Layout, Ui};

use crate::call::{ForwardOutcome, HeldFor, HoldEnd, OriginalAnswer, PassedOn, Record, Response};
use crate::window::controls;
use crate::window::text::pretty;
use crate::window::theme::{self, Palette};

/// What came of the forwarding, in one sentence.
pub fn forward_sentence(forwarded: &PassedOn) -> String {
    let (to, took) = (&forwarded.to, millis(forwarded.handler_us));
    match &forwarded.outcome {
        ForwardOutcome::Relayed => format!("Forwarded to {to} in {took}; its answer went out as it came"),
        ForwardOutcome::Changed { changed, .. } => {
            format!("Forwarded to {to} in {took}; its answer went out changed: {}", changed.join(", "))
        }
        ForwardOutcome::TooSlow => format!(
            "Forwarded to {to}, which had not answered after {took}: the prepared response went out at the soft deadline"
        ),
        ForwardOutcome::Failed { why } => format!("Forwarded to {to}, which gave no answer: {why}; 502 went out"),
    }
}

/// How long it was held, and how that ended.
pub fn held_sentence(held: HeldFor) -> String {
    let took = millis(held.held_us);
    match held.end {
        HoldEnd::Edited => format!("Held for {took}, then sent as it was edited"),
        HoldEnd::Released => format!("Held for {took}, then sent as prepared"),
        HoldEnd::Deadline => format!("Held for {took}, until the prepared response went out at the deadline"),
    }
}

/// The same in a few words, beneath the verdict.
pub fn chips_ui(record: &Record, ui: &mut Ui) {
    let Some(relay) = &record.opening.relay else { return };
    if let Some(forwarded) = &relay.forwarded {
        let text = match &forwarded.outcome {
            ForwardOutcome::Relayed => format!("Forwarded in {}", millis(forwarded.handler_us)),
            ForwardOutcome::Changed { .. } => format!("Forwarded in {}, changed", millis(forwarded.handler_us)),
            ForwardOutcome::TooSlow => "Forwarded, too slow".to_owned(),
            ForwardOutcome::Failed { .. } => "Forwarded, no answer".to_owned(),
        };
        controls::chip(ui, &text).on_hover_text(forward_sentence(forwarded));
    }
    if let Some(held) = relay.held {
        controls::chip(ui, &format!("Held {}", millis(held.held_us))).on_hover_text(held_sentence(held));
    }
}

/// The tab of the open call.
pub fn ui(record: &Record, palette: &Palette, ui: &mut Ui) {
    let Some(relay) = &record.opening.relay else { return };
    let mut sentences: Vec<String> = relay.forwarded.iter().map(forward_sentence).collect();
    sentences.extend(relay.held.map(held_sentence));
    for sentence in sentences {
        ui.add(Label::new(theme::body_text(sentence, palette)).wrap().selectable(true));
    }
    let outcome = relay.forwarded.as_ref().map(|forwarded| &forwarded.outcome);
    if let Some(ForwardOutcome::Changed { original, .. }) = outcome {
        ui.add_space(theme::GAP);
        ui.columns_const(|[came, went]| {
            answer_ui("Came from the handler", &of_original(original), palette, came);
            match &record.opening.response {
                Some(sent) => answer_ui("Went to Okta", &of_response(sent), palette, went),
                None => {
                    went.label(theme::head_text("Went to Okta", palette));
                    went.label(theme::hint_text("Nothing whole", palette));
                }
            }
        });
    }
}

/// Status, headers and body as they are read.
struct Shown {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

fn of_original(original: &OriginalAnswer) -> Shown {
    Shown { status: original.status, headers: original.headers.clone(), body: original.body.to_string() }
}

fn of_response(response: &Response) -> Shown {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Shown {
        status: response.status,
        headers: response.headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
        body: text(&response.body),
    }
}

fn answer_ui(title: &str, shown: &Shown, palette: &Palette, ui: &mut Ui) {
    ui.label(theme::head_text(title, palette));
    let line = |ui: &mut Ui, text: String| {
        ui.add(Label::new(theme::code_text(text, palette)).wrap().selectable(true));
    };
    line(ui, format!("HTTP {}", shown.status));
    for (name, value) in &shown.headers {
        line(ui, format!("{name}: {value}"));
    }
    ui.add_space(4.0);
    let body = match shown.body.as_str() {
        "" => "No body".to_owned(),
        body => pretty(body).unwrap_or_else(|| body.to_owned()),
    };
    // The layout of a column justifies, and justified text loses the spaces that a line begins with.
    ui.with_layout(Layout::top_down(Align::Min), |ui| line(ui, body));
}

/// `12.4 ms` below a second, then `1.25 s`.
fn millis(micros: u32) -> String {
    match micros {
        0..1_000_000 => format!("{:.1} ms", f64::from(micros) / 1_000.0),
        _ => format!("{:.2} s", f64::from(micros) / 1_000_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_sentence() {
        let passed_on = |outcome| PassedOn { to: "http://h/x".to_owned(), handler_us: 12_400, outcome };
        let relayed = forward_sentence(&passed_on(ForwardOutcome::Relayed));
        assert_eq!(relayed, "Forwarded to http://h/x in 12.4 ms; its answer went out as it came");
        let slow = forward_sentence(&passed_on(ForwardOutcome::TooSlow));
        assert!(slow.contains("after 12.4 ms: the prepared response went out"), "{slow}");
        let failed = forward_sentence(&passed_on(ForwardOutcome::Failed { why: "refused".to_owned() }));
        assert!(failed.ends_with("which gave no answer: refused; 502 went out"), "{failed}");
        let held = held_sentence(HeldFor { held_us: 2_500_000, end: HoldEnd::Deadline });
        assert_eq!(held, "Held for 2.50 s, until the prepared response went out at the deadline");
    }
}
