//! A telephony request: to whom a code is to be sent, and by which channel (Okta OpenAPI 2026.06.3, TelephonyRequest).
//!
//! The code, and all but the last digits of the number, are in no view.

use std::borrow::Cow;

use super::fact::{Facts, with_more};
use super::node::{Node, Shape, envelope_shape};
use super::phone;
use super::token::{add_preview, is_preview};

/// How the code is to reach the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Sms,
    Voice,
}

impl Channel {
    /// Okta's documents spell it differently (`SMS`, `voice call`, `voice`), so only the beginning counts, in any case.
    pub fn of(text: &str) -> Option<Channel> {
        let begins_with = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if begins_with("sms") {
            return Some(Channel::Sms);
        }
        begins_with("voice").then_some(Channel::Voice)
    }
}

/// A telephony request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TelephonyView<'a> {
    pub request_type: Option<Cow<'a, str>>,
    pub login: Option<Cow<'a, str>>,
    pub user_id: Option<Cow<'a, str>>,
    /// None where it is missing or neither SMS nor voice.
    pub channel: Option<Channel>,
    /// As it is written.
    pub delivery_channel: Option<Cow<'a, str>>,
    /// Masked but for its last two digits.
    pub phone_number: Option<String>,
    /// RFC 3339.
    pub otp_expires: Option<Cow<'a, str>>,
    /// A code came with the call.
    pub has_code: bool,
    pub locale: Option<Cow<'a, str>>,
    /// An administrator's preview: a success sends a real message, a failure sends none at all.
    pub is_preview: bool,
}

static TELEPHONY: Shape = envelope_shape!(Shape::Members(&[
    ("context", Shape::Members(&[("request", Shape::Members(&[("url", Shape::Members(&[("value", Shape::Leaf)]))]))]),),
    ("userProfile", Shape::Members(&[("login", Shape::Leaf), ("userId", Shape::Leaf)])),
    (
        "messageProfile",
        Shape::Members(&[
            ("phoneNumber", Shape::Leaf),
            ("otpExpires", Shape::Leaf),
            ("deliveryChannel", Shape::Leaf),
            ("otpCode", Shape::Leaf),
            ("locale", Shape::Leaf),
        ]),
    ),
]));

impl<'a> TelephonyView<'a> {
    pub(super) fn read(body: &'a [u8]) -> TelephonyView<'a> {
        let request = Node::read(body, &TELEPHONY);
        let data = request.get("data");
        let message = data.get("messageProfile");
        let delivery_channel = message.get("deliveryChannel").scalar();
        TelephonyView {
            request_type: request.get("requestType").scalar(),
            login: data.at(&["userProfile", "login"]).scalar(),
            user_id: data.at(&["userProfile", "userId"]).scalar(),
            channel: delivery_channel.as_deref().and_then(Channel::of),
            delivery_channel,
            phone_number: message.get("phoneNumber").scalar().map(|number| phone::masked(&number)),
            otp_expires: message.get("otpExpires").text(),
            has_code: message.get("otpCode").is_given(),
            locale: message.get("locale").scalar(),
            is_preview: is_preview(&request),
        }
    }

    pub(super) fn add_facts(&self, facts: &mut Facts) {
        let user = with_more(self.login.as_deref(), self.user_id.as_deref());
        facts.text("User", user.as_deref(), "/data/userProfile");
        facts.text("Channel", self.delivery_channel.as_deref(), "/data/messageProfile/deliveryChannel");
        facts.text("Phone", self.phone_number.as_deref(), "/data/messageProfile/phoneNumber");
        facts.text("Occasion", self.request_type.as_deref(), "/requestType");
        facts.text("Expires", self.otp_expires.as_deref(), "/data/messageProfile/otpExpires");
        facts.text("Locale", self.locale.as_deref(), "/data/messageProfile/locale");
        add_preview(self.is_preview, facts);
    }
}
