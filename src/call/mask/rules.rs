//! Which values are secret, by what they are called and where they stand.
//!
//! It is written in Okta's own payloads: the clear-text password of a password import, the code and the number of a telephony
//! call, the number in events about sent codes, ids of sessions, and the credentials of OAuth (Okta OpenAPI 2026.06.3,
//! PasswordImportRequest, TelephonyRequest, BaseContext, LogAuthenticationContext, TokenPayLoad; Okta developer docs, Event
//! hooks and the Identity Engine; RFC 6749, 7523, 8628 and 8693).

use super::query::bare_name;

/// Members that are secret wherever they stand, in lower case without `_` and `-`.
const SECRET_MEMBERS: [&str; 17] = [
    "accesstoken",
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "devicecode",
    "externalsessionid",
    "idtoken",
    "idtokenhint",
    "newpassword",
    "oldpassword",
    "otpcode",
    "passcode",
    "password",
    "refreshtoken",
    "sessiontoken",
    "statetoken",
    "usercode",
];

/// Members that are secret in a request to an authorization server, and ordinary words elsewhere: a profile has a `state` too.
const SECRET_IN_PROTOCOL: [&str; 6] = ["actortoken", "assertion", "code", "nonce", "state", "subjecttoken"];

/// Members of a telephony call whose values are known to hold no code, in lower case.
const WITHOUT_CODE: [&str; 19] = [
    "cloudeventversion",
    "contenttype",
    "deliverychannel",
    "eventid",
    "eventtime",
    "eventtype",
    "eventtypeversion",
    "firstname",
    "id",
    "ipaddress",
    "lastname",
    "locale",
    "login",
    "method",
    "otpexpires",
    "requesttype",
    "source",
    "userid",
    "value",
];

/// How the value of a member is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Keep,
    Whole,
    /// Words with digits in them.
    Digits,
    /// All but the last two digits.
    Phone,
}

/// The rule for a member; names are bare. `holder` is the member that holds the object, `in_protocol` says that it lies within
/// `protocol` of a token or SAML call.
pub(super) fn rule_of(member: &str, holder: Option<&str>, in_protocol: bool) -> Rule {
    match member {
        "msgtemplate" => Rule::Digits,
        "phonenumber" => Rule::Phone,
        "id" if holder == Some("session") => Rule::Whole,
        member if SECRET_MEMBERS.contains(&member) => Rule::Whole,
        member if in_protocol && SECRET_IN_PROTOCOL.contains(&member) => Rule::Whole,
        _ => Rule::Keep,
    }
}

/// Whether a bare name gives away a secret in text that is no JSON.
pub(super) fn is_secret_name(name: &str, in_protocol: bool) -> bool {
    rule_of(name, None, in_protocol) != Rule::Keep
}

/// True for a string of a telephony call that may keep its digits although the code is not known.
pub(super) fn is_without_code(member: &str, content: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:+/@?=&%~- ".contains(byte);
    WITHOUT_CODE.contains(&member) && content.iter().all(is_plain)
}

/// What a developer wants masked beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A bare name, wherever it stands.
    Name(String),
    /// The decoded steps of a JSON Pointer (RFC 6901).
    Pointer(Vec<String>),
}

impl Mark {
    /// A text that begins with `/` is a JSON Pointer, any other the name of a member. None where it is empty.
    pub(super) fn new(text: &str) -> Option<Mark> {
        let text = text.trim();
        if let Some(pointer) = text.strip_prefix('/') {
            // Not read as strictly as elsewhere: a stray tilde must not leave unmasked what somebody wants masked.
            let steps = pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
            return Some(Mark::Pointer(steps.collect()));
        }
        (!text.is_empty()).then(|| Mark::Name(bare_name(text)))
    }
}
