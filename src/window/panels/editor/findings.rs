//! The findings beneath the text; a click on a place moves the cursor there.

use egui::{ScrollArea, Ui};

use super::EditorState;
use super::body::offset_of;
use crate::okta::{Finding, Severity};
use crate::window::panels::detail::finding_row;
use crate::window::theme::{self, Palette};

pub(super) fn ui(state: &mut EditorState, palette: &Palette, ui: &mut Ui) {
    let broken = state.broken();
    let findings: &[Finding] = state.verdict().map(|verdict| verdict.findings.as_slice()).unwrap_or_default();
    let is_said = findings.iter().any(|finding| finding.line.is_some());
    let mut go_to = None;
    ScrollArea::vertical().id_salt("editor_findings").auto_shrink(false).show(ui, |ui| {
        ui.add_space(8.0);
        if let Some(broken) = &broken
            && !is_said
        {
            let source = "the body is no JSON · it is sent as it stands";
            let place = Some((broken.line, broken.column));
            if finding_row(ui, palette, Severity::Error, &broken.message, place, source) {
                go_to = place;
            }
        }
        let mut sorted: Vec<&Finding> = findings.iter().collect();
        sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        for finding in sorted {
            let place = finding.line.map(|line| (line, finding.column.unwrap_or(1)));
            let source = format!("{} · {}: {}", finding.id, finding.confidence.meaning(), finding.source);
            if finding_row(ui, palette, finding.severity, &finding.message, place, &source) {
                go_to = place;
            }
        }
        if broken.is_none() && findings.is_empty() {
            ui.horizontal(|ui| {
                ui.add_space(16.0);
                ui.label(theme::secondary_text("No findings", palette));
            });
        }
    });
    if let Some((line, column)) = go_to {
        state.go_to = Some(offset_of(&state.body, line, column));
    }
}
