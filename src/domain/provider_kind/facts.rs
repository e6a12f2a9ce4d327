//! What tells the types of providers apart, as plain data.

use std::time::Duration;

use crate::domain::dialect::Dialect;
use crate::domain::error_rule::ErrorRule;
use crate::domain::service::Service;

/// What one type of provider brings with it.
#[derive(Debug)]
pub struct KindFacts {
    pub base_url: BaseUrl,
    /// The version segment of the base URL's path; added where an entry leaves it out. `None`: the
    /// base is used as it is written.
    pub api_version: Option<&'static str>,
    /// An ending of base URLs that is removed: entries often have it, but this API is not there.
    pub foreign_base_end: Option<&'static str>,
    /// The API that is called where nothing else is chosen.
    pub dialect: Dialect,
    /// The path of that API after the version.
    pub path: &'static str,
    /// The APIs beside it, in order of preference.
    pub other_apis: &'static [OtherApi],
    /// The endpoints that it has besides those for chats.
    pub services: &'static [(Service, Location)],
    /// Whether its endpoint for completions takes the models for chats, too.
    pub completes_by_chat_models: bool,
    /// Whether OpenAI's two APIs serve the same models here, so that a request can go to the one
    /// that its model needs.
    pub chooses_responses_by_model: bool,
    /// Where its models are listed, next to the version. `None`: at no known place.
    pub models_path: Option<&'static str>,
    /// The header that carries the key, and the scheme before the key.
    pub key_header: (&'static str, &'static str),
    pub key: KeyNeed,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// Whether a text file is sent to its models as text, whatever file types they accept.
    pub takes_text_files: bool,
    /// Whether it routes among providers of its own, which a client's `provider` member then means.
    pub has_own_providers: bool,
    pub chat_quirks: ChatQuirks,
    /// Readings of its errors that differ from its dialect's. The first one that fits counts.
    pub error_rules: &'static [ErrorRule],
}

impl KindFacts {
    /// Whether it is a service of its vendor, and none that one runs oneself.
    pub fn is_vendors_service(&self) -> bool {
        self.key == KeyNeed::Always
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseUrl {
    /// Where its entry names none.
    Default(&'static str),
    /// Its entry must name one.
    Required,
    /// It answers within the router.
    InProcess,
}

impl BaseUrl {
    pub fn default(self) -> Option<&'static str> {
        match self {
            Self::Default(url) => Some(url),
            Self::Required | Self::InProcess => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNeed {
    /// A call without a key is pointless.
    Always,
    /// Only where its entry names a variable for it.
    IfNamed,
    Never,
}

/// An API beside the one of [`KindFacts::dialect`], at the same host: a key goes nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherApi {
    pub dialect: Dialect,
    pub location: Location,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In place of [`KindFacts::path`], whatever the base URL.
    Beside(&'static str),
    /// In place of the version and of [`KindFacts::path`].
    AboveVersion(&'static str),
    /// At this path of the vendor's own hosts. Another host may be a proxy of the first API only.
    OnHosts { hosts: &'static [&'static str], path: &'static str },
}

/// Where providers of the OpenAI family differ in the chats that they take.
#[derive(Clone, Copy, Debug)]
pub struct ChatQuirks {
    /// The one name under which it takes the most tokens of an answer; `None` where both are
    /// taken, or where only the client can know.
    pub max_tokens_name: Option<&'static str>,
    pub refuses: Refuses,
    /// Whether the client's `provider` and `models` are passed on. They are OpenRouter's members;
    /// another server that knows them gives them the same meaning.
    pub keeps_preferences: bool,
    /// A parameter and its value for a stream with tools, where the client says nothing of it.
    pub added_to_streamed_tools: Option<(&'static str, &'static str)>,
    pub earlier_reasoning: ReasoningPolicy,
}

/// The parameters that are answered with a 400.
#[derive(Clone, Copy, Debug)]
pub enum Refuses {
    Nothing,
    /// By models that take no sampling.
    WithoutSampling(&'static [&'static str]),
    /// By models while they reason, and else.
    WhileReasoning {
        reasoning: &'static [&'static str],
        otherwise: &'static [&'static str],
    },
}

/// What becomes of the reasoning in the assistant's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasoningPolicy {
    Kept,
    /// Taken out: the provider never gave any.
    TakenOut,
    /// Given back as `reasoning_content` to the models that need it.
    GivenBackIfNeeded,
}
