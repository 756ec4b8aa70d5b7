//! The claims that a token hook must leave alone.
//!
//! Okta's lists disagree. A claim counts as reserved where the token inline hook reference and one more source name it for that
//! token; where a single source names it, nobody can say what Okta does.

use crate::okta::sources::{OIDC_REFERENCE, RESERVED_ARTICLE, TOKEN_REFERENCE, response_schema};
use crate::okta::verdict::{Confidence, Conflict};
use crate::okta::{HookKind, verdict::Text};

/// Which of the two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Identity,
    Access,
}

impl Token {
    /// As it is called in a sentence, in the plural.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Token::Identity => "ID tokens",
            Token::Access => "access tokens",
        }
    }

    pub(super) fn singular(self) -> &'static str {
        match self {
            Token::Identity => "ID token",
            Token::Access => "access token",
        }
    }
}

/// What the lists say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Free,
    /// `aud` and `sub` of an access token: Okta OpenAPI 2026.06.3, TokenHookResponse, lets them be replaced; whether they may be
    /// added or removed is not said.
    Replaceable,
    /// One source names it.
    Doubtful(Lists),
    /// The reference and one more source name it.
    Reserved(Lists),
}

/// The sources that name a claim for one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lists {
    /// The token inline hook reference.
    reference: bool,
    /// The support article.
    article: bool,
    /// The claims of the OpenID Connect reference, to which the OpenAPI text refers.
    oidc: bool,
}

const REFERENCE: u8 = 1;
const ARTICLE: u8 = 2;
const OIDC: u8 = 4;

/// In both lists of hooks for that token.
const HOOKS: u8 = REFERENCE | ARTICLE;
const ALL: u8 = REFERENCE | ARTICLE | OIDC;

/// Every claim that any list names, in order of its name: who names it for the ID token, and who for the access token.
const CLAIMS: [(&str, u8, u8); 62] = [
    ("acr", REFERENCE, ALL),
    ("active", HOOKS, 0),
    ("aid", HOOKS, 0),
    ("amr", REFERENCE | OIDC, ARTICLE),
    ("app_id", HOOKS, 0),
    ("app_type", HOOKS, 0),
    ("as_uri", 0, HOOKS),
    ("at_hash", HOOKS, 0),
    ("aud", ALL, 0),
    ("auth_time", ALL, REFERENCE | OIDC),
    ("authorization_details", 0, REFERENCE),
    ("c_hash", HOOKS, 0),
    ("cid", REFERENCE, ALL),
    ("client_id", HOOKS, 0),
    ("client_ip", HOOKS, 0),
    ("client_req_id", HOOKS, 0),
    ("client_type", HOOKS, 0),
    ("client_user_agent", HOOKS, 0),
    // In access tokens only where DPoP is on, which a request does not say.
    ("cnf", HOOKS, REFERENCE),
    ("device_compliance", HOOKS, 0),
    ("device_id", HOOKS, 0),
    ("device_known", HOOKS, 0),
    ("device_managed", HOOKS, 0),
    ("device_name", HOOKS, 0),
    ("device_trust", HOOKS, 0),
    ("did", HOOKS, 0),
    ("dst", HOOKS, 0),
    ("exp", REFERENCE | OIDC, REFERENCE | OIDC),
    ("group", HOOKS, 0),
    ("groups", REFERENCE, HOOKS),
    ("hotk", HOOKS, 0),
    ("iat", REFERENCE | OIDC, REFERENCE | OIDC),
    ("idp", ALL, 0),
    ("idp_iss", HOOKS, 0),
    ("iss", ALL, ALL),
    ("jti", ALL, ALL),
    ("mac_key", HOOKS, 0),
    ("may_act", HOOKS, 0),
    ("nonce", HOOKS, 0),
    ("oid", HOOKS, 0),
    ("okta_emailVerified", HOOKS, 0),
    ("okta_lastUpdated", HOOKS, 0),
    ("orig", HOOKS, 0),
    ("permissions", HOOKS, 0),
    ("purpose", HOOKS, 0),
    ("pwd_exp_days", HOOKS, 0),
    ("pwd_exp_time", HOOKS, 0),
    ("rid", HOOKS, 0),
    ("role", HOOKS, 0),
    ("rpt", 0, HOOKS),
    ("rsi", 0, HOOKS),
    ("scope", HOOKS, 0),
    ("scopes", HOOKS, 0),
    ("scp", 0, REFERENCE | OIDC),
    ("sid", HOOKS, REFERENCE),
    ("sub", ALL, 0),
    ("term", HOOKS, 0),
    ("token_type", HOOKS, HOOKS),
    ("uid", 0, ALL),
    ("user_ip", HOOKS, 0),
    ("username", 0, HOOKS),
    ("ver", ALL, ALL),
];

