//! A search of the web by the provider's servers, asked for by a client of one API and run by the
//! provider of another.

use serde_json::{Value, json};

use crate::messages::{accumulated, ask as of_messages, config};
use crate::support::{Config, Script, TestApp, Upstream};
use crate::{gemini_client, responses_client};

const TEXT: &str = "Öl. It rains in Ulm.";

/// Of Gemini's API: the places are counted in bytes.
fn gemini_answer() -> Value {
    json!({"candidates": [{
        "content": {"role": "model", "parts": [{"text": TEXT}]}, "finishReason": "STOP", "index": 0,
        "groundingMetadata": {
            "webSearchQueries": ["weather ulm"],
            "groundingChunks": [
                {"web": {"uri": "https://w.example/ulm", "title": "w.example"}},
                {"web": {"uri": "https://x.example", "title": "x.example"}},
            ],
            "groundingSupports": [{
                "segment": {"startIndex": 5, "endIndex": 21, "text": "It rains in Ulm."},
                "groundingChunkIndices": [0, 1],
            }],
        },
    }], "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4, "totalTokenCount": 13},
        "modelVersion": "gemini-2.5-flash", "responseId": "r1"})
}

fn anthropic_answer() -> Value {
    let cited = json!([{"type": "web_search_result_location", "url": "https://w.example/ulm",
        "title": "Weather", "encrypted_index": "E", "cited_text": "Rain."}]);
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5",
        "content": [
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "weather ulm"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
                {"type": "web_search_result", "url": "https://w.example/ulm", "title": "Weather", "encrypted_content": "E", "page_age": "1 hour"},
            ]},
            {"type": "text", "text": "Öl. "},
            {"type": "text", "text": "It rains in Ulm.", "citations": cited},
        ],
        "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 9, "output_tokens": 4, "server_tool_use": {"web_search_requests": 1}}})
}

fn responses_answer() -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "gpt-5.6-sol",
        "output": [
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {
                "type": "search", "query": "weather ulm", "queries": ["weather ulm"],
                "sources": [{"type": "url", "url": "https://w.example/ulm"}]}},
            {"type": "web_search_call", "id": "ws_2", "status": "completed", "action": {"type": "open_page", "url": "https://w.example/ulm"}},
            {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [
                {"type": "output_text", "text": TEXT, "annotations": [
                    {"type": "url_citation", "start_index": 4, "end_index": 20, "url": "https://w.example/ulm", "title": "Weather"},
                    {"type": "file_citation", "file_id": "f"}]}]},
        ],
        "usage": {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}})
}

async fn serve(kind: &str, model: &str, answer: &Value) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat_body(&answer.to_string())).await;
    let app = TestApp::start(&config(kind, &upstream, model)).await;
    (upstream, app)
}

fn sent(upstream: &Upstream) -> Value {
    serde_json::from_slice(&upstream.requests().remove(0).body).unwrap()
}

/// Without the strings that only say who wrote them.
fn without_envelopes(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| *item = without_envelopes(item.take()));
        }
        Value::Object(members) => {
            members.retain(|_, value| !value.as_str().is_some_and(|it| it.starts_with("bGxtcjE6")));
            members.values_mut().for_each(|value| *value = without_envelopes(value.take()));
        }
        _ => {}
    }
    value
}

/// As Claude Code asks for a search: with the one tool, and forced.
fn claude_codes() -> Value {
    json!({
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}],
        "tool_choice": {"type": "tool", "name": "web_search"},
    })
}

