//! The endpoints on the left: how each one does, and the way to show the calls of one only.

use std::sync::Arc;

use egui::{Align2, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::Wish;
use crate::okta::{HookKind, Outcome};
use crate::respond::{Action, Endpoint, SecretSource, Setup};
use crate::window::command::{Command, Possible};
use crate::window::icons::Icon;
use crate::window::marks::{MARK_BOX, Mark, paint_mark};
use crate::window::{controls, menus, theme};

/// What the panel shows.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointsModel {
    pub entries: Vec<EndpointEntry>,
    /// All calls of the session, also those on paths without endpoint.
    pub n_calls: usize,
    /// The endpoint whose calls are shown; none shows all.
    pub selected: Option<Arc<str>>,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointEntry {
    pub name: Arc<str>,
    pub path: String,
    /// None where it takes what comes.
    pub hook: Option<HookKind>,
    /// The worst of its recent outcomes; none where there are none.
    pub worst: Option<Outcome>,
    pub n_calls: usize,
    pub credential: EntryCredential,
    /// A response is staged for its next call.
    pub staged: bool,
    /// What it does beside answering.
    pub carry: EntryCarry,
}

/// What an endpoint does with its calls beside answering them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryCarry {
    /// What is broken in its answers, in a few words.
    pub fault: Option<String>,
    /// Where its calls are forwarded, without a query.
    pub forwards_to: Option<String>,
    pub holds: bool,
}

impl EntryCarry {
    pub fn of(action: &Action) -> EntryCarry {
        let fault = action.all_answers().iter().find_map(|answer| answer.fault.as_ref());
        let without_query = |to: &str| to.split(['?', '#']).next().unwrap_or_default().to_owned();
        EntryCarry {
            fault: fault.map(ToString::to_string),
            forwards_to: action.forward.as_ref().map(|forward| without_query(&forward.to)),
            holds: action.hold.is_some(),
        }
    }
}

/// Does an endpoint expect a credential?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryCredential {
    None,
    Configured,
    /// One is expected, but the secret to compare it with could not be had.
    WithoutSecret,
}

impl EndpointsModel {
    /// The endpoints of a setup. `tally` gives the number of calls and the worst recent outcome of an endpoint by its name.
    pub fn new(
        setup: &Setup,
        tally: impl Fn(&str) -> (usize, Option<Outcome>),
        staged: &[Arc<str>],
        n_calls: usize,
        selected: Option<Arc<str>>,
    ) -> EndpointsModel {
        let entry = |endpoint: &Endpoint| {
            let (n_calls, worst) = tally(&endpoint.name);
            EndpointEntry {
                name: Arc::clone(&endpoint.name),
                path: endpoint.path.clone(),
                hook: endpoint.hook.kind(),
                worst,
                n_calls,
                credential: credential_of(endpoint),
                staged: staged.contains(&endpoint.name),
                carry: EntryCarry::of(&endpoint.action),
            }
        };
        EndpointsModel { entries: setup.endpoints.iter().map(entry).collect(), n_calls, selected }
    }
}

fn credential_of(endpoint: &Endpoint) -> EntryCredential {
    let basic = endpoint.auth.basic.as_ref().map(|basic| &basic.password);
    let header = endpoint.auth.header.as_ref().map(|header| &header.value);
    let has_secret = |source: Option<&SecretSource>| source.is_none_or(|source| source.secret().is_some());
    match endpoint.auth.is_configured() {
        false => EntryCredential::None,
        true if has_secret(basic) && has_secret(header) => EntryCredential::Configured,
        true => EntryCredential::WithoutSecret,
    }
}

/// The worst of some outcomes: what a person should look at first.
pub fn worst_of(outcomes: impl IntoIterator<Item = Outcome>) -> Option<Outcome> {
    let badness = |outcome: &Outcome| match outcome {
        Outcome::Refused | Outcome::Failed | Outcome::NotVerified => 6,
        Outcome::Ignored => 5,
        Outcome::Fallback => 4,
        Outcome::Undocumented => 3,
        Outcome::Denied => 2,
        Outcome::Unchanged => 1,
        Outcome::Applied | Outcome::Accepted | Outcome::Verified => 0,
    };
    outcomes.into_iter().max_by_key(badness)
}

/// Draws the panel; `possible` says what its context menus can offer.
pub fn ui(model: &EndpointsModel, possible: &Possible, ui: &mut Ui) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let palette = theme::palette(ui);
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(theme::GAP_SECTION);
        ui.horizontal(|ui| {
            ui.add_space(theme::PANEL_PADDING);
            ui.label(theme::head_text("Endpoints", palette));
        });
        ui.add_space(theme::GAP);
        if all_calls_ui(model, ui).clicked() {
            wishes.push(Wish::SelectEndpoint(None));
        }
        for entry in &model.entries {
            entry_ui(entry, model.selected.as_deref() == Some(&*entry.name), possible, &mut wishes, ui);
        }
        if add_ui(ui).clicked() {
            wishes.push(Wish::Command(Command::AddEndpoint));
        }
        ui.add_space(theme::GAP_SECTION);
    });
    wishes
}

