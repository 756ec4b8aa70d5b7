//! What the stand-in authorization server can be told to do wrong, so that the other side's refusals can be tried.

/// What the stand-in does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenFault {
    /// The signature is a real one, but of another text.
    WrongSignature,
    /// `kid` names a key that is not in the key set.
    UnknownKey,
    /// `alg` is `none`, and there is no signature.
    Unsigned,
    /// `exp` lies an hour back.
    Expired,
    WrongIssuer,
    WrongAudience,
    /// `scp` is left out and `scope` is there instead.
    NoScopes,
    /// `cid` is another client's.
    WrongClient,
    /// The answer has no `expires_in`.
    NoExpiresIn,
    /// 500 instead of a token.
    ServerError,
    /// 200 with a web page instead of JSON.
    NotJson,
    /// Nothing is answered until the client gives up.
    Silence,
}

impl TokenFault {
    pub const ALL: [TokenFault; 12] = [
        TokenFault::WrongSignature,
        TokenFault::UnknownKey,
        TokenFault::Unsigned,
        TokenFault::Expired,
        TokenFault::WrongIssuer,
        TokenFault::WrongAudience,
        TokenFault::NoScopes,
        TokenFault::WrongClient,
        TokenFault::NoExpiresIn,
        TokenFault::ServerError,
        TokenFault::NotJson,
        TokenFault::Silence,
    ];

    /// As it stands in a workspace file.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenFault::WrongSignature => "wrong-signature",
            TokenFault::UnknownKey => "unknown-key",
            TokenFault::Unsigned => "unsigned",
            TokenFault::Expired => "expired",
            TokenFault::WrongIssuer => "wrong-issuer",
            TokenFault::WrongAudience => "wrong-audience",
            TokenFault::NoScopes => "no-scopes",
            TokenFault::WrongClient => "wrong-client",
            TokenFault::NoExpiresIn => "no-expires-in",
            TokenFault::ServerError => "server-error",
            TokenFault::NotJson => "not-json",
            TokenFault::Silence => "silence",
        }
    }

    /// The fault of such a name.
    pub fn named(name: &str) -> Option<TokenFault> {
        TokenFault::ALL.into_iter().find(|fault| fault.as_str() == name)
    }
}
