//! Menus made from the list of commands.
//!
//! A menu shows what [`Possible`] allows; what it does not allow is greyed and says why on hover. An entry is named by its text
//! alone: the key beside it is painted, so that a screen reader and a test find the text.

use egui::{Atom, Button, FontId, Stroke, Style, Ui, vec2};

use super::command::{Command, Possible};
use super::icons::Icon;
use super::theme;
use crate::okta::{HookKind, samples_of};

/// One line of a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Item(Command),
    /// A hairline.
    Line,
    /// A menu within the menu.
    Sub(&'static str, &'static [Entry]),
    /// The samples of a kind, in a menu of their own where there are several.
    Samples(HookKind),
}

pub const SESSION: &[Entry] = &[
    Entry::Item(Command::StartListening),
    Entry::Item(Command::StopListening),
    Entry::Sub("Sample calls", SAMPLES),
    Entry::Line,
    Entry::Item(Command::NewSession),
    Entry::Item(Command::OpenSession),
    Entry::Item(Command::SaveSessionAs),
    Entry::Line,
    Entry::Item(Command::ClearCalls),
    Entry::Item(Command::UndoClear),
    Entry::Line,
    Entry::Item(Command::AddEndpoint),
    Entry::Item(Command::CopyAddress),
    Entry::Item(Command::ExportCertificate),
    Entry::Item(Command::SaveWorkspaceAs),
    Entry::Line,
    Entry::Item(Command::Quit),
];

pub const SAMPLES: &[Entry] = &[
    Entry::Samples(HookKind::Token),
    Entry::Samples(HookKind::Saml),
    Entry::Samples(HookKind::Registration),
    Entry::Samples(HookKind::PasswordImport),
    Entry::Samples(HookKind::UserImport),
    Entry::Samples(HookKind::Telephony),
    Entry::Line,
    Entry::Samples(HookKind::Event),
    Entry::Samples(HookKind::Verification),
];

pub const VIEW: &[Entry] = &[
    Entry::Item(Command::FocusFilter),
    Entry::Item(Command::ClearFilter),
    Entry::Item(Command::ToggleFollow),
    Entry::Line,
    Entry::Item(Command::ThemeSystem),
    Entry::Item(Command::ThemeLight),
    Entry::Item(Command::ThemeDark),
    Entry::Item(Command::ToggleCompactRows),
    Entry::Line,
    Entry::Item(Command::ShowLoad),
    Entry::Item(Command::ShowTunnel),
    Entry::Item(Command::ShowCertificate),
    Entry::Item(Command::ShowAuthorizationServer),
    Entry::Item(Command::ShowOktaValues),
    Entry::Item(Command::ShowRules),
    Entry::Item(Command::ToggleRules),
    Entry::Item(Command::ShowRun),
    Entry::Item(Command::ShowMessages),
    Entry::Item(Command::ShowSettings),
];

pub const HELP: &[Entry] = &[Entry::Item(Command::ShowKeys), Entry::Item(Command::ShowAbout)];

/// The context menu of a call.
pub const CALL: &[Entry] = &[
    Entry::Item(Command::OpenSelected),
    Entry::Item(Command::EditResponse),
    Entry::Item(Command::StageNextResponse),
    Entry::Item(Command::ToggleHold),
    Entry::Item(Command::EditAnswering),
    Entry::Line,
    Entry::Item(Command::Replay),
    Entry::Item(Command::ReplayTo),
    Entry::Item(Command::ShowRun),
    Entry::Item(Command::TryCredentials),
    Entry::Line,
    Entry::Item(Command::Compare),
    Entry::Item(Command::CompareFirst),
    Entry::Item(Command::CompareAnswer),
    Entry::Line,
    Entry::Item(Command::MakeRule),
    Entry::Item(Command::TogglePin),
    Entry::Item(Command::AddNote),
    Entry::Item(Command::CopyAsCurl),
];

/// Width of the text and key of an entry, in points.
pub const WIDTH: f32 = 216.0;

/// How entries of our menus look: as high as a row, without a ring.
pub fn style(style: &mut Style) {
    style.spacing.button_padding = vec2(8.0, 4.0);
    style.spacing.item_spacing = vec2(0.0, 0.0);
    let widgets = &mut style.visuals.widgets;
    widgets.inactive.weak_bg_fill = egui::Color32::TRANSPARENT;
    for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active, &mut widgets.open] {
        widget.bg_stroke = Stroke::NONE;
    }
}

/// Shows entries and gives the command that was chosen.
pub fn entries_ui(ui: &mut Ui, entries: &[Entry], possible: &Possible) -> Option<Command> {
    style(ui.style_mut());
    ui.set_width(WIDTH);
    let mut chosen = None;
    for entry in entries {
        match entry {
            Entry::Item(command) => {
                if item_ui(ui, *command, possible) {
                    chosen = Some(*command);
                }
            }
            Entry::Line => line_ui(ui),
            Entry::Sub(text, entries) => {
                let inner = ui.menu_button(*text, |ui| entries_ui(ui, entries, possible)).inner;
                chosen = chosen.or(inner.flatten());
            }
            Entry::Samples(kind) => {
                let commands: Vec<Command> = samples_of(*kind).map(Command::SendVariant).collect();
                if let [command] = commands.as_slice() {
                    if item_ui(ui, *command, possible) {
                        chosen = Some(*command);
                    }
                    continue;
                }
                let entries: Vec<Entry> = commands.into_iter().map(Entry::Item).collect();
                let inner = ui.menu_button(samples_text(*kind), |ui| entries_ui(ui, &entries, possible)).inner;
                chosen = chosen.or(inner.flatten());
            }
        }
    }
    chosen
}

fn samples_text(kind: HookKind) -> &'static str {
    match kind {
        HookKind::Event => "Event",
        HookKind::Verification => "Verification",
        HookKind::Token => "Token",
        HookKind::Saml => "SAML",
        HookKind::Registration => "Registration",
        HookKind::PasswordImport => "Password import",
        HookKind::UserImport => "User import",
        HookKind::Telephony => "Telephony",
        HookKind::Unknown => "Unknown",
    }
}

/// One entry; true when it was chosen.
fn item_ui(ui: &mut Ui, command: Command, possible: &Possible) -> bool {
    let why_not = possible.why_not(command);
    let text = possible.text(command);
    let mut button = Button::new(text).shortcut_text(key_atom(ui, command));
    if possible.is_on(command) == Some(true) {
        button = button.right_text(Icon::Check.atom());
    }
    let response = ui.add_enabled(why_not.is_none(), button).accessible_name(text);
    let response = response.on_hover_text(command.hint());
    let response = match why_not {
        Some(why_not) => response.on_disabled_hover_text(why_not),
        None => response,
    };
    response.clicked()
}

/// The key of a command, painted so that it is no part of the entry's name.
fn key_atom(ui: &Ui, command: Command) -> Atom<'static> {
    let Some(text) = command.shortcut_text(ui) else {
        return Atom::default();
    };
    let palette = theme::palette(ui);
    let font = FontId { size: 12.0, ..theme::secondary() };
    let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(text, font, palette.secondary));
    Atom::paint(galley.size(), move |ui, args| {
        ui.painter().galley(args.rect.min, std::sync::Arc::clone(&galley), args.fallback_text_color);
    })
}

/// A hairline between entries.
pub fn line_ui(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 9.0), egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, theme::palette(ui).line));
}