#[tokio::test]
async fn claude_code_searches_with_gemini() {
    let (upstream, app) = serve("gemini", "gemini-2.5-flash", &gemini_answer()).await;
    let answer = app.post("/v1/messages", &of_messages(claude_codes())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let dropped = answer.header("x-llm-router-dropped");
    assert_eq!(dropped, Some("web_search.max_uses, tool_choice"));
    let message = answer.json();
    let expected = json!([
        {"type": "server_tool_use", "id": "srvtoolu_bGxtcjE60", "name": "web_search", "input": {"query": "weather ulm"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_bGxtcjE60", "content": [
            {"type": "web_search_result", "url": "https://w.example/ulm", "title": "w.example", "page_age": null},
            {"type": "web_search_result", "url": "https://x.example", "title": "x.example", "page_age": null},
        ]},
        {"type": "text", "text": "Öl. "},
        {"type": "text", "text": "It rains in Ulm.", "citations": [
            {"type": "web_search_result_location", "url": "https://w.example/ulm", "title": "w.example", "cited_text": ""},
            {"type": "web_search_result_location", "url": "https://x.example", "title": "x.example", "cited_text": ""},
        ]},
    ]);
    assert_eq!(without_envelopes(message["content"].clone()), expected);
    assert_eq!(message["usage"]["server_tool_use"], json!({"web_search_requests": 1}));
    assert_eq!(sent(&upstream)["tools"], json!([{"googleSearch": {}}]));
}

#[tokio::test]
async fn a_client_of_responses_searches_with_claude() {
    let (upstream, app) = serve("claude", "claude-haiku-4-5", &anthropic_answer()).await;
    let body = responses_client::ask(json!({
        "tools": [
            {"type": "web_search", "search_context_size": "low", "filters": {"allowed_domains": ["w.example"]},
             "user_location": {"type": "approximate", "country": "DE", "city": "Ulm"}},
            {"type": "function", "name": "f", "parameters": {"type": "object"}},
        ],
        "tool_choice": {"type": "web_search"},
    }));
    let answer = app.post("/v1/responses", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let dropped = answer.header("x-llm-router-dropped");
    assert_eq!(dropped, Some("web_search.search_context_size"));
    let output = answer.json()["output"].clone();
    let (call, message) = (&output[0], &output[1]);
    assert_eq!((&call["type"], &call["status"]), (&json!("web_search_call"), &json!("completed")));
    assert!(call["id"].as_str().unwrap().starts_with("ws_"), "{call}");
    let action = json!({"type": "search", "query": "weather ulm", "queries": ["weather ulm"],
        "sources": [{"type": "url", "url": "https://w.example/ulm"}]});
    assert_eq!(call["action"], action);
    let part = json!({"type": "output_text", "text": TEXT, "logprobs": [], "annotations": [
        {"type": "url_citation", "url": "https://w.example/ulm", "title": "Weather", "start_index": 4, "end_index": 20}]});
    assert_eq!((&message["content"], output.as_array().unwrap().len()), (&json!([part]), 2));

    let sent = sent(&upstream);
    assert_eq!(sent["tools"][0]["name"], "f");
    let tool = json!({"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["w.example"],
        "user_location": {"type": "approximate", "city": "Ulm", "country": "DE"}});
    assert_eq!(sent["tools"][1], tool);
    assert_eq!(sent["tool_choice"], json!({"type": "tool", "name": "web_search"}));
}

#[tokio::test]
async fn a_client_of_gemini_searches_with_responses() {
    let (upstream, app) = serve("openai", "gpt-5.6-sol", &responses_answer()).await;
    let body = gemini_client::ask(
        json!({"tools": [{"googleSearch": {}}, {"functionDeclarations": [{"name": "f"}]}]}),
    );
    let answer = app.post(gemini_client::WHOLE, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-llm-router-dropped"), None);
    let candidate = answer.json()["candidates"][0].clone();
    assert_eq!(candidate["content"]["parts"], json!([{"text": TEXT}]));
    let expected = json!({
        "webSearchQueries": ["weather ulm"],
        "groundingChunks": [{"web": {"uri": "https://w.example/ulm", "title": "https://w.example/ulm"}}],
        "groundingSupports": [{
            "segment": {"startIndex": 5, "endIndex": 21, "text": "It rains in Ulm."},
            "groundingChunkIndices": [0],
        }],
    });
    assert_eq!(candidate["groundingMetadata"], expected);
    let sent = sent(&upstream);
    assert_eq!(sent["tools"][1], json!({"type": "web_search"}));
    assert!(sent["include"].as_array().unwrap().contains(&json!("web_search_call.action.sources")));
}

#[tokio::test]
async fn a_chat_searches_with_claude() {
    let (upstream, app) = serve("claude", "claude-haiku-4-5", &anthropic_answer()).await;
    let body = json!({"model": "up/m", "messages": [{"role": "user", "content": "hi"}],
        "web_search_options": {"user_location": {"type": "approximate", "approximate": {"country": "DE"}}}});
    let answer = app.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-llm-router-dropped"), None);
    let message = answer.json()["choices"][0]["message"].clone();
    let cited = json!({"url": "https://w.example/ulm", "title": "Weather", "start_index": 4, "end_index": 20});
    assert_eq!(message["content"], TEXT);
    assert_eq!(message["annotations"], json!([{"type": "url_citation", "url_citation": cited}]));
    let place = json!({"type": "approximate", "country": "DE"});
    assert_eq!(sent(&upstream)["tools"][0]["user_location"], place);
}

#[tokio::test]
async fn openais_models_for_searches_in_chats_search_for_claude_code() {
    let chat = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o-search-preview",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT,
            "annotations": [{"type": "url_citation", "url_citation": {"url": "https://w.example/ulm", "title": "Weather", "start_index": 4, "end_index": 20}}]}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}});
    let (upstream, app) = serve("openai", "gpt-4o-search-preview", &chat).await;
    let answer = app.post("/v1/messages", &of_messages(claude_codes())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-llm-router-dropped"), Some("web_search.max_uses"));
    let message = answer.json();
    assert_eq!(message["content"][1]["content"][0]["url"], "https://w.example/ulm");
    assert_eq!(message["content"][3]["citations"][0]["title"], "Weather");
    assert_eq!(message["usage"]["server_tool_use"], json!({"web_search_requests": 1}));
    assert_eq!(sent(&upstream)["web_search_options"], json!({}));
}