/// What becomes of a claim of that name in that token.
pub(super) fn standing(token: Token, claim: &str) -> Standing {
    if token == Token::Access && matches!(claim, "aud" | "sub") {
        return Standing::Replaceable;
    }
    let Ok(at) = CLAIMS.binary_search_by(|(name, ..)| (*name).cmp(claim)) else { return Standing::Free };
    let marks = CLAIMS.get(at).map_or(0, |(_, identity, access)| match token {
        Token::Identity => *identity,
        Token::Access => *access,
    });
    let lists = Lists { reference: marks & REFERENCE != 0, article: marks & ARTICLE != 0, oidc: marks & OIDC != 0 };
    match lists {
        Lists { reference: false, article: false, oidc: false } => Standing::Free,
        Lists { reference: true, article: true, .. } | Lists { reference: true, oidc: true, .. } => {
            Standing::Reserved(lists)
        }
        _ => Standing::Doubtful(lists),
    }
}

impl Lists {
    /// The sources that name the claim; the one that a finding names comes first, a current page before a removed one.
    fn names(self) -> impl Iterator<Item = &'static str> {
        let all = [(self.oidc, OIDC_REFERENCE), (self.reference, TOKEN_REFERENCE), (self.article, RESERVED_ARTICLE)];
        all.into_iter().filter(|(names, _)| *names).map(|(_, source)| source)
    }

    /// The source that a finding names.
    pub(super) fn source(self) -> &'static str {
        self.names().next().unwrap_or(TOKEN_REFERENCE)
    }

    /// How well the source of a finding is known: of the lists made for hooks, one was removed and one is an article.
    pub(super) fn confidence(self) -> Confidence {
        if self.oidc { Confidence::D } else { Confidence::H }
    }

    /// Who else names it, and who does not, as the end of a sentence.
    pub(super) fn in_words(self) -> String {
        let others: Vec<&str> = self.names().skip(1).collect();
        let named = match others.is_empty() {
            true => String::new(),
            false => format!(". It is also on the list of: {}", others.join("; ")),
        };
        match self.article {
            true => named,
            false => format!("{named}. The support article's list of reserved claims leaves it out"),
        }
    }
}

/// Both sides, where a single source reserves a claim.
pub(super) fn conflict(token: Token, claim: &str, lists: Lists) -> Conflict {
    let (one, other) = match lists.reference {
        true => (TOKEN_REFERENCE, RESERVED_ARTICLE),
        false => (lists.source(), TOKEN_REFERENCE),
    };
    let tokens = token.plural();
    let condition = if claim == "cnf" { " where DPoP is on" } else { "" };
    Conflict {
        one: format!("{claim} is reserved in {tokens}{condition} ({one})").into(),
        other: format!("{claim} is not on the list for {tokens} ({other})").into(),
        taken: NEITHER,
    }
}

/// Both sides of adding or removing `aud` or `sub` of an access token.
pub(super) fn conflict_of_replaceable(claim: &str) -> Conflict {
    let schema = response_schema(HookKind::Token);
    Conflict {
        one: format!("{claim} of an access token may be replaced, and nothing else is said of it ({schema})").into(),
        other: format!("{claim} is not on the list of reserved claims for access tokens ({TOKEN_REFERENCE})").into(),
        taken: NEITHER,
    }
}

