//! JSON Web Keys (RFC 7517): the public RSA keys that tokens and assertions are checked with.
//!
//! Reading is lenient about what does not matter (Okta's hook keys have `alg` "RSA", which is no JWA name, and `use` null) and
//! says in a sentence why a key cannot be used. A private part that somebody pasted is noticed and not kept.

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use ring::digest;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Map, Value, json};

/// A key shorter than this is refused (RFC 7518, 3.3), and one longer than that is not checked by the library beneath.
const SHORTEST: usize = 2_048;
const LONGEST: usize = 8_192;
/// The most bits of a public exponent that the library beneath takes.
const LONGEST_EXPONENT: usize = 33;
/// More keys than this are no key set: Okta serves a handful.
const MOST_KEYS: usize = 200;

/// A public RSA key that can check RS256 signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    kid: Option<String>,
    /// Big-endian, without leading zeros.
    modulus: Vec<u8>,
    /// Big-endian, without leading zeros.
    exponent: Vec<u8>,
}

/// The keys that can be used, and what is wrong with the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwkSet {
    keys: Vec<Jwk>,
    problems: Vec<String>,
}

/// Why a set has no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoKey {
    /// There is no usable key in the set at all.
    Empty,
    /// The token names a key that is not there.
    Unknown,
    /// The token names none, and there are several.
    Ambiguous,
}

impl JwkSet {
    /// A set without keys.
    pub const EMPTY: JwkSet = JwkSet { keys: Vec::new(), problems: Vec::new() };

    /// Reads a JSON Web Key Set, one bare key, or an Okta hook key object (its `_embedded` member is the key), or a list of those.
    ///
    /// # Errors
    ///
    /// One sentence where the text holds nothing of the kind. A set whose keys cannot be used is no error: see
    /// [`JwkSet::problems`].
    pub fn parse(text: &str) -> Result<JwkSet, String> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with("-----BEGIN") {
            return Err("This is PEM: paste the key as JSON, as Okta's hook key API gives it".to_owned());
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("This is no JSON (line {line}, column {column}): paste a JSON Web Key, or a set of them")
        })?;
        let candidates: Vec<&Value> = match &value {
            Value::Array(keys) => keys.iter().collect(),
            Value::Object(object) => match object.get("keys") {
                Some(Value::Array(keys)) => keys.iter().collect(),
                Some(_) => return Err("The member keys is no array: a key set has its keys there".to_owned()),
                None if is_key(&value) => vec![&value],
                None => return Err(no_key_at_all(object)),
            },
            _ => return Err("This is no JSON object: paste a JSON Web Key, or a set of them".to_owned()),
        };
        let mut set = JwkSet::default();
        if candidates.len() > MOST_KEYS {
            set.problems.push(format!("There are {} keys: only the first {MOST_KEYS} are read", candidates.len()));
        }
        for (idx, candidate) in candidates.into_iter().take(MOST_KEYS).enumerate() {
            set.take(idx, candidate);
        }
        Ok(set)
    }

    fn take(&mut self, idx: usize, candidate: &Value) {
        let number = idx + 1;
        let Some(object) = key_object(candidate) else {
            self.problems.push(format!("Key {number} is no JSON object"));
            return;
        };
        let kid = object.get("kid").and_then(Value::as_str).map(str::to_owned);
        let name = match &kid {
            Some(kid) => format!("Key {}", clipped(kid)),
            None => format!("Key {number}, which has no kid,"),
        };
        if object.contains_key("d") {
            self.problems.push(format!(
                "{name} has its private part: only the public one is used, and the private one belongs nowhere but with its owner"
            ));
        }
        match Jwk::of(object, kid) {
            Err(why) => self.problems.push(format!("{name} {why}")),
            Ok(key) if key.kid.is_some() && self.keys.iter().any(|known| known.kid == key.kid) => {
                self.problems.push(format!("{name} stands there more than once: the first one is used"));
            }
            Ok(key) => self.keys.push(key),
        }
    }

    /// A set of these keys.
    pub fn of(keys: impl IntoIterator<Item = Jwk>) -> JwkSet {
        JwkSet { keys: keys.into_iter().collect(), problems: Vec::new() }
    }

    /// The key of this `kid`, compared exactly.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid.as_deref() == Some(kid))
    }

    /// The key that a token with this `kid` is checked with. A single key that has no `kid` fits every token, and a token without
    /// `kid` fits a single key.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn choose(&self, kid: Option<&str>) -> Result<&Jwk, NoKey> {
        match (kid, self.keys.as_slice()) {
            (_, []) => Err(NoKey::Empty),
            (Some(kid), [only]) if only.kid.as_deref().is_none_or(|own| own == kid) => Ok(only),
            (Some(kid), _) => self.find(kid).ok_or(NoKey::Unknown),
            (None, [only]) => Ok(only),
            (None, _) => Err(NoKey::Ambiguous),
        }
    }

    /// The keys that can be used, in their order.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// What is wrong with the keys that cannot be used, a sentence each.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// The object with the members of a key: the value itself, or what an Okta hook key has embedded.
