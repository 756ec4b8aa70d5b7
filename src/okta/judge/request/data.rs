//! The `data` of the inline hooks' requests: are the members there that their kind promises, and of the right type?

use super::super::findings::{Findings, Note};
use super::super::words::short;
use super::{check_time, expect_string};
use crate::okta::HookKind;
use crate::okta::request::Channel;
use crate::okta::request::node::{Node, Shape, envelope_shape};
use crate::okta::sources::{
    EARLY_DOCS, NET_SDK, PASSWORD_GUIDE, REGISTRATION_GUIDE, TELEPHONY_GUIDE, TOKEN_GUIDE, request_schema,
};
use crate::okta::verdict::{Confidence, Text};

const URL: (&str, Shape) = ("request", Shape::Members(&[("url", Shape::Members(&[("value", Shape::Leaf)]))]));
const PRESENT: Shape = Shape::Members(&[]);
const ORIGINAL: &[(&str, Shape)] = &[("authorization", PRESENT), ("request", PRESENT)];
const MINTED: &[(&str, Shape)] = &[
    ("lifetime", PRESENT),
    ("token", Shape::Members(&[("lifetime", Shape::Members(&[("expiration", Shape::Leaf)]))])),
];

static TOKEN: Shape = envelope_shape!(Shape::Members(&[
    (
        "context",
        Shape::Members(&[
            URL,
            (
                "protocol",
                Shape::Members(&[
                    ("originalGrant", Shape::Members(ORIGINAL)),
                    ("OriginalGrant", Shape::Members(ORIGINAL)),
                ]),
            ),
        ]),
    ),
    ("identity", Shape::Members(MINTED)),
    ("access", Shape::Members(MINTED)),
]));

static SAML: Shape = envelope_shape!(Shape::Members(&[("context", Shape::Members(&[URL])), ("assertion", PRESENT)]));

static REGISTRATION: Shape = envelope_shape!(Shape::Members(&[
    ("context", Shape::Members(&[URL, ("user", PRESENT)])),
    ("userProfile", Shape::Members(&[("password", Shape::Leaf)])),
    ("userProfileUpdate", Shape::Members(&[("password", Shape::Leaf)])),
    ("user", Shape::Members(&[("profile", PRESENT)])),
]));

static PASSWORD_IMPORT: Shape = envelope_shape!(Shape::Members(&[
    (
        "context",
        Shape::Members(&[("credential", Shape::Members(&[("username", Shape::Leaf), ("password", Shape::Leaf)]))]),
    ),
    ("credential", PRESENT),
    ("action", Shape::Members(&[("credential", Shape::Leaf)])),
]));

static USER_IMPORT: Shape = envelope_shape!(Shape::Members(&[
    ("context", PRESENT),
    ("action", Shape::Members(&[("result", Shape::Leaf)])),
    ("appUser", Shape::Members(&[("profile", PRESENT)])),
    ("user", Shape::Members(&[("id", Shape::Leaf), ("profile", PRESENT)])),
]));

static TELEPHONY: Shape = envelope_shape!(Shape::Members(&[
    ("context", Shape::Members(&[URL])),
    ("userProfile", PRESENT),
    (
        "messageProfile",
        Shape::Members(&[
            ("msgTemplate", Shape::Leaf),
            ("phoneNumber", Shape::Leaf),
            ("otpExpires", Shape::Leaf),
            ("deliveryChannel", Shape::Leaf),
            ("otpCode", Shape::Leaf),
            ("locale", Shape::Leaf),
            ("eventAction", Shape::Leaf),
        ]),
    ),
]));

/// What is looked at of an inline hook's request.
pub(super) fn shape(kind: HookKind) -> &'static Shape {
    match kind {
        HookKind::Saml => &SAML,
        HookKind::Registration => &REGISTRATION,
        HookKind::PasswordImport => &PASSWORD_IMPORT,
        HookKind::UserImport => &USER_IMPORT,
        HookKind::Telephony => &TELEPHONY,
        HookKind::Token | HookKind::Event | HookKind::Verification | HookKind::Unknown => &TOKEN,
    }
}

