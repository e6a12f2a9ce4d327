//! What Ollama's clients ask before they call, the errors that they get, and where their paths are.

use serde_json::{Value, json};

use crate::messages::config;
use crate::ollama_chats::ask;
use crate::support::client::request;
use crate::support::{Config, Script, Step, TestApp, Upstream};

const STRANGER: (&str, &str) = ("x-forwarded-for", "203.0.113.9");

async fn start() -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .tables("[[providers]]\nname = \"demo\"\ntype = \"mock\"")
        .model("up", "org/chat-x", "tags = [\"a\"]\n[models.config]\ncontext_window = \"128k\"\nsupports_vision = true")
        .model("up", "plain", "[models.config]\nsupports_tools = false\nsupports_vision = false")
        .model("up", "off", "is_active = false")
        .model("up", "nomic-embed-text", "")
        .model("demo", "echo", "")
        .tables("[routing.aliases]\nbest = \"org/chat-x\"\n\"x-*\" = \"plain\"\n[[api_keys]]\nkey = \"sk-of-a-team\"\nallowed_models = [\"plain\"]");
    (upstream, TestApp::start(&config).await)
}

#[tokio::test]
async fn the_version_is_told_to_everybody() {
    let (_upstream, app) = start().await;
    for headers in [vec![], vec![STRANGER], vec![STRANGER, ("authorization", "Bearer sk-unknown")]]
    {
        let told = request(app.addr, "GET", "/api/version", &headers, b"").await;
        assert_eq!(told.status, 200);
        let version = told.json()["version"].as_str().unwrap().to_owned();
        let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
        assert!(numbers >= vec![0, 6, 4] && numbers.len() == 3, "{version}");
    }
}

