//! placeholder
use super::{Headers, Record};
pub struct Masker;
impl Masker {
    pub fn new(_: impl IntoIterator<Item = String>) -> Masker { Masker }
    pub fn is_masked(bytes: &[u8]) -> bool { bytes.windows(3).any(|w| w == "•".as_bytes()) }
    pub fn mask_record(&self, r: &Record) -> Record { r.clone() }
    pub fn mask_headers(&self, h: &Headers) -> Headers { h.clone() }
}
pub fn call_line(_: &Record, _: &Masker) -> serde_json::Map<String, serde_json::Value> { Default::default() }
