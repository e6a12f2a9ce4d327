//! All pairs of APIs, and what a client must be told.

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::dialects::errors::{BadRequest, NoAnswer};
use crate::domain::dialect::EmbeddingApi;

const CLIENTS: [EmbeddingApi; 5] = [
    EmbeddingApi::OpenAi,
    EmbeddingApi::GeminiBatch,
    EmbeddingApi::GeminiSingle,
    EmbeddingApi::Ollama,
    EmbeddingApi::OllamaSingle,
];

const UPSTREAMS: [EmbeddingApi; 3] =
    [EmbeddingApi::OpenAi, EmbeddingApi::GeminiBatch, EmbeddingApi::Ollama];

fn sent(
    client: EmbeddingApi,
    body: &Value,
    api: EmbeddingApi,
    default_params: &Value,
) -> Result<Sent, BadRequest> {
    let (body, _, _) = check(client, Bytes::from(body.to_string()))?;
    let default_params = default_params.as_object().unwrap();
    let own_members = &["provider", "models"];
    to_upstream(client, &body, To { api, model: "own-name", default_params, own_members })
}

fn answered(
    upstream: EmbeddingApi,
    client: EmbeddingApi,
    asked: &Value,
    body: &Value,
) -> Result<(Value, Option<u64>), NoAnswer> {
    let (asked, _, _) = check(client, Bytes::from(asked.to_string())).unwrap();
    let (api, before) = (client, &[]);
    let asked = Asked { api, body: &asked, before, prompt_tokens: 7, model: "own-name" };
    let (body, summary) = answer(upstream, asked, Bytes::from(body.to_string()))?;
    assert!(summary.is_done && summary.has_content && summary.tokens == 0);
    Ok((serde_json::from_slice(&body).unwrap(), summary.usage.map(|usage| usage.prompt)))
}

/// A request for one text in each API.
fn asked(client: EmbeddingApi) -> Value {
    match client {
        EmbeddingApi::OpenAi => json!({"model": "m", "input": "hi", "dimensions": 2}),
        EmbeddingApi::GeminiBatch => json!({"requests": [
            {"model": "models/m", "content": {"parts": [{"text": "hi"}]}, "outputDimensionality": 2}
        ]}),
        EmbeddingApi::GeminiSingle => {
            json!({"content": {"parts": [{"text": "hi"}]}, "outputDimensionality": 2})
        }
        EmbeddingApi::Ollama => json!({"model": "m", "input": ["hi"], "dimensions": 2}),
        EmbeddingApi::OllamaSingle => json!({"model": "m", "prompt": "hi", "dimensions": 2}),
    }
}

#[test]
fn every_api_reaches_every_upstream() {
    for client in CLIENTS {
        for upstream in UPSTREAMS {
            let request = sent(client, &asked(client), upstream, &json!({})).unwrap();
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let (text, dimensions, model) = match upstream {
                EmbeddingApi::GeminiBatch if client == EmbeddingApi::GeminiSingle => {
                    assert_eq!(request.path.as_deref(), Some("/own-name:embedContent"));
                    let text = &body["content"]["parts"][0]["text"];
                    (text, &body["outputDimensionality"], &body["model"])
                }
                EmbeddingApi::GeminiBatch => {
                    let one = &body["requests"][0];
                    assert_eq!(request.path.as_deref(), Some("/own-name:batchEmbedContents"));
                    (
                        &one["content"]["parts"][0]["text"],
                        &one["outputDimensionality"],
                        &one["model"],
                    )
                }
                EmbeddingApi::Ollama if client == EmbeddingApi::OllamaSingle => {
                    assert_eq!(request.path.as_deref(), Some("../embeddings"));
                    (&body["prompt"], &body["dimensions"], &body["model"])
                }
                _ => {
                    let input = &body["input"];
                    let text = if input.is_array() { &input[0] } else { input };
                    (text, &body["dimensions"], &body["model"])
                }
            };
            assert_eq!((text, dimensions), (&json!("hi"), &json!(2)), "{client:?} {upstream:?}");
            let model = model.as_str().unwrap();
            assert_eq!(model.trim_start_matches("models/"), "own-name", "{client:?} {upstream:?}");
        }
    }
}