#[tokio::test]
async fn a_forced_search_that_no_model_can_run_is_refused_in_plain_words() {
    for (kind, model) in [
        ("openai_compatible", "glm-5"),
        ("openai", "gpt-4.1"),
        ("ollama", "qwen3"),
        ("gemini", "gemini-1.5-pro"),
    ] {
        let upstream = Upstream::start(Script::chat("hi")).await;
        let chat = "[providers.settings]\napi = \"chat\"";
        let mut config = config(kind, &upstream, model);
        if kind == "openai" {
            config = Config::new()
                .tables(&format!("[[providers]]\nname = \"up\"\ntype = \"openai\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"\n{chat}", upstream.base_url()))
                .model("up", "m", &format!("remote_identifier = \"{model}\""));
        }
        let app = TestApp::start(&config).await;
        let answer = app.post("/v1/messages", &of_messages(claude_codes())).await;
        assert_eq!(answer.status, 400, "{kind}: {}", answer.text());
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("forces a search of the web"), "{message}");
        assert!(upstream.requests().is_empty());
        if !kind.starts_with("openai") {
            continue;
        }
        // Where it is only offered, it is left out.
        let offered = json!({"tools": claude_codes()["tools"]});
        let answer = app.post("/v1/messages", &of_messages(offered)).await;
        assert_eq!(answer.header("x-llm-router-dropped"), Some("web_search"), "{kind}");
    }
}

/// A search that another vendor ran goes back to Claude as text: its sealed strings are not Claude's.
#[tokio::test]
async fn searches_of_another_vendor_go_to_claude_as_text() {
    let (_gemini, app) = serve("gemini", "gemini-2.5-flash", &gemini_answer()).await;
    let answer = app.post("/v1/messages", &of_messages(claude_codes())).await.json();
    let claude = Upstream::start(Script::chat_body(&anthropic_answer().to_string())).await;
    let claude = claude.takes_anything();
    let app = TestApp::start(&config("claude", &claude, "claude-haiku-4-5")).await;
    let messages = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": "and?"},
    ]);
    let answer = app.post("/v1/messages", &of_messages(json!({"messages": messages}))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let expected = json!([
        {"type": "text", "text": "[web search: weather ulm]"},
        {"type": "text", "text": "[web search result] w.example https://w.example/ulm\nx.example https://x.example"},
        {"type": "text", "text": "Öl. "},
        {"type": "text", "text": "It rains in Ulm."},
    ]);
    assert_eq!(sent(&claude)["messages"][1]["content"], expected);
}