const NEITHER: Text = Text::Borrowed("Neither: what Okta does is counted as undocumented");

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    const BOTH: &str = "acr auth_time cid exp groups iat iss jti sid token_type ver cnf";
    const ACCESS_ONLY: &str = "as_uri authorization_details rpt rsi scp uid username";
    const ID_ONLY: &str = "active aid amr app_id app_type at_hash aud c_hash client_id client_ip client_req_id client_type \
        client_user_agent device_compliance device_id device_known device_managed device_name device_trust did dst group hotk \
        idp idp_iss mac_key may_act nonce oid okta_emailVerified okta_lastUpdated orig permissions purpose pwd_exp_days \
        pwd_exp_time rid role scope scopes sub term user_ip";
    const OIDC_ACCESS: &str = "acr auth_time cid exp iat iss jti scp uid ver";
    const OIDC_ID: &str = "amr aud auth_time exp iat idp iss jti sub ver";

    fn is_in(list: &str, claim: &str) -> bool {
        list.split_whitespace().any(|name| name == claim)
    }

    /// The three lists, from their differences.
    fn marks(token: Token, claim: &str) -> u8 {
        let own = if token == Token::Access { ACCESS_ONLY } else { ID_ONLY };
        let oidc = if token == Token::Access { OIDC_ACCESS } else { OIDC_ID };
        let in_reference = is_in(BOTH, claim) || is_in(own, claim);
        let in_article = match claim {
            "acr" | "amr" | "cid" | "groups" => token == Token::Access,
            "auth_time" | "cnf" | "sid" => token == Token::Identity,
            "exp" | "iat" | "scp" | "authorization_details" => false,
            _ => in_reference,
        };
        let mark = |named: bool, mark: u8| if named { mark } else { 0 };
        mark(in_reference, REFERENCE) | mark(in_article, ARTICLE) | mark(is_in(oidc, claim), OIDC)
    }

    #[test]
    fn the_table_is_in_order_and_says_what_the_lists_say() {
        assert!(CLAIMS.is_sorted_by(|(one, ..), (other, ..)| one < other));
        for list in [BOTH, ACCESS_ONLY, ID_ONLY, OIDC_ACCESS, OIDC_ID] {
            for claim in list.split_whitespace() {
                let (_, identity, access) = CLAIMS.iter().find(|(name, ..)| *name == claim).unwrap();
                assert_eq!(
                    (*identity, *access),
                    (marks(Token::Identity, claim), marks(Token::Access, claim)),
                    "{claim}"
                );
            }
        }
        let n_claims = BOTH.split_whitespace().count() + ACCESS_ONLY.split_whitespace().count();
        assert_eq!(CLAIMS.len(), n_claims + ID_ONLY.split_whitespace().count());
    }

    #[test]
    fn one_list_makes_a_claim_doubtful_and_two_make_it_reserved() {
        let doubtful = |token, claim| matches!(standing(token, claim), Standing::Doubtful(_));
        let all: Vec<&str> = CLAIMS.iter().map(|(name, ..)| *name).collect();
        let left: Vec<&str> = all.iter().copied().filter(|claim| doubtful(Token::Access, claim)).collect();
        assert_eq!(left, ["amr", "authorization_details", "cnf", "sid"]);
        let left: Vec<&str> = all.iter().copied().filter(|claim| doubtful(Token::Identity, claim)).collect();
        assert_eq!(left, ["acr", "cid", "groups"]);
        assert_eq!(standing(Token::Identity, "locale"), Standing::Free);
        assert_eq!(standing(Token::Access, "role"), Standing::Free);
        assert_eq!(standing(Token::Identity, "uid"), Standing::Free);
        assert_eq!(standing(Token::Access, "sub"), Standing::Replaceable);
        assert!(matches!(standing(Token::Identity, "sub"), Standing::Reserved(_)));
        assert!(matches!(standing(Token::Access, "auth_time"), Standing::Reserved(_)));
    }
}
