//! A client that speaks OpenAI's first spelling of tools, `functions`, and upstreams that know only
//! tools: what they are sent are tools, what the client gets is a `function_call`.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

struct Speaker {
    kind: &'static str,
    settings: &'static str,
    model: &'static str,
    whole: &'static str,
    stream: &'static str,
}

const SPEAKERS: [Speaker; 5] = [
    Speaker {
        kind: "claude",
        settings: "",
        model: "claude-sonnet-4-5",
        whole: r#"{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[{"type":"tool_use","id":"t","name":"look","input":{"at":"sky"}}],"stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":3}}"#,
        stream: "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n\
            data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"look\",\"input\":{}}}\n\n\
            data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"at\\\":\"}}\n\n\
            data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\\\"sky\\\"}\"}}\n\n\
            data: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
            data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":3}}\n\n\
            data: {\"type\":\"message_stop\"}\n\n",
    },
    Speaker {
        kind: "gemini",
        settings: "",
        model: "gemini-2.5-flash",
        whole: r#"{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"look","args":{"at":"sky"}}},{"functionCall":{"name":"look","args":{"at":"sea"}}}]},"finishReason":"STOP","index":0}],"responseId":"r"}"#,
        stream: "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"look\",\"args\":{\"at\":\"sky\"}}},{\"functionCall\":{\"name\":\"look\",\"args\":{\"at\":\"sea\"}}}]},\"finishReason\":\"STOP\",\"index\":0}]}\n\n",
    },
    Speaker {
        kind: "ollama",
        settings: "",
        model: "llama3.1",
        whole: r#"{"model":"l","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"look","arguments":{"at":"sky"}}}]},"done":true,"done_reason":"stop"}"#,
        stream: "{\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"look\",\"arguments\":{\"at\":\"sky\"}}}]},\"done\":false}\n\
            {\"model\":\"l\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n",
    },
    Speaker {
        kind: "openai",
        settings: "",
        model: "gpt-5.6-sol",
        whole: r#"{"id":"resp_1","object":"response","status":"completed","model":"g","output":[{"type":"function_call","id":"fc","call_id":"c1","name":"look","arguments":"{\"at\":\"sky\"}"}]}"#,
        stream: "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"function_call\",\"id\":\"fc\",\"call_id\":\"c1\",\"name\":\"look\",\"arguments\":\"\"}}\n\n\
            data: {\"type\":\"response.function_call_arguments.delta\",\"output_index\":0,\"delta\":\"{\\\"at\\\":\\\"sky\\\"}\"}\n\n\
            data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":[]}}\n\n",
    },
    Speaker {
        kind: "remote_http",
        settings: "",
        model: "m",
        whole: r#"{"output_text":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\":\"sky\"}"}}],"finish_reason":"tool_calls"}"#,
        stream: "{\"text\":\"\",\"is_final\":false,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"at\\\":\\\"sky\\\"}\"}}]}}\n\
            {\"text\":\"\",\"finish_reason\":\"tool_calls\",\"is_final\":true}\n",
    },
];

async fn app(speaker: &Speaker, upstream: &Upstream) -> TestApp {
    let Speaker { kind, settings, model, .. } = speaker;
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"\n{settings}",
        upstream.base_url()
    );
    let model = format!("remote_identifier = \"{model}\"");
    TestApp::start(&Config::new().tables(&provider).model("up", "m", &model)).await
}

/// A second turn: a call was made and its result is there.
fn asked() -> Value {
    json!({
        "model": "m",
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": null,
             "function_call": {"name": "look", "arguments": "{\"at\":\"sea\"}"}},
            {"role": "function", "name": "look", "content": "blue"},
            {"role": "user", "content": "and the sky?"},
        ],
        "functions": [{"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}}],
        "function_call": "auto",
    })
}