fn key_object(value: &Value) -> Option<&Map<String, Value>> {
    let object = value.as_object()?;
    match object.get("_embedded") {
        Some(Value::Object(embedded)) if !object.contains_key("kty") => Some(embedded),
        _ => Some(object),
    }
}

fn is_key(value: &Value) -> bool {
    key_object(value).is_some_and(|object| ["kty", "n", "kid"].iter().any(|member| object.contains_key(*member)))
}

fn no_key_at_all(object: &Map<String, Value>) -> String {
    if object.contains_key("keyId") || object.contains_key("isUsed") {
        return "This hook key comes without its public part: ask for it with ?expand=publickey, or by its keyId at \
                /api/v1/hook-keys/public"
            .to_owned();
    }
    "There is no key in it: a key has the members kty, n and e, a key set has the member keys".to_owned()
}

impl Jwk {
    /// A key of its members; otherwise what is wrong, to be read after its name.
    fn of(object: &Map<String, Value>, kid: Option<String>) -> Result<Jwk, String> {
        match object.get("kty") {
            Some(Value::String(kty)) if kty == "RSA" => {}
            Some(Value::String(kty)) => {
                return Err(format!("is of kind {}: only RSA keys can check RS256", clipped(kty)));
            }
            _ => return Err("does not say its kind: kty must be RSA".to_owned()),
        }
        if object.get("use").and_then(Value::as_str) == Some("enc") {
            return Err("is for encryption: use is enc, and a key for signatures is needed".to_owned());
        }
        let modulus = number_of(object, "n")?;
        let exponent = number_of(object, "e")?;
        let n_bits = n_bits(&modulus);
        if n_bits < SHORTEST {
            return Err(format!(
                "has {n_bits} bits: fewer than {SHORTEST} are not safe, and RS256 does not allow them"
            ));
        }
        if n_bits > LONGEST {
            return Err(format!("has {n_bits} bits: more than {LONGEST} cannot be checked here"));
        }
        if self::n_bits(&exponent) > LONGEST_EXPONENT
            || exponent.last().is_none_or(|last| last % 2 == 0)
            || exponent.as_slice() == [1]
        {
            return Err("has an exponent that no RSA key has: e is AQAB in nearly every key".to_owned());
        }
        Ok(Jwk { kid, modulus, exponent })
    }

    /// A key of its numbers, big-endian. Its `kid` is its thumbprint (RFC 7638): the same key has the same name everywhere.
    pub(super) fn with_thumbprint(modulus: &[u8], exponent: &[u8]) -> Jwk {
        let mut key = Jwk { kid: None, modulus: without_zeros(modulus), exponent: without_zeros(exponent) };
        // The members in the order of their names, without white space.
        let text = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(&key.exponent), encode(&key.modulus));
        key.kid = Some(encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref()));
        key
    }

    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The length of the modulus.
    pub fn n_bits(&self) -> usize {
        n_bits(&self.modulus)
    }

    /// True where the signature is the key's for this text by RSASSA-PKCS1-v1_5 with SHA-256 (RS256).
    pub fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let components = RsaPublicKeyComponents { n: &self.modulus, e: &self.exponent };
        components.verify(&RSA_PKCS1_2048_8192_SHA256, text, signature).is_ok()
    }

    /// As a member of a key set.
    pub fn to_json(&self) -> Value {
        let (n, e) = (encode(&self.modulus), encode(&self.exponent));
        let mut key = json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "e": e, "n": n });
        if let (Some(kid), Some(object)) = (&self.kid, key.as_object_mut()) {
            object.insert("kid".to_owned(), Value::from(kid.clone()));
        }
        key
    }
}

/// The bytes of a number, big-endian and without leading zeros.
fn number_of(object: &Map<String, Value>, member: &str) -> Result<Vec<u8>, String> {
    let Some(Value::String(text)) = object.get(member) else {
        return Err(format!("has no {member}: the public part of an RSA key is n and e"));
    };
    // Padding is forgiven: nothing else could be meant.
    let bytes = URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text));
    let bytes = without_zeros(&bytes.map_err(|_| format!("has an {member} that is no base64url"))?);
    if bytes.is_empty() {
        return Err(format!("has an {member} that is empty"));
    }
    Ok(bytes)
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

