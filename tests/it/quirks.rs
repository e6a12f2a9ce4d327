//! Members of the OpenAI family that accept less than the family: what they refuse is dropped and
//! reported, what they need is added, and all others get the bytes unchanged.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream, chat};

/// The body that a provider of that kind got, and the names reported to the client as dropped.
async fn sent(kind: &str, model: &str, members: Value) -> (Value, Option<String>) {
    sent_with("", kind, model, members).await
}

/// `lines`: what the model's entry says beside its name.
async fn sent_with(
    lines: &str,
    kind: &str,
    model: &str,
    members: Value,
) -> (Value, Option<String>) {
    let is_stream = members["stream"] == true;
    let script = if is_stream { Script::stream(&["a"]) } else { Script::chat("hi") };
    let upstream = Upstream::start(script).await;
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"k\"\n[providers.settings]\napi = \"chat\"",
        upstream.base_url()
    );
    let app = TestApp::start(&Config::new().tables(&provider).model("up", model, lines)).await;
    let mut body = chat(model);
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = app.chat(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let dropped = answer.header("x-llm-router-dropped").map(str::to_owned);
    (upstream.requests()[0].json(), dropped)
}

#[tokio::test]
async fn sampling_is_left_out_where_the_model_refuses_it() {
    for (kind, model, members, dropped) in [
        (
            "openai",
            "gpt-5-mini",
            json!({"temperature": 0.5, "top_p": 1}),
            Some("temperature, top_p"),
        ),
        ("openai", "gpt-5.5", json!({"temperature": 0.5, "reasoning_effort": "none"}), None),
        (
            "openai",
            "gpt-5-mini",
            json!({"temperature": 1, "stop": "END", "logprobs": true, "seed": 7, "n": 2}),
            Some("temperature, stop, logprobs"),
        ),
        (
            "openai",
            "gpt-5.4",
            json!({"temperature": 0.5, "reasoning_effort": "high"}),
            Some("temperature"),
        ),
        ("openai", "gpt-5.4", json!({"temperature": 0.5, "stop": "END"}), None),
        ("openai", "gpt-4.1", json!({"temperature": 0.5}), None),
        ("kimi", "kimi-k3", json!({"temperature": 0.5, "n": 1}), Some("temperature, n")),
        ("openrouter", "openai/gpt-5-mini", json!({"temperature": 0.5}), None),
    ] {
        let (body, dropped_names) = sent(kind, model, members.clone()).await;
        assert_eq!(dropped_names.as_deref(), dropped, "{kind} {model}");
        assert_eq!(body.get("temperature").is_some(), dropped.is_none(), "{kind} {model}");
    }
}

#[tokio::test]
async fn an_effort_that_the_model_is_asked_by_default_counts_too() {
    let lines = "default_params = { reasoning_effort = \"high\", stop = \"END\" }";
    let members = json!({"temperature": 0.5});
    let (body, dropped_names) = sent_with(lines, "openai", "gpt-5.4", members.clone()).await;
    assert_eq!(dropped_names.as_deref(), Some("temperature"));
    assert_eq!((&body["reasoning_effort"], body.get("stop")), (&json!("high"), None));
    let members = json!({"temperature": 0.5, "reasoning_effort": "none"});
    let (body, dropped_names) = sent_with(lines, "openai", "gpt-5.4", members).await;
    assert_eq!(
        (&body["temperature"], &body["stop"], dropped_names),
        (&json!(0.5), &json!("END"), None)
    );
}

#[tokio::test]
async fn what_openai_never_takes_is_left_out_and_others_get_it() {
    let (body, dropped_names) = sent("openai", "gpt-4.1", json!({"top_k": 5, "stop": "END"})).await;
    assert_eq!((body.get("top_k"), &body["stop"]), (None, &json!("END")));
    assert_eq!(dropped_names.as_deref(), Some("top_k"));
    let (body, dropped_names) = sent("vllm", "qwen3-8b", json!({"top_k": 5})).await;
    assert_eq!((&body["top_k"], dropped_names), (&json!(5), None));
}

