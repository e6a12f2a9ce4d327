//! Clients of vendors' APIs: an upstream of the same API is sent their bytes, and one of another API
//! what they are converted into, also where it is called after the first.

use serde_json::{Value, json};

use crate::support::{Config, Script, TestApp, Upstream};

struct Family {
    /// The lines of a provider of the same API.
    provider: &'static str,
    path: fn(model: &str) -> String,
    /// With `"MODEL"` in the place of the model, where it stands in the body.
    body: &'static str,
    /// A body that an upstream of the same API may be sent, but that is no chat.
    odd: &'static str,
    /// The place of what is wrong with it.
    place: &'static str,
    /// How the vendor refuses it.
    refusal: Value,
}

fn families() -> [Family; 4] {
    let refused = json!({"type": "invalid_request_error", "message": "in their words"});
    [
        Family {
            provider: "type = \"claude\"",
            path: |_| String::from("/v1/messages"),
            body: r#"{ "model":"MODEL","max_tokens":9, "x_new":1.50,"messages":[{"role":"user","content":"hi"}]}"#,
            odd: r#"{ "model":"MODEL","max_tokens":9,"messages":["hi"]}"#,
            place: "messages.0",
            refusal: json!({"type": "error", "error": refused}),
        },
        Family {
            provider: "type = \"openai\"\n[providers.settings]\napi = \"responses\"",
            path: |_| String::from("/v1/responses"),
            body: r#"{ "model":"MODEL","store":false, "x_new":1.50,"input":"hi"}"#,
            odd: r#"{ "model":"MODEL","store":false,"input":["hi"]}"#,
            place: "input[0]",
            refusal: json!({"error": refused}),
        },
        Family {
            provider: "type = \"gemini\"",
            path: |model| format!("/v1beta/models/{model}:generateContent"),
            body: r#"{ "x_new":1.50,"contents":[{"parts":[{"text":"hi"}]}]}"#,
            odd: r#"{ "generationConfig":{"temperature":"hot"},"contents":[{"parts":[{"text":"hi"}]}]}"#,
            place: "generationConfig.temperature",
            refusal: json!({"error": {"code": 400, "message": "in their words", "status": "INVALID_ARGUMENT"}}),
        },
        Family {
            provider: "type = \"ollama\"",
            path: |_| String::from("/api/chat"),
            body: r#"{ "model":"MODEL","stream":false, "x_new":1.50,"messages":[{"role":"user","content":"hi"}]}"#,
            odd: r#"{ "model":"MODEL","stream":false,"messages":[{"content":"hi"}]}"#,
            place: "messages[0]",
            refusal: json!({"error": "in their words"}),
        },
    ]
}

struct Stage {
    own: Upstream,
    spare: Upstream,
    app: TestApp,
}

impl Stage {
    async fn new(family: &Family, own: Script) -> Self {
        let own = Upstream::start(own).await.takes_anything();
        let spare = Upstream::start(Script::chat("spare")).await;
        let (kind, settings) = family.provider.split_once('\n').unwrap_or((family.provider, ""));
        let provider = format!(
            "[[providers]]\nname = \"up\"\n{kind}\nbase_url = \"{}\"\napi_key = \"sk-upstream\"\n{settings}\n",
            own.base_url()
        );
        let more = "remote_identifier = \"theirs\"\n[models.config]\nfallbacks = [\"spare/s\"]";
        let config = Config::new()
            .tables(&provider)
            .model("up", "m", more)
            .provider("spare", &spare.base_url())
            .model("spare", "s", "");
        let app = TestApp::start(&config).await;
        Self { own, spare, app }
    }

    async fn ask(&self, family: &Family, model: &str, body: &str) -> (u16, String) {
        let headers = [("content-type", "application/json")];
        let body = body.replace("MODEL", model);
        let path = (family.path)(model);
        let answer = crate::support::client::request(
            self.app.addr,
            "POST",
            &path,
            &headers,
            body.as_bytes(),
        )
        .await;
        (answer.status, answer.text().to_owned())
    }
}

#[tokio::test]
async fn what_was_sent_as_it_came_is_converted_for_the_next() {
    for family in families() {
        let stage = Stage::new(&family, Script::status(500).json("{}")).await;
        let (status, text) = stage.ask(&family, "up/m", family.body).await;
        assert!(status == 200 && text.contains("spare"), "{} {status} {text}", family.provider);
        let first = stage.own.requests().remove(0);
        assert_eq!(first.body, family.body.replace("MODEL", "theirs"));
        let second = stage.spare.requests().remove(0);
        let sent: Value = serde_json::from_slice(&second.body).unwrap();
        assert_eq!(sent["messages"][0]["content"], "hi", "{sent}");
        assert_eq!(second.path, "/v1/chat/completions");
    }
}

#[tokio::test]
async fn what_is_no_chat_is_refused_by_its_own_api_or_by_the_router_without_a_call() {
    for family in families() {
        let script = Script::status(400).json(&family.refusal.to_string());
        let stage = Stage::new(&family, script).await;
        let (status, text) = stage.ask(&family, "up/m", family.odd).await;
        assert_eq!((status, text), (400, family.refusal.to_string()), "{}", family.provider);
        let seen = stage.own.requests().remove(0);
        assert_eq!(seen.body, family.odd.replace("MODEL", "theirs"));
        for _ in 0..12 {
            let (status, text) = stage.ask(&family, "spare/s", family.odd).await;
            assert!(status == 400 && text.contains(family.place), "{status} {text}");
        }
        assert!(stage.spare.requests().is_empty());
        // None of them counts against the provider.
        let (status, text) = stage.ask(&family, "spare/s", family.body).await;
        assert_eq!(status, 200, "{text}");
    }
}
