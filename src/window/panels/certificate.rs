//! Which certificate the listener serves, how long it holds, what a client must trust, and which handshakes failed.

use egui::{Align, Color32, Label, Layout, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::pane;
use crate::call::CallId;
use crate::window::controls::{button, chip, copy_box};
use crate::window::icons::{Icon, icon_label};
use crate::window::theme::{self, Palette};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Good,
    Warning,
    Error,
}

impl Level {
    fn color(self, palette: &Palette) -> Color32 {
        match self {
            Level::Good => palette.applied,
            Level::Warning => palette.ignored,
            Level::Error => palette.refused,
        }
    }
}

/// What the pane shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CertificateModel {
    /// None while it does not listen.
    pub served: Option<ServedModel>,
    /// Why it does not listen; empty where somebody stopped it.
    pub why_stopped: String,
    /// The newest failed handshakes, equal ones as one.
    pub handshakes: Vec<FailedHandshake>,
    /// All of the session.
    pub n_handshakes: usize,
}

/// The certificate that is served.
#[derive(Clone, Debug, PartialEq)]
pub struct ServedModel {
    pub names: Vec<String>,
    /// Days, such as `2031-04-05`.
    pub from: String,
    pub until: String,
    /// How much of its time is over, from 0 to 1.
    pub share: f32,
    /// `396 days left`, `expired 3 days ago`.
    pub left: String,
    pub level: Level,
    pub issuer: String,
    pub key_kind: String,
    pub n_chain: usize,
    pub sha256: String,
    /// The file that a client must trust.
    pub trust_path: String,
    /// Our own authority; none where the certificate is the user's.
    pub authority: Option<AuthorityModel>,
    /// The user's file; none where the certificate is our own.
    pub own_file: Option<String>,
    /// What makes clients refuse it, the worst first.
    pub problems: Vec<(Level, String)>,
}

/// Who signs our certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityModel {
    pub sha256: String,
    /// A day.
    pub until: String,
}

/// Handshakes that failed for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedHandshake {
    pub reason: String,
    pub n_calls: usize,
    /// The last one, and its time of day.
    pub last: CallId,
    pub time: String,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateWish {
    Renew,
    NewAuthority,
    Import,
    UseLocal,
    Export,
    StartListening,
    Copy { text: String, what: &'static str },
    Open(CallId),
    Close,
}

/// Width of the names of facts, in points.
const NAMES: f32 = 110.0;

/// Draws the pane.
pub fn ui(model: &CertificateModel, ui: &mut Ui) -> Vec<CertificateWish> {
    let palette = theme::palette(ui);
    let mut wishes = Vec::new();
    if pane::head_ui("Certificate", |_| {}, ui) {
        wishes.push(CertificateWish::Close);
    }
    pane::body_ui("certificate", ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        match &model.served {
            Some(served) => {
                for (level, text) in &served.problems {
                    problem_ui(*level, text, palette, ui);
                }
                if !served.problems.is_empty() {
                    ui.add_space(theme::GAP);
                }
                served_ui(served, palette, &mut wishes, ui);
                ui.add_space(theme::GAP_SECTION);
                trust_ui(served, palette, &mut wishes, ui);
            }
            None => stopped_ui(model, palette, &mut wishes, ui),
        }
        ui.add_space(theme::GAP_SECTION);
        handshakes_ui(model, palette, &mut wishes, ui);
        ui.add_space(theme::GAP_SECTION);
        tunnel_ui(palette, ui);
    });
    wishes
}

fn problem_ui(level: Level, text: &str, palette: &Palette, ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        let (icon, meaning) = match level {
            Level::Error => (Icon::CircleX, "error"),
            _ => (Icon::TriangleAlert, "warning"),
        };
        icon_label(ui, icon, level.color(palette), meaning);
        ui.add(Label::new(theme::body_text(text, palette)).wrap().selectable(true));
    });
}

