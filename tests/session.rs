//! The session file and what is made from it: recorder, index, filter, viewing, copies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod session_calls;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use hookscope::call::{
    CallId, Closing, Headers, Link, Masker, Opening, Problem, ProblemKind, Record, ReplayOf, SessionId, judge_call,
};
use hookscope::okta::HookKind;
use hookscope::session::{
    Change, CopyProgress, Filter, Index, LiveSession, OpenProgress, Packed, Search, SessionError, ViewedSession,
    refuse_session, save_copy,
};
use proptest::prelude::*;
use session_calls::{PATIENCE, opening, timing};

fn end(session: &LiveSession, opening: &Opening, total_ms: u32) {
    let verdict = Arc::new(judge_call(opening, Some(timing(total_ms)), None));
    let closing = Closing { timing: Some(timing(total_ms)), verdict, problem: None, events: None };
    session.recorder().close_call(opening.summary(&closing, true), closing);
}

fn record(session: &LiveSession, opening: &Opening, total_ms: u32) {
    assert!(session.recorder().submit(opening.call_id, Packed::new(opening)));
    end(session, opening, total_ms);
}

/// A session with one call of each row: id, kind, path, status, milliseconds.
fn filled(dir: &Path) -> LiveSession {
    let session = LiveSession::at(&dir.join("s.hookscope"), dir).unwrap();
    for (id, hook, path, status, total_ms) in [
        (1, HookKind::Token, "/hooks/token", 200, 10),
        (2, HookKind::Saml, "/hooks/saml", 500, 200),
        (3, HookKind::Event, "/hooks/event", 204, 3_200),
        (4, HookKind::Token, "/Elsewhere", 204, 2_500),
    ] {
        record(&session, &opening(id, hook, path, status), total_ms);
    }
    assert!(session.recorder().flush(PATIENCE));
    session
}

fn found(session: &LiveSession, text: &str) -> Vec<u32> {
    let mut search = Search::new(Filter::parse(text).unwrap());
    search.update(&session.index());
    search.ids().iter().map(|call_id| call_id.0).collect()
}

#[test]
fn a_filter_finds_by_every_kind_of_term() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_pinned(vec![CallId(2)], true);
    session.recorder().set_note(CallId(3), "The Slow one".to_owned());
    let check = |text: &str, expected: &[u32]| assert_eq!(found(&session, text), expected, "{text}");
    check("", &[1, 2, 3, 4]);
    check("hook:token", &[1, 4]);
    check("HOOK:Token", &[1, 4]);
    check("-hook:token", &[2, 3]);
    check("endpoint:saml", &[2]);
    check("endpoint:sam", &[]);
    check("path:hooks", &[1, 2, 3]);
    check("path:elsewhere", &[4]);
    check("status:204", &[3, 4]);
    check("status:5xx", &[2]);
    check("outcome:ignored", &[2]);
    check("auth:not-configured status:200", &[1]);
    check("method:post id:2-3", &[2, 3]);
    check("id:4", &[4]);
    check(">2s", &[3, 4]);
    check(">150ms -late", &[2, 4]);
    check("late", &[3]);
    check("pinned", &[2]);
    check("duplicate", &[]);
    check("retry", &[]);
    check("replay", &[]);
    check("problem", &[]);
    check("slow", &[3]);
    check("\"slow one\"", &[3]);
    check("event-4", &[4]);
    check("token", &[1, 4]);
    check("  hook:token   status:200 ", &[1]);
}