fn n_bits(number: &[u8]) -> usize {
    let top = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(top)
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A name from elsewhere, short enough for a sentence and without anything that is not to be seen.
pub(super) fn clipped(text: &str) -> String {
    let shown: String = text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if shown.len() < text.len() { format!("{shown}…") } else { shown }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn key(kid: &str) -> Value {
        json!({ "kty": "RSA", "kid": kid, "e": "AQAB", "n": encode(&[0xC1; 256]) })
    }

    fn check(text: &Value, kids: &[Option<&str>], problems: &[&str]) {
        let set = JwkSet::parse(&text.to_string()).unwrap();
        assert_eq!(set.keys().iter().map(Jwk::kid).collect::<Vec<_>>(), kids, "{text}");
        assert_eq!(set.problems().len(), problems.len(), "{:?}", set.problems());
        for (found, part) in set.problems().iter().zip(problems) {
            assert!(found.contains(part), "{found}");
        }
    }

    #[test]
    fn a_set_one_key_and_the_key_inside_a_hook_key_are_read() {
        check(&json!({ "keys": [key("a"), key("b")] }), &[Some("a"), Some("b")], &[]);
        check(&key("a"), &[Some("a")], &[]);
        check(&json!([key("a")]), &[Some("a")], &[]);
        let mut embedded = key("b");
        embedded["alg"] = json!("RSA");
        embedded["use"] = json!(null);
        let hook_key = json!({ "id": "HKY1", "keyId": "b", "name": "k", "isUsed": "false", "_embedded": embedded });
        check(&hook_key, &[Some("b")], &[]);
        check(&json!({ "keys": [hook_key, key("a")] }), &[Some("b"), Some("a")], &[]);
        assert_eq!(JwkSet::parse(&key("a").to_string()).unwrap().keys()[0].n_bits(), 2048);
    }

    #[test]
    fn what_is_wrong_with_a_key_is_said() {
        let with = |member: &str, value: Value| {
            let mut key = key("a");
            key[member] = value;
            key
        };
        check(&with("kty", json!("EC")), &[], &["Key a is of kind EC"]);
        check(&with("kty", json!(3)), &[], &["kty must be RSA"]);
        check(&with("n", json!(encode(&[0xC1; 128]))), &[], &["has 1024 bits"]);
        check(&with("n", json!(encode(&[0x41; 256]))), &[], &["has 2047 bits"]);
        check(&with("n", json!(encode(&[0xC1; 1025]))), &[], &["has 8200 bits"]);
        check(&with("n", json!(null)), &[], &["has no n"]);
        check(&with("n", json!("a b")), &[], &["no base64url"]);
        check(&with("e", json!("")), &[], &["e that is empty"]);
        check(&with("e", json!("AQ")), &[], &["exponent"]);
        check(&with("e", json!("Ag")), &[], &["exponent"]);
        check(&with("use", json!("enc")), &[], &["for encryption"]);
        check(&with("d", json!("AQAB")), &[Some("a")], &["private part"]);
        check(
            &json!({ "keys": [key("a"), key("a"), 3] }),
            &[Some("a")],
            &["more than once", "Key 3 is no JSON object"],
        );
        // A leading zero, as some libraries write it, and padding change nothing.
        let mut zero = vec![0];
        zero.extend([0xC1; 256]);
        check(&with("n", json!(URL_SAFE.encode(zero))), &[Some("a")], &[]);
    }

    #[test]
    fn what_holds_no_key_says_what_to_paste_instead() {
        let why = |text: &str| JwkSet::parse(text).unwrap_err();
        assert!(why("").contains("no JSON"));
        assert!(why("{").contains("line 1, column 1"));
        assert!(why("7").contains("no JSON object"));
        assert!(why("-----BEGIN PUBLIC KEY-----").contains("PEM"));
        assert!(why(r#"{"keys":{}}"#).contains("no array"));
        assert!(why(r#"{"id":"HKY1","keyId":"x","isUsed":true}"#).contains("expand=publickey"));
        assert!(why(r#"{"issuer":"x"}"#).contains("kty"));
    }

    #[test]
    fn a_key_is_chosen_by_its_kid_or_because_it_is_the_only_one() {
        let set = |text: Value| JwkSet::parse(&text.to_string()).unwrap();
        let two = set(json!([key("a"), key("b")]));
        assert_eq!(two.choose(Some("b")).unwrap().kid(), Some("b"));
        assert_eq!(two.choose(Some("c")), Err(NoKey::Unknown));
        assert_eq!(two.choose(Some("A")), Err(NoKey::Unknown));
        assert_eq!(two.choose(None), Err(NoKey::Ambiguous));
        let one = set(key("a"));
        assert!(one.choose(None).is_ok() && one.choose(Some("b")).is_err());
        let mut nameless = key("a");
        nameless.as_object_mut().unwrap().remove("kid");
        assert!(set(nameless).choose(Some("anything")).is_ok());
        assert_eq!(JwkSet::default().choose(Some("a")), Err(NoKey::Empty));
    }
}
