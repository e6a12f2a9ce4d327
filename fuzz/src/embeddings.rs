//! Requests for embeddings of each API, for upstreams of each, and what these answer.

use bytes::Bytes;
use llm_router::dialects::embeddings::{Asked, To, answer, check, to_upstream};
use llm_router::dialects::errors::NoAnswer;
use llm_router::domain::dialect::EmbeddingApi;
use serde_json::{Map, Value};

use crate::{error as told, is_json};

const CLIENTS: [(EmbeddingApi, &str); 5] = [
    (EmbeddingApi::OpenAi, r#"{"model":"m","input":["a","b"],"encoding_format":"base64"}"#),
    (EmbeddingApi::GeminiBatch, r#"{"requests":[{"content":{"parts":[{"text":"a"}]}}]}"#),
    (EmbeddingApi::GeminiSingle, r#"{"content":{"parts":[{"text":"a"}]}}"#),
    (EmbeddingApi::Ollama, r#"{"model":"m","input":["a","b"]}"#),
    (EmbeddingApi::OllamaSingle, r#"{"model":"m","prompt":"a"}"#),
];

const UPSTREAMS: [EmbeddingApi; 3] =
    [EmbeddingApi::OpenAi, EmbeddingApi::GeminiBatch, EmbeddingApi::Ollama];

/// # Panics
/// When what is sent to an upstream is no request, or not the client's texts.
pub fn request(bytes: &[u8]) {
    for (client, _) in CLIENTS {
        let Ok((body, facts, _)) = check(client, Bytes::copy_from_slice(bytes)) else { continue };
        assert!(!facts.is_stream, "embeddings are never streamed");
        let mut counts = Vec::new();
        for api in UPSTREAMS {
            let to = To {
                api,
                model: "up-m",
                default_params: &Map::new(),
                own_members: &["provider", "models"],
            };
            let sent = match to_upstream(client, &body, to) {
                Ok(sent) => sent,
                Err(bad) => {
                    assert!(!bad.message.trim().is_empty(), "a refusal says nothing");
                    continue;
                }
            };
            assert!(is_json(&sent.body), "a request is JSON");
            assert_eq!(sent.path.is_some(), api == EmbeddingApi::GeminiBatch);
            if !sent.is_own && client != EmbeddingApi::GeminiSingle {
                let bodies = [&sent.body].into_iter().chain(&sent.further);
                let count = |body: &Bytes| {
                    texts(api, &serde_json::from_slice(body).expect("a request of our own"))
                };
                counts.push(bodies.map(count).sum::<usize>());
            }
        }
        assert!(counts.windows(2).all(|two| two[0] == two[1]), "{client:?}: {counts:?}");
    }
}

fn texts(api: EmbeddingApi, body: &Value) -> usize {
    let list = match api {
        EmbeddingApi::GeminiBatch => &body["requests"],
        _ => &body["input"],
    };
    list.as_array().map_or(1, Vec::len)
}

/// # Panics
/// When what is made of an upstream's answer is none for the client.
pub fn answered(bytes: &[u8]) {
    for (client, asked) in CLIENTS {
        let (body, _, _) = check(client, Bytes::from(asked)).expect("a request");
        for upstream in UPSTREAMS {
            let (prompt_tokens, model) = (7, "up-m");
            let asked = Asked { api: client, body: &body, before: &[], prompt_tokens, model };
            match answer(upstream, asked, Bytes::copy_from_slice(bytes)) {
                Ok((out, summary)) => {
                    assert!(summary.is_done && summary.has_content);
                    // Of the same family it comes as it was.
                    if out != bytes {
                        check_written(client, upstream, &out);
                    }
                }
                Err(NoAnswer::Error(said)) => told::check(&said),
                Err(NoAnswer::Malformed(what)) => told::check_message(&what),
                Err(NoAnswer::GaveUp(why)) => told::check_message(&why.reason),
            }
        }
    }
}

fn check_written(client: EmbeddingApi, upstream: EmbeddingApi, out: &[u8]) {
    let body: Value = serde_json::from_slice(out).expect("an answer is JSON");
    let vectors = match client {
        EmbeddingApi::OpenAi => &body["data"],
        EmbeddingApi::GeminiBatch | EmbeddingApi::Ollama => &body["embeddings"],
        EmbeddingApi::GeminiSingle => {
            return assert!(body["embedding"]["values"].is_array(), "{body}");
        }
        EmbeddingApi::OllamaSingle => return assert!(body["embedding"].is_array(), "{body}"),
    };
    let vectors = vectors.as_array().expect("a list of vectors");
    assert!(!vectors.is_empty(), "no vector: {body}");
    if client == EmbeddingApi::OpenAi && upstream != client {
        assert!(vectors.iter().all(|one| one["embedding"].is_string()), "base64: {body}");
    }
}