pub(super) fn check(kind: HookKind, request: &Node<'_>, findings: &mut Findings<'_>) {
    let data = request.get("data");
    if data.what() != Some("an object") {
        return;
    }
    let mut checks = Checks { kind, data, findings };
    if !data.get("context").is_given() {
        checks.info("data.context is always there: this request has none", "/data");
    }
    match kind {
        HookKind::Token => checks.token(),
        HookKind::Saml => checks.saml(),
        HookKind::Registration => checks.registration(request.get("requestType")),
        HookKind::PasswordImport => checks.password_import(),
        HookKind::UserImport => checks.user_import(),
        HookKind::Telephony => checks.telephony(request.get("requestType")),
        HookKind::Event | HookKind::Verification | HookKind::Unknown => {}
    }
    checks.preview();
}

struct Checks<'f, 'b, 'r, 'n> {
    kind: HookKind,
    data: &'n Node<'r>,
    findings: &'f mut Findings<'b>,
}

impl Checks<'_, '_, '_, '_> {
    fn info(&mut self, message: impl Into<Text>, pointer: impl Into<String>) {
        self.say(Note::info("request-data", message, request_schema(self.kind), Confidence::D), pointer);
    }

    fn warning(&mut self, message: impl Into<Text>, pointer: impl Into<String>) {
        self.say(Note::warning("request-data", message, request_schema(self.kind), Confidence::D), pointer);
    }

    fn say(&mut self, note: Note, pointer: impl Into<String>) {
        self.findings.add_request(note, pointer);
    }

    /// The member at a path is to be an object; true where it is there.
    fn expect_object(&mut self, path: &[&str]) -> bool {
        match self.data.at(path).what() {
            None => return false,
            Some("an object") => {}
            Some(what) => {
                let message = format!("data.{} is an object: this is {what}", path.join("."));
                self.warning(message, format!("/data/{}", path.join("/")));
            }
        }
        true
    }

    /// The member at a path is to be a string; true where it is there.
    fn expect_string(&mut self, path: &[&str]) -> bool {
        match self.data.at(path).what() {
            None => return false,
            Some("a string") => {}
            Some(what) => {
                let name = path.last().copied().unwrap_or_default();
                let pointer = format!("/data/{}", path.join("/"));
                expect_string(what, name, &pointer, request_schema(self.kind), self.findings);
            }
        }
        true
    }

    /// T45: what a preview shows is not what live calls are.
    fn preview(&mut self) {
        let url = self.data.at(&["context", "request", "url", "value"]).text();
        if !url.is_some_and(|url| url.contains("generatePreview")) {
            return;
        }
        let (message, source) = match self.kind {
            HookKind::Telephony => (
                "This is a preview: a success sends a real message, and a failure sends no code at all",
                TELEPHONY_GUIDE,
            ),
            _ => ("This is a preview: its values are placeholders, and live calls can lack members of it", TOKEN_GUIDE),
        };
        self.say(Note::info("T45", message, source, Confidence::D), "/data/context/request/url/value");
    }