#[test]
fn every_answer_reaches_every_client() {
    for (upstream, body, told) in [
        (
            EmbeddingApi::OpenAi,
            json!({"object": "list", "model": "served", "data": [
                {"object": "embedding", "index": 0, "embedding": [0.5, -2.0]}
            ], "usage": {"prompt_tokens": 3, "total_tokens": 3}}),
            Some(3),
        ),
        (EmbeddingApi::GeminiBatch, json!({"embeddings": [{"values": [0.5, -2.0]}]}), None),
        (
            EmbeddingApi::Ollama,
            json!({"model": "served", "embeddings": [[0.5, -2.0]], "prompt_eval_count": 3}),
            Some(3),
        ),
    ] {
        for client in CLIENTS {
            let body = match (upstream, client) {
                (EmbeddingApi::GeminiBatch, EmbeddingApi::GeminiSingle) => {
                    &json!({"embedding": body["embeddings"][0]})
                }
                (EmbeddingApi::Ollama, EmbeddingApi::OllamaSingle) => {
                    &json!({"embedding": body["embeddings"][0], "prompt_eval_count": 3})
                }
                _ => &body,
            };
            let (shown, tokens) = answered(upstream, client, &asked(client), body).unwrap();
            assert_eq!(tokens, told, "{upstream:?} {client:?}");
            let vector = match client {
                EmbeddingApi::OpenAi => {
                    let usage = json!(told.unwrap_or(7));
                    assert_eq!(shown["usage"]["prompt_tokens"], usage, "{upstream:?}");
                    assert!(shown["model"].is_string() && shown["object"] == "list");
                    &shown["data"][0]["embedding"]
                }
                EmbeddingApi::GeminiBatch => &shown["embeddings"][0]["values"],
                EmbeddingApi::GeminiSingle => &shown["embedding"]["values"],
                EmbeddingApi::Ollama => &shown["embeddings"][0],
                EmbeddingApi::OllamaSingle => &shown["embedding"],
            };
            assert_eq!(*vector, json!([0.5, -2.0]), "{upstream:?} {client:?}");
        }
    }
}

#[test]
fn bytes_of_the_same_family_keep_what_they_say() {
    let openai = UPSTREAMS[0];
    let body = json!({"input": [[1, 2]], "x": {"y": [1.50]}, "model": "m", "user": "u"});
    let request = sent(EmbeddingApi::OpenAi, &body, openai, &json!({"dimensions": 8})).unwrap();
    assert!(request.is_own && request.dropped.is_empty());
    assert_eq!(
        String::from_utf8(request.body.to_vec()).unwrap(),
        r#"{"dimensions":8,"input":[[1,2]],"x":{"y":[1.5]},"model":"own-name","user":"u"}"#
    );

    for (client, body, expected) in [
        (
            EmbeddingApi::Ollama,
            json!({"input": [], "options": {"x": 1.50}, "model": "m:latest", "provider": {}}),
            r#"{"dimensions":8,"input":[],"options":{"x":1.5},"model":"own-name"}"#,
        ),
        (
            EmbeddingApi::OllamaSingle,
            json!({"prompt": "hi", "keep_alive": 0, "model": "m"}),
            r#"{"dimensions":8,"prompt":"hi","keep_alive":0,"model":"own-name"}"#,
        ),
    ] {
        let request = sent(client, &body, UPSTREAMS[2], &json!({"dimensions": 8})).unwrap();
        assert!(request.is_own && request.dropped.is_empty());
        assert_eq!(std::str::from_utf8(&request.body).unwrap(), expected);
    }
    let defaults = json!({"dimensions": 8, "temperature": 1});
    for (body, expected) in [
        (
            json!({"requests": [{"content": {"z": 1.50}, "taskType": "X"}, {}, 5], "x": 1}),
            r#"{"requests":[{"model":"models/own-name","outputDimensionality":8,"content":{"z":1.5},"taskType":"X"},{},5],"x":1}"#,
        ),
        (
            json!({"requests": [{"model": "models/m", "outputDimensionality": 2}], "provider": {}}),
            r#"{"requests":[{"model":"models/own-name","outputDimensionality":2}]}"#,
        ),
        (
            json!({"requests": 5}),
            r#"`requests` cannot be read: invalid type: integer `5`, expected a sequence at line 1 column 1"#,
        ),
    ] {
        let request = sent(EmbeddingApi::GeminiBatch, &body, UPSTREAMS[1], &defaults);
        match request {
            Ok(request) => {
                assert!(request.is_own && request.dropped.is_empty());
                assert_eq!(std::str::from_utf8(&request.body).unwrap(), expected);
            }
            Err(refused) => assert_eq!(refused.message, expected),
        }
    }
}

