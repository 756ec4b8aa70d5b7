//! The certificate that the listener serves: what is shown of it and asked of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::Ui;
use jiff::tz::TimeZone;

use super::App;
use super::dialogs::Dialogs;
use super::jobs::Choose;
use crate::call::{CallId, ProblemKind, SessionId, Timestamp};
use crate::engine::{self, CertificateCommand, CertificateInfo, CertificateOrigin, ListenState};
use crate::okta::Severity;
use crate::session::{Index, Reader};
use crate::window::panels::certificate::{
    self, AuthorityModel, CertificateModel, CertificateWish, FailedHandshake, Level, ServedModel,
};
use crate::window::panels::dialogs::Answer;
use crate::window::panels::dialogs::certificate::{ImportAnswer, ImportDialog, new_authority_ui};
use crate::window::panels::messages::Tone;

/// What is known of failed handshakes.
#[derive(Default)]
pub struct CertificateState {
    report: Option<HandshakeReport>,
    is_looking: bool,
    looked_at: Option<Instant>,
}

/// The failed handshakes of a session.
pub struct HandshakeReport {
    of: (SessionId, u64),
    n_all: usize,
    /// Reason, how many, the last one and its time.
    newest: Vec<(String, usize, CallId, Timestamp)>,
}

/// Not looked for more often than this while calls come.
const EVERY: Duration = Duration::from_millis(500);
/// How many of the newest are read from the file.
const READ: usize = 40;

/// Is it a connection that never got through TLS?
fn is_handshake(problem: ProblemKind) -> bool {
    matches!(problem, ProblemKind::TlsHandshake | ProblemKind::NotTls | ProblemKind::PlainHttp)
}

/// Looks for the failed handshakes of a session and reads the newest; equal ones become one.
fn look(index: &Index, reader: &Reader, session: SessionId) -> HandshakeReport {
    let version = index.version();
    let mut ids = Vec::new();
    index.for_each(CallId(1), CallId(u32::MAX), |row| {
        if row.problem().is_some_and(is_handshake) && index.shows(row.call_id) {
            ids.push((row.call_id, row.received_at()));
        }
    });
    let mut newest: Vec<(String, usize, CallId, Timestamp)> = Vec::new();
    for (call_id, received_at) in ids.iter().rev().take(READ) {
        // One that cannot be read is still a row.
        let Some(problem) = reader.record(*call_id).ok().flatten().and_then(|record| record.closing.problem) else {
            continue;
        };
        match newest.iter_mut().find(|(reason, ..)| *reason == problem.detail) {
            Some((_, n_calls, ..)) => *n_calls += 1,
            None => newest.push((problem.detail, 1, *call_id, *received_at)),
        }
    }
    HandshakeReport { of: (session, version), n_all: ids.len(), newest }
}

