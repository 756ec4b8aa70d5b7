//! Token: patches of the ID token and of the access token.
//!
//! Okta OpenAPI 2026.06.3, TokenHookResponse: a path is `/claims/<name>` and what lies below it, or exactly
//! `/token/lifetime/expiration`. One operation that fails voids the whole response.

use super::super::Asked;
use super::super::conflicts;
use super::super::findings::{Findings, Note};
use super::super::words::short;
use super::inspection::{At, Inspection, Place, Said, unescaped_url};
use super::reserved::{self, Standing, Token};
use super::{Command, Ruling};
use crate::okta::HookKind;
use crate::okta::patch::{Node, Op, Written, open_parts};
use crate::okta::pointer::Pointer;
use crate::okta::sources::response_schema;
use crate::okta::verdict::Confidence;

/// Seconds (Okta OpenAPI 2026.06.3, TokenHookResponse).
const LIFETIME: std::ops::RangeInclusive<i64> = 300..=86_400;

const SCHEMA: &str = response_schema(HookKind::Token);

const OPS: &str = "add, replace or remove";

/// The tokens of this request.
struct Tokens<'a> {
    identity: Option<Node<'a>>,
    access: Option<Node<'a>>,
}

impl<'a> Tokens<'a> {
    /// Both count as present where the request is not known.
    fn of(asked: Asked<'a>) -> Tokens<'a> {
        let known = match asked {
            Asked::Body(body) => open_parts(body, ["identity", "access"]),
            Asked::Challenge(_) | Asked::NotGiven => None,
        };
        match known {
            Some([identity, access]) => Tokens { identity, access },
            None => Tokens { identity: Some(Node::Unknown), access: Some(Node::Unknown) },
        }
    }

    fn get(&mut self, token: Token) -> Option<&mut Node<'a>> {
        match token {
            Token::Identity => self.identity.as_mut(),
            Token::Access => self.access.as_mut(),
        }
    }
}

/// What a path names.
enum Target<'p> {
    Claim(&'p str),
    Lifetime,
}

pub(super) fn judge<'a>(commands: &[Command<'a>], asked: Asked<'_>, findings: &mut Findings<'a>) -> Ruling {
    let mut inspection = Inspection::of(HookKind::Token, "R13", commands.len(), findings);
    let mut tokens = None;
    for command in commands {
        let token = match &*command.name {
            "com.okta.identity.patch" => Token::Identity,
            "com.okta.access.patch" => Token::Access,
            _ => continue,
        };
        let mut node = tokens.get_or_insert_with(|| Tokens::of(asked)).get(token);
        if node.is_none() {
            inspection.impossible_command(command, not_minted(token));
        }
        for place in inspection.places(command) {
            let written = inspection.written(&place, OPS);
            judge_operation(&mut inspection, &place, token, node.as_deref_mut(), &written);
        }
    }
    inspection.into_ruling()
}

/// T31: Okta OpenAPI 2026.06.3, TokenHookResponse.
fn not_minted(token: Token) -> Said {
    let name = token.singular();
    let member = match token {
        Token::Identity => "data.identity",
        Token::Access => "data.access",
    };
    Said {
        message: format!(
            "Send this command only where the request has {member}: here no {name} is issued, and that voids the whole response"
        ),
        why: format!("this request issues no {name}"),
    }
}

fn judge_operation<'a: 'd, 'd>(
    inspection: &mut Inspection<'_, 'a>,
    place: &Place<'a>,
    token: Token,
    node: Option<&mut Node<'d>>,
    written: &Written<'a>,
) {
    let Some(path) = &written.path else { return };
    let claim = match target(path) {
        Some(Target::Claim(claim)) => Some(claim),
        Some(Target::Lifetime) => {
            if !is_good_lifetime(inspection, place, written) {
                return;
            }
            None
        }
        None => return wrong_path(inspection, place, written, path),
    };
    if let (Some(claim), Some(op)) = (claim, written.op)
        && !is_free(inspection, place, token, claim, op)
    {
        return;
    }
    let Some(node) = node else { return };
    let done = inspection.apply(place, node, written, Confidence::D);
    let Some(done) = done else { return };
    if let Some(right) = unescaped_url(path) {
        let message =
            format!("Write {right} if the slashes belong to the claim's name: each of them begins a level below");
        inspection.note(
            place,
            At::member("path", written.path_at),
            Note::warning("T30", message, SCHEMA, Confidence::D),
        );
    }
    if let (true, Some(claim), [_, _]) = (done.replaced, claim, path.segments()) {
        let message = format!("Use replace: claim '{}' is there already, and add replaces it", short(claim));
        inspection.note(place, At::Operation, Note::info("R14", message, SCHEMA, Confidence::D));
    }
}

fn target<'p>(path: &'p Pointer<'_>) -> Option<Target<'p>> {
    match path.segments() {
        [root, claim, ..] if root == "claims" && !claim.is_empty() => Some(Target::Claim(claim)),
        [token, lifetime, expiration] if token == "token" && lifetime == "lifetime" && expiration == "expiration" => {
            Some(Target::Lifetime)
        }
        _ => None,
    }
}