#[test]
fn base64_is_made_where_the_upstream_has_numbers() {
    let asked = json!({"model": "m", "input": "hi", "encoding_format": "base64"});
    for (upstream, body) in [
        (EmbeddingApi::GeminiBatch, json!({"embeddings": [{"values": [1.0, -2.5]}]})),
        (EmbeddingApi::Ollama, json!({"model": "served", "embeddings": [[1.0, -2.5]]})),
        (EmbeddingApi::OpenAi, json!({"data": [{"index": 0, "embedding": [1.0, -2.5]}]})),
        (EmbeddingApi::OpenAi, json!({"data": [{"index": 0, "embedding": "AACAPwAAIMA="}]})),
    ] {
        let (shown, _) = answered(upstream, EmbeddingApi::OpenAi, &asked, &body).unwrap();
        assert_eq!(shown["data"][0]["embedding"], "AACAPwAAIMA=", "{upstream:?}");
    }
}

#[test]
fn texts_keep_their_order() {
    let body = json!({"data": [
        {"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}
    ]});
    let asked = json!({"model": "m", "input": ["a", "b"]});
    let (shown, _) = answered(EmbeddingApi::OpenAi, EmbeddingApi::Ollama, &asked, &body).unwrap();
    assert_eq!(shown["embeddings"], json!([[1.0], [2.0]]));
}

#[test]
fn what_other_apis_lack_is_told() {
    let body = json!({"model": "m", "input": "hi", "user": "u", "input_type": "query"});
    let request = sent(EmbeddingApi::OpenAi, &body, UPSTREAMS[1], &json!({})).unwrap();
    assert_eq!(request.dropped, ["user"]);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["requests"][0]["taskType"], "RETRIEVAL_QUERY");

    let body = json!({"model": "m", "content": "hi", "title": "t", "embedContentConfig": {
        "autoTruncate": true, "outputDimensionality": 2}});
    let request = sent(EmbeddingApi::GeminiSingle, &body, UPSTREAMS[0], &json!({})).unwrap();
    assert_eq!(request.dropped, ["autoTruncate", "title"]);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["input"], &body["dimensions"]), (&json!(["hi"]), &json!(2)));

    let ollama = UPSTREAMS[2];
    for (client, more, to, expected) in [
        (EmbeddingApi::OpenAi, json!({"input_type": "query"}), ollama, vec!["input_type"]),
        (EmbeddingApi::OpenAi, json!({"input_type": "other"}), UPSTREAMS[1], vec!["input_type"]),
        (EmbeddingApi::GeminiSingle, json!({"taskType": "CLUSTERING"}), ollama, vec!["taskType"]),
        (EmbeddingApi::GeminiSingle, json!({"taskType": "NEW"}), ollama, vec!["taskType"]),
        (EmbeddingApi::GeminiSingle, json!({"taskType": "TASK_TYPE_UNSPECIFIED"}), ollama, vec![]),
    ] {
        let mut body = asked(client);
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(sent(client, &body, to, &json!({})).unwrap().dropped, expected, "{body}");
    }
    let body =
        json!({"model": "m", "prompt": "hi", "keep_alive": 0, "truncate": true, "options": {}});
    let defaults = json!({"dimensions": 2, "temperature": 1});
    let request = sent(EmbeddingApi::OllamaSingle, &body, UPSTREAMS[0], &defaults).unwrap();
    assert_eq!(request.dropped, ["truncate", "options"]);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["input"], &body["dimensions"]), (&json!(["hi"]), &json!(2)));
}