#[tokio::test]
async fn a_stream_of_gemini_becomes_blocks_with_their_searches() {
    let mut first = gemini_answer();
    let mut last = first.clone();
    first["candidates"][0]
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name == "content" || name == "index");
    last["candidates"][0].as_object_mut().unwrap().shift_remove("content");
    let frames = [format!("data: {first}\r\n\r\n"), format!("data: {last}\r\n\r\n")];
    let upstream = Upstream::start(Script::stream_frames(&frames)).await;
    let app = TestApp::start(&config("gemini", &upstream, "gemini-2.5-flash")).await;
    let mut body = claude_codes();
    body["stream"] = json!(true);
    let answer = app.post("/v1/messages", &of_messages(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (blocks, reason, usage) = accumulated(answer.text());
    let kinds: Vec<&Value> = blocks.iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["text", "server_tool_use", "web_search_tool_result"]);
    assert_eq!((&blocks[0]["text"], reason.as_str()), (&json!(TEXT), "end_turn"));
    assert_eq!(blocks[0]["citations"][1]["url"], "https://x.example");
    assert_eq!(blocks[1]["input"], json!({"query": "weather ulm"}));
    assert_eq!(usage["server_tool_use"], json!({"web_search_requests": 1}));
}

#[tokio::test]
async fn a_stream_of_claude_becomes_items_and_grounding_and_annotations() {
    let answer = anthropic_answer();
    let mut frames = vec![frame(&json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", "content": [], "usage": {"input_tokens": 9, "output_tokens": 1}}}))];
    for (index, block) in answer["content"].as_array().unwrap().iter().enumerate() {
        let (mut begun, mut deltas) = (block.clone(), Vec::new());
        match block["type"].as_str().unwrap() {
            "server_tool_use" => {
                begun["input"] = json!({});
                let input = block["input"].to_string();
                let (one, other) = input.split_at(7);
                for part in [one, other] {
                    deltas.push(json!({"type": "input_json_delta", "partial_json": part}));
                }
            }
            "text" => {
                begun = json!({"type": "text", "text": ""});
                deltas.push(json!({"type": "text_delta", "text": block["text"]}));
                for citation in block["citations"].as_array().into_iter().flatten() {
                    deltas.push(json!({"type": "citations_delta", "citation": citation}));
                }
            }
            _ => {}
        }
        frames.push(frame(
            &json!({"type": "content_block_start", "index": index, "content_block": begun}),
        ));
        let events = deltas.iter().map(|delta| {
            frame(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
        });
        frames.extend(events);
        frames.push(frame(&json!({"type": "content_block_stop", "index": index})));
    }
    frames.push(frame(&json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}})));
    frames.push(frame(&json!({"type": "message_stop"})));
    let upstream = Upstream::start(Script::stream_frames(&frames)).await;
    let app = TestApp::start(&config("claude", &upstream, "claude-haiku-4-5")).await;

    let body = responses_client::ask(json!({"tools": [{"type": "web_search"}], "stream": true}));
    let answer = app.post("/v1/responses", &body).await;
    let (output, last) = responses_client::accumulated(answer.text());
    assert_eq!(last, "response.completed");
    assert_eq!(output[0]["action"]["queries"], json!(["weather ulm"]));
    let annotations = &output[1]["content"][0]["annotations"];
    assert_eq!(
        (&annotations[0]["start_index"], &annotations[0]["end_index"]),
        (&json!(4), &json!(20))
    );
    let events = responses_client::events(answer.text());
    let steps = events
        .iter()
        .filter_map(|event| event["type"].as_str()?.strip_prefix("response.web_search_call."));
    assert_eq!(steps.collect::<Vec<_>>(), ["in_progress", "searching", "completed"]);
    let added = events
        .iter()
        .find(|event| event["type"] == "response.output_text.annotation.added")
        .unwrap();
    assert_eq!((&added["output_index"], &added["annotation"]), (&json!(1), &annotations[0]));

    let body = gemini_client::ask(json!({"tools": [{"googleSearch": {}}]}));
    let answer = app.post(gemini_client::STREAM, &body).await;
    let frames = gemini_client::frames(answer.text());
    let grounding = &frames.last().unwrap()["candidates"][0]["groundingMetadata"];
    assert_eq!(grounding["webSearchQueries"], json!(["weather ulm"]));
    assert_eq!(grounding["groundingSupports"][0]["segment"]["startIndex"], 5);

    let body = json!({"model": "up/m", "messages": [{"role": "user", "content": "hi"}], "stream": true, "web_search_options": {}});
    let answer = app.post("/v1/chat/completions", &body).await;
    let annotated = answer.text().lines().find(|line| line.contains("\"annotations\"")).unwrap();
    let chunk: Value = serde_json::from_str(annotated.strip_prefix("data: ").unwrap()).unwrap();
    let cited = &chunk["choices"][0]["delta"]["annotations"][0]["url_citation"];
    assert_eq!(
        (&cited["start_index"], &cited["url"]),
        (&json!(4), &json!("https://w.example/ulm"))
    );
}