#[test]
fn a_term_that_cannot_be_read_is_named_where_it_stands() {
    let check = |text: &str, range: std::ops::Range<usize>, word: &str| {
        let errors = Filter::parse(text).unwrap_err();
        assert_eq!(errors[0].range, range, "{text}");
        assert!(errors[0].reason.contains(word), "{text}: {}", errors[0].reason);
    };
    check("late hook:nope", 5..14, "hook kind");
    check("status:9", 0..8, "status");
    check("status:6xxx", 0..11, "status");
    check(">5", 0..2, "unit");
    check("id:9-3", 0..6, "3-9");
    check("colour:red", 0..10, "no term");
    check("outcome:", 0..8, "value");
    check("-", 0..1, "term");
    check("a \"b", 2..4, "quotes");
    let (filter, errors) = Filter::parse_lossy("hook:token status:x");
    assert_eq!((filter.is_empty(), errors.len()), (false, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_list_is_the_same_however_often_it_is_looked_at_while_calls_end(
        ids in prop::collection::vec(prop_oneof![1u32..40, 1u32..20_000], 1..40),
        looks in prop::collection::vec(any::<bool>(), 40),
        clear_at in prop::option::of(0usize..40),
    ) {
        let index = Index::default();
        let mut growing = Search::new(Filter::parse("status:2xx").unwrap());
        for (at, (id, look)) in ids.iter().zip(looks).enumerate() {
            let opening = opening(*id, HookKind::Token, "/hooks/token", if id % 3 == 0 { 500 } else { 200 });
            let closing = Closing {
                timing: Some(timing(5)),
                verdict: Arc::new(judge_call(&opening, Some(timing(5)), None)),
                problem: None,
                events: None,
            };
            index.insert(&opening.summary(&closing, true));
            if clear_at == Some(at) {
                index.set_cleared_through(CallId(20));
            }
            if look {
                growing.update(&index);
            }
        }
        growing.update(&index);
        let mut at_once = Search::new(Filter::parse("status:2xx").unwrap());
        at_once.update(&index);
        prop_assert_eq!(growing.ids(), at_once.ids());
    }

    #[test]
    fn not_is_the_complement_and_order_does_not_matter(
        one in prop::sample::select(vec!["hook:token", "late", ">150ms", "path:hooks", "status:2xx", "event-3"]),
        other in prop::sample::select(vec!["-hook:saml", "id:2-4", "outcome:unchanged", "-late", "elsewhere"]),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let session = filled(dir.path());
        let mut both = found(&session, one);
        both.extend(found(&session, &format!("-{one}")));
        both.sort_unstable();
        prop_assert_eq!(both, vec![1, 2, 3, 4]);
        prop_assert_eq!(found(&session, &format!("{one} {other}")), found(&session, &format!("{other} {one}")));
    }

    #[test]
    fn any_text_is_a_filter_or_an_error_with_a_place(text in "\\PC{0,40}") {
        if let Err(errors) = Filter::parse(&text) {
            for error in errors {
                prop_assert!(text.get(error.range).is_some());
            }
        }
    }

    #[test]
    fn a_packed_call_comes_back_byte_for_byte(
        body in prop::collection::vec(any::<u8>(), 0..3_000),
        response in prop::collection::vec(any::<u8>(), 0..300),
        value in "[ -~]{0,40}",
        path in "/[a-z%/]{0,30}",
        query in prop::option::of("[a-z=&]{0,20}"),
        id in 1u32..u32::MAX,
        size in prop::option::of(any::<u64>()),
        attempt in 1u8..3,
    ) {
        let mut opening = opening(id, HookKind::UserImport, &path, 200);
        opening.request.body = body.into();
        opening.request.query = query;
        opening.request.body_size = size;
        opening.request.headers = Headers::from_fields([("X-MiXeD", value)]);
        opening.link = Link { attempt, retry_of: (attempt == 2).then_some(CallId(3)), duplicate_of: None };
        opening.replay_of = size.map(|size| ReplayOf { session: SessionId(uuid::Uuid::from_u128(u128::from(size))), call_id: CallId(9) });
        opening.problem = (attempt == 2).then(|| Problem { kind: ProblemKind::BodyTooLarge, detail: "too large".to_owned() });
        if let Some(answered) = &mut opening.response {
            answered.body = response.into();
        }
        let packed = Packed::new(&opening);
        prop_assert_eq!(Packed::unpack(CallId(id), &packed.0), Some(opening));
    }

    #[test]
    fn bytes_that_are_no_packed_call_are_none_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Packed::unpack(CallId(1), &bytes);
    }
}

#[test]
fn a_list_that_grows_call_by_call_is_the_list_made_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    let mut growing = Search::new(Filter::parse("hook:token").unwrap());
    // Calls end in another order than they begin.
    for id in [2, 1, 5, 3, 9, 4, 8, 6, 7, 10] {
        let hook = if id % 3 == 0 { HookKind::Saml } else { HookKind::Token };
        record(&session, &opening(id, hook, "/hooks/x", 204), 5);
        growing.update(&session.index());
    }
    let mut at_once = Search::new(Filter::parse("hook:token").unwrap());
    at_once.update(&session.index());
    assert_eq!(growing.ids(), at_once.ids());
    assert_eq!(growing.ids().len(), 7);
}

