//! A SAML attribute as an operation's value.

use serde_json::{Value, json};

/// An attribute of an assertion (Okta OpenAPI 2026.06.3, SAMLHookResponse).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamlAttribute {
    pub name_format: String,
    /// Each value has an XML type of its own.
    pub values: Vec<SamlValue>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamlValue {
    pub xsi_type: String,
    pub value: String,
}

impl SamlAttribute {
    /// With one value.
    pub fn new(value: &str) -> SamlAttribute {
        SamlAttribute {
            name_format: super::NAME_FORMATS.first().map(|format| (*format).to_owned()).unwrap_or_default(),
            values: vec![SamlValue { xsi_type: "xs:string".to_owned(), value: value.to_owned() }],
        }
    }

    /// Reads a value that has just the members of an attribute; none for any other, so that nothing is lost when it is written.
    pub fn read(raw: &str) -> Option<SamlAttribute> {
        let attribute: Value = serde_json::from_str(raw).ok()?;
        let name_format = attribute.pointer("/attributes/NameFormat")?.as_str()?.to_owned();
        let values = attribute.get("attributeValues")?.as_array()?;
        let value = |value: &Value| {
            let xsi_type = value.pointer("/attributes/xsi:type")?.as_str()?.to_owned();
            Some(SamlValue { xsi_type, value: value.get("value")?.as_str()?.to_owned() })
        };
        let read = SamlAttribute { name_format, values: values.iter().map(value).collect::<Option<_>>()? };
        (read.to_value() == attribute).then_some(read)
    }

    fn to_value(&self) -> Value {
        let value = |value: &SamlValue| json!({ "attributes": { "xsi:type": value.xsi_type }, "value": value.value });
        json!({
            "attributes": { "NameFormat": self.name_format },
            "attributeValues": self.values.iter().map(value).collect::<Vec<_>>()
        })
    }

    /// JSON on one line.
    pub fn raw(&self) -> String {
        self.to_value().to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_reads_back_as_it_is_written_and_nothing_else_is_taken_for_one() {
        let attribute = SamlAttribute::new("mate");
        assert_eq!(SamlAttribute::read(&attribute.raw()), Some(attribute.clone()));
        let more = attribute.raw().replacen('{', "{\"note\":1,", 1);
        for other in ["\"mate\"", "{}", "7", "", more.as_str()] {
            assert_eq!(SamlAttribute::read(other), None, "{other}");
        }
    }
}
