//! The tunnel: under which URL Okta reaches the listener, what brings it there, and what to do where nothing arrives.
//!
//! It draws what is known and gives back what a person asks for; programs are started elsewhere. The running program's output is
//! in `tunnel_run.rs`.

use std::sync::Arc;

use egui::{Align, CornerRadius, Frame, Label, Layout, Margin, Stroke, Ui, vec2};

use super::messages::Tone;
use super::{pane, tunnel_run};
use crate::window::controls::{self, TextField};
use crate::window::icons::{Icon, icon_label};
use crate::window::theme::{self, Palette};

/// What the pane shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TunnelModel {
    /// The address under which Okta reaches the listener, if one is known.
    pub public: Option<PublicModel>,
    /// The URL that a tunnel gives, where a typed one stands in its place.
    pub other_url: Option<String>,
    pub change: Option<ChangeModel>,
    pub run: Option<RunModel>,
    pub programs: Vec<ProgramModel>,
    /// Programs were not looked for yet.
    pub is_looking: bool,
    pub is_finding: bool,
    /// Why asking an ngrok agent gave no URL.
    pub not_found: Option<String>,
    /// What is wrong with the URL that is being typed.
    pub typed_problem: Option<String>,
    /// Why nothing can be started now.
    pub why_not: Option<&'static str>,
}

/// The public URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicModel {
    pub url: String,
    /// Where it is known from and since when: `from cloudflared, since 06:07:08`.
    pub about: String,
    pub problem: Option<String>,
    pub is_typed: bool,
}

/// The public URL is not the one that hooks in Okta may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeModel {
    pub before: String,
    /// Date and time.
    pub at: String,
}

/// A program that was started.
#[derive(Clone, Debug, PartialEq)]
pub struct RunModel {
    /// `cloudflared runs since 06:07:08`
    pub said: String,
    pub tone: Tone,
    pub is_running: bool,
    pub command: String,
    /// What is wrong though it runs, such as that it leads to where the listener was.
    pub warning: Option<String>,
    pub lines: Arc<[Arc<str>]>,
    /// Lines before those, which are gone.
    pub n_left_out: u64,
}

/// A program that can be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramModel {
    /// Its place among all programs, which stays when those that are found are shown first.
    pub place: usize,
    pub title: &'static str,
    /// Where its file lies; none where there is none.
    pub path: Option<String>,
    /// To the HTTPS port, and to the plain one where there is one.
    pub ways: Vec<WayModel>,
    pub needs: &'static str,
    pub url_looks: &'static str,
    pub name_stays: &'static str,
    pub notes: &'static [&'static str],
}

/// A command that points a program at the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayModel {
    pub is_plain: bool,
    pub command: String,
    /// False where the user has to put something in first.
    pub is_complete: bool,
}

/// What a person is typing and has opened. Owned by the window.
#[derive(Clone, Debug, Default)]
pub struct TunnelState {
    pub url: String,
    pub own_command: String,
    /// What the fields were filled with, to notice when that changes.
    pub known_url: Option<String>,
    pub known_command: Option<String>,
    /// The program whose notes are shown.
    opened: Option<&'static str>,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelWish {
    /// Start the program of this place, to the plain port or the HTTPS port.
    Start {
        program_idx: usize,
        is_plain: bool,
    },
    StartOwn(String),
    Stop,
    Find,
    Look,
    /// None gives way to a tunnel's own URL.
    SetUrl(Option<String>),
    ForgetChange,
    Copy {
        text: String,
        what: &'static str,
    },
    Close,
}

/// What to look at where a hook stays silent (Okta developer docs, event hooks, inline hooks, token inline hook).
const SILENCE: [(&str, &str); 8] = [
    ("The URL", "Does the hook in Okta hold the public URL above, followed by the path of an endpoint?"),
    ("The hook", "Is it active? Is an event hook verified? It is not called before"),
    ("A new hook", "A new or changed one may need some minutes"),
    ("Event types", "Is the event hook subscribed to the type of the event that happened?"),
    ("The filter", "Does the event hook's filter let the event through?"),
    ("The daily limit", "Beyond 400,000 events in 24 hours event hooks are not called, and nothing is sent later"),
    (
        "Where it is used",
        "Is the inline hook chosen in its rule, app or policy? A token hook in a rule of an access policy, a SAML hook in its app, a \
         registration hook in a profile enrollment policy",
    ),
    ("The server", "A token hook is not called for tokens of the org authorization server, only of a custom one"),
];