#[test]
fn a_clear_hides_all_but_pinned_calls_and_can_be_undone() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_pinned(vec![CallId(1)], true);
    session.recorder().clear();
    record(&session, &opening(5, HookKind::Saml, "/hooks/saml", 204), 5);
    assert_eq!(found(&session, ""), [1, 5]);
    session.recorder().undo_clear();
    assert_eq!(found(&session, ""), [1, 2, 3, 4, 5]);
    session.recorder().clear();
    session.close().unwrap();
    let again = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    wait_for(|| *again.loaded().borrow());
    assert_eq!(found(&again, ""), [1]);
    assert!(again.index().is_pinned(CallId(1)));
    assert_eq!(again.next_call_id(), CallId(2));
}

fn wait_for(is_true: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < PATIENCE, "it did not come true");
        std::thread::yield_now();
    }
}

#[test]
fn everything_comes_back_after_a_clean_end_that_leaves_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_note(CallId(2), "look here".to_owned());
    let (id, path) = (session.id(), session.path().to_owned());
    let before: Vec<Record> = (1..=4).map(|id| session.reader().record(CallId(id)).unwrap().unwrap()).collect();
    session.close().unwrap();
    assert!(!path.with_extension("hookscope-wal").exists() && !path.with_extension("hookscope-shm").exists());
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.id(), id);
    let after: Vec<Record> = (1..=4).map(|id| viewed.reader().record(CallId(id)).unwrap().unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(after[1].note, "look here");
    assert!(viewed.reader().record(CallId(99)).unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn a_session_can_be_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let mode = std::fs::metadata(session.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

#[test]
fn a_session_is_recorded_into_by_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = LiveSession::working(dir.path()).unwrap();
    assert!(!first.gave_way());
    let second = LiveSession::working(dir.path()).unwrap();
    assert!(second.gave_way());
    assert_ne!(first.path(), second.path());
    assert!(matches!(LiveSession::at(first.path(), dir.path()), Err(SessionError::Locked { .. })));
    let path = first.path().to_owned();
    first.close().unwrap();
    assert!(LiveSession::at(&path, dir.path()).is_ok());
}

#[test]
fn what_is_no_session_says_so_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let good = filled(dir.path());
    let path = good.path().to_owned();
    good.close().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    let mut foreign = whole.clone();
    foreign[68..72].copy_from_slice(&7u32.to_be_bytes());
    let mut damaged = whole[..whole.len() / 2].to_vec();
    let length = damaged.len();
    damaged[2_000..length].fill(0xa5);
    let check = |name: &str, bytes: &[u8], is_right: fn(&SessionError) -> bool| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = ViewedSession::open(&path, dir.path(), || {})
            .and_then(|mut session| {
                session.wait();
                session.ids().map(drop)
            })
            .unwrap_err();
        assert!(is_right(&error), "{name}: {error:?}");
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name} was changed");
    };
    check("newer.hookscope", &newer, |error| matches!(error, SessionError::Newer { version: 99, .. }));
    check("foreign.hookscope", &foreign, |error| matches!(error, SessionError::NotASession { .. }));
    check("empty.hookscope", b"", |error| matches!(error, SessionError::NotASession { .. }));
    check("text.hookscope", &b"this is a text and no session at all ".repeat(20), |error| {
        matches!(error, SessionError::NotASession { .. })
    });
    check("damaged.hookscope", &damaged, |error| {
        matches!(error, SessionError::Damaged { .. } | SessionError::NotASession { .. } | SessionError::Machine { .. })
    });
    let missing = ViewedSession::open(&dir.path().join("missing.hookscope"), dir.path(), || {}).err();
    assert!(matches!(missing, Some(SessionError::NotFound { .. })));
    assert!(matches!(ViewedSession::open(dir.path(), dir.path(), || {}).err(), Some(SessionError::NotASession { .. })));
}

