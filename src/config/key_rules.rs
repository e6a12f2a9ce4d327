//! A key's restrictions and limits, with the same names in `[[api_keys]]`, over REST, on the
//! command line and in the database.

use std::collections::BTreeMap;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::sections::network;
use crate::domain::money::NanoUsd;

/// Whether a key may manage the router, or only call models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    #[default]
    User,
    Admin,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Admin].into_iter().find(|role| role.as_str() == text)
    }
}

/// Restrictions and limits. An absent list allows everything, an empty one nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KeyRules {
    /// `provider/model` or a model's name alone, with `*` as a wildcard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_models: Option<Vec<String>>,
    /// Names of providers, with `*` as a wildcard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_providers: Option<Vec<String>>,
    /// A model must have at least one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_tags: Option<Vec<String>>,
    /// Networks or single addresses from which the key may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_ips: Option<Vec<String>>,
    #[serde(skip_serializing_if = "ParameterLimits::is_empty")]
    #[schema(value_type = Option<ParameterLimits>)]
    pub parameter_limits: ParameterLimits,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub requests_per_minute: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub tokens_per_minute: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetRules>,
    /// Whether a key with a budget in dollars may call models of unknown price.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(value_type = Option<bool>)]
    pub allow_unpriced: bool,
    /// `false`: the bodies of its calls are not recorded, nor how prompt and answer begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_bodies: Option<bool>,
}

/// `[api_keys.budget]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetRules {
    /// Dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    pub per: Per,
    /// IANA name of the time zone whose midnight ends a day or month; absent: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// The period after which a budget starts anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    Day,
    Month,
    /// Never.
    #[default]
    Total,
}

impl Per {
    pub const ALL: [Self; 3] = [Self::Day, Self::Month, Self::Total];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|per| per.as_str() == text)
    }
}

/// A larger amount does not fit into the database's nano-dollars.
const MAX_USD: f64 = 1e9;

impl BudgetRules {
    /// `usd` as whole nano-dollars.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked in the line before")]
    pub fn money(&self) -> Option<NanoUsd> {
        let usd = self.usd.filter(|usd| (0.0..=MAX_USD).contains(usd))?;
        Some(NanoUsd((usd * 1e9).round() as i64))
    }

    /// The zone; `None` where its name is unknown.
    pub fn zone(&self) -> Option<TimeZone> {
        match &self.time_zone {
            None => Some(TimeZone::UTC),
            Some(name) => TimeZone::get(name).ok(),
        }
    }
}

/// `[api_keys.parameter_limits]`: bounds of a request's parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<Limit>,
    /// Limits of any other parameter, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_limits: BTreeMap<String, Limit>,
}

impl ParameterLimits {
    pub const NAMES: [&str; 5] =
        ["max_tokens", "temperature", "top_p", "frequency_penalty", "presence_penalty"];

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each limit with its parameter's name.
    pub fn each(&self) -> impl Iterator<Item = (&str, Limit)> {
        let named = [
            self.max_tokens,
            self.temperature,
            self.top_p,
            self.frequency_penalty,
            self.presence_penalty,
        ];
        let named = Self::NAMES.into_iter().zip(named);
        let named = named.filter_map(|(name, limit)| Some((name, limit?)));
        named.chain(self.custom_limits.iter().map(|(name, limit)| (name.as_str(), *limit)))
    }

    pub(super) fn limit_mut(&mut self, name: &str) -> Option<&mut Option<Limit>> {
        match name {
            "max_tokens" => Some(&mut self.max_tokens),
            "temperature" => Some(&mut self.temperature),
            "top_p" => Some(&mut self.top_p),
            "frequency_penalty" => Some(&mut self.frequency_penalty),
            "presence_penalty" => Some(&mut self.presence_penalty),
            _ => None,
        }
    }
}

/// Written as a number, which is the maximum, or as `{min, max}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenLimit", into = "WrittenLimit")]
pub struct Limit {
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        WrittenLimit::schema()
    }
}

impl ToSchema for Limit {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        WrittenLimit::schemas(schemas);
    }
}

impl Limit {
    /// The nearest value within the bounds; `None` if `value` is within them.
    pub fn adjusted(self, value: f64) -> Option<f64> {
        let raised = self.min.filter(|min| value < *min);
        let lowered = self.max.filter(|max| value > *max || value.is_nan());
        lowered.or(raised)
    }
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
enum WrittenLimit {
    #[schema(value_type = f64)]
    Max(Number),
    Range(Range),
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LimitRange)]
struct Range {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    min: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    max: Option<Number>,
}

impl TryFrom<WrittenLimit> for Limit {
    type Error = &'static str;

    fn try_from(written: WrittenLimit) -> Result<Self, Self::Error> {
        let limit = match written {
            WrittenLimit::Max(max) => Self { min: None, max: max.as_f64() },
            WrittenLimit::Range(Range { min, max }) => Self {
                min: min.and_then(|min| min.as_f64()),
                max: max.and_then(|max| max.as_f64()),
            },
        };
        match limit {
            Self { min: None, max: None } => Err("a limit needs `min` or `max`"),
            Self { min: Some(min), max: Some(max) } if min > max => Err("`min` is above `max`"),
            limit => Ok(limit),
        }
    }
}