#[test]
fn tokens_become_texts_for_who_takes_no_tokens() {
    for (input, expected) in [
        (json!([15339, 1917]), json!(["hello world"])),
        (json!([[15339], [1917]]), json!(["hello", " world"])),
    ] {
        let body = json!({"model": "m", "input": input});
        let request = sent(EmbeddingApi::OpenAi, &body, UPSTREAMS[2], &json!({})).unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["input"], expected);
    }
}

#[test]
fn hostile_input_is_refused_in_words() {
    let ollama = UPSTREAMS[2];
    for (client, body, expected) in [
        (EmbeddingApi::OpenAi, json!({"model": "m"}), "`input` is missing"),
        (EmbeddingApi::OpenAi, json!({"model": 7, "input": "a"}), "`model` must be a string"),
        (
            EmbeddingApi::OpenAi,
            json!({"model": "m", "input": []}),
            "`input` is empty: send at least one text",
        ),
        (
            EmbeddingApi::OpenAi,
            json!({"model": "m", "input": {"a": 1}}),
            "`input` must be a text, a list of texts, or tokens of texts",
        ),
        (
            EmbeddingApi::OpenAi,
            json!({"model": "m", "input": ["a", {"b": 1}]}),
            "`input[1]` must be a text, or its tokens",
        ),
        (
            EmbeddingApi::OpenAi,
            json!({"model": "m", "input": "a", "dimensions": "two"}),
            "`dimensions` must be a whole number",
        ),
        (
            EmbeddingApi::GeminiBatch,
            json!({"requests": []}),
            "`requests` is empty: send at least one",
        ),
        (
            EmbeddingApi::GeminiBatch,
            json!({"requests": [{"content": {"parts": [{"text": "a"}]}}, {"content": {"parts": []}}]}),
            "`requests[1].content` holds no text",
        ),
        (
            EmbeddingApi::GeminiSingle,
            json!({"content": {"parts": [{"text": "a"}, {"inlineData": {}}]}}),
            "`content.parts[1]` is no text: this model takes texts alone",
        ),
        (EmbeddingApi::Ollama, json!({"input": 1}), "`input` must be a text or a list of texts"),
        (
            EmbeddingApi::Ollama,
            json!({"input": ["a", 1]}),
            "`input` must be a text or a list of texts",
        ),
        (EmbeddingApi::OllamaSingle, json!({"input": "a"}), "`prompt` is missing"),
        (EmbeddingApi::OllamaSingle, json!({"prompt": ["a"]}), "`prompt` must be a text"),
    ] {
        // To an upstream of the same API requests go as they are.
        let is_ollamas = matches!(client, EmbeddingApi::Ollama | EmbeddingApi::OllamaSingle);
        let upstream = if is_ollamas { UPSTREAMS[0] } else { ollama };
        let refused = sent(client, &body, upstream, &json!({})).unwrap_err();
        assert_eq!(refused.message, expected, "{body}");
    }
    let tokens = json!({"model": "m", "input": [4_000_000_000u32]});
    let refused = sent(EmbeddingApi::OpenAi, &tokens, ollama, &json!({})).unwrap_err();
    assert!(refused.message.contains("send the text itself"), "{}", refused.message);
}

#[test]
fn what_is_no_answer_is_told() {
    for (upstream, body) in [
        (EmbeddingApi::OpenAi, json!({"error": {"message": "no such model"}})),
        (EmbeddingApi::GeminiBatch, json!({"error": {"message": "no such model"}})),
        (EmbeddingApi::Ollama, json!({"error": "no such model"})),
    ] {
        let asked = json!({"model": "m", "input": "a"});
        let fault = answered(upstream, EmbeddingApi::OpenAi, &asked, &body).unwrap_err();
        assert!(
            matches!(&fault, NoAnswer::Error(error) if error.message == "no such model"),
            "{fault:?}"
        );
    }
    for (upstream, body) in [
        (EmbeddingApi::OpenAi, json!({"data": []})),
        (EmbeddingApi::OpenAi, json!({"choices": []})),
        (EmbeddingApi::Ollama, json!({"embeddings": []})),
        (EmbeddingApi::Ollama, json!({"embeddings": [[1.0], [2.0]]})),
        (EmbeddingApi::GeminiBatch, json!({"embeddings": [{"values": ["a"]}]})),
    ] {
        let asked = json!({"model": "m", "input": "a"});
        let fault = answered(upstream, EmbeddingApi::OpenAi, &asked, &body).unwrap_err();
        assert!(matches!(fault, NoAnswer::Malformed(_)), "{fault:?}");
    }
}