/// Where marks and texts of entries stand, in points from the left edge of the panel.
const MARK_X: f32 = 21.0;
const TEXT_X: f32 = 34.0;

fn all_calls_ui(model: &EndpointsModel, ui: &mut Ui) -> Response {
    let (rect, response) = line(ui, "All calls", "All calls", Some(model.selected.is_none()));
    let palette = theme::palette(ui);
    Icon::Layers.paint(ui.painter(), pos2(rect.left() + MARK_X, rect.center().y), 14.0, palette.secondary);
    name_ui(ui, "All calls", rect.with_min_x(rect.left() + TEXT_X).with_max_x(count_ui(ui, rect, model.n_calls)));
    response
}

fn entry_ui(entry: &EndpointEntry, selected: bool, possible: &Possible, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let (rect, response) = line(ui, &entry.name, &format!("Endpoint {}", entry.name), Some(selected));
    let palette = theme::palette(ui);
    let y = rect.center().y;
    let mark = Rect::from_center_size(pos2(rect.left() + MARK_X, y), Vec2::splat(MARK_BOX));
    paint_mark(ui.painter(), mark, Mark::Outcome(entry.worst.unwrap_or(Outcome::Undocumented)), palette);
    let mut right = count_ui(ui, rect, entry.n_calls);
    if entry.staged {
        Icon::SkipForward.paint(ui.painter(), pos2(right - 8.0, y), 13.0, palette.accent);
        right -= 18.0;
    }
    let lock = match entry.credential {
        EntryCredential::None => None,
        EntryCredential::Configured => Some(palette.secondary),
        EntryCredential::WithoutSecret => Some(palette.ignored),
    };
    if let Some(color) = lock {
        Icon::Lock.paint(ui.painter(), pos2(right - 8.0, y), 12.0, color);
        right -= 18.0;
    }
    let carry = &entry.carry;
    for (is_shown, icon, color) in [
        (carry.holds, Icon::Clock, palette.accent),
        (carry.forwards_to.is_some(), Icon::Send, palette.secondary),
        (carry.fault.is_some(), Icon::TriangleAlert, palette.ignored),
    ] {
        if is_shown {
            icon.paint(ui.painter(), pos2(right - 8.0, y), 12.0, color);
            right -= 18.0;
        }
    }
    name_ui(ui, &entry.name, rect.with_min_x(rect.left() + TEXT_X).with_max_x(right));
    let response = response.on_hover_ui(|ui| details_ui(entry, ui));
    if response.clicked() {
        wishes.push(Wish::SelectEndpoint(Some(Arc::clone(&entry.name))));
    }
    response.context_menu(|ui| context_menu(entry, possible, wishes, ui));
}

fn details_ui(entry: &EndpointEntry, ui: &mut Ui) {
    let palette = theme::palette(ui);
    ui.label(theme::code_text(&entry.path, palette));
    let hook = match entry.hook {
        Some(kind) => format!("Expects {kind} calls"),
        None => "Takes every kind of call".to_owned(),
    };
    ui.label(theme::secondary_text(hook, palette));
    let credential = match entry.credential {
        EntryCredential::None => "No credential is checked",
        EntryCredential::Configured => "The credential is checked",
        EntryCredential::WithoutSecret => {
            "The secret could not be had, so no credential can be right; edit the endpoint"
        }
    };
    ui.label(theme::secondary_text(credential, palette));
    if let Some(worst) = entry.worst {
        ui.label(theme::secondary_text(format!("Worst of the recent calls: {}", worst.as_str()), palette));
    }
    let carry = &entry.carry;
    let fault = carry.fault.as_ref().map(|fault| format!("Its answers are broken on purpose: {fault}"));
    let forward = carry.forwards_to.as_ref().map(|to| format!("Forwards its calls to {to}"));
    let hold = carry.holds.then(|| "Holds its calls for you".to_owned());
    for said in [fault, forward, hold].into_iter().flatten() {
        ui.label(theme::secondary_text(said, palette));
    }
    if entry.staged {
        ui.label(theme::secondary_text("A response is staged for its next call", palette));
    }
}

fn context_menu(entry: &EndpointEntry, possible: &Possible, wishes: &mut Vec<Wish>, ui: &mut Ui) {
    let possible = Possible { has_endpoint: true, holding: entry.carry.holds, ..*possible };
    let sample = entry.hook.unwrap_or(HookKind::Token);
    let entries = [
        menus::Entry::Item(Command::SendSample(sample)),
        menus::Entry::Line,
        menus::Entry::Item(Command::EditEndpoint),
        menus::Entry::Item(Command::ToggleHold),
        menus::Entry::Item(Command::EditAnswering),
    ];
    let mut chosen = menus::entries_ui(ui, &entries, &possible);
    if ui.button("Copy path").clicked() {
        wishes.push(Wish::CopyText(entry.path.clone()));
    }
    if entry.staged && ui.button("Take the staged response back").clicked() {
        wishes.push(Wish::Unstage(Arc::clone(&entry.name)));
    }
    chosen =
        chosen.or(menus::entries_ui(ui, &[menus::Entry::Line, menus::Entry::Item(Command::RemoveEndpoint)], &possible));
    wishes.extend(chosen.map(|command| Wish::EndpointCommand(Arc::clone(&entry.name), command)));
}

