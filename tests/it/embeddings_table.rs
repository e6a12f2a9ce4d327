//! Of `docs/PROVIDERS.md` what becomes of each part of a request for embeddings, by each client's
//! API and each provider's.

use std::fmt::Write;

use bytes::Bytes;
use llm_router::dialects::embeddings::{Sent, To, check, to_upstream};
use llm_router::dialects::errors::BadRequest;
use llm_router::domain::dialect::EmbeddingApi;
use serde_json::{Map, Value, json};

use crate::providers_table::merge;

const UPSTREAMS: [(&str, EmbeddingApi); 3] = [
    ("OpenAI family", EmbeddingApi::OpenAi),
    ("gemini", EmbeddingApi::GeminiBatch),
    ("ollama", EmbeddingApi::Ollama),
];

struct Client {
    title: &'static str,
    api: EmbeddingApi,
    plain: Value,
    features: Vec<(&'static str, Value)>,
}

fn clients() -> [Client; 5] {
    let one = |more: Value| {
        let mut one = json!({"content": {"parts": [{"text": "a"}]}});
        merge(&mut one, &more);
        one
    };
    let batch = |more: Value| json!({"requests": [one(json!({})), one(more)]});
    [
        Client {
            title: "`/v1/embeddings`",
            api: EmbeddingApi::OpenAi,
            plain: json!({"model": "m", "input": ["a", "b"]}),
            features: vec![
                ("a list of texts", json!({})),
                ("a list of tokens", json!({"input": [[15339], [1917]]})),
                ("`dimensions`", json!({"dimensions": 2})),
                ("`encoding_format` base64", json!({"encoding_format": "base64"})),
                ("`input_type`", json!({"input_type": "query"})),
                ("`user`", json!({"user": "me"})),
                ("an unknown member", json!({"x_new": 1})),
            ],
        },
        Client {
            title: "`:embedContent`",
            api: EmbeddingApi::GeminiSingle,
            plain: one(json!({})),
            features: vec![
                ("`content`, texts", json!({})),
                (
                    "`content`, an image",
                    json!({"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]}}),
                ),
                ("`outputDimensionality`", json!({"outputDimensionality": 2})),
                ("`taskType`", json!({"taskType": "RETRIEVAL_QUERY"})),
                ("`title`", json!({"title": "t"})),
                ("an unknown member", json!({"x_new": 1})),
            ],
        },
        Client {
            title: "`:batchEmbedContents`",
            api: EmbeddingApi::GeminiBatch,
            plain: batch(json!({})),
            features: vec![
                ("several `requests`", json!({})),
                ("`title` of one", batch(json!({"title": "t"}))),
            ],
        },
        Client {
            title: "`/api/embed`",
            api: EmbeddingApi::Ollama,
            plain: json!({"model": "m", "input": ["a", "b"]}),
            features: vec![
                ("a list of texts", json!({})),
                ("`dimensions`", json!({"dimensions": 2})),
                ("`truncate`", json!({"truncate": false})),
                ("`options`", json!({"options": {"num_ctx": 9}})),
                ("`keep_alive`", json!({"keep_alive": "5m"})),
            ],
        },
        Client {
            title: "`/api/embeddings`",
            api: EmbeddingApi::OllamaSingle,
            plain: json!({"model": "m", "prompt": "a"}),
            features: vec![
                ("`prompt`", json!({})),
                ("`options`", json!({"options": {"num_ctx": 9}})),
            ],
        },
    ]
}

fn sent(client: &Client, more: &Value, api: EmbeddingApi) -> Result<Sent, BadRequest> {
    let mut body = client.plain.clone();
    merge(&mut body, more);
    let (body, ..) = check(client.api, Bytes::from(body.to_string()))?;
    let default_params = &Map::new();
    to_upstream(client.api, &body, To { api, model: "m", default_params, own_members: &[] })
}

fn fate(client: &Client, feature: &Value, api: EmbeddingApi) -> &'static str {
    match sent(client, feature, api) {
        Err(bad) => {
            assert!(bad.param.is_some(), "{}: a refusal without a place", bad.message);
            "refused"
        }
        Ok(with) if with.is_own => "as it is",
        Ok(with) if !with.dropped.is_empty() => "dropped",
        Ok(with) => {
            let is_plain = feature.as_object().is_some_and(Map::is_empty);
            match !is_plain && sent(client, &json!({}), api).unwrap().body == with.body {
                // The answer is what it asks for.
                true if feature.get("encoding_format").is_some() => "made here",
                true => "left out",
                false => "carried",
            }
        }
    }
}

pub fn section() -> String {
    let mut text = String::from(
        "\n### Embeddings\n\n\
         What becomes of a request for embeddings, by the client's API and the provider's; *made here*: the answer is made what it\n\
         asks for. More than 100 texts go to `gemini` in several requests, one after another, but for those of its own API.\n\n\
         | client | |",
    );
    for (name, _) in UPSTREAMS {
        write!(text, " {name} |").unwrap();
    }
    text.push_str("\n|---|---");
    text.push_str(&"|---".repeat(UPSTREAMS.len()));
    text.push_str("|\n");
    for client in clients() {
        for (name, feature) in &client.features {
            write!(text, "| {} | {name} |", client.title).unwrap();
            for (_, api) in UPSTREAMS {
                write!(text, " {} |", fate(&client, feature, api)).unwrap();
            }
            text.push('\n');
        }
    }
    text
}