    fn token(&mut self) {
        let identity = self.expect_object(&["identity"]);
        let access = self.expect_object(&["access"]);
        if !identity && !access {
            let message =
                "A token is about to be minted: neither data.identity nor data.access is there, so no command fits";
            self.warning(message, "/data");
        }
        for token in ["identity", "access"] {
            let node = self.data.get(token);
            let lifetime = node.at(&["token", "lifetime", "expiration"]).what();
            if let Some(what) = lifetime.filter(|what| *what != "a number") {
                let message = format!("Okta sends a lifetime as a number of seconds: this is {what}");
                self.warning(message, format!("/data/{token}/token/lifetime/expiration"));
            }
            if node.get("lifetime").is_given() {
                let message =
                    format!("Okta sends the lifetime in data.{token}.token.lifetime: an early page left token out");
                let note = Note::info("request-data", message, EARLY_DOCS, Confidence::D);
                self.say(note, format!("/data/{token}/lifetime"));
            }
        }
        let protocol = self.data.at(&["context", "protocol"]);
        for name in ["OriginalGrant", "originalGrant"] {
            let grant = protocol.get(name);
            if !grant.is_given() {
                continue;
            }
            let pointer = format!("/data/context/protocol/{name}");
            if name == "OriginalGrant" {
                let message = "The schema spells it OriginalGrant, live calls originalGrant: let the handler take both";
                self.say(Note::info("T47", message, NET_SDK, Confidence::O), pointer.clone());
            }
            if grant.get("request").is_given() && !grant.get("authorization").is_given() {
                let message = "An older schema names it request, live calls authorization: let the handler take both";
                self.say(Note::info("T47", message, NET_SDK, Confidence::O), format!("{pointer}/request"));
            }
        }
    }

    fn saml(&mut self) {
        if !self.expect_object(&["assertion"]) {
            self.warning("data.assertion is the assertion that is about to be sent: there is none", "/data");
        }
    }

    fn registration(&mut self, request_type: &Node<'_>) {
        let own = self.expect_object(&["userProfile"]);
        let update = self.expect_object(&["userProfileUpdate"]);
        let mismatch = |message| Note::warning("request-type", message, REGISTRATION_GUIDE, Confidence::D);
        let given = request_type.text();
        match given.as_deref() {
            Some("self.service.registration") if update => {
                let message =
                    "self.service.registration has data.userProfile: samples of April 2022 mixed the two flows up";
                self.say(mismatch(message), "/data/userProfileUpdate");
            }
            Some("progressive.profile") if own => {
                let message =
                    "progressive.profile has data.userProfileUpdate: samples of April 2022 mixed the two flows up";
                self.say(mismatch(message), "/data/userProfile");
            }
            Some("progressive.profile") => {
                if !self.data.at(&["context", "user"]).is_given() {
                    self.info(
                        "progressive.profile names the user in data.context.user: there is none",
                        "/data/context",
                    );
                }
            }
            Some("self.service.registration") => {}
            Some(other) => {
                let message = format!(
                    "requestType is self.service.registration or progressive.profile: this is '{}'",
                    short(other)
                );
                self.say(Note::warning("request-type", message, REGISTRATION_GUIDE, Confidence::D), "/requestType");
            }
            None => match request_type.what() {
                Some(what) => {
                    let source = request_schema(self.kind);
                    expect_string(what, "requestType", "/requestType", source, self.findings);
                }
                None if update => {
                    let message =
                        "userProfileUpdate belongs to progressive.profile: Identity Engine says so in requestType";
                    self.say(mismatch(message), "/data/userProfileUpdate");
                }
                None => {}
            },
        }
        if self.data.at(&["user", "profile"]).is_given() {
            let message = "Okta sends the attributes in data.userProfile: data.user.profile stood in documents of 2019";
            self.say(Note::warning("request-data", message, EARLY_DOCS, Confidence::H), "/data/user/profile");
        } else if !own && !update {
            self.warning(
                "The submitted attributes are in data.userProfile or data.userProfileUpdate: neither is there",
                "/data",
            );
        }
        for container in ["userProfile", "userProfileUpdate"] {
            if self.data.at(&[container, "password"]).is_given() {
                self.warning(
                    "Okta never sends the password of a registration: do not rely on it",
                    format!("/data/{container}/password"),
                );
            }
        }
    }

