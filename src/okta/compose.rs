//! Writing a response: what can be asked for, as a form, as presets, and as words that fit where the cursor is.
//!
//! Pure, and beside the judge: nothing here decides what Okta does. [`Builder`] is a response as a form over its own JSON,
//! [`presets`] are responses worth trying, [`complete`] says what fits at a place, [`explain`] what Okta does with it. All of
//! them know one request through [`Given`].

mod attributes;
mod builder;
mod completion;
mod delivery;
mod edit;
mod error_object;
mod explanation;
mod given;
mod outline;
mod patch;
mod presets;
mod saml_attribute;

pub use attributes::{Attribute, Attributes, Choice};
pub use builder::{Builder, Part, Unreadable, Verification};
pub use completion::{
    Completion, Completions, DOMAINS, LOCATION_TYPES, NAME_FORMATS, REASONS, XSI_TYPES, claim_path, command_types,
    complete,
};
pub use delivery::{Delivery, TELEPHONY_ACTION};
pub use edit::{compact, value_of, without_command};
pub use error_object::{Cause, ErrorObject, ErrorPart};
pub use explanation::{Explanation, Topic, about_command, explain, explain_at, explain_topic};
pub use given::{ACCESS_PATCH, ASSERTION_PATCH, Given, IDENTITY_PATCH, LIFETIME, Target};
pub use patch::{Operation, Patch};
pub use presets::{Preset, PresetGroup, good_body, presets};
pub use saml_attribute::{SamlAttribute, SamlValue};
