//! What each model's API accepts: the shipped `capabilities.toml`, looked up by the upstream's name
//! of the model, overridden by the model's `[models.config]`.

use std::num::NonZeroU64;
use std::sync::OnceLock;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::entries::ModelConfig;
use crate::config::{ConfigFile, Problem, Problems};
use crate::domain::capabilities::{Capabilities, SearchStyle, ThinkingStyle};
use crate::domain::chat::Effort;
use crate::domain::pattern::matches;
use crate::domain::service::ModelKind;

const SHIPPED: &str = include_str!("../../capabilities.toml");

/// The keys of an entry besides `match`; each is valid in `[models.config]`, too.
const KEYS: [&str; 22] = [
    "serves",
    "max_output_tokens",
    "takes_sampling",
    "takes_both_samplings",
    "thinking",
    "always_thinks",
    "efforts",
    "takes_tools",
    "takes_forced_tools",
    "takes_json_schema",
    "takes_full_schemas",
    "takes_json_with_tools",
    "takes_late_system",
    "takes_prefill",
    "needs_reasoning_back",
    "takes_images",
    "takes_audio",
    "takes_video",
    "takes_files",
    "web_search",
    "api",
    "tools_with_reasoning_need_responses",
];

const STYLES: [(&str, ThinkingStyle); 5] = [
    ("none", ThinkingStyle::None),
    ("budget", ThinkingStyle::Budget),
    ("adaptive", ThinkingStyle::Adaptive),
    ("level", ThinkingStyle::Level),
    ("switch", ThinkingStyle::Switch),
];

const SEARCHES: [(&str, SearchStyle); 3] =
    [("none", SearchStyle::None), ("tool", SearchStyle::Tool), ("options", SearchStyle::Options)];

const EFFORTS: [(&str, Effort); 7] = [
    ("none", Effort::None),
    ("minimal", Effort::Minimal),
    ("low", Effort::Low),
    ("medium", Effort::Medium),
    ("high", Effort::High),
    ("xhigh", Effort::Xhigh),
    ("max", Effort::Max),
];

/// The known facts about one model. `api` and the field after it apply at the model's own vendor;
/// OpenRouter and other hosts serve the same model through chat completions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFacts {
    pub capabilities: Capabilities,
    /// The only or the preferred one of the vendor's two APIs; absent: either.
    pub api: Option<Api>,
    /// Chat completions reject tools together with reasoning.
    pub tools_with_reasoning_need_responses: bool,
}

/// OpenAI's two APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    Chat,
    Responses,
}

/// Why a table is rejected.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("the capability table is not valid: {0}")]
    Syntax(#[source] Box<toml::de::Error>),
    #[error("entry {at} of the capability table needs `match`, a pattern or a list of patterns")]
    NoPattern { at: usize },
    #[error("the entry `{pattern}` of the capability table is not valid: {reason}")]
    Entry { pattern: String, reason: Box<toml::de::Error> },
}

/// The capability table. The first entry that matches a model counts.
#[derive(Clone, Debug)]
pub struct Table {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    /// In lower case.
    patterns: Vec<String>,
    changes: Changes,
}

/// Overrides of the facts known so far.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Changes {
    #[serde(deserialize_with = "read_kind")]
    serves: Option<ModelKind>,
    max_output_tokens: Option<NonZeroU64>,
    takes_sampling: Option<bool>,
    takes_both_samplings: Option<bool>,
    #[serde(deserialize_with = "read_style")]
    thinking: Option<ThinkingStyle>,
    always_thinks: Option<bool>,
    #[serde(deserialize_with = "read_efforts")]
    efforts: Option<Vec<Effort>>,
    takes_tools: Option<bool>,
    takes_forced_tools: Option<bool>,
    takes_json_schema: Option<bool>,
    takes_full_schemas: Option<bool>,
    takes_json_with_tools: Option<bool>,
    takes_late_system: Option<bool>,
    takes_prefill: Option<bool>,
    needs_reasoning_back: Option<bool>,
    takes_images: Option<bool>,
    takes_audio: Option<bool>,
    takes_video: Option<bool>,
    takes_files: Option<bool>,
    #[serde(deserialize_with = "read_search")]
    web_search: Option<SearchStyle>,
    api: Option<Api>,
    tools_with_reasoning_need_responses: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    models: Vec<toml::Table>,
}

impl Table {
    /// The shipped table. A test parses it, so an error is a broken build.
    pub fn shipped() -> Result<Self, TableError> {
        Self::parse(SHIPPED)
    }

    /// The same, parsed once; `None` if it is not valid.
    pub fn shipped_once() -> Option<&'static Self> {
        static SHIPPED_TABLE: OnceLock<Option<Table>> = OnceLock::new();
        SHIPPED_TABLE.get_or_init(|| Self::shipped().ok()).as_ref()
    }

    pub fn parse(text: &str) -> Result<Self, TableError> {
        let raw: RawTable =
            toml::from_str(text).map_err(|error| TableError::Syntax(Box::new(error)))?;
        let entries = raw.models.into_iter().enumerate().map(|(at, raw)| Entry::read(at + 1, raw));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// The facts about the model with the upstream's name `remote_name`. Its `config` overrides the
    /// table; an invalid value there is ignored, see [`misread`].
    pub fn facts(&self, remote_name: &str, config: &ModelConfig) -> ModelFacts {
        let mut facts = ModelFacts::default();
        if let Some(entry) = self.entry(remote_name) {
            facts.capabilities.kind = Some(ModelKind::Chat);
            entry.changes.apply(&mut facts);
        }
        Changes::declared(config).apply(&mut facts);
        for (_, changes) in free_keys(&config.other) {
            if let Ok(changes) = changes {
                changes.apply(&mut facts);
            }
        }
        facts
    }

    /// Whether the table has an entry for that model.
    pub fn knows(&self, remote_name: &str) -> bool {
        self.entry(remote_name).is_some()
    }

    fn entry(&self, remote_name: &str) -> Option<&Entry> {
        let name = own_name(remote_name);
        self.entries.iter().find(|entry| entry.matches(&name))
    }
}