fn frame(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
}

#[tokio::test]
async fn a_stream_of_responses_becomes_blocks_with_their_searches() {
    let whole = responses_answer();
    let output = whole["output"].as_array().unwrap();
    let mut frames = vec![frame(
        &json!({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5.6-sol", "status": "in_progress"}}),
    )];
    for (index, item) in output.iter().enumerate() {
        let begun =
            json!({"type": item["type"], "id": item["id"], "status": "in_progress", "content": []});
        frames.push(frame(
            &json!({"type": "response.output_item.added", "output_index": index, "item": begun}),
        ));
        if item["type"] == "message" {
            let at = json!({"output_index": index, "item_id": "msg_1", "content_index": 0});
            let event = |name: &str, more: Value| {
                let mut event = at.clone();
                event["type"] = json!(name);
                event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                frame(&event)
            };
            frames.push(event("response.output_text.delta", json!({"delta": TEXT})));
            let part = &item["content"][0];
            frames.push(event(
                "response.output_text.annotation.added",
                json!({"annotation": part["annotations"][0]}),
            ));
            frames.push(event("response.output_text.done", json!({"text": TEXT})));
            frames.push(event("response.content_part.done", json!({"part": part})));
        }
        frames.push(frame(
            &json!({"type": "response.output_item.done", "output_index": index, "item": item}),
        ));
    }
    frames.push(frame(&json!({"type": "response.completed", "response": whole})));
    let upstream = Upstream::start(Script::stream_frames(&frames)).await;
    let app = TestApp::start(&config("openai", &upstream, "gpt-5.6-sol")).await;
    let mut body = claude_codes();
    body["stream"] = json!(true);
    let answer = app.post("/v1/messages", &of_messages(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (blocks, _, usage) = accumulated(answer.text());
    let kinds: Vec<&Value> = blocks.iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["server_tool_use", "web_search_tool_result", "text"]);
    assert_eq!(blocks[2]["citations"].as_array().unwrap().len(), 1);
    assert_eq!(usage["server_tool_use"], json!({"web_search_requests": 1}));
    let sent = sent(&upstream);
    assert_eq!(
        (&sent["tool_choice"], &sent["max_tool_calls"]),
        (&json!({"type": "web_search"}), &json!(8))
    );
}
