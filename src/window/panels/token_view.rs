//! The credential checks of a call, and the access token that it came with: header and claims, never the signature.

use egui::{Align, Frame, Label, Layout, Margin, Ui, vec2};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::detail::DetailModel;
use crate::auth::Decoded;
use crate::call::{AuthCheck, AuthResult, CheckResult, Masker};
use crate::window::icons::{Icon, icon_label};
use crate::window::theme::{self, Palette};

/// Width of the names of checks and of claims, in points.
const CHECKS: f32 = 190.0;
const CLAIMS: f32 = 90.0;
/// A value is shown up to here.
const LONGEST: usize = 400;
/// The claims that are times.
const TIMES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];

/// An access token as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenModel {
    /// The members, or why they cannot be read.
    pub header: Result<Vec<TokenMember>, String>,
    pub claims: Result<Vec<TokenMember>, String>,
}

/// A member of the header or a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenMember {
    pub name: String,
    /// As JSON, a string without its quotes; masked where it has to be.
    pub value: String,
    /// What a time is in the zone that the window shows.
    pub local_time: Option<String>,
}

impl TokenModel {
    pub fn new(decoded: &Decoded, masker: &Masker, zone: &TimeZone) -> TokenModel {
        let members = |part: &Result<Value, String>| match part {
            Ok(value) => Ok(members_of(value, masker, zone)),
            Err(why) => Err(why.clone()),
        };
        TokenModel { header: members(&decoded.header), claims: members(&decoded.claims) }
    }
}

fn members_of(value: &Value, masker: &Masker, zone: &TimeZone) -> Vec<TokenMember> {
    let text = value.to_string();
    let masked = masker.mask_response_body(text.as_bytes());
    // A masked text is JSON as before; if it should not be, nothing of it is shown.
    let Ok(Value::Object(members)) = serde_json::from_slice(&masked) else { return Vec::new() };
    let shown = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let members = members.iter().map(|(name, value)| TokenMember {
        name: name.clone(),
        value: cut(shown(value)),
        local_time: value.as_f64().filter(|_| TIMES.contains(&name.as_str())).and_then(|at| local_time(at, zone)),
    });
    members.collect()
}

fn cut(text: String) -> String {
    let cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}

fn local_time(seconds: f64, zone: &TimeZone) -> Option<String> {
    // The cast saturates, and what is out of range is no time.
    let at = jiff::Timestamp::from_second(seconds as i64).ok()?;
    Some(at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Draws the checks, and beneath them the token.
pub fn ui(model: &DetailModel, palette: &Palette, ui: &mut Ui) {
    let report = &model.record.opening.auth;
    if report.result == AuthResult::NotConfigured {
        let text = match model.record.opening.endpoint.as_deref() {
            Some(name) => {
                format!("The endpoint {name} expects no credential. Anyone who finds the address can call it")
            }
            None if !report.checks.is_empty() => "No endpoint of a hook has this path".to_owned(),
            None => "No endpoint has this path, so no credential is expected".to_owned(),
        };
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
        ui.add_space(theme::GAP_TIGHT);
    }
    let width = names_width(&report.checks, palette, ui);
    for check in &report.checks {
        check_ui(check, width, palette, ui);
    }
    if let Some(token) = &model.token {
        token_ui(token, palette, ui);
    }
}

/// As wide as the longest name of a check, so that every name is whole and what follows stands in one line.
fn names_width(checks: &[AuthCheck], palette: &Palette, ui: &Ui) -> f32 {
    let width_of = |check: &AuthCheck| {
        ui.painter().layout_no_wrap(check.name.to_string(), theme::code(), palette.text).size().x.ceil()
    };
    checks.iter().map(width_of).fold(CHECKS, f32::max).min(ui.available_width() / 2.0)
}

fn check_ui(check: &AuthCheck, width: f32, palette: &Palette, ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        let (icon, color, meaning) = match check.result {
            CheckResult::Pass => (Icon::CircleCheck, palette.applied, "passed"),
            CheckResult::Fail => (Icon::CircleX, palette.refused, "failed"),
            CheckResult::Skipped => (Icon::SkipForward, palette.undocumented, "skipped"),
            CheckResult::Advisory => (Icon::Info, palette.unchanged, "advisory"),
        };
        icon_label(ui, icon, color, meaning);
        ui.allocate_ui_with_layout(vec2(width, 18.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(width);
            ui.add(Label::new(theme::code_text(check.name.clone(), palette)).truncate());
        });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add(Label::new(theme::secondary_text(check.detail.clone(), palette)).wrap());
            // Where both are the same there is nothing to compare.
            if let (Some(expected), Some(came)) = (&check.expected, &check.came)
                && expected != came
            {
                compared_ui("expected", expected, palette, ui);
                compared_ui("came", came, palette, ui);
            }
        });
    });
    ui.add_space(2.0);
}

fn compared_ui(name: &'static str, value: &str, palette: &Palette, ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(56.0, 16.0), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(56.0);
            ui.label(theme::hint_text(name, palette));
        });
        ui.add(Label::new(theme::code_text(value, palette)).wrap().selectable(true));
    });
}

fn token_ui(token: &TokenModel, palette: &Palette, ui: &mut Ui) {
    ui.add_space(theme::GAP);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        ui.label(theme::head_text("Access token", palette));
        let hint = "Decoded, which anybody can do. The signature is not shown: with it, this would be the credential";
        ui.label(theme::hint_text(hint, palette));
    });
    ui.add_space(theme::GAP_TIGHT);
    Frame::new().fill(palette.raised).corner_radius(theme::RADIUS).inner_margin(Margin::symmetric(12, 8)).show(
        ui,
        |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 3.0;
            members_ui("Header", &token.header, palette, ui);
            ui.add_space(theme::GAP_TIGHT);
            members_ui("Claims", &token.claims, palette, ui);
        },
    );
}

fn members_ui(title: &'static str, members: &Result<Vec<TokenMember>, String>, palette: &Palette, ui: &mut Ui) {
    ui.label(theme::secondary_text(title, palette));
    let members = match members {
        Ok(members) => members,
        Err(why) => {
            ui.add(Label::new(theme::body_text(why, palette)).wrap());
            return;
        }
    };
    for member in members {
        ui.horizontal_top(|ui| {
            ui.allocate_ui_with_layout(vec2(CLAIMS, 16.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(CLAIMS);
                ui.add(Label::new(theme::code_text(&member.name, palette).color(palette.secondary)).truncate());
            });
            ui.add(Label::new(theme::code_text(&member.value, palette)).wrap().selectable(true));
            if let Some(time) = &member.local_time {
                ui.label(theme::secondary_text(time, palette));
            }
        });
    }
}