#[test]
fn what_is_no_answer_to_the_same_family_is_told() {
    for (api, body, is_error) in [
        (EmbeddingApi::Ollama, json!({"error": "no such model"}), true),
        (EmbeddingApi::OllamaSingle, json!({"model": "m", "embedding": []}), false),
        (EmbeddingApi::Ollama, json!({"embeddings": null}), false),
    ] {
        let fault = answered(EmbeddingApi::Ollama, api, &asked(api), &body).unwrap_err();
        assert_eq!(matches!(fault, NoAnswer::Error(_)), is_error, "{fault:?}");
    }
    for body in [json!({"embeddings": []}), json!({"embedding": null})] {
        let client = EmbeddingApi::GeminiBatch;
        let fault = answered(client, client, &asked(client), &body).unwrap_err();
        assert!(matches!(fault, NoAnswer::Malformed(_)), "{fault:?}");
    }
}

#[test]
fn a_model_is_loaded_with_nothing_to_embed() {
    for (api, body, expected) in [
        (EmbeddingApi::Ollama, r#"{"model":"m"}"#, true),
        (EmbeddingApi::Ollama, r#"{"input":null}"#, true),
        (EmbeddingApi::Ollama, r#"{"input": ""}"#, true),
        (EmbeddingApi::Ollama, r#"{"input":[ ]}"#, true),
        (EmbeddingApi::Ollama, r#"{"input":" "}"#, false),
        (EmbeddingApi::Ollama, r#"{"input":[""]}"#, false),
        (EmbeddingApi::Ollama, r#"{"input":0}"#, false),
        (EmbeddingApi::Ollama, "[]", false),
        (EmbeddingApi::OllamaSingle, r#"{"input":"a"}"#, true),
        (EmbeddingApi::OllamaSingle, r#"{"prompt":"a"}"#, false),
    ] {
        assert_eq!(is_load(api, body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn more_texts_than_gemini_takes_go_in_several_requests() {
    for (count, sizes) in
        [(1, vec![1]), (100, vec![100]), (101, vec![100, 1]), (250, vec![100, 100, 50])]
    {
        let texts: Vec<String> = (0..count).map(|index: u64| index.to_string()).collect();
        let asked = json!({"model": "m", "input": texts, "dimensions": 1});
        let request = sent(EmbeddingApi::OpenAi, &asked, UPSTREAMS[1], &json!({})).unwrap();
        let bodies = [&request.body].into_iter().chain(&request.further);
        let bodies: Vec<Value> = bodies.map(|body| serde_json::from_slice(body).unwrap()).collect();
        let mut answers = Vec::new();
        for (body, size) in bodies.iter().zip(&sizes) {
            let requests = body["requests"].as_array().unwrap();
            assert_eq!(requests.len(), *size, "{count}");
            let vectors = requests.iter().map(|one| {
                assert_eq!(one["outputDimensionality"], 1);
                let text = one["content"]["parts"][0]["text"].as_str().unwrap();
                json!({"values": [text.parse::<f32>().unwrap()]})
            });
            let vectors: Vec<Value> = vectors.collect();
            let usage = json!({"promptTokenCount": size});
            let answer = json!({"embeddings": vectors, "usageMetadata": usage});
            answers.push(Bytes::from(answer.to_string()));
        }
        assert_eq!(answers.len(), sizes.len(), "{count}");
        let (body, _, _) = check(EmbeddingApi::OpenAi, Bytes::from(asked.to_string())).unwrap();
        let (last, before) = answers.split_last().unwrap();
        let asked =
            Asked { api: EmbeddingApi::OpenAi, body: &body, before, prompt_tokens: 7, model: "x" };
        let (shown, summary) = answer(UPSTREAMS[1], asked, last.clone()).unwrap();
        assert_eq!(summary.usage.unwrap().prompt, count);
        let shown: Value = serde_json::from_slice(&shown).unwrap();
        let found: Vec<f64> = shown["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["embedding"][0].as_f64().unwrap())
            .collect();
        let expected: Vec<f64> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(found, expected);
    }
}