/// Draws the pane. `below_url` draws what else belongs to the public URL.
pub fn ui(
    model: &TunnelModel,
    state: &mut TunnelState,
    below_url: impl FnOnce(&mut Ui),
    ui: &mut Ui,
) -> Vec<TunnelWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    if pane::head_ui("Tunnel", |_| {}, ui) {
        wishes.push(TunnelWish::Close);
    }
    pane::body_ui("tunnel", ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        public_ui(model, state, palette, &mut wishes, ui);
        if let Some(change) = &model.change {
            ui.add_space(theme::GAP_SECTION);
            change_ui(change, palette, &mut wishes, ui);
        }
        if let Some(run) = &model.run {
            ui.add_space(theme::GAP_GROUP);
            tunnel_run::ui(run, palette, &mut wishes, ui);
        }
        below_url(ui);
        ui.add_space(theme::GAP_GROUP);
        programs_ui(model, state, palette, &mut wishes, ui);
        ui.add_space(theme::GAP_GROUP);
        own_ui(model, state, palette, &mut wishes, ui);
        ui.add_space(theme::GAP_GROUP);
        silence_ui(palette, ui);
    });
    wishes
}

fn public_ui(
    model: &TunnelModel,
    state: &mut TunnelState,
    palette: &Palette,
    wishes: &mut Vec<TunnelWish>,
    ui: &mut Ui,
) {
    match &model.public {
        Some(public) => {
            pane::section_ui(ui, "Public URL", &public.about);
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if controls::button(ui, Some(Icon::Copy), "Copy").accessible_name("Copy public URL").clicked() {
                        wishes.push(TunnelWish::Copy { text: public.url.clone(), what: "public URL" });
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let font = egui::FontId { size: 16.0, ..theme::code() };
                        let text = theme::code_text(&public.url, palette).font(font);
                        ui.add(Label::new(text).truncate());
                    });
                });
            });
            if let Some(problem) = &public.problem {
                ui.add_space(theme::GAP_TIGHT);
                said_ui(Tone::Error, problem, palette, ui);
            }
        }
        None => {
            pane::section_ui(ui, "Public URL", "");
            let text = "None yet. Start a program below, find a running ngrok, or type the address that you know";
            ui.add(Label::new(theme::body_text(text, palette)).wrap());
        }
    }
    ui.add_space(theme::GAP_WIDE);
    ui.horizontal(|ui| {
        // Two buttons and the gaps before them.
        let buttons = 226.0;
        let width = (ui.available_width() - buttons).max(96.0);
        let field = TextField::new("Public URL").hint("https://hooks.example.com").on_wire().width(width);
        let response = field.ui(ui, &mut state.url);
        let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let is_known = state.url.trim() == state.known_url.as_deref().unwrap_or_default();
        let set =
            ui.add_enabled_ui(!is_known, |ui| controls::button(ui, None, "Set").accessible_name("Set public URL"));
        let set = set.inner.on_disabled_hover_text("The field holds what is set already");
        if set.clicked() || (is_entered && !is_known) {
            let typed = state.url.trim();
            wishes.push(TunnelWish::SetUrl((!typed.is_empty()).then(|| typed.to_owned())));
        }
        let find =
            ui.add_enabled_ui(!model.is_finding, |ui| controls::button(ui, Some(Icon::Search), "Find a running ngrok"));
        let hint = "Asks an ngrok agent on this machine for a tunnel to this listener";
        if find.inner.on_hover_text(hint).on_disabled_hover_text("It is being asked").clicked() {
            wishes.push(TunnelWish::Find);
        }
    });
    if let Some(problem) = &model.typed_problem {
        ui.add_space(theme::GAP_TIGHT);
        said_ui(Tone::Error, problem, palette, ui);
    }
    if let Some(not_found) = &model.not_found {
        ui.add_space(theme::GAP_TIGHT);
        said_ui(Tone::Info, not_found, palette, ui);
    }
    if let (Some(other), Some(PublicModel { is_typed: true, .. })) = (&model.other_url, &model.public) {
        ui.add_space(theme::GAP);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::GAP;
            said_ui(Tone::Warning, &format!("The tunnel gives {other}, but the typed URL stands"), palette, ui);
            if controls::button(ui, None, "Use the tunnel's URL").clicked() {
                wishes.push(TunnelWish::SetUrl(None));
            }
        });
    }
}