#[tokio::test]
async fn glm_is_asked_to_stream_the_arguments_of_calls() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let (body, _) = sent("glm", "glm-5.3", json!({"stream": true, "tools": tools})).await;
    assert_eq!(body["tool_stream"], true);
    let own = json!({"stream": true, "tools": tools, "tool_stream": false});
    assert_eq!(sent("glm", "glm-5.3", own).await.0["tool_stream"], false);
    assert!(sent("glm", "glm-5.3", json!({"stream": true})).await.0.get("tool_stream").is_none());
    let (body, _) =
        sent("deepseek", "deepseek-flash", json!({"stream": true, "tools": tools})).await;
    assert!(body.get("tool_stream").is_none());
}

#[tokio::test]
async fn thinking_of_others_stays_for_who_wants_it_back_and_goes_for_openai() {
    let messages = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "a", "reasoning_content": "r",
         "thinking_blocks": [{"type": "thinking", "thinking": "r", "signature": "s"}]},
        {"role": "user", "content": "go on"},
    ]);
    let (body, _) = sent("deepseek", "deepseek-flash", json!({"messages": messages})).await;
    assert_eq!(body["messages"], messages);
    let (body, _) = sent("openai", "gpt-4.1", json!({"messages": messages})).await;
    assert_eq!(body["messages"][1], json!({"role": "assistant", "content": "a"}));
}

#[tokio::test]
async fn wishes_for_a_provider_are_the_routers_to_read_unless_openrouter_is_asked() {
    let wishes = json!({"provider": {"sort": "price"}});
    let (body, dropped) = sent("openai", "gpt-4.1", wishes.clone()).await;
    assert_eq!((body.get("provider"), dropped), (None, None));
    let (body, _) =
        sent("openrouter", "openai/gpt-4.1", json!({"provider": {"only": ["azure"]}})).await;
    assert_eq!(body["provider"], json!({"only": ["azure"]}));
}

/// A conversation with a call; these members beside the call.
fn called(members: &Value) -> Value {
    let mut message = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    message.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!([
        {"role": "user", "content": "hi"}, message,
        {"role": "tool", "tool_call_id": "1", "content": "k"},
        {"role": "assistant", "content": "so"}, {"role": "user", "content": "and"},
    ])
}

#[tokio::test]
async fn reasoning_goes_back_to_who_wants_it_whatever_name_it_was_kept_under() {
    for (kind, model) in [
        ("deepseek", "deepseek-v4-flash"),
        ("kimi", "kimi-k3"),
        ("kimi", "kimi-latest"),
        ("openai_compatible", "moonshotai/Kimi-K2-Thinking"),
        ("openai_compatible", "deepseek-v4-pro"),
    ] {
        for (members, expected) in [
            (json!({}), ""),
            (json!({"reasoning_content": "R"}), "R"),
            (json!({"reasoning_content": null, "reasoning": "R"}), "R"),
            (json!({"reasoning_details": [{"type": "reasoning.text", "text": "R"}]}), "R"),
        ] {
            let (body, _) = sent(kind, model, json!({"messages": called(&members)})).await;
            let messages = &body["messages"];
            assert_eq!(messages[1]["reasoning_content"], expected, "{kind} {model} {members}");
            assert_eq!(messages[3]["reasoning_content"], "", "{kind} {model} {members}");
            assert_eq!(messages[2], called(&members)[2], "{kind} {model} {members}");
        }
    }
}

#[tokio::test]
async fn nobody_else_is_given_reasoning_that_the_client_did_not_send() {
    let called = called(&json!({}));
    for (kind, model) in [
        ("kimi", "moonshot-v1-8k"),
        ("openai_compatible", "some-model"),
        ("openrouter", "deepseek/deepseek-v4-pro"),
        ("vllm", "deepseek-v4-flash"),
        ("openai", "gpt-4.1"),
    ] {
        let (body, _) = sent(kind, model, json!({"messages": called})).await;
        assert_eq!(body["messages"], called, "{kind} {model}");
    }
    let off = json!({"messages": called, "thinking": {"type": "disabled"}});
    assert_eq!(sent("deepseek", "deepseek-v4-flash", off).await.0["messages"], called);
    let talk = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"}]);
    let (body, _) = sent("deepseek", "deepseek-v4-flash", json!({"messages": talk})).await;
    assert_eq!(body["messages"], talk);
}
