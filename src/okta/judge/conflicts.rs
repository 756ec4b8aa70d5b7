//! Where Okta's documents contradict each other, both sides spelled out.

use std::borrow::Cow;

use crate::okta::verdict::Conflict;

const fn conflict(one: &'static str, other: &'static str, taken: &'static str) -> Conflict {
    Conflict { one: Cow::Borrowed(one), other: Cow::Borrowed(other), taken: Cow::Borrowed(taken) }
}

const ANY_2XX: &str = "Any 2xx is a success (Okta developer docs, Hooks best practices guide)";

pub(super) const TOKEN_204: Conflict = conflict(
    "204 is listed as an answer (Okta OpenAPI 2026.06.3, operation createTokenInlineHook)",
    "Only 200 succeeds (Okta developer docs, Inline hooks concept, troubleshooting of token hooks)",
    "The effect is the same: the token is issued unmodified, only the System Log may differ",
);

pub(super) const TOKEN_2XX: Conflict = conflict(
    ANY_2XX,
    "Only 200 succeeds (Okta developer docs, Inline hooks concept, troubleshooting of token hooks)",
    "Only 200: the answer is not used",
);

pub(super) const OTHER_2XX: Conflict = conflict(
    ANY_2XX,
    "Only 200 succeeds (Okta developer docs, Inline hooks concept, troubleshooting note)",
    "Any 2xx: the answer is used as if it were 200",
);

pub(super) const TELEPHONY_2XX: Conflict = conflict(
    ANY_2XX,
    "Any status besides 200 makes Okta send the code itself (Okta OpenAPI 2026.06.3, operation createTelephonyInlineHook)",
    "Only 200: Okta's own provider sends the code",
);

pub(super) const TELEPHONY_SKIPPED: Conflict = conflict(
    "Okta's own provider sends the code (Okta developer docs, Telephony inline hook guide)",
    "The operation is skipped (Okta OpenAPI 2026.06.3, operation createTelephonyInlineHook)",
    "Okta's own provider sends the code; if the service sent one too, the user gets two",
);

pub(super) const LIFETIME_PLACE: Conflict = conflict(
    "The lifetime is token.lifetime.expiration (Okta OpenAPI 2026.06.3, TokenPayLoad, and every sample)",
    "lifetime stands directly in identity and access (tables of the token inline hook reference of September 2024)",
    "The path is /token/lifetime/expiration",
);

pub(super) const SAML_PATHS: Conflict = conflict(
    "A path begins with /subject/, /authentication/, /conditions/ or /claims/ (Okta OpenAPI 2026.06.3, SAMLHookResponse, prose)",
    "A path names any element of the assertion (Okta OpenAPI 2026.06.3, SAMLHookResponse, the operation's own text)",
    "Any element of the assertion",
);

pub(super) const SAML_CLASS_REFERENCE: Conflict = conflict(
    "The member is authnContextClassRef (Okta OpenAPI 2026.06.3, SAMLPayLoad, and every sample)",
    "The member is authContextClassRef (Okta OpenAPI 2026.06.3, SAMLHookResponse, prose)",
    "authnContextClassRef",
);

pub(super) const SAML_ERROR: Conflict = conflict(
    "The sign-on is denied and the user sees the message (Okta release notes 2019)",
    "The failure is only logged (Okta OpenAPI 2026.06.3, SAMLHookResponse)",
    "The sign-on is denied",
);

pub(super) const NEVER_RETRIED: Conflict = conflict(
    "Token and telephony hooks are never retried (Okta developer docs, Inline hooks concept, since May 2026)",
    "Every hook is retried once (Okta developer docs, Hooks best practices guide, prose and limits table)",
    "No retry",
);

pub(super) const VERIFICATION_4XX: Conflict = conflict(
    "A verification is retried once after an error answer (Okta OpenAPI 2026.06.3, operation verifyEventHook)",
    "A 4xx is not retried (Okta developer docs, Event hooks concept)",
    "One retry",
);

pub(super) const REGISTRATION_DECISION: Conflict = conflict(
    "The member is registration (Okta OpenAPI 2026.06.3, RegistrationResponse, samples; Okta developer docs, Registration inline \
     hook guide)",
    "The member is action (Okta OpenAPI 2026.06.3, RegistrationResponse, prose; samples of 2019)",
    "registration",
);

pub(super) const REGISTRATION_ERROR: Conflict = conflict(
    "The member is error (every page and sample)",
    "The member is Error (Okta OpenAPI 2026.06.3, RegistrationResponse)",
    "error: the member Error is not looked at",
);

pub(super) const TELEPHONY_ERROR_STATUS: Conflict = conflict(
    "An error object is answered with 200 (Okta developer docs, Inline hooks concept)",
    "An error object is answered with 400 (Okta developer docs, Telephony inline hook guide, its code)",
    "200: with another status the error is not read, and Okta's own provider sends the code all the same",
);