fn add_ui(ui: &mut Ui) -> Response {
    let (rect, response) = line(ui, "add-endpoint", Command::AddEndpoint.text(), None);
    let palette = theme::palette(ui);
    Icon::Plus.paint(ui.painter(), pos2(rect.left() + MARK_X, rect.center().y), 14.0, palette.secondary);
    let text = pos2(rect.left() + TEXT_X, rect.center().y);
    ui.painter().text(text, Align2::LEFT_CENTER, Command::AddEndpoint.text(), theme::body(), palette.secondary);
    response.on_hover_text(Command::AddEndpoint.hint())
}

/// One line of the panel with its ground. `selected` is none for what cannot be selected.
fn line(ui: &mut Ui, salt: &str, name: &str, selected: Option<bool>) -> (Rect, Response) {
    let palette = theme::palette(ui);
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), theme::ROW_HEIGHT));
    let id: Id = ui.scope_id().with(("endpoint", salt));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| match selected {
        Some(selected) => WidgetInfo::selected(Role::Button, true, selected, name),
        None => WidgetInfo::labeled(Role::Button, true, name),
    });
    let ground = rect.shrink2(vec2(4.0, 0.0));
    if selected == Some(true) {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.raised);
    } else if response.hovered() || response.context_menu_opened() {
        ui.painter().rect_filled(ground, theme::RADIUS, palette.raised.gamma_multiply(0.6));
    }
    if response.has_focus() {
        ui.painter().rect_stroke(
            ground,
            theme::RADIUS,
            Stroke::new(theme::FOCUS_RING, palette.accent),
            StrokeKind::Inside,
        );
    }
    (rect, response)
}

/// Paints the count at the right edge; gives where it begins.
fn count_ui(ui: &Ui, rect: Rect, n_calls: usize) -> f32 {
    let right = rect.right() - theme::PANEL_PADDING - 4.0;
    if n_calls == 0 {
        return right;
    }
    let palette = theme::palette(ui);
    let text = controls::grouped(n_calls);
    let painted =
        ui.painter().text(pos2(right, rect.center().y), Align2::RIGHT_CENTER, text, theme::code(), palette.secondary);
    painted.left() - 6.0
}

/// Paints a name, cut at its end where there is no room.
fn name_ui(ui: &Ui, name: &str, rect: Rect) {
    let palette = theme::palette(ui);
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), theme::body(), palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, palette.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Secret;
    use crate::respond::BasicSetup;

    #[test]
    fn the_worst_outcome_is_the_one_that_stops_somebody() {
        assert_eq!(worst_of([]), None);
        assert_eq!(worst_of([Outcome::Applied, Outcome::Unchanged]), Some(Outcome::Unchanged));
        assert_eq!(worst_of([Outcome::Ignored, Outcome::Refused, Outcome::Denied]), Some(Outcome::Refused));
    }

    #[test]
    fn the_entries_are_those_of_the_setup_with_their_counts() {
        let tally = |name: &str| if name == "token" { (4, Some(Outcome::Ignored)) } else { (0, None) };
        let model = EndpointsModel::new(&Setup::first_start(), tally, &["saml".into()], 5, None);
        let names: Vec<&str> = model.entries.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["event", "token", "saml", "registration", "password-import", "user-import", "telephony"]);
        let find = |name: &str| model.entries.iter().find(|entry| &*entry.name == name).cloned();
        assert_eq!(find("token").map(|entry| (entry.n_calls, entry.worst)), Some((4, Some(Outcome::Ignored))));
        assert_eq!(find("saml").map(|entry| entry.staged), Some(true));
    }

    #[test]
    fn a_secret_that_is_not_there_is_told_from_one_that_is() {
        let mut setup = Setup::first_start();
        let credential = |setup: &Setup| setup.endpoints.first().map(credential_of);
        assert_eq!(credential(&setup), Some(EntryCredential::None));
        for (value, expected) in
            [(None, EntryCredential::WithoutSecret), (Some(Secret::new("open sesame")), EntryCredential::Configured)]
        {
            let password = SecretSource::Env { variable: "HOOK_PASSWORD".to_owned(), value };
            if let Some(endpoint) = setup.endpoints.first_mut() {
                endpoint.auth.basic = Some(BasicSetup { user: "okta".to_owned(), password });
            }
            assert_eq!(credential(&setup), Some(expected));
        }
    }
}
