//! A JSON Web Token in its compact form (RFC 7515, RFC 7519), taken apart.

use std::fmt;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::jwk::clipped;

/// The most bytes that are looked at. A head of this size does not get past most servers, Okta's tokens are about 1 KB.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// The parts of a token. Whether it is genuine is for others to find out. It cannot be printed: with the signature, it is the
/// credential.
#[derive(Clone, PartialEq)]
pub struct Jwt<'a> {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    /// What is signed: the first two parts with the dot between them.
    pub signing_input: &'a [u8],
    pub signature: Vec<u8>,
    /// Members that stand more than once, such as "alg in the header": readers disagree about which one counts.
    pub repeated: Vec<String>,
}

/// Why a text is no token, with the place. Never holds anything of the text but the name of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub why: String,
    /// True where it has nothing of a JWT at all: it may be an opaque token, which only its issuer can read.
    pub looks_opaque: bool,
}

/// Header and claims for display. The signature is left out: with it, this would be the credential.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The header, or why it cannot be read.
    pub header: Result<Value, String>,
    /// The claims, or why they cannot be read.
    pub claims: Result<Value, String>,
}

/// An object and the names that stand in it more than once; the last one counts.
struct Members {
    members: Map<String, Value>,
    repeated: Vec<String>,
}

impl<'a> Jwt<'a> {
    /// Takes a token apart. Strict about base64url (no padding, no spare bits), so that one token has one spelling.
    ///
    /// # Errors
    ///
    /// What is wrong first, with its place.
    pub fn read(token: &'a [u8]) -> Result<Jwt<'a>, Malformed> {
        let n_bytes = token.len();
        if n_bytes > LONGEST_TOKEN {
            return Err(Malformed {
                why: format!("It has {n_bytes} bytes: more than {LONGEST_TOKEN} are not looked at"),
                looks_opaque: false,
            });
        }
        let n_parts = token.split(|byte| *byte == b'.').count();
        let mut parts = token.split(|byte| *byte == b'.');
        let (Some(header), Some(claims), Some(signature), 3) = (parts.next(), parts.next(), parts.next(), n_parts)
        else {
            return Err(match n_parts {
                5 => Malformed {
                    why: "It has five parts: it is encrypted (JWE), and Okta's access tokens are not".to_owned(),
                    looks_opaque: false,
                },
                _ => Malformed {
                    why: format!("A JWT has three parts with dots between them, this has {n_parts}"),
                    looks_opaque: n_parts == 1 && !token.is_empty(),
                },
            });
        };
        let malformed = |why| Malformed { why, looks_opaque: false };
        let header = object_of(header, "first", "header").map_err(malformed)?;
        let claims_read = object_of(claims, "second", "claims").map_err(malformed)?;
        let signature_read = decoded(signature, "third").map_err(malformed)?;
        let signing_input = token.get(..n_bytes.saturating_sub(signature.len() + 1)).unwrap_or_default();
        let in_header = header.repeated.iter().map(|name| format!("{} in the header", clipped(name)));
        let in_claims = claims_read.repeated.iter().map(|name| format!("{} in the claims", clipped(name)));
        Ok(Jwt {
            repeated: in_header.chain(in_claims).collect(),
            header: header.members,
            claims: claims_read.members,
            signing_input,
            signature: signature_read,
        })
    }

    /// A member of the header that is a string.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }
}

impl Decoded {
    /// Decodes as much as can be decoded; none where the text has not the shape of a token at all.
    pub fn read(token: &[u8]) -> Option<Decoded> {
        let mut parts = token.split(|byte| *byte == b'.');
        let (header, claims) = (parts.next()?, parts.next()?);
        parts.next()?;
        if token.len() > LONGEST_TOKEN || parts.next().is_some() {
            return None;
        }
        Some(Decoded {
            header: object_of(header, "first", "header").map(|object| Value::Object(object.members)),
            claims: object_of(claims, "second", "claims").map(|object| Value::Object(object.members)),
        })
    }
}

fn object_of(part: &[u8], ordinal: &str, name: &str) -> Result<Members, String> {
    let json = decoded(part, ordinal)?;
    let verb = if name == "claims" { "are" } else { "is" };
    let text = std::str::from_utf8(&json)
        .map_err(|error| format!("The {name} {verb} no UTF-8 at byte {}", error.valid_up_to() + 1))?;
    serde_json::from_str(text).map_err(|error| match error.is_data() {
        true => format!("The {name} {verb} no JSON object"),
        false => format!("The {name} {verb} no JSON at character {} of what is decoded", error.column()),
    })
}

fn decoded(part: &[u8], ordinal: &str) -> Result<Vec<u8>, String> {
    let is_legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if let Some((idx, byte)) = part.iter().enumerate().find(|(_, byte)| !is_legal(byte)) {
        let at = idx + 1;
        return Err(match byte {
            b'=' => format!("The {ordinal} part has padding at character {at}: in a JWT there is none"),
            b'+' | b'/' => {
                format!("The {ordinal} part is base64, not base64url, at character {at}: + is - there, and / is _")
            }
            _ => format!("The {ordinal} part is no base64url at character {at}"),
        });
    }
    URL_SAFE_NO_PAD.decode(part).map_err(|error| match error {
        DecodeError::InvalidLastSymbol(at, _) => {
            let at = at + 1;
            format!("The {ordinal} part is no base64url at character {at}, its last: it has bits that mean nothing")
        }
        _ => format!("The {ordinal} part is cut off: base64url has no such length"),
    })
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut found = Members { members: Map::new(), repeated: Vec::new() };
                while let Some(name) = map.next_key::<String>()? {
                    let value = map.next_value::<Value>()?;
                    if found.members.insert(name.clone(), value).is_some() && !found.repeated.contains(&name) {
                        found.repeated.push(name);
                    }
                }
                Ok(found)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::super::jwk::encode;
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()), encode(b"signature"))
    }

    fn why(token: &str) -> String {
        Jwt::read(token.as_bytes()).err().unwrap().why
    }

    #[test]
    fn a_token_is_taken_apart() {
        let text = token(r#"{"alg":"RS256","kid":"k"}"#, r#"{"iss":"a","scp":["b"]}"#);
        let jwt = Jwt::read(text.as_bytes()).ok().unwrap();
        assert_eq!(jwt.header_text("kid"), Some("k"));
        assert_eq!(jwt.claims["scp"][0], "b");
        assert_eq!(jwt.signature, b"signature");
        assert_eq!(jwt.signing_input, text.rsplit_once('.').unwrap().0.as_bytes());
        assert!(jwt.repeated.is_empty());
        let decoded = Decoded::read(text.as_bytes()).unwrap();
        assert_eq!(decoded.claims.clone().unwrap()["iss"], "a");
        assert!(!format!("{decoded:?}").contains(&encode(b"signature")));
    }

    #[test]
    fn each_fault_is_said_with_its_place() {
        let right = token("{}", "{}");
        assert!(why("").contains("this has 1"));
        assert!(why("a.b").contains("this has 2"));
        assert!(why("a.b.c.d.e").contains("encrypted"));
        assert!(why(&right.replacen("e30", "e30=", 1)).contains("first part has padding at character 4"));
        assert!(why(&right.replace(".e30.", ".e3 0.")).contains("second part is no base64url at character 3"));
        assert!(why(&right.replace(".e30.", ".+30.")).contains("not base64url, at character 1"));
        assert!(why("e30.e31.").contains("character 3, its last"));
        assert!(why("e30.e30.a").contains("third part is cut off"));
        assert!(why(&token("{", "{}")).contains("header is no JSON at character 1"));
        assert!(why(&token("{}", "[1]")).contains("claims are no JSON object"));
        assert!(why(&format!("e30.{}.", encode(b"\"\xff"))).contains("claims are no UTF-8 at byte 2"));
        assert!(why(&"a".repeat(LONGEST_TOKEN + 1)).contains("more than 16384"));
    }

    #[test]
    fn what_has_no_dots_may_be_opaque_and_nothing_else_is_called_so() {
        let looks_opaque = |text: &str| Jwt::read(text.as_bytes()).err().unwrap().looks_opaque;
        assert!(looks_opaque("00aBcD-opaque"));
        assert!(!looks_opaque("") && !looks_opaque("a.b") && !looks_opaque("!.b.c"));
    }

    #[test]
    fn a_member_that_stands_twice_is_noticed() {
        let text = token(r#"{"alg":"none","alg":"RS256"}"#, r#"{"a":1,"a":2,"a":3,"b":{"c":1,"c":2}}"#);
        let jwt = Jwt::read(text.as_bytes()).ok().unwrap();
        assert_eq!(jwt.repeated, ["alg in the header", "a in the claims"]);
    }

    #[test]
    fn what_can_be_decoded_is_decoded_for_display() {
        let half = Decoded::read(format!("{}.!!.x", encode(b"{\"kid\":1}")).as_bytes()).unwrap();
        assert_eq!(half.header.unwrap()["kid"], 1);
        assert!(half.claims.unwrap_err().contains("second part"));
        assert_eq!(Decoded::read(b"opaque"), None);
        assert_eq!(Decoded::read(b"a.b.c.d"), None);
    }
}
