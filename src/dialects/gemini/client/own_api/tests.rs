use super::super::request::read;
use super::*;
use crate::dialects::envelope::Holds;
use serde_json::json;

fn sent(body: &str, capabilities: &Capabilities, defaults: Value) -> String {
    let (own, _) = read(Bytes::copy_from_slice(body.as_bytes()), String::from("m"), false).unwrap();
    let Value::Object(defaults) = defaults else { panic!("defaults are an object") };
    let (sent, _) = encode(&own, None, capabilities, &defaults);
    String::from_utf8(sent.to_vec()).unwrap()
}

fn thinks(thinking: ThinkingStyle) -> Capabilities {
    Capabilities { thinking, max_output_tokens: Some(4096), ..Capabilities::default() }
}

#[test]
fn only_what_must_change_changes() {
    let any = thinks(ThinkingStyle::Level);
    for (body, defaults, expected) in [
        (
            r#"{ "contents":[{"parts":[{"text":"caf\u00e9"}]}], "x": 1.50, "generation_config":{"max_output_tokens": "9","topK":64.0}}"#,
            json!({}),
            None,
        ),
        (
            r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":32000,"y":1.0}}"#,
            json!({"temperature": 0.5}),
            Some(
                r#"{"contents":[{}],"generationConfig":{"maxOutputTokens":4096,"y":1.0,"temperature":0.5}}"#,
            ),
        ),
        (
            r#"{"contents":[{}],"provider":{"order":["b"]},"model":"models/x"}"#,
            json!({"stop": "END", "max_completion_tokens": 7, "reasoning_effort": "low"}),
            Some(
                r#"{"generationConfig":{"maxOutputTokens":7,"stopSequences":["END"],"thinkingConfig":{"thinkingLevel":"LOW"}},"contents":[{}]}"#,
            ),
        ),
    ] {
        assert_eq!(sent(body, &any, defaults), expected.unwrap_or(body));
    }
}

#[test]
fn thinking_has_the_form_that_the_model_takes() {
    let body = |thinking: &str| {
        format!(r#"{{"contents":[{{}}],"generationConfig":{{"thinkingConfig":{thinking}}}}}"#)
    };
    let level = r#"{"includeThoughts":true,"thinkingLevel":"high"}"#;
    let budget = r#"{"thinkingBudget":5}"#;
    for (asked, style, expected) in [
        (level, ThinkingStyle::Level, level),
        (level, ThinkingStyle::Budget, r#"{"includeThoughts":true,"thinkingBudget":24576}"#),
        (budget, ThinkingStyle::Level, budget),
        (budget, ThinkingStyle::Budget, budget),
    ] {
        assert_eq!(sent(&body(asked), &thinks(style), json!({})), body(expected));
    }
}

#[test]
fn signatures_of_another_api_are_taken_out() {
    let sealed = Envelope {
        sealed_by: "up/glm".into(),
        holds: Holds::Nothing,
        maker: None,
        id: None,
        data: String::new(),
        text: Some("hm".into()),
    }
    .write();
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    let signed = |mut part: Value, signature: &str| {
        part["thoughtSignature"] = json!(signature);
        part
    };
    let body = json!({"contents": [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": [
            signed(json!({"text": ""}), &sealed), signed(json!({"text": "So"}), &sealed),
            signed(call.clone(), &sealed), call, signed(call.clone(), "c2ln"),
        ]},
        {"role": "model", "parts": [signed(json!({"text": "hm", "thought": true}), &sealed)]},
    ]});
    let sent = sent(&body.to_string(), &thinks(ThinkingStyle::Level), json!({}));
    let sent: Value = serde_json::from_str(&sent).unwrap();
    let expected = json!([
        {"text": "So"}, signed(call.clone(), NO_SIGNATURE), call, signed(call.clone(), "c2ln"),
    ]);
    assert_eq!(sent["contents"][1]["parts"], expected);
    assert_eq!(sent["contents"][2]["parts"], json!([{"text": "(thinking)"}]));
}

#[test]
fn a_count_is_asked_for_a_whole_request() {
    let body = Bytes::from_static(br#"{"contents":[{}],"systemInstruction":{}}"#);
    let (own, _) = read(body, String::from("m"), false).unwrap();
    let expected =
        r#"{"generateContentRequest":{"model":"models/g","contents":[{}],"systemInstruction":{}}}"#;
    assert_eq!(for_counting(&own, "g", &Capabilities::default()), expected);
}
