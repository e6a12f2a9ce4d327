//! OpenRouter's `provider` object, as far as it applies to a router with its own providers.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::dialects::errors::BadRequest;
use crate::dialects::json::body::JsonBody;
use crate::domain::facts::{MaxPrice, Preferences};
use crate::domain::strategy::Strategy;

/// Keys about OpenRouter's own providers are ignored.
///
/// # Errors
/// When a known key has the wrong type.
pub fn read(body: &JsonBody) -> Result<Preferences, BadRequest> {
    let Some(text) = body.value_of("provider").filter(|text| *text != b"null") else {
        return Ok(Preferences::default());
    };
    let written: Written = serde_json::from_slice(text).map_err(|error| {
        BadRequest::new(format!("`provider` cannot be read: {error}"), "provider")
    })?;
    Ok(Preferences {
        order: written.order,
        only: written.only,
        ignore: written.ignore,
        strategy: written.sort.as_deref().and_then(strategy),
        max_price: MaxPrice {
            prompt: written.max_price.prompt,
            completion: written.max_price.completion,
        },
        require_parameters: written.require_parameters,
        allow_fallbacks: written.allow_fallbacks,
    })
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "struct Preferences")]
struct Written {
    order: Vec<String>,
    only: Vec<String>,
    ignore: Vec<String>,
    #[serde(deserialize_with = "sort_word")]
    sort: Option<String>,
    max_price: WrittenPrice,
    require_parameters: bool,
    allow_fallbacks: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "struct MaxPrice")]
struct WrittenPrice {
    #[serde(deserialize_with = "dollars")]
    prompt: Option<f64>,
    #[serde(deserialize_with = "dollars")]
    completion: Option<f64>,
}

/// Other values apply to OpenRouter only.
fn strategy(sort: &str) -> Option<Strategy> {
    match sort {
        "price" => Some(Strategy::LeastCost),
        "latency" | "throughput" => Some(Strategy::LeastLatency),
        _ => None,
    }
}

/// A string, or an object with the string in `by`.
fn sort_word<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "`sort` must be a word, or an object with `by`")]
    enum Sort {
        Word(String),
        Object { by: Option<String> },
    }
    Ok(Option::deserialize(value)?.and_then(|sort| match sort {
        Sort::Word(word) => Some(word),
        Sort::Object { by } => by,
    }))
}

/// A number, or a number in a string.
fn dollars<'de, D: Deserializer<'de>>(value: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a price must be a number of dollars")]
    enum Price {
        Number(f64),
        Text(String),
    }
    let price = match Option::deserialize(value)? {
        None => return Ok(None),
        Some(Price::Number(price)) => price,
        Some(Price::Text(text)) => text.trim().parse().map_err(D::Error::custom)?,
    };
    if !price.is_finite() || price < 0.0 {
        return Err(D::Error::custom("a price must be a number of dollars, 0 or more"));
    }
    Ok(Some(price))
}

#[cfg(test)]
mod tests {
    use super::super::body;
    use super::*;
    use serde_json::{Value, json};

    fn preferences(provider: Value) -> Result<Preferences, String> {
        let body = json!({"messages": [{"role": "user", "content": ""}], "provider": provider});
        let body = body::parse(body.to_string().into()).unwrap();
        read(&body).map_err(|bad| bad.message)
    }

    #[test]
    fn prices_and_the_sort_are_read_in_each_of_their_forms() {
        for (written, prompt) in [
            (json!(0), Some(0.0)),
            (json!(1.5), Some(1.5)),
            (json!(" 2.5"), Some(2.5)),
            (json!(null), None),
        ] {
            let read = preferences(json!({"max_price": {"prompt": written, "image": 3}})).unwrap();
            assert_eq!(read.max_price, MaxPrice { prompt, completion: None });
        }
        for (written, strategy) in [
            (json!("price"), Some(Strategy::LeastCost)),
            (json!({"by": "throughput", "partition": "none"}), Some(Strategy::LeastLatency)),
            (json!({}), None),
            (json!("exacto"), None),
            (json!(null), None),
        ] {
            assert_eq!(preferences(json!({ "sort": written })).unwrap().strategy, strategy);
        }
        assert_eq!(preferences(json!(null)).unwrap(), Preferences::default());
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for written in [json!(-1), json!("NaN"), json!("inf"), json!("cheap"), json!([1])] {
            let refused = preferences(json!({"max_price": {"completion": written}})).unwrap_err();
            assert!(refused.starts_with("`provider` cannot be read: "), "{refused}");
        }
        assert!(preferences(json!({"sort": 3})).is_err());
        assert!(preferences(json!({"only": "openai"})).is_err());
    }
}