    fn password_import(&mut self) {
        if self.expect_object(&["context", "credential"]) {
            for name in ["username", "password"] {
                if !self.expect_string(&["context", "credential", name]) {
                    let message = format!("data.context.credential has a {name}: there is none");
                    self.warning(message, "/data/context/credential");
                }
            }
        } else if self.data.get("credential").is_given() {
            let message = "Okta sends the credential in data.context.credential: data.credential stands in the guide's prose only";
            self.say(Note::warning("request-data", message, PASSWORD_GUIDE, Confidence::D), "/data/credential");
        } else {
            self.warning("The user name and the password are in data.context.credential: there is none", "/data");
        }
        let action = self.data.at(&["action", "credential"]).text();
        if let Some(action) = action.filter(|action| action != "UNVERIFIED") {
            let message = format!("The default is always UNVERIFIED: this is '{}'", short(&action));
            self.info(message, "/data/action/credential");
        }
    }

    fn user_import(&mut self) {
        for part in ["appUser", "user"] {
            if self.data.at(&[part, "profile"]).is_given() {
                self.expect_object(&[part, "profile"]);
            } else {
                self.info(format!("data.{part}.profile is the profile that commands change: there is none"), "/data");
            }
        }
        self.expect_string(&["user", "id"]);
        let result = self.data.at(&["action", "result"]).text();
        if let Some(result) = result.filter(|result| !matches!(&**result, "CREATE_USER" | "LINK_USER")) {
            let message = format!("The default is CREATE_USER or LINK_USER: this is '{}'", short(&result));
            self.warning(message, "/data/action/result");
        }
    }

    fn telephony(&mut self, request_type: &Node<'_>) {
        const OCCASIONS: [&str; 4] = ["pre-enrollment", "mfa-verification", "account-unlock", "password-reset"];
        let is_known = |given: &str| {
            given.strip_prefix("com.okta.user.telephony.").is_some_and(|occasion| OCCASIONS.contains(&occasion))
        };
        let has_old_name = self.data.at(&["messageProfile", "eventAction"]).is_given();
        match (request_type.text(), request_type.what()) {
            (Some(given), _) if !is_known(&given) => {
                let message = format!(
                    "requestType is com.okta.user.telephony. with {}: this is '{}'",
                    OCCASIONS.join(", "),
                    short(&given)
                );
                self.say(
                    Note::warning("request-type", message, request_schema(self.kind), Confidence::D),
                    "/requestType",
                );
            }
            (Some(_), _) => {}
            (None, Some(what)) => {
                expect_string(what, "requestType", "/requestType", request_schema(self.kind), self.findings);
            }
            (None, None) if !has_old_name => {
                let message = "Live calls say in requestType what the code is for: there is none";
                self.say(Note::info("request-type", message, TELEPHONY_GUIDE, Confidence::D), "");
            }
            (None, None) => {}
        }
        if has_old_name {
            let message =
                "requestType took the place of messageProfile.eventAction, which stood in documents of March 2022";
            let note = Note::warning("request-type", message, EARLY_DOCS, Confidence::H);
            self.say(note, "/data/messageProfile/eventAction");
        }
        if !self.expect_object(&["messageProfile"]) {
            self.warning("The message to be sent is in data.messageProfile: there is none", "/data");
            return;
        }
        for name in ["phoneNumber", "otpCode", "deliveryChannel"] {
            if !self.expect_string(&["messageProfile", name]) {
                self.warning(format!("data.messageProfile has {name}: there is none"), "/data/messageProfile");
            }
        }
        for name in ["msgTemplate", "otpExpires", "locale"] {
            self.expect_string(&["messageProfile", name]);
        }
        let message = self.data.get("messageProfile");
        let channel = message.get("deliveryChannel").text();
        match channel.as_deref().map(|given| (given, Channel::of(given))) {
            Some((given, None)) => {
                let said = format!("deliveryChannel begins with SMS or voice, in any case: this is '{}'", short(given));
                self.warning(said, "/data/messageProfile/deliveryChannel");
            }
            Some((_, Some(Channel::Sms))) if !message.get("msgTemplate").is_given() => {
                self.info("An SMS comes with its text in msgTemplate: there is none", "/data/messageProfile");
            }
            _ => {}
        }
        check_time(self.kind, message.get("otpExpires"), "/data/messageProfile/otpExpires", self.findings);
    }
}