#[tokio::test]
async fn models_are_listed_with_what_clients_require() {
    let (_upstream, app) = start().await;
    let tags = app.get("/api/tags").await.json();
    let names = |tags: &Value| -> Vec<String> {
        let models = tags["models"].as_array().unwrap().iter();
        models.map(|model| model["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(&tags),
        ["up/org/chat-x", "up/plain", "up/nomic-embed-text", "demo/echo", "best"]
    );
    for model in tags["models"].as_array().unwrap() {
        assert_eq!(model["model"], model["name"]);
        assert!(model["size"].is_u64() && model["digest"].as_str().unwrap().len() == 64, "{model}");
        assert!(model["modified_at"].as_str().unwrap().ends_with('Z'), "{model}");
        for detail in ["parent_model", "format", "family", "parameter_size", "quantization_level"] {
            assert!(model["details"][detail].is_string(), "{detail}: {model}");
        }
        assert!(model["details"]["families"].is_array(), "{model}");
    }
    let headers = [("x-api-key", "sk-of-a-team")];
    let few = request(app.addr, "GET", "/api/tags", &headers, b"").await.json();
    assert_eq!(names(&few), ["up/plain"]);
    assert_eq!(app.get("/api/ps").await.json(), json!({"models": []}));
}

#[tokio::test]
async fn a_model_is_shown_as_the_catalogue_knows_it() {
    let (_upstream, app) = start().await;
    for (body, capabilities, context) in [
        (json!({"model": "up/org/chat-x"}), vec!["completion", "tools", "vision"], Some(128_000)),
        (
            json!({"name": "best", "verbose": true}),
            vec!["completion", "tools", "vision"],
            Some(128_000),
        ),
        (json!({"model": "plain:latest"}), vec!["completion"], None),
        (json!({"model": "x-1"}), vec!["completion"], None),
        (json!({"model": "nomic-embed-text:latest"}), vec!["embedding"], None),
    ] {
        let headers = [("content-type", "text/plain")];
        let text = body.to_string();
        let shown = request(app.addr, "POST", "/api/show", &headers, text.as_bytes()).await;
        assert_eq!(shown.status, 200, "{body}: {}", shown.text());
        let shown = shown.json();
        assert_eq!(shown["capabilities"], json!(capabilities), "{body}");
        let info = &shown["model_info"];
        let architecture = info["general.architecture"].as_str().unwrap();
        assert!(info["general.basename"].is_string(), "{info}");
        let told = info.get(format!("{architecture}.context_length")).and_then(Value::as_u64);
        assert_eq!(told, context, "{body}");
        assert_eq!(shown["parameters"] == "num_ctx 128000", context.is_some(), "{shown}");
        assert!(shown["details"].is_object() && shown["template"].is_string(), "{shown}");
    }
    for (body, status) in [
        (json!({"model": "off"}), 404),
        (json!({"model": "none"}), 404),
        (json!({}), 400),
        (json!([]), 400),
    ] {
        let refused = app.post("/api/show", &body).await;
        assert_eq!(refused.status, status, "{body}");
        assert!(refused.json()["error"].is_string(), "{}", refused.text());
    }
    let headers = [("x-api-key", "sk-of-a-team")];
    let other = request(app.addr, "POST", "/api/show", &headers, br#"{"model":"best"}"#).await;
    assert_eq!(other.status, 404, "{}", other.text());
}

/// The router's own routes are below `/api`, too.
#[tokio::test]
async fn ollamas_paths_and_the_routers_own_do_not_meet() {
    let (_upstream, app) = start().await;
    let paths = app.get("/openapi.json").await.json()["paths"].as_object().unwrap().clone();
    let ollamas: Vec<&String> = paths.keys().filter(|path| path.starts_with("/api/")).collect();
    assert_eq!(ollamas.len(), 8, "{ollamas:?}");
    for path in ollamas {
        let short = path.strip_prefix("/api").unwrap();
        assert!(!paths.contains_key(short), "{short} would hide {path}");
        for elsewhere in [short.to_owned(), format!("/api{path}")] {
            let answer = app.get(&elsewhere).await;
            assert_eq!(answer.status, 404, "{elsewhere}: {}", answer.text());
        }
    }
    // A model of the provider `chat`, and the like, are the router's.
    for path in ["/api/models", "/api/models/up/plain", "/api/health", "/api/v1/models", "/api/me"]
    {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    for path in ["/v1/models", "/api/v1/models"] {
        assert_eq!(app.get(path).await.json()["object"], "list");
    }
}

#[tokio::test]
async fn what_would_change_a_servers_models_is_told_in_words() {
    let (_upstream, app) = start().await;
    for (method, path) in [
        ("POST", "/api/pull"),
        ("POST", "/api/push"),
        ("POST", "/api/create"),
        ("POST", "/api/copy"),
        ("DELETE", "/api/delete"),
        ("HEAD", "/api/blobs/sha256:0123"),
        ("POST", "/api/blobs/sha256:0123"),
    ] {
        let answer = request(app.addr, method, path, &[], br#"{"model":"x"}"#).await;
        assert_eq!(answer.status, 501, "{method} {path}: {}", answer.text());
        if method != "HEAD" {
            let told = answer.json();
            assert!(told["error"].as_str().unwrap().contains("router.toml"), "{told}");
        }
        let stranger = request(app.addr, method, path, &[STRANGER], b"{}").await;
        assert_eq!(stranger.status, 401, "{method} {path}");
    }
    for path in ["/pull", "/copy", "/delete", "/blobs/sha256:0", "/api/pulls", "/api/nothing"] {
        let answer = app.post(path, &json!({})).await;
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")), "{path}");
    }
}

#[tokio::test]
async fn the_routers_own_errors_are_texts() {
    let (_upstream, app) = start().await;
    for (path, body, status, words) in [
        ("/api/chat", ask(json!({"model": "nothing"})), 404, "`nothing`"),
        ("/api/chat", json!({"messages": [{"role": "user", "content": "a"}]}), 400, "`model`"),
        ("/api/chat", json!({"model": "plain", "messages": "a"}), 400, "`messages`"),
        ("/api/chat", json!([]), 400, "object"),
        ("/api/generate", json!({"model": "plain", "prompt": 5}), 400, "`prompt`"),
        (
            "/api/chat",
            ask(json!({"model": "plain", "options": {"seed": "a"}})),
            400,
            "`options.seed`",
        ),
    ] {
        let answer = app.post(path, &body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let told = answer.json();
        assert!(told["error"].as_str().unwrap().contains(words), "{body}: {told}");
    }
    for (method, path, headers, status) in [
        ("POST", "/api/chat", vec![STRANGER], 401),
        ("POST", "/api/show", vec![STRANGER], 401),
        ("GET", "/api/tags", vec![STRANGER], 401),
        ("GET", "/api/chat", vec![], 405),
        ("POST", "/api/chat", vec![("content-encoding", "rar")], 415),
    ] {
        let answer = request(app.addr, method, path, &headers, b"{}").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert!(answer.json()["error"].is_string(), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_line() {
    let script = Script::stream(&["Hel", "lo"]).close_after_frames(3);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let answer = app.post("/api/chat", &ask(json!({}))).await;
    let lines: Vec<Value> =
        answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, before) = lines.split_last().unwrap();
    assert!(last["error"].is_string() && last.get("done").is_none(), "{last}");
    assert!(before.iter().all(|line| line["done"] == false), "{before:?}");
}

/// Each line is read as a piece of an answer, before the first one of the upstream and after it.
#[tokio::test]
async fn a_silent_upstream_is_bridged_with_whole_lines() {
    for script in [
        Script::stream(&["Hel", "lo"]).before_head(Step::WaitForSignal),
        Script::stream(&["Hel", "lo"]).after_frames(2, Step::WaitForSignal),
    ] {
        let upstream = Upstream::start(script).await;
        let config =
            config("openai_compatible", &upstream, "gpt-x").tables("[timeouts]\nheartbeat = 0.05");
        let app = TestApp::start(&config).await;
        let mut client = crate::support::client::RawClient::connect(app.addr).await;
        client.post_json("/api/chat", &ask(json!({})).to_string(), &[]).await;
        client.read_head().await;
        let mut silent = 0;
        while silent < 3 {
            let line: Value = serde_json::from_slice(&client.read_line().await).unwrap();
            assert!(line["model"].is_string() && line["created_at"].is_string(), "{line}");
            assert_eq!(line["done"], false);
            silent += usize::from(line["message"]["content"] == "");
        }
        upstream.proceed();
        let (rest, _) = client.read_to_end().await;
        let rest = String::from_utf8(rest.concat()).unwrap();
        assert!(rest.contains("\"done\":true") && rest.contains("\"lo\""), "{rest}");
    }
}