#[test]
fn a_killed_session_is_recovered_and_its_unended_call_judged_anew() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let under_way = opening(5, HookKind::Registration, "/hooks/registration", 204);
    assert!(session.recorder().submit(CallId(5), Packed::new(&under_way)));
    assert!(session.recorder().flush(PATIENCE));
    // What a kill leaves: the file and its log as they are at this moment.
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("killed.hookscope");
    std::fs::copy(session.path(), &copy).unwrap();
    std::fs::copy(with_ending(session.path(), "-wal"), with_ending(&copy, "-wal")).unwrap();
    std::fs::copy(with_ending(session.path(), "-shm"), with_ending(&copy, "-shm")).unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut viewed = ViewedSession::open(&copy, data.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.ids().unwrap().len(), 5);
    assert_eq!(bytes_of(elsewhere.path()).len(), 1, "the log is in the file, and nothing is left beside it");
    let record = viewed.reader().record(CallId(5)).unwrap().unwrap();
    assert_eq!(record.opening, under_way);
    assert_eq!(record.closing.timing, None);
    assert!(record.closing.verdict.findings.iter().any(|finding| finding.id == "no-end"));
}

#[test]
fn a_live_session_can_be_looked_at_from_outside_while_it_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let mut viewed = ViewedSession::open(session.path(), dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.ids().unwrap().len(), 4);
}

#[test]
fn a_copy_is_masked_and_whole_or_not_there_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    session.recorder().set_pinned(vec![CallId(4)], true);
    let target = dir.path().join("copy.hookscope");
    std::fs::write(&target, "something that stood there before").unwrap();
    let masker = Masker::default();
    let change: Change = Arc::new(move |record: &Record| masker.mask_record(record));
    let progress = CopyProgress::default();
    assert_eq!(save_copy(&session.reader(), &target, Some(&change), &progress).unwrap(), 4);
    assert_eq!(progress.n_done.load(Ordering::Acquire), 4);
    let bytes = std::fs::read(&target).unwrap();
    assert!(!bytes.windows(16).any(|part| part == b"b2t0YTpzZWNyZXQ="), "the credential is in the copy");
    let mut copy = ViewedSession::open(&target, dir.path(), || {}).unwrap();
    copy.wait();
    assert_eq!(copy.id(), session.id());
    let record = copy.reader().record(CallId(4)).unwrap().unwrap();
    assert!(record.pinned);
    assert!(String::from_utf8_lossy(record.opening.request.headers.get("authorization").unwrap()).contains("••••"));

    let cancelled = CopyProgress::default();
    cancelled.is_cancelled.store(true, Ordering::Release);
    let elsewhere = dir.path().join("cancelled.hookscope");
    assert!(matches!(save_copy(&session.reader(), &elsewhere, None, &cancelled), Err(SessionError::Cancelled)));
    let left: BTreeMap<String, u64> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().contains("cancelled"))
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().unwrap().len()))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn beyond_its_size_the_oldest_calls_go_but_never_a_pinned_one() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    session.recorder().set_pinned(vec![CallId(2)], true);
    for id in 1..=1_500 {
        record(&session, &opening(id, HookKind::Event, "/hooks/event", 204), 5);
    }
    session.recorder().set_max_bytes(100_000);
    wait_for(|| {
        session.recorder().flush(PATIENCE);
        session.recorder().status().borrow().n_removed > 0
    });
    let ids = found(&session, "");
    assert_eq!(ids.first(), Some(&2));
    assert_eq!(ids.last(), Some(&1_500));
    assert!(ids.len() < 1_100, "{} are left", ids.len());
    assert!(session.reader().record(CallId(1)).unwrap().is_none());
    assert!(session.reader().record(CallId(2)).unwrap().is_some());
}