fn stopped_ui(model: &CertificateModel, palette: &Palette, wishes: &mut Vec<CertificateWish>, ui: &mut Ui) {
    if model.why_stopped.is_empty() {
        ui.add(Label::new(theme::body_text("No certificate is served, because nothing listens", palette)).wrap());
    } else {
        problem_ui(Level::Error, &model.why_stopped, palette, ui);
    }
    ui.add_space(theme::GAP_TIGHT);
    ui.horizontal_wrapped(|ui| {
        if button(ui, Some(Icon::Play), "Start listening").clicked() {
            wishes.push(CertificateWish::StartListening);
        }
        import_ui(wishes, ui);
        local_ui(wishes, ui);
    });
}

fn import_ui(wishes: &mut Vec<CertificateWish>, ui: &mut Ui) {
    let import = button(ui, Some(Icon::FolderOpen), "Import certificate…");
    if import.on_hover_text("Serve a certificate of your own with its key").clicked() {
        wishes.push(CertificateWish::Import);
    }
}

fn local_ui(wishes: &mut Vec<CertificateWish>, ui: &mut Ui) {
    let local = button(ui, Some(Icon::Undo), "Use the local certificate");
    if local.on_hover_text("Serve the certificate of this machine's own authority again").clicked() {
        wishes.push(CertificateWish::UseLocal);
    }
}

fn served_ui(served: &ServedModel, palette: &Palette, wishes: &mut Vec<CertificateWish>, ui: &mut Ui) {
    let about = if served.own_file.is_some() { "your own" } else { "made by this machine" };
    pane::section_ui(ui, "Served", about);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for name in &served.names {
            chip(ui, name);
        }
        if served.names.is_empty() {
            ui.label(theme::secondary_text("for no name", palette));
        }
    });
    ui.add_space(theme::GAP);
    validity_ui(served, palette, ui);
    ui.add_space(theme::GAP);
    fact_ui("Issued by", &served.issuer, palette, ui);
    let chain = match served.n_chain {
        1 => format!("{}, sent alone", served.key_kind),
        n_chain => format!("{}, sent with {} more", served.key_kind, n_chain - 1),
    };
    fact_ui("Key", &chain, palette, ui);
    if let Some(file) = &served.own_file {
        fact_ui("File", file, palette, ui);
    }
    copy_row_ui("SHA-256", &served.sha256, "Copy fingerprint", "fingerprint", palette, wishes, ui);
    ui.add_space(theme::GAP_TIGHT);
    ui.horizontal_wrapped(|ui| {
        if served.authority.is_some() {
            let renew = button(ui, Some(Icon::RotateCw), "Renew certificate");
            let hint = "Make a new one now, signed by the same authority. Whoever trusts that trusts the new one";
            if renew.on_hover_text(hint).clicked() {
                wishes.push(CertificateWish::Renew);
            }
        }
        import_ui(wishes, ui);
        if served.own_file.is_some() {
            local_ui(wishes, ui);
        }
    });
}

/// Its time as a bar with today in it.
fn validity_ui(served: &ServedModel, palette: &Palette, ui: &mut Ui) {
    let color = served.level.color(palette);
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    let said = format!("Valid from {} until {}, {}", served.from, served.until, served.left);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    let bar = Rect::from_center_size(row.center(), vec2(row.width(), 6.0));
    let today = bar.left() + bar.width() * served.share.clamp(0.0, 1.0);
    ui.painter().rect_filled(bar, 3.0, palette.raised);
    // What is left is colored: an empty bar is an expired certificate.
    ui.painter().rect_filled(bar.with_min_x(today), 3.0, color);
    let mark = today.clamp(bar.left() + 1.0, bar.right() - 1.0);
    let mark = Rect::from_min_max(pos2(mark - 1.0, row.top()), pos2(mark + 1.0, row.bottom()));
    ui.painter().rect_filled(mark, 1.0, palette.text);
    ui.horizontal(|ui| {
        ui.label(theme::code_text(&served.from, palette).color(palette.secondary));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::code_text(&served.until, palette).color(palette.secondary));
            let color = if served.level == Level::Good { palette.text } else { color };
            ui.with_layout(Layout::centered_and_justified(egui::Direction::LeftToRight), |ui| {
                ui.label(RichText::new(&served.left).font(theme::strong()).color(color));
            });
        });
    });
}