impl From<Limit> for WrittenLimit {
    fn from(limit: Limit) -> Self {
        match limit {
            Limit { min: None, max: Some(max) } => Self::Max(number(max)),
            Limit { min, max } => Self::Range(Range { min: min.map(number), max: max.map(number) }),
        }
    }
}

/// A number; a whole one without `.0`.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked in the line before")]
pub fn number(value: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Number::from(value as i64);
    }
    Number::from_f64(value).unwrap_or_else(|| Number::from(0))
}

/// An invalid field, and the reason.
pub type BadRule = (&'static str, String);

impl KeyRules {
    /// All invalid fields, in their order.
    pub fn problems(&self) -> Vec<BadRule> {
        let mut found = Vec::new();
        let lists = [
            ("allowed_models", &self.allowed_models),
            ("allowed_providers", &self.allowed_providers),
            ("allowed_tags", &self.allowed_tags),
        ];
        for (field, list) in lists {
            let is_empty = |name: &String| name.trim().is_empty();
            if list.iter().flatten().any(is_empty) {
                found.push((field, String::from("holds an empty name")));
            }
        }
        for text in self.allowed_ips.iter().flatten() {
            if network(text).is_none() {
                let message = format!("holds `{text}`, which is not a network like 10.0.0.0/8");
                found.push(("allowed_ips", message));
            }
        }
        for (field, limit) in [
            ("requests_per_minute", self.requests_per_minute),
            ("tokens_per_minute", self.tokens_per_minute),
        ] {
            if limit == Some(0) {
                let message = "must be at least 1; to block a key, set it inactive";
                found.push((field, String::from(message)));
            }
        }
        if let Some(budget) = &self.budget {
            found.extend(budget.problems());
        }
        found
    }

    pub fn networks(&self) -> Option<Vec<IpNet>> {
        let written = self.allowed_ips.as_ref()?;
        Some(written.iter().filter_map(|text| network(text)).collect())
    }
}

impl BudgetRules {
    fn problems(&self) -> Vec<BadRule> {
        let mut found = Vec::new();
        let mut bad = |message: String| found.push(("budget", message));
        if self.usd.is_none() && self.tokens.is_none() {
            bad(String::from("needs `usd` or `tokens`"));
        }
        if self.usd.is_some() && self.money().is_none() {
            bad(format!("`usd` must be from 0 to {MAX_USD}"));
        }
        if self.tokens.is_some_and(|tokens| i64::try_from(tokens).is_err()) {
            bad(String::from("`tokens` is too large"));
        }
        if let (Some(name), None) = (&self.time_zone, self.zone()) {
            bad(format!("`time_zone` `{name}` is unknown; write it like Europe/Berlin"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_a_range() {
        let limit = |text: &str| serde_json::from_str::<Limit>(text);
        assert_eq!(limit("4096").unwrap(), Limit { min: None, max: Some(4096.0) });
        assert_eq!(limit(r#"{"min":0.5}"#).unwrap(), Limit { min: Some(0.5), max: None });
        for bad in ["{}", r#"{"min":2,"max":1}"#, "\"5\"", r#"{"most":1}"#] {
            assert!(limit(bad).is_err(), "{bad}");
        }
        for text in ["4096", r#"{"min":1,"max":2.5}"#] {
            assert_eq!(serde_json::to_string(&limit(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn a_value_is_brought_within_its_limit() {
        let limit = Limit { min: Some(0.5), max: Some(1.0) };
        for (value, adjusted) in
            [(0.7, None), (2.0, Some(1.0)), (0.1, Some(0.5)), (f64::INFINITY, Some(1.0))]
        {
            assert_eq!(limit.adjusted(value), adjusted, "{value}");
        }
    }

    #[test]
    fn an_invalid_rule_is_reported_with_its_field() {
        let rules: KeyRules = serde_json::from_value(serde_json::json!({
            "allowed_models": ["openai/*", " "],
            "allowed_ips": ["10.0.0.0/8", "::1", "home"],
            "requests_per_minute": 0,
            "budget": {"usd": -1.0, "time_zone": "Europe/Bärlin"},
        }))
        .unwrap();
        let reported: String = rules
            .problems()
            .iter()
            .map(|(field, message)| format!("{field}: {message}\n"))
            .collect();
        insta::assert_snapshot!(reported, @r"
        allowed_models: holds an empty name
        allowed_ips: holds `home`, which is not a network like 10.0.0.0/8
        requests_per_minute: must be at least 1; to block a key, set it inactive
        budget: `usd` must be from 0 to 1000000000
        budget: `time_zone` `Europe/Bärlin` is unknown; write it like Europe/Berlin
        ");
    }
}