/// Every file of a folder with its bytes.
fn bytes_of(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

/// What a kill leaves of a file that is open: it and its log, as they are at this moment.
fn as_after_a_kill(path: &Path, to: &Path) {
    for ending in ["", "-wal"] {
        std::fs::copy(with_ending(path, ending), with_ending(to, ending)).unwrap();
    }
}

fn sqlite(path: &Path, statements: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(statements).unwrap();
    connection
}

fn closed_session(dir: &Path) -> PathBuf {
    let session = filled(dir);
    let path = session.path().to_owned();
    session.close().unwrap();
    path
}

#[test]
fn a_foreign_or_newer_file_and_its_log_are_not_changed_by_a_byte() {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let wal = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;";
    let foreign = dir.path().join("foreign.db");
    let foreign_open = sqlite(&foreign, &format!("{wal} CREATE TABLE t (x); INSERT INTO t VALUES ('precious');"));
    let newer = closed_session(dir.path());
    let newer_open = sqlite(&newer, &format!("{wal} PRAGMA user_version = 99;"));
    let check = |open: &Path, is_right: fn(&SessionError) -> bool| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.hookscope");
        as_after_a_kill(open, &path);
        let before = bytes_of(folder.path());
        let viewed = ViewedSession::open(&path, data.path(), || {}).err().unwrap();
        let recorded = LiveSession::at(&path, data.path()).err().unwrap();
        for error in [viewed, recorded] {
            assert!(is_right(&error), "{error:?}");
            assert!(error.to_string().contains("other.hookscope") && !error.to_string().contains("-wal"), "{error}");
        }
        assert!(before == bytes_of(folder.path()), "{open:?} was changed");
    };
    check(&foreign, |error| matches!(error, SessionError::NotASession { .. }));
    check(&newer, |error| matches!(error, SessionError::Newer { version: 99, .. }));
    drop((foreign_open, newer_open));
}

