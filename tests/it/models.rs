//! The catalogue as it is listed.

use serde_json::json;

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream};

async fn app() -> TestApp {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .provider_with("shut", &upstream.base_url(), "api_key_env = \"NO_SUCH_KEY\"")
        .tables("[[providers]]\nname = \"demo\"\ntype = \"mock\"")
        .model(
            "up",
            "org/gpt-x",
            "tags = [\"a\", \"b\"]\n[models.config]\ncontext_window = \"128k\"\nfree_key = 1",
        )
        .model("up", "off", "is_active = false")
        .model("demo", "echo", "tags = [\"demo\"]")
        .model("shut", "locked", "tags = [\"a\"]");
    TestApp::start(&config).await
}

#[tokio::test]
async fn v1_models_lists_what_can_be_sent_back() {
    let app = app().await;
    let list = app.get("/v1/models").await.json();
    let ids: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, ["up/org/gpt-x", "demo/echo"].map(|id| json!(id)));
    for path in
        ["/v1/models/up/org/gpt-x", "/v1/models/up%2Forg%2Fgpt-x", "/api/v1/models/org/gpt-x"]
    {
        let model = app.get(path).await;
        assert_eq!((model.status, &model.json()["object"]), (200, &json!("model")), "{path}");
    }
    for path in ["/v1/models/up/off", "/v1/models/shut/locked", "/v1/models/nothing"] {
        let missing = app.get(path).await;
        assert_eq!(missing.status, 404, "{path}");
        assert_eq!(missing.json()["error"]["code"], "model_not_found");
    }
}

/// Whatever else a request for the list says.
#[tokio::test]
async fn codex_keeps_its_own_catalogue() {
    let app = app().await;
    for (path, headers) in [
        ("/v1/models?client_version=0.171.0", vec![]),
        ("/api/v1/models?a=b&client_version=1", vec![("anthropic-version", "2023-06-01")]),
    ] {
        let list = request(app.addr, "GET", path, &headers, b"").await;
        assert_eq!((list.status, list.text()), (200, "{\"models\":[]}"), "{path}");
        let etag = list.header("etag").unwrap_or_default();
        assert!(etag.starts_with("W/\"") && etag.ends_with('"'), "{etag}");
        assert_eq!(list.header("x-models-etag"), None);
    }
    for path in
        ["/v1/models?version=1", "/v1/models?my_client_version=1", "/v1/models?a=client_version"]
    {
        assert_eq!(app.get(path).await.json()["object"], "list", "{path}");
    }
}

#[tokio::test]
async fn models_are_filtered_by_tags_and_types() {
    let app = app().await;
    for (path, names) in [
        ("/models", vec!["org/gpt-x", "echo", "locked"]),
        ("/models?include_inactive=true", vec!["org/gpt-x", "off", "echo", "locked"]),
        ("/models?tag=a", vec!["org/gpt-x", "locked"]),
        ("/models?tag=a&tag=b", vec!["org/gpt-x"]),
        ("/models?tags=a,b", vec!["org/gpt-x"]),
        ("/models?provider_type=mock", vec!["echo"]),
        ("/models?provider_types=mock,openai_compatible&tags=a", vec!["org/gpt-x", "locked"]),
        ("/models/up?include_inactive=true", vec!["org/gpt-x", "off"]),
        ("/api/models/demo", vec!["echo"]),
    ] {
        let list = app.get(path).await.json();
        let found: Vec<_> =
            list.as_array().unwrap().iter().map(|model| model["name"].clone()).collect();
        assert_eq!(found, names, "{path}");
    }
    for path in ["/models?provider_type=opnai", "/models?tga=a", "/models?include_inactive=maybe"] {
        assert_eq!(app.get(path).await.status, 400, "{path}");
    }
    assert_eq!(app.get("/models/nobody").await.status, 404);
}

#[tokio::test]
async fn a_model_is_shown_with_everything_the_file_says() {
    let app = app().await;
    let model = app.get("/models/up/org/gpt-x").await.json();
    assert_eq!(model["config"]["context_window"], 128_000);
    assert_eq!(model["config"]["free_key"], 1);
    assert_eq!(model["origin"], "file");
    assert_eq!(model["provider_name"], "up");
    assert_eq!(model["provider_type"], "openai_compatible");
    assert_eq!(app.get("/models/up/nothing").await.status, 404);
}

#[tokio::test]
async fn providers_show_their_state_and_never_a_key() {
    let app = app().await;
    let answer = app.get("/providers").await;
    let states: Vec<_> = answer
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|provider| format!("{} {}", provider["name"], provider["health"]))
        .collect();
    assert_eq!(states, ["\"up\" \"ready\"", "\"shut\" \"no key\"", "\"demo\" \"ready\""]);
    assert!(!answer.text().contains("sk-upstream"));
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status, 200, "{}", ready.text());
    assert_eq!(app.get("/health/detail").await.json()["providers"][1]["state"], "no key");
}

#[tokio::test]
async fn without_a_model_that_can_be_called_the_router_is_not_ready() {
    let app = TestApp::start(&Config::new()).await;
    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status, 503);
    assert!(ready.text().contains("no model can be called"), "{}", ready.text());
    assert_eq!(app.get("/health").await.json(), json!({"status": "ok"}));
}