#[tokio::test]
async fn functions_are_carried_as_tools_and_answered_as_function_call() {
    for speaker in &SPEAKERS {
        let kind = speaker.kind;
        let upstream = Upstream::start(Script::chat_body(speaker.whole)).await;
        let app = app(speaker, &upstream).await;
        let answer = app.chat(&asked()).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
        let choice = &answer.json()["choices"][0];
        let call = &choice["message"]["function_call"];
        let arguments: Value = serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap();
        assert_eq!((&call["name"], arguments), (&json!("look"), json!({"at": "sky"})), "{kind}");
        assert_eq!(choice["finish_reason"], "function_call", "{kind}");
        assert!(choice["message"].get("tool_calls").is_none(), "{kind}: {}", answer.text());
        let dropped = answer.header("x-llm-router-dropped").unwrap_or_default();
        assert!(!dropped.contains("call"), "{kind}: {dropped}");

        let sent = upstream.requests()[0].json();
        assert!(sent.get("functions").is_none() && sent["parameters"].get("functions").is_none());
        let sent = sent.to_string();
        assert!(sent.contains("\"tools\"") && sent.contains("blue"), "{kind}: {sent}");

        let mut body = asked();
        body.as_object_mut().unwrap().shift_remove("model");
        let invoked = app.post("/models/up/m/invoke", &body).await.json();
        assert_eq!(invoked["finish_reason"], "function_call", "{kind}: {invoked}");
        assert_eq!(invoked["raw"]["choices"][0]["message"]["function_call"]["name"], "look");
    }
}

#[tokio::test]
async fn a_streamed_call_is_a_function_call_too() {
    for speaker in &SPEAKERS {
        let is_events = speaker.stream.starts_with("data: ");
        let media = if is_events { "text/event-stream" } else { "application/x-ndjson" };
        let script = Script::status(200).body(media, speaker.stream);
        let upstream = Upstream::start(script).await;
        let app = app(speaker, &upstream).await;
        let mut body = asked();
        body["stream"] = json!(true);
        let answer = app.chat(&body).await;
        let datas = answer.text().split("\n\n").filter_map(|frame| frame.strip_prefix("data: "));
        let chunks = datas.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        let (mut name, mut arguments, mut reason) = (String::new(), String::new(), Value::Null);
        for chunk in chunks {
            let choice = &chunk["choices"][0];
            let call = &choice["delta"]["function_call"];
            name.push_str(call["name"].as_str().unwrap_or_default());
            arguments.push_str(call["arguments"].as_str().unwrap_or_default());
            assert!(choice["delta"].get("tool_calls").is_none(), "{chunk}");
            if !choice["finish_reason"].is_null() {
                reason = choice["finish_reason"].clone();
            }
        }
        let place = format!("{}: {}", speaker.kind, answer.text());
        let arguments: Value = serde_json::from_str(&arguments).expect(&place);
        assert_eq!((name.as_str(), arguments), ("look", json!({"at": "sky"})), "{place}");
        assert_eq!(reason, "function_call", "{place}");
    }
}

#[tokio::test]
async fn the_openai_family_gets_what_the_client_sent() {
    let upstream = Upstream::start(Script::chat("hi")).await.takes_anything();
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut body = asked();
    body["model"] = json!("gpt-x");
    body["messages"][1]["function_call"]["arguments"] = json!("{\"at\": ");
    assert_eq!(app.chat(&body).await.status, 200);
    assert_eq!(upstream.requests()[0].json(), body);
}

/// The arguments of the call in a conversation as an upstream of that kind was sent them.
fn sent_arguments(kind: &str, sent: &Value) -> Value {
    match kind {
        "claude" => sent["messages"][1]["content"][0]["input"].clone(),
        "gemini" => sent["contents"][1]["parts"][0]["functionCall"]["args"].clone(),
        "ollama" => sent["messages"][1]["tool_calls"][0]["function"]["arguments"].clone(),
        _ => serde_json::from_str(sent["input"][1]["arguments"].as_str().unwrap()).unwrap(),
    }
}

#[tokio::test]
async fn arguments_that_cannot_be_read_do_not_end_the_conversation() {
    for speaker in &SPEAKERS[..4] {
        for arguments in
            [json!("{\"a\": "), json!("null"), json!("[1]"), json!(""), json!(null), json!(5)]
        {
            for is_old in [false, true] {
                let upstream = Upstream::start(Script::chat_body(speaker.whole)).await;
                let app = app(speaker, &upstream).await;
                let mut body = asked();
                let call = json!({"name": "look", "arguments": arguments});
                if is_old {
                    body["messages"][1]["function_call"] = call;
                } else {
                    body["messages"][1] = json!({"role": "assistant", "content": null,
                        "tool_calls": [{"id": "1", "type": "function", "function": call}]});
                    body["messages"][2] =
                        json!({"role": "tool", "tool_call_id": "1", "content": "blue"});
                }
                let answer = app.chat(&body).await;
                let place = format!("{} {arguments} {is_old}: {}", speaker.kind, answer.text());
                assert_eq!(answer.status, 200, "{place}");
                let sent = upstream.requests()[0].json();
                assert_eq!(sent_arguments(speaker.kind, &sent), json!({}), "{place}");
            }
        }
    }
}