#[test]
fn a_session_that_was_killed_before_its_first_call_opens_and_goes_on() {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let session = LiveSession::at(&dir.path().join("s.hookscope"), data.path()).unwrap();
    // The file itself says whose it is, without its log.
    let alone = dir.path().join("alone.hookscope");
    std::fs::copy(session.path(), &alone).unwrap();
    let mut viewed = ViewedSession::open(&alone, data.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!((viewed.ids().unwrap().len(), viewed.id()), (0, session.id()));
    let killed = dir.path().join("killed.hookscope");
    as_after_a_kill(session.path(), &killed);
    let again = LiveSession::at(&killed, data.path()).unwrap();
    assert_eq!(again.id(), session.id());
}

#[test]
fn a_session_whose_identity_is_in_its_log_only_is_one() {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = closed_session(dir.path());
    let to_log = "PRAGMA journal_mode = DELETE; PRAGMA application_id = 0; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;";
    let open = sqlite(&path, &format!("{to_log} PRAGMA application_id = {};", 0x486f_6f6b));
    let killed = dir.path().join("killed.hookscope");
    as_after_a_kill(&path, &killed);
    assert_eq!(std::fs::read(&killed).unwrap()[68..72], [0; 4]);
    let mut viewed = ViewedSession::open(&killed, data.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.ids().unwrap().len(), 4);
    drop(open);
}

#[test]
fn a_log_without_its_file_is_not_thrown_away() {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let session = filled(dir.path());
    for name in ["gone.hookscope-wal", "working.hookscope-wal"] {
        std::fs::copy(with_ending(session.path(), "-wal"), data.path().join(name)).unwrap();
    }
    let gone = data.path().join("gone.hookscope");
    for make_empty in [false, true] {
        if make_empty {
            std::fs::write(&gone, b"").unwrap();
        }
        let before = bytes_of(data.path());
        let error = LiveSession::at(&gone, data.path()).err().unwrap();
        assert!(error.to_string().contains("gone.hookscope-wal"), "{error}");
        assert!(before == bytes_of(data.path()));
    }
    // The working session must not be kept from starting by it.
    LiveSession::working(data.path()).unwrap().close().unwrap();
    assert!(data.path().join("working.hookscope-wal.left").exists());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_of_its_own_is_refused() {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let looped = dir.path().join("loop.hookscope");
    std::os::unix::fs::symlink(&looped, &looped).unwrap();
    for path in [looped.as_path(), Path::new("/dev/zero"), Path::new("/dev/null"), dir.path()] {
        let error = ViewedSession::open(path, data.path(), || {}).err().unwrap();
        assert!(!error.is_machine(), "{error:?}");
        assert!(LiveSession::at(path, data.path()).is_err(), "{path:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_session_that_is_reached_by_a_link_is_read_with_its_log() {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let session = filled(dir.path());
    let killed = dir.path().join("killed.hookscope");
    as_after_a_kill(session.path(), &killed);
    let link = data.path().join("link.hookscope");
    std::os::unix::fs::symlink(&killed, &link).unwrap();
    let mut viewed = ViewedSession::open(&link, data.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.ids().unwrap().len(), 4);
}

#[cfg(unix)]
#[test]
fn a_second_name_of_a_session_that_is_recorded_is_known_as_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let (hard, soft) = (dir.path().join("hard.hookscope"), dir.path().join("soft.hookscope"));
    std::fs::hard_link(session.path(), &hard).unwrap();
    std::os::unix::fs::symlink(session.path(), &soft).unwrap();
    for other in [&hard, &soft] {
        assert!(matches!(LiveSession::at(other, dir.path()), Err(SessionError::Locked { .. })), "{other:?}");
    }
    // Its log lies beside the first name: by a hard link it cannot be seen, by a link it can.
    assert!(matches!(ViewedSession::open(&hard, dir.path(), || {}), Err(SessionError::Locked { .. })));
    let mut viewed = ViewedSession::open(&soft, dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.ids().unwrap().len(), 4);
}

#[cfg(unix)]
#[test]
fn a_copy_never_takes_the_place_of_a_session_that_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let folder = dir.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(session.path(), folder.join("soft.hookscope")).unwrap();
    std::fs::hard_link(session.path(), folder.join("hard.hookscope")).unwrap();
    std::os::unix::fs::symlink(dir.path(), folder.join("up")).unwrap();
    let own = file_key(session.path());
    for target in [
        session.path().to_owned(),
        folder.join("soft.hookscope"),
        folder.join("hard.hookscope"),
        folder.join("../s.hookscope"),
        folder.join("up/s.hookscope"),
        dir.path().join("./s.hookscope-wal"),
        folder.join("up/s.hookscope-shm"),
        dir.path().join("s.hookscope-journal"),
    ] {
        let saved = save_copy(&session.reader(), &target, None, &CopyProgress::default());
        assert!(matches!(saved, Err(SessionError::InUse { .. })), "{target:?}: {saved:?}");
    }
    // The copy of another session must not go there either.
    let other = closed_session(&folder);
    let mut viewed = ViewedSession::open(&other, dir.path(), || {}).unwrap();
    viewed.wait();
    assert!(matches!(refuse_session(session.path(), &[], Some(dir.path())), Err(SessionError::InUse { .. })));
    assert!(matches!(refuse_session(&other, &[session.path(), &other], None), Err(SessionError::InUse { .. })));
    assert!(refuse_session(&dir.path().join("free.hookscope"), &[session.path(), &other], Some(dir.path())).is_ok());
    record(&session, &opening(5, HookKind::Saml, "/hooks/saml", 204), 5);
    let path = session.path().to_owned();
    session.close().unwrap();
    assert_eq!(file_key(&path), own);
    let mut again = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    again.wait();
    assert_eq!(again.ids().unwrap().len(), 5);
}

#[cfg(unix)]
fn file_key(path: &Path) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::metadata(path).unwrap();
    (about.dev(), about.ino())
}

#[test]
fn a_copy_is_not_put_under_the_log_of_another_session() {
    let dir = tempfile::tempdir().unwrap();
    let session = filled(dir.path());
    let killed = dir.path().join("killed.hookscope");
    as_after_a_kill(session.path(), &killed);
    let before = bytes_of(dir.path());
    let saved = save_copy(&session.reader(), &killed, None, &CopyProgress::default());
    assert!(matches!(saved, Err(SessionError::InUse { .. })), "{saved:?}");
    assert!(before == bytes_of(dir.path()));
}

#[test]
fn a_call_that_ends_behind_a_large_gap_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    let mut search = Search::new(Filter::default());
    for id in [1, 20_000] {
        record(&session, &opening(id, HookKind::Token, "/hooks/token", 204), 5);
    }
    assert!(search.update(&session.index()));
    record(&session, &opening(19_000, HookKind::Token, "/hooks/token", 204), 5);
    assert!(search.update(&session.index()));
    assert_eq!(search.ids(), [CallId(1), CallId(19_000), CallId(20_000)]);
    assert!(!search.update(&session.index()));
}