/// The certificate as it is shown now, for clients that call it by `names`.
fn served_model(info: &CertificateInfo, names: &[String], now: Timestamp, zone: &TimeZone) -> ServedModel {
    const DAY_US: i64 = 24 * 3_600 * 1_000_000;
    let level = |severity: Severity| if severity == Severity::Error { Level::Error } else { Level::Warning };
    let (whole, over) = (info.not_after.micros_since(info.not_before), now.micros_since(info.not_before));
    let left_us = info.not_after.micros_since(now);
    let days = |micros: i64| match micros / DAY_US {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let left = match left_us {
        ..=0 => format!("expired {} ago", days(-left_us)),
        _ if over < 0 => format!("valid in {}", days(-over)),
        _ => format!("{} left", days(left_us)),
    };
    let mut served_names = info.names.clone();
    // Host names are what a person looks for.
    served_names.sort_by_key(|name| (name.parse::<std::net::IpAddr>().is_ok(), name != "localhost", name.clone()));
    ServedModel {
        names: served_names,
        from: day(info.not_before, zone),
        until: day(info.not_after, zone),
        share: over as f32 / whole.max(1) as f32,
        left,
        level: info.end_warning(now).map_or(Level::Good, |(severity, _)| level(severity)),
        issuer: if info.is_self_signed { "itself".to_owned() } else { info.issuer.clone() },
        key_kind: info.key_kind.clone(),
        n_chain: info.n_chain,
        sha256: info.sha256.clone(),
        trust_path: info.pem_path.display().to_string(),
        authority: info.authority.as_ref().map(|authority| AuthorityModel {
            sha256: authority.sha256.clone(),
            until: day(authority.not_after, zone),
        }),
        own_file: (info.origin == CertificateOrigin::Files).then(|| info.leaf_path.display().to_string()),
        problems: info
            .warnings(now, names)
            .into_iter()
            .map(|warning| (level(warning.severity), warning.text))
            .collect(),
    }
}

/// The day of a time in a zone.
fn day(time: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_microsecond(time.0) {
        Ok(time) => time.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string(),
        Err(_) => time.to_string(),
    }
}

impl App {
    /// What makes clients refuse the certificate now or soon, in a few words.
    pub(super) fn certificate_health(&self) -> Option<(Tone, String)> {
        let ListenState::Listening { certificate, .. } = &self.state.listen else { return None };
        let (severity, text) = certificate.end_warning(super::now())?;
        Some((if severity == Severity::Error { Tone::Error } else { Tone::Warning }, text))
    }

    fn certificate_model(&self) -> CertificateModel {
        let now = super::now();
        let (served, why_stopped) = match &self.state.listen {
            ListenState::Listening { certificate, .. } => {
                let names = &self.state.setup.listener.names;
                (Some(served_model(certificate, names, now, &self.zone)), String::new())
            }
            ListenState::Stopped { why, .. } => (None, why.clone()),
        };
        let session = self.tab().session;
        let report = self.certificate.report.as_ref().filter(|report| report.of.0 == session);
        CertificateModel {
            served,
            why_stopped,
            handshakes: report.map_or_else(Vec::new, |report| {
                let failed = report.newest.iter().map(|(reason, n_calls, last, at)| FailedHandshake {
                    reason: sentence(reason),
                    n_calls: *n_calls,
                    last: *last,
                    time: at.time_of_day(&self.zone, false),
                });
                failed.collect()
            }),
            n_handshakes: report.map_or(0, |report| report.n_all),
        }
    }

    /// Looks for failed handshakes where calls have come since the last time.
    fn look_for_handshakes(&mut self, ui: &Ui) {
        let tab = self.tab();
        let asked = (tab.session, tab.index.version());
        let known = self.certificate.report.as_ref().map(|report| report.of);
        if known == Some(asked) || self.certificate.is_looking {
            return;
        }
        let elapsed = self.certificate.looked_at.map_or(Duration::MAX, |at| at.elapsed());
        if known.is_some_and(|(session, _)| session == asked.0) && elapsed < EVERY {
            ui.request_repaint_after(EVERY - elapsed);
            return;
        }
        let (index, reader) = (tab.index.clone(), tab.reader.clone());
        self.certificate.looked_at = Some(Instant::now());
        match self.jobs.handshakes(move || look(&index, &reader, asked.0)) {
            Ok(()) => self.certificate.is_looking = true,
            Err(error) => log::warn!("failed handshakes cannot be looked for: {error}"),
        }
    }

    pub(super) fn take_handshakes(&mut self, report: HandshakeReport) {
        self.certificate.is_looking = false;
        self.certificate.report = Some(report);
    }

    /// True where it is to be closed.
    pub(super) fn certificate_ui(&mut self, ui: &mut Ui) -> bool {
        self.look_for_handshakes(ui);
        let model = self.certificate_model();
        let mut is_closed = false;
        for wish in certificate::ui(&model, ui) {
            match wish {
                CertificateWish::Close => is_closed = true,
                CertificateWish::Renew => self.certificate_command(CertificateCommand::Renew),
                CertificateWish::UseLocal => self.certificate_command(CertificateCommand::UseLocal),
                CertificateWish::NewAuthority => self.dialogs = Dialogs::NewAuthority,
                CertificateWish::Import => self.ask_for_certificate_files(),
                CertificateWish::Export => self.ask_for_certificate(),
                CertificateWish::StartListening => self.command_engine(engine::Command::StartListening),
                CertificateWish::Copy { text, what } => {
                    ui.copy_text(text);
                    self.say(Tone::Info, format!("Copied the {what}"));
                }
                CertificateWish::Open(call_id) => {
                    self.tab_mut().select(call_id);
                    is_closed = true;
                }
            }
            ui.request_repaint();
        }
        is_closed
    }

    fn certificate_command(&mut self, command: CertificateCommand) {
        self.command_engine(engine::Command::Certificate(command));
    }

    fn ask_for_certificate_files(&mut self) {
        let known = self.state.setup.listener.certificate.clone();
        let mut dialog = ImportDialog::default();
        if let Some(known) = known {
            (dialog.cert, dialog.key) = (known.cert, known.key);
        }
        self.dialogs = Dialogs::ImportCertificate(dialog);
    }

    /// True while it stays open.
    pub(super) fn import_certificate_ui(&mut self, dialog: &mut ImportDialog, ui: &Ui) -> bool {
        match dialog.ui(ui) {
            Answer::Open => {}
            Answer::Cancelled => return false,
            Answer::Given(ImportAnswer::Browse(proposed)) => {
                let extension = Some(("PEM files", "pem"));
                let choose = Choose { is_save: false, title: "Hookscope", extension, proposed };
                if !self.jobs.is_choosing
                    && let Err(error) = self.jobs.choose(choose)
                {
                    dialog.error = Some(format!("The system's chooser cannot be started: {error}; type the path"));
                }
            }
            Answer::Given(ImportAnswer::Take { cert, key }) => {
                dialog.is_busy = true;
                dialog.error = None;
                self.certificate_command(CertificateCommand::Import { cert: absolute(cert), key: absolute(key) });
            }
        }
        true
    }

    /// True while it stays open.
    pub(super) fn new_authority_ui(&mut self, ui: &Ui) -> bool {
        match new_authority_ui(ui) {
            Answer::Open => true,
            Answer::Cancelled => false,
            Answer::Given(()) => {
                self.certificate_command(CertificateCommand::NewAuthority);
                false
            }
        }
    }

    /// What came of an import: said in its window where that is open still.
    pub(super) fn certificate_imported(&mut self, problem: Option<String>) {
        match (&mut self.dialogs, problem) {
            (Dialogs::ImportCertificate(dialog), Some(problem)) => {
                dialog.is_busy = false;
                dialog.error = Some(sentence(&problem));
            }
            (Dialogs::ImportCertificate(_), None) => self.dialogs = Dialogs::None,
            (_, Some(problem)) => self.say(Tone::Error, sentence(&problem)),
            (_, None) => {}
        }
    }
}

/// The user's own folder stands for `~`, as in a shell.
fn absolute(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// With a capital at its beginning.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::call::{Closing, Problem, judge_call, test_record};
    use crate::okta::HookKind;
    use crate::session::{LiveSession, Packed};

    #[test]
    fn equal_failures_are_one_row_and_the_newest_stands_first() {
        let dir = tempfile::tempdir().unwrap();
        let session = LiveSession::working(dir.path()).unwrap();
        let failures = [
            Some((ProblemKind::TlsHandshake, "the client does not trust it")),
            None,
            Some((ProblemKind::TlsHandshake, "the client does not trust it")),
            Some((ProblemKind::BadHttp, "this is no http")),
            Some((ProblemKind::PlainHttp, "plain HTTP came")),
        ];
        for (id, failure) in (1u32..).zip(failures) {
            let mut opening = test_record().opening;
            opening.call_id = CallId(id);
            let mut timing = test_record().closing.timing;
            if let Some((kind, detail)) = failure {
                opening.problem = Some(Problem { kind, detail: detail.to_owned() });
                (opening.hook, opening.response, timing) = (HookKind::Unknown, None, None);
            }
            let problem = opening.problem.clone();
            let verdict = Arc::new(judge_call(&opening, timing, problem.as_ref()));
            let closing = Closing { timing, verdict, problem, events: None };
            session.recorder().submit(opening.call_id, Packed::new(&opening));
            session.recorder().close_call(opening.summary(&closing, true), closing);
        }
        let report = look(&session.index(), &session.reader(), session.id());
        let newest: Vec<_> =
            report.newest.iter().map(|(reason, n_calls, last, _)| (reason.as_str(), *n_calls, last.0)).collect();
        assert_eq!(newest, [("plain HTTP came", 1, 5), ("the client does not trust it", 2, 3)]);
        assert_eq!(report.n_all, 3);
        session.close().unwrap();
    }

    #[test]
    fn the_model_says_how_long_a_certificate_still_holds() {
        let dir = tempfile::tempdir().unwrap();
        let info = crate::listener::Identity::local(dir.path(), &["hooks.test".to_owned()]).unwrap().certificate();
        let at = |days: i64| Timestamp(info.not_after.0 - days * 24 * 3_600 * 1_000_000);
        let model = |now| served_model(&info, &[], now, &TimeZone::UTC);
        let check = |now, left: &str, level: Level, n_problems: usize| {
            let model = model(now);
            assert_eq!((model.left.as_str(), model.level, model.problems.len()), (left, level, n_problems));
        };
        check(at(100), "100 days left", Level::Good, 0);
        check(at(1), "1 day left", Level::Warning, 1);
        check(at(0), "expired less than a day ago", Level::Error, 1);
        check(at(-3), "expired 3 days ago", Level::Error, 1);
        check(at(500), "valid in 103 days", Level::Error, 1);
        let model = model(at(198));
        assert!((0.49..0.51).contains(&model.share), "{}", model.share);
        assert_eq!(model.names, ["localhost", "hooks.test", "127.0.0.1", "::1"]);
        assert!(model.authority.is_some() && model.own_file.is_none());
    }
}