fn change_ui(change: &ChangeModel, palette: &Palette, wishes: &mut Vec<TunnelWish>, ui: &mut Ui) {
    let tint = palette.tint(palette.ignored, palette.panel);
    let frame = Frame::new().fill(tint).corner_radius(CornerRadius::same(theme::RADIUS)).inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.horizontal_top(|ui| {
            icon_label(ui, Icon::TriangleAlert, palette.ignored, "warning");
            let text = "The public URL has changed. Hooks in Okta that hold the old one point nowhere";
            ui.add(Label::new(theme::strong_text(text, palette)).wrap());
        });
        let before = format!("Before {}: {}", change.at, change.before);
        ui.add(Label::new(theme::code_text(before, palette)).truncate());
        let steps = [
            "Event hooks: change the URL and verify. Until then the hook still calls the old name, or its verificationStatus is UNVERIFIED",
            "Inline hooks: change the URL; where OAuth 2.0 is used, also the token URL if it leads here",
            "Through the management API put the secret in again: it is emptied where it is left out",
        ];
        for step in steps {
            ui.add(Label::new(theme::body_text(step, palette)).wrap());
        }
        ui.add_space(theme::GAP_TIGHT);
        let done = controls::button(ui, Some(Icon::Check), "Okta has the new URL");
        if done.on_hover_text("Takes this notice away").clicked() {
            wishes.push(TunnelWish::ForgetChange);
        }
    });
}

fn programs_ui(
    model: &TunnelModel,
    state: &mut TunnelState,
    palette: &Palette,
    wishes: &mut Vec<TunnelWish>,
    ui: &mut Ui,
) {
    ui.horizontal(|ui| {
        ui.label(theme::head_text("Programs", palette));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if controls::quiet_button(ui, Some(Icon::RotateCw), theme::secondary_text("Look again", palette))
                .on_hover_text("Looks for tunnel programs on the PATH")
                .clicked()
            {
                wishes.push(TunnelWish::Look);
            }
        });
    });
    if model.programs.is_empty() {
        ui.add_space(theme::GAP_TIGHT);
        let text = "Commands for this listener show here once it listens";
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
    }
    // The one to begin with: the first that is there, while nothing leads here.
    let is_first = |program: &ProgramModel| program.path.is_some() && program.ways.iter().any(|way| way.is_complete);
    let nothing_yet = model.public.is_none() && model.why_not.is_none();
    let first = model.programs.iter().position(is_first).filter(|_| nothing_yet);
    for (program_idx, program) in model.programs.iter().enumerate() {
        ui.add_space(theme::GAP);
        let line = Stroke::new(1.0, palette.line);
        let frame = Frame::new().stroke(line).corner_radius(CornerRadius::same(theme::RADIUS));
        frame.inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.push_id(program.title, |ui| {
                program_ui(model, program, first == Some(program_idx), state, palette, wishes, ui);
            });
        });
    }
}