#[test]
fn every_end_names_a_verdict_that_is_in_the_file_also_after_a_failed_write() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    let beside = sqlite(
        session.path(),
        "CREATE TRIGGER fails BEFORE INSERT ON ends WHEN NEW.id = 2 BEGIN SELECT raise(ABORT, 'no room'); END;",
    );
    // Both ends are told before the recorder can write one.
    let status = session.recorder().status();
    let openings = [1, 2].map(|id| opening(id, HookKind::Token, "/hooks/token", 204));
    for opening in &openings {
        assert!(session.recorder().submit(opening.call_id, Packed::new(opening)));
    }
    assert!(session.recorder().flush(PATIENCE));
    openings.iter().for_each(|opening| end(&session, opening, 5));
    wait_for(|| status.borrow().last_error.is_some());
    beside.execute_batch("DROP TRIGGER fails").unwrap();
    assert!(session.recorder().flush(PATIENCE));
    let count = |query: &str| beside.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM ends"), 2);
    assert_eq!(count("SELECT count(*) FROM ends WHERE verdict NOT IN (SELECT id FROM verdicts)"), 0);
}

#[test]
fn a_call_is_listed_exactly_as_long_as_it_is_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    let under_way = opening(1, HookKind::Event, "/hooks/event", 204);
    assert!(session.recorder().submit(CallId(1), Packed::new(&under_way)));
    for id in 2..=1_500 {
        record(&session, &opening(id, HookKind::Event, "/hooks/event", 204), 5);
    }
    session.recorder().set_pinned(vec![CallId(2)], true);
    assert!(session.recorder().flush(PATIENCE));
    // A pin that comes to the file only after the call has gone.
    let beside = sqlite(
        session.path(),
        "CREATE TRIGGER late BEFORE INSERT ON marks WHEN NEW.id = 3 BEGIN SELECT raise(ABORT, 'later'); END;",
    );
    session.recorder().set_pinned(vec![CallId(3)], true);
    session.recorder().set_max_bytes(100_000);
    wait_for(|| {
        session.recorder().flush(PATIENCE);
        session.recorder().status().borrow().n_removed > 0
    });
    session.recorder().set_max_bytes(u64::MAX);
    assert!(session.recorder().flush(PATIENCE));
    end(&session, &under_way, 5);
    assert!(session.recorder().flush(PATIENCE));
    let in_file = |table: &str| {
        let mut statement = beside.prepare(&format!("SELECT id FROM {table} ORDER BY id")).unwrap();
        let ids = statement.query_map([], |row| row.get::<_, u32>(0)).unwrap();
        ids.collect::<Result<Vec<u32>, _>>().unwrap()
    };
    let check = |first: u32| {
        let ids = found(&session, "");
        assert_eq!(ids, in_file("calls"));
        assert_eq!(ids, in_file("ends"));
        assert_eq!(ids[0], first);
        assert_eq!(session.index().tallies().iter().map(|(_, tally)| tally.n_calls).sum::<usize>(), ids.len());
    };
    check(2);
    session.recorder().set_pinned(vec![CallId(3)], false);
    check(2);
    // Unpinned it stays until there is another reason for it to go.
    session.recorder().set_pinned(vec![CallId(2)], false);
    check(2);
    session.recorder().set_max_bytes(1);
    wait_for(|| {
        session.recorder().flush(PATIENCE);
        found(&session, "").is_empty()
    });
    assert!(in_file("calls").is_empty());
}

