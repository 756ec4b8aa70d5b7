//! Which call used which access token: in a session file, in a copy, and in sessions from before it was kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod session_calls;

use std::sync::Arc;

use hookscope::call::{CallId, Closing, OauthPart, TokenUse, judge_call};
use hookscope::okta::{HookKind, Outcome};
use hookscope::session::{CopyProgress, Filter, LiveSession, Packed, Search, ViewedSession, save_copy};
use session_calls::{PATIENCE, opening, timing};

fn record_call(session: &LiveSession, call_id: u32, token: Option<TokenUse>) {
    let mut opening = opening(call_id, HookKind::Token, "/hooks/token", 204);
    opening.oauth = token.map(OauthPart::Used);
    assert!(session.recorder().submit(opening.call_id, Packed::new(&opening)));
    let verdict = Arc::new(judge_call(&opening, Some(timing(2_000)), None));
    let closing = Closing { timing: Some(timing(2_000)), verdict, problem: None, events: None };
    session.recorder().close_call(opening.summary(&closing, true), closing);
}

fn token(is_first_use: bool) -> TokenUse {
    TokenUse { token_call: CallId(1), token_us: 1_500_000, is_first_use }
}

#[test]
fn the_token_of_a_call_and_its_time_come_back_with_the_call_and_in_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let session = LiveSession::at(&dir.path().join("s.hookscope"), dir.path()).unwrap();
    record_call(&session, 1, None);
    record_call(&session, 2, Some(token(true)));
    record_call(&session, 3, Some(token(false)));
    assert!(session.recorder().flush(PATIENCE));
    let copy = dir.path().join("copy.hookscope");
    save_copy(&session.reader(), &copy, None, &CopyProgress::default()).unwrap();
    session.close().unwrap();
    for path in [dir.path().join("s.hookscope"), copy] {
        let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
        viewed.wait();
        let index = viewed.index();
        assert_eq!(index.users_of_token(CallId(1)), [CallId(2), CallId(3)]);
        let call = |id: u32| index.get(CallId(id)).unwrap();
        let of = |id: u32| (call(id).total_us, call(id).counted_us(), call(id).token);
        assert_eq!(of(1), (Some(2_000_000), Some(2_000_000), None));
        assert_eq!(of(2), (Some(2_000_000), Some(3_500_000), Some(token(true))));
        assert_eq!(of(3), (Some(2_000_000), Some(2_000_000), Some(token(false))));
        assert_eq!((call(2).outcome, call(3).outcome), (Outcome::Ignored, Outcome::Unchanged), "late with the token");
        let mut late = Search::new(Filter::parse_lossy("late").0);
        late.update(&index);
        assert_eq!(late.ids(), [CallId(2)]);
        assert_eq!(viewed.reader().record(CallId(2)).unwrap().unwrap().opening.token_use(), Some(token(true)));
    }
}

#[test]
fn a_session_from_before_tokens_were_kept_is_recorded_on() {
    let dir = tempfile::tempdir().unwrap();
    let old = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/session.hookscope");
    let path = dir.path().join("old.hookscope");
    std::fs::copy(old, &path).unwrap();
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    let next = viewed.index().last_id().0 + 1;
    assert_eq!(viewed.index().get(viewed.index().last_id()).unwrap().token, None);
    drop(viewed);
    let session = LiveSession::at(&path, dir.path()).unwrap();
    record_call(&session, next, Some(token(true)));
    session.close().unwrap();
    let mut viewed = ViewedSession::open(&path, dir.path(), || {}).unwrap();
    viewed.wait();
    assert_eq!(viewed.index().get(CallId(next)).unwrap().token, Some(token(true)));
}