/// A path that begins where no path may.
fn wrong_path<'a>(inspection: &mut Inspection<'_, 'a>, place: &Place<'a>, written: &Written<'a>, path: &Pointer<'_>) {
    let given = short(&path.to_string());
    let at = At::member("path", written.path_at);
    let why = format!("path '{given}' names neither a claim nor the lifetime");
    let segments: Vec<&str> = path.segments().iter().map(|segment| &**segment).collect();
    let lifetime = "/token/lifetime/expiration";
    let message = match segments.as_slice() {
        ["lifetime", ..] => {
            let message = format!(
                "Write {lifetime}: the lifetime stands below token, though the tables of an early reference page leave that out"
            );
            return inspection.impossible_against(place, at, Said { message, why }, conflicts::LIFETIME_PLACE);
        }
        ["token", ..] => format!("Write {lifetime}: nothing else below /token can be changed"),
        ["data", "identity" | "access", rest @ ..] | ["identity" | "access", rest @ ..] if !rest.is_empty() => {
            let inner = short(&Pointer::of_segments(rest.iter().copied()).to_string());
            format!("Write {inner}: a path begins inside the token that the command names")
        }
        ["claims"] | ["claims", ""] => {
            "Name one claim, as in /claims/tier: the claims as a whole cannot be changed".to_owned()
        }
        ["scopes", ..] => "Leave the scopes alone: a hook changes claims and the lifetime only".to_owned(),
        [root, ..] if root.eq_ignore_ascii_case("claims") || *root == "claim" => {
            format!("Begin the path with /claims/ instead of /{}/", short(root))
        }
        [name] if !name.is_empty() => {
            let claim = short(&Pointer::of_segments(["claims", name]).to_string());
            format!("Write {claim} for a claim of that name, or {lifetime}")
        }
        _ => format!("Begin the path with /claims/, or write {lifetime}"),
    };
    inspection.impossible(place, at, Confidence::D, Said { message, why });
}

/// T32: Okta OpenAPI 2026.06.3, TokenHookResponse. Faults are told.
fn is_good_lifetime<'a>(inspection: &mut Inspection<'_, 'a>, place: &Place<'a>, written: &Written<'a>) -> bool {
    let mut is_good = true;
    if let Some(op @ (Op::Add | Op::Remove)) = written.op {
        let op = op.as_str();
        let said = Said {
            message: format!("Use replace: the lifetime is always there, and {op} is not documented for it"),
            why: format!("the lifetime takes replace only, not {op}"),
        };
        inspection.impossible(place, At::member("op", written.op_at), Confidence::D, said);
        is_good = false;
    }
    if let (Some(value), true) = (written.value, written.op != Some(Op::Remove)) {
        let seconds: Option<i64> = value.raw().parse().ok();
        if !seconds.is_some_and(|seconds| LIFETIME.contains(&seconds)) {
            let shown = short(value.raw());
            let said = Said {
                message: format!(
                    "Write a whole number of seconds from 300 to 86400, without quotes, instead of {shown}"
                ),
                why: match seconds {
                    Some(_) => format!("a lifetime of {shown} s is not between 300 and 86400"),
                    None => "the lifetime is no whole number".to_owned(),
                },
            };
            inspection.impossible(place, At::Member("value", value), Confidence::D, said);
            is_good = false;
        }
    }
    is_good
}

/// False where the claim is reserved beyond doubt. What there is to say is told.
fn is_free<'a>(inspection: &mut Inspection<'_, 'a>, place: &Place<'a>, token: Token, claim: &str, op: Op) -> bool {
    let tokens = token.plural();
    match reserved::standing(token, claim) {
        Standing::Free => true,
        Standing::Replaceable if op == Op::Replace => true,
        Standing::Replaceable => {
            let op = op.as_str();
            let message =
                format!("Use replace for {claim}: whether {op} works on it in an access token is not documented");
            let why = format!("{op} of {claim} in an access token is not documented");
            let note = Note::warning("R13", message, SCHEMA, Confidence::U);
            inspection.doubtful(place, note, &why, reserved::conflict_of_replaceable(claim));
            true
        }
        Standing::Doubtful(lists) => {
            let condition = if claim == "cnf" { " where DPoP is on" } else { "" };
            let message = format!(
                "Leave claim '{claim}' alone: one of Okta's lists reserves it in {tokens}{condition}, another does not"
            );
            let why = format!("claim '{claim}' is reserved in {tokens} by one of Okta's lists only");
            let note = Note::warning("R13", message, lists.source(), Confidence::H);
            inspection.doubtful(place, note, &why, reserved::conflict(token, claim, lists));
            true
        }
        Standing::Reserved(lists) => {
            let message = format!(
                "Leave claim '{claim}' alone: it is reserved in {tokens}, and one such operation voids the whole response{}",
                lists.in_words()
            );
            let why = format!("claim '{claim}' is reserved in {tokens}");
            inspection.impossible_by(place, Note::error("R13", message, lists.source(), lists.confidence()), &why);
            false
        }
    }
}