fn trust_ui(served: &ServedModel, palette: &Palette, wishes: &mut Vec<CertificateWish>, ui: &mut Ui) {
    pane::section_ui(ui, "What a client must trust", "");
    copy_row_ui("File", &served.trust_path, "Copy path", "path", palette, wishes, ui);
    if let Some(authority) = &served.authority {
        let name = "Copy fingerprint of the authority";
        copy_row_ui("SHA-256", &authority.sha256, name, "fingerprint of the authority", palette, wishes, ui);
        fact_ui("Until", &authority.until, palette, ui);
    }
    ui.add_space(theme::GAP_TIGHT);
    ui.horizontal_wrapped(|ui| {
        let export = button(ui, Some(Icon::Download), "Export certificate…");
        if export.on_hover_text("Write what a client must trust to a file; it holds no key").clicked() {
            wishes.push(CertificateWish::Export);
        }
        if served.authority.is_some() {
            let new = button(ui, Some(Icon::ShieldCheck), "New authority…");
            if new.on_hover_text("Make another authority; every client must trust it anew").clicked() {
                wishes.push(CertificateWish::NewAuthority);
            }
        }
    });
}

fn fact_ui(name: &str, value: &str, palette: &Palette, ui: &mut Ui) {
    ui.horizontal_top(|ui| {
        name_ui(name, 16.0, palette, ui);
        ui.add(Label::new(theme::code_text(value, palette)).wrap().selectable(true));
    });
}

fn name_ui(name: &str, height: f32, palette: &Palette, ui: &mut Ui) {
    ui.allocate_ui_with_layout(vec2(NAMES, height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(NAMES);
        ui.add(Label::new(theme::secondary_text(name, palette)).truncate());
    });
}

fn copy_row_ui(
    name: &str,
    text: &str,
    copy_name: &str,
    what: &'static str,
    palette: &Palette,
    wishes: &mut Vec<CertificateWish>,
    ui: &mut Ui,
) {
    ui.horizontal(|ui| {
        name_ui(name, theme::CONTROL + 4.0, palette, ui);
        if copy_box(ui, text, copy_name).clicked() {
            wishes.push(CertificateWish::Copy { text: text.to_owned(), what });
        }
    });
}

fn handshakes_ui(model: &CertificateModel, palette: &Palette, wishes: &mut Vec<CertificateWish>, ui: &mut Ui) {
    let about = match model.n_handshakes {
        0 => String::new(),
        1 => "one in this session".to_owned(),
        n_all => format!("{n_all} in this session, the newest first"),
    };
    pane::section_ui(ui, "Failed handshakes", &about);
    if model.handshakes.is_empty() {
        let text = if model.n_handshakes == 0 { "None" } else { "They are being read" };
        ui.label(theme::secondary_text(text, palette));
        return;
    }
    for failed in &model.handshakes {
        ui.horizontal_top(|ui| {
            icon_label(ui, Icon::CircleX, palette.refused, "failed");
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.add(Label::new(theme::body_text(&failed.reason, palette)).wrap().selectable(true));
                ui.horizontal(|ui| {
                    let link = ui.link(RichText::new(format!("Call {}", failed.last)).font(theme::secondary()));
                    if link.on_hover_text("Open the last of these").clicked() {
                        wishes.push(CertificateWish::Open(failed.last));
                    }
                    let times = match failed.n_calls {
                        1 => format!("at {}", failed.time),
                        n_calls => format!("{n_calls} times, last at {}", failed.time),
                    };
                    ui.label(theme::secondary_text(times, palette));
                });
            });
        });
        ui.add_space(theme::GAP_TIGHT);
    }
}

fn tunnel_ui(palette: &Palette, ui: &mut Ui) {
    pane::section_ui(ui, "Behind a tunnel", "");
    for text in [
        "Where a tunnel ends TLS itself, as cloudflared, ngrok and Tailscale Funnel do for https, Okta sees the tunnel's certificate \
         and never this one. Only the tunnel's agent on this machine sees this one: tell the agent to accept it, with \
         --no-tls-verify for cloudflared, or let it trust the file above.",
        "Where a tunnel carries bytes only, as ssh -R and bore do, TLS ends here. Okta's documents ask for a certificate that is kept \
         up to date; expect one that no public authority signed to be refused, and import one of a public authority.",
    ] {
        ui.add(Label::new(theme::secondary_text(text, palette)).wrap());
    }
}