fn program_ui(
    model: &TunnelModel,
    program: &ProgramModel,
    is_first: bool,
    state: &mut TunnelState,
    palette: &Palette,
    wishes: &mut Vec<TunnelWish>,
    ui: &mut Ui,
) {
    let is_opened = state.opened == Some(program.title);
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.horizontal(|ui| {
        ui.label(theme::strong_text(program.title, palette));
        let (text, color) = match (&program.path, model.is_looking) {
            (Some(_), _) => ("found", palette.applied),
            (None, true) => ("looking", palette.secondary),
            (None, false) => ("not found", palette.secondary),
        };
        let state_text = ui.label(theme::secondary_text(text, palette).color(color));
        if let Some(path) = &program.path {
            state_text.on_hover_text(path);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let icon = if is_opened { Icon::ChevronUp } else { Icon::ChevronDown };
            let notes = controls::quiet_button(ui, Some(icon), theme::secondary_text("Notes", palette));
            if notes.accessible_name(format!("Notes on {}", program.title)).clicked() {
                state.opened = (!is_opened).then_some(program.title);
            }
        });
    });
    for way in &program.ways {
        // As high as the box with the command, so that the button stands at its middle.
        let size = vec2(ui.available_width(), theme::CONTROL + 4.0);
        ui.push_id(way.is_plain, |ui| {
            ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
                let over = if way.is_plain { " over HTTP" } else { "" };
                if way.is_complete {
                    let name = format!("Start {}{over}", program.title);
                    let why_not = match &program.path {
                        None => Some("It was not found on the PATH. Install it, or start its file as your own command"),
                        Some(_) => model.why_not,
                    };
                    let start = ui.add_enabled_ui(why_not.is_none(), |ui| match is_first && !way.is_plain {
                        true => controls::primary_button(ui, Some(Icon::Play), "Start"),
                        false => controls::button(ui, Some(Icon::Play), "Start"),
                    });
                    let start = start.inner.accessible_name(&name);
                    if start.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
                        wishes.push(TunnelWish::Start { program_idx: program.place, is_plain: way.is_plain });
                    }
                } else {
                    let edit = controls::button(ui, Some(Icon::Pencil), "Edit");
                    let edit = edit.accessible_name(format!("Edit {} command{over}", program.title));
                    if edit.on_hover_text("Puts it below as your own command: fill in your server there").clicked() {
                        state.own_command = way.command.clone();
                    }
                }
                let name = format!("Copy {} command{over}", program.title);
                if controls::copy_box(ui, &way.command, &name).clicked() {
                    wishes.push(TunnelWish::Copy { text: way.command.clone(), what: "command" });
                }
            });
        });
    }
    if is_opened {
        ui.add_space(theme::GAP_TIGHT);
        for (label, text) in [("Needs", program.needs), ("URL", program.url_looks), ("Name", program.name_stays)] {
            fact_ui(label, text, palette, ui);
        }
        for note in program.notes {
            fact_ui("Note", note, palette, ui);
        }
    } else {
        let text = format!("{}. {}", program.needs, program.name_stays);
        ui.add(Label::new(theme::hint_text(text, palette)).wrap());
    }
}

fn own_ui(model: &TunnelModel, state: &mut TunnelState, palette: &Palette, wishes: &mut Vec<TunnelWish>, ui: &mut Ui) {
    pane::section_ui(ui, "Own command", "any other program");
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let why_not = match (model.why_not, state.own_command.trim().is_empty()) {
                (Some(why_not), _) => Some(why_not),
                (None, true) => Some("Write a command first"),
                (None, false) => None,
            };
            let start = ui.add_enabled_ui(why_not.is_none(), |ui| controls::button(ui, Some(Icon::Play), "Start"));
            let start = start.inner.accessible_name("Start own command");
            if start.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
                wishes.push(TunnelWish::StartOwn(state.own_command.trim().to_owned()));
            }
            let hint = "zrok share public {scheme}://{address} --insecure";
            let width = ui.available_width();
            TextField::new("Own command").hint(hint).on_wire().width(width).ui(ui, &mut state.own_command);
        });
    });
    ui.add_space(theme::GAP_TIGHT);
    let text = "{address}, {port} and {scheme} stand for the HTTPS port, {http_address} and {http_port} for the plain one. It is started \
                without a shell. The first https address that it prints becomes the public URL";
    ui.add(Label::new(theme::hint_text(text, palette)).wrap());
}

fn silence_ui(palette: &Palette, ui: &mut Ui) {
    pane::section_ui(ui, "Nothing arrives?", "what to look at in Okta");
    ui.spacing_mut().item_spacing.y = 4.0;
    for (label, text) in SILENCE {
        fact_ui(label, text, palette, ui);
    }
    ui.add_space(theme::GAP_TIGHT);
    let source = "Source: Okta developer docs, Event hooks concept, Inline hooks concept, Token inline hook";
    ui.add(Label::new(theme::hint_text(source, palette)).wrap());
}

/// Width of the names of facts, in points.
const NAMES: f32 = 108.0;

fn fact_ui(label: &str, text: &str, palette: &Palette, ui: &mut Ui) {
    if text.is_empty() {
        return;
    }
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(NAMES, 18.0), Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_width(NAMES);
            ui.add(Label::new(theme::secondary_text(label, palette)).truncate());
        });
        ui.add(Label::new(theme::body_text(text, palette)).wrap());
    });
}

/// A sentence with its tone as color and shape.
pub(super) fn said_ui(tone: Tone, text: &str, palette: &Palette, ui: &mut Ui) {
    let (icon, meaning) = match tone {
        Tone::Info => (Icon::Info, "note"),
        Tone::Warning => (Icon::TriangleAlert, "warning"),
        Tone::Error => (Icon::CircleX, "problem"),
    };
    ui.horizontal_top(|ui| {
        icon_label(ui, icon, tone.color(palette), meaning);
        ui.add(Label::new(theme::body_text(text, palette)).wrap());
    });
}