/// One message for each invalid override in `[models.config]`.
pub fn misread(config: &ModelConfig) -> Vec<String> {
    let errors = free_keys(&config.other)
        .filter_map(|(key, changes)| Some(format!("`{key}` is not valid: {}", changes.err()?)));
    errors.collect()
}

/// The same as warnings with their place in the file, for all models.
pub fn warnings(text: &str, file: &ConfigFile) -> Vec<Problem> {
    let problems = Problems::of(text);
    for model in &file.models {
        for wrong in misread(&model.config) {
            problems.warning(model.at, format!("[models.config] of `{}`: {wrong}", model.name));
        }
    }
    problems.into_sorted()
}

fn free_keys(
    other: &Map<String, Value>,
) -> impl Iterator<Item = (&'static str, serde_json::Result<Changes>)> {
    KEYS.into_iter().filter_map(|key| {
        let single = Map::from_iter([(key.to_owned(), other.get(key)?.clone())]);
        Some((key, serde_json::from_value(Value::Object(single))))
    })
}

/// A model's name in lower case and without vendor or folder: `qwen3-8b` for `Qwen/Qwen3-8B`.
fn own_name(remote_name: &str) -> String {
    remote_name.rsplit('/').next().unwrap_or(remote_name).to_lowercase()
}

impl Entry {
    fn read(at: usize, mut raw: toml::Table) -> Result<Self, TableError> {
        let patterns = match raw.remove("match") {
            Some(toml::Value::String(pattern)) => Some(vec![pattern.to_lowercase()]),
            Some(toml::Value::Array(patterns)) => {
                patterns.iter().map(|pattern| Some(pattern.as_str()?.to_lowercase())).collect()
            }
            _ => None,
        };
        let patterns = patterns.filter(|patterns| !patterns.is_empty());
        let patterns = patterns.ok_or(TableError::NoPattern { at })?;
        let changes = raw.try_into().map_err(|reason| TableError::Entry {
            pattern: patterns.join("`, `"),
            reason: Box::new(reason),
        })?;
        Ok(Self { patterns, changes })
    }

    fn matches(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, name))
    }
}

impl Changes {
    /// From the keys of `[models.config]` that predate the table.
    fn declared(config: &ModelConfig) -> Self {
        Self {
            takes_tools: config.supports_tools,
            takes_images: config.supports_vision,
            takes_audio: config.supports_audio,
            takes_video: config.supports_video,
            ..Self::default()
        }
    }

    fn apply(&self, facts: &mut ModelFacts) {
        let known = &mut facts.capabilities;
        known.kind = self.serves.or(known.kind);
        known.max_output_tokens =
            self.max_output_tokens.map(NonZeroU64::get).or(known.max_output_tokens);
        set(&mut known.takes_sampling, self.takes_sampling);
        set(&mut known.takes_both_samplings, self.takes_both_samplings);
        set(&mut known.thinking, self.thinking);
        set(&mut known.always_thinks, self.always_thinks);
        set(&mut known.efforts, self.efforts.clone());
        set(&mut known.takes_tools, self.takes_tools);
        set(&mut known.takes_forced_tools, self.takes_forced_tools);
        set(&mut known.takes_json_schema, self.takes_json_schema);
        set(&mut known.takes_full_schemas, self.takes_full_schemas);
        set(&mut known.takes_json_with_tools, self.takes_json_with_tools);
        set(&mut known.takes_late_system, self.takes_late_system);
        set(&mut known.takes_prefill, self.takes_prefill);
        set(&mut known.needs_reasoning_back, self.needs_reasoning_back);
        set(&mut known.takes_images, self.takes_images);
        set(&mut known.takes_audio, self.takes_audio);
        set(&mut known.takes_video, self.takes_video);
        set(&mut known.takes_files, self.takes_files);
        set(&mut known.web_search, self.web_search);
        facts.api = self.api.or(facts.api);
        set(
            &mut facts.tools_with_reasoning_need_responses,
            self.tools_with_reasoning_need_responses,
        );
    }
}

fn set<T>(known: &mut T, change: Option<T>) {
    if let Some(change) = change {
        *known = change;
    }
}

fn read_style<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ThinkingStyle>, D::Error> {
    let text = String::deserialize(from)?;
    by_name(&STYLES, &text).map(Some).map_err(D::Error::custom)
}

fn read_search<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SearchStyle>, D::Error> {
    let text = String::deserialize(from)?;
    by_name(&SEARCHES, &text).map(Some).map_err(D::Error::custom)
}

fn read_kind<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ModelKind>, D::Error> {
    let text = String::deserialize(from)?;
    let kinds = ModelKind::ALL.map(|kind| (kind.as_str(), kind));
    by_name(&kinds, &text).map(Some).map_err(D::Error::custom)
}

fn read_efforts<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Effort>>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let efforts = texts.iter().map(|text| by_name(&EFFORTS, text));
    efforts.collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}

fn by_name<T: Copy>(names: &[(&str, T)], text: &str) -> Result<T, String> {
    let found = names.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<_> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
        format!("`{text}` is none of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests;
