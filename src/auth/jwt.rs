//! A JSON Web Token in its compact form (RFC 7515, RFC 7519), taken apart.

use serde_json::{Map, Value};

/// The most bytes that are looked at. A head of this size does not get past most servers, Okta's tokens are about 1 KB.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// The parts of a token. Whether it is genuine is for others to find out.
#[derive(Clone, PartialEq)]
pub struct Jwt<'a> {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    /// What is signed: the first two parts with the dot between them.
    pub signing_input: &'a [u8],
    pub signature: Vec<u8>,
    /// Members that stand more than once, such as "`alg` in the header": readers disagree about which one counts.
    pub repeated: Vec<String>,
}

/// Why a text is no token, with the place. Never holds anything of the text but a character.
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

impl<'a> Jwt<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    ///
    /// What is wrong first, with its place.
    pub fn read(_token: &'a [u8]) -> Result<Jwt<'a>, Malformed> {
        Err(Malformed { why: String::new(), looks_opaque: true })
    }
}

impl Decoded {
    /// Decodes as much as can be decoded; none where the text has not the shape of a token at all.
    pub fn read(_token: &[u8]) -> Option<Decoded> {
        None
    }
}