#[test]
fn a_row_that_cannot_be_understood_hides_no_other_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = closed_session(dir.path());
    drop(sqlite(&path, "PRAGMA journal_mode = DELETE; UPDATE ends SET attempt = 'none' WHERE id = 2;"));
    let before = std::fs::read(&path).unwrap();
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    let mut search = Search::new(Filter::default());
    search.update(&viewed.index());
    assert_eq!(search.ids(), [CallId(1), CallId(3), CallId(4)]);
    assert!(viewed.problem().unwrap().contains("1 of its calls"), "{:?}", viewed.problem());
    assert!(matches!(viewed.reader().record(CallId(2)), Err(SessionError::Damaged { .. })));
    assert!(viewed.reader().record(CallId(3)).unwrap().is_some());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn bytes_that_are_damaged_anywhere_are_an_error_or_a_problem_and_never_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = closed_session(dir.path());
    let whole = std::fs::read(&path).unwrap();
    let damaged = dir.path().join("damaged.hookscope");
    let mut n_told = 0;
    for at in (0..whole.len()).step_by(whole.len() / 150) {
        for change in [0x00, 0xff] {
            let mut bytes = whole.clone();
            let end = (at + 7).min(bytes.len());
            bytes[at..end].fill(change);
            std::fs::write(&damaged, &bytes).unwrap();
            let result = ViewedSession::open(&damaged, dir.path(), || {}).and_then(|mut session| {
                session.wait();
                for call_id in session.ids()? {
                    session.reader().record(call_id)?;
                }
                Ok(session.problem().is_some())
            });
            n_told += usize::from(!matches!(result, Ok(false)));
            assert_eq!(std::fs::read(&damaged).unwrap(), bytes, "at {at}");
        }
    }
    assert!(n_told > 0);
}

#[test]
fn a_damaged_session_is_not_written_by_the_wish_to_record_into_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = closed_session(dir.path());
    let whole = std::fs::read(&path).unwrap();
    let used_up = dir.path().join("used-up.hookscope");
    std::fs::write(&used_up, &whole).unwrap();
    drop(sqlite(&used_up, "PRAGMA journal_mode = DELETE; UPDATE ends SET id = 4294967295 WHERE id = 4;"));
    let mut damaged = whole;
    damaged[100..4_096].fill(0xa5);
    std::fs::write(&path, damaged).unwrap();
    for path in [&path, &used_up] {
        let before = std::fs::read(path).unwrap();
        let error = LiveSession::at(path, dir.path()).err().unwrap();
        assert!(matches!(error, SessionError::Damaged { .. }), "{error:?}");
        assert_eq!(std::fs::read(path).unwrap(), before);
    }
}

#[test]
fn opening_tells_how_far_it_is_and_cancelled_leaves_nothing() {
    let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let session = filled(dir.path());
    let killed = dir.path().join("killed.hookscope");
    as_after_a_kill(session.path(), &killed);
    let cancelled = Arc::new(OpenProgress::default());
    cancelled.cancel();
    let before = bytes_of(dir.path());
    let error = ViewedSession::open_with(&killed, data.path(), cancelled, || {}).err().unwrap();
    assert!(matches!(error, SessionError::Cancelled), "{error:?}");
    assert!(before == bytes_of(dir.path()));
    assert!(!data.path().join("recovered").exists());

    let progress = Arc::new(OpenProgress::default());
    let mut viewed = ViewedSession::open_with(&killed, data.path(), progress.clone(), || {}).unwrap();
    viewed.wait();
    assert!(viewed.is_complete() && viewed.problem().is_none());
    assert_eq!((progress.rows(), progress.share()), ((4, 4), 1.0));
}
