//! The pages and schemas that findings name, spelled out so that a user can look a rule up.

pub(crate) const INLINE_HOOKS: &str = "Okta developer docs, Inline hooks concept";
pub(crate) const EVENT_HOOKS: &str = "Okta developer docs, Event hooks concept";
pub(crate) const BEST_PRACTICES: &str = "Okta developer docs, Hooks best practices guide";
pub(crate) const SECURE_HOOKS: &str = "Okta developer docs, Secure hooks guide";
pub(crate) const TELEPHONY_GUIDE: &str = "Okta developer docs, Telephony inline hook guide";
pub(crate) const PASSWORD_GUIDE: &str = "Okta developer docs, Password import inline hook guide";
pub(crate) const TELEPHONY_HELP: &str = "Okta Help, telephony inline hook";
pub(crate) const VERIFY_OPERATION: &str = "Okta OpenAPI 2026.06.3, operation verifyEventHook";
pub(crate) const DESERIALIZE_ARTICLE: &str = "Okta support article, \"Could not deserialize inline hook response\"";
pub(crate) const VERIFY_ARTICLE: &str = "Okta support article, \"Unable to verify event hook\"";
pub(crate) const EVENT_GUIDE: &str = "Okta developer docs, Event hook implementation guide";
pub(crate) const EVENT_UPGRADE: &str = "Okta developer docs, Identity Engine upgrade guide for event hooks";
pub(crate) const EVENT_CATALOGUE: &str = "Okta event type catalogue, release 2026.08.1";
pub(crate) const TOKEN_GUIDE: &str = "Okta developer docs, Token inline hook guide";
pub(crate) const REGISTRATION_GUIDE: &str = "Okta developer docs, Registration inline hook guide";
pub(crate) const ENVELOPE_SCHEMA: &str = "Okta OpenAPI 2026.06.3, InlineHookBasePayload";
pub(crate) const INLINE_TYPES: &str = "Okta OpenAPI 2026.06.3, InlineHookType";
pub(crate) const NET_SDK: &str = "Okta .NET management SDK, issues 816 and 834";
pub(crate) const EARLY_DOCS: &str = "Okta developer docs of 2018 to 2022";
pub(crate) const TOKEN_REFERENCE: &str =
    "Okta developer docs, Token inline hook reference (September 2024, since removed)";
pub(crate) const RESERVED_ARTICLE: &str = "Okta support article, list of reserved claims";
pub(crate) const OIDC_REFERENCE: &str = "Okta developer docs, OpenID Connect and OAuth 2.0 API reference";
pub(crate) const HTTP_CONFIG: &str = "Okta OpenAPI 2026.06.3, InlineHookHttpConfigCreate";
pub(crate) const OAUTH_CONFIG: &str = "Okta OpenAPI 2026.06.3, InlineHookOAuthChannelConfig";
pub(crate) const EVENT_AUTH_SCHEME: &str = "Okta OpenAPI 2026.06.3, EventHookChannelConfigAuthScheme";
pub(crate) const CREATE_INLINE_HOOK: &str = "Okta OpenAPI 2026.06.3, operation createInlineHook";
pub(crate) const HOOK_KEY: &str = "Okta OpenAPI 2026.06.3, HookKey";
pub(crate) const INLINE_API_REFERENCE: &str = "Okta developer docs, Inline hooks API reference (since removed)";
pub(crate) const TERRAFORM: &str = "Okta Terraform provider, recorded exchanges with a live org";
pub(crate) const TOKEN_TIMEOUT_ARTICLE: &str = "Okta support article on timeouts of token inline hooks";
pub(crate) const RELEASE_NOTES: &str = "Okta developer docs, release notes of 2024";
pub(crate) const IPV6_GUIDE: &str = "Okta developer docs, IPv6 guide";
pub(crate) const SAML_GUIDE: &str = "Okta developer docs, SAML assertion inline hook guide";
pub(crate) const HTTP_RFC: &str = "RFC 9110";
pub(crate) const BASIC_RFC: &str = "RFC 7617";
pub(crate) const JSON_RFC: &str = "RFC 8259";

const TOKEN: &str = "Okta OpenAPI 2026.06.3, TokenHookResponse";
const SAML: &str = "Okta OpenAPI 2026.06.3, SAMLHookResponse";
const REGISTRATION: &str = "Okta OpenAPI 2026.06.3, RegistrationResponse";
const PASSWORD_IMPORT: &str = "Okta OpenAPI 2026.06.3, PasswordImportResponse";
const USER_IMPORT: &str = "Okta OpenAPI 2026.06.3, UserImportResponse";
const TELEPHONY: &str = "Okta OpenAPI 2026.06.3, TelephonyResponse";

/// The schema of an inline hook's response; the concept page for the other kinds.
pub(crate) const fn response_schema(kind: super::HookKind) -> &'static str {
    use super::HookKind::*;
    match kind {
        Token => TOKEN,
        Saml => SAML,
        Registration => REGISTRATION,
        PasswordImport => PASSWORD_IMPORT,
        UserImport => USER_IMPORT,
        Telephony => TELEPHONY,
        Event | Verification => EVENT_HOOKS,
        Unknown => INLINE_HOOKS,
    }
}

/// The schema of a request.
pub(crate) fn request_schema(kind: super::HookKind) -> &'static str {
    use super::HookKind::*;
    match kind {
        Token => "Okta OpenAPI 2026.06.3, TokenPayLoad",
        Saml => "Okta OpenAPI 2026.06.3, SAMLPayLoad",
        Registration => "Okta OpenAPI 2026.06.3, RegistrationInlineHookSSRData and RegistrationInlineHookPPData",
        PasswordImport => "Okta OpenAPI 2026.06.3, PasswordImportRequest",
        UserImport => "Okta OpenAPI 2026.06.3, UserImportRequestData",
        Telephony => "Okta OpenAPI 2026.06.3, TelephonyRequest",
        Event | Verification => EVENT_HOOKS,
        Unknown => ENVELOPE_SCHEMA,
    }
}
