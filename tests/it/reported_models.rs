//! `GET /providers/{name}/models`: the upstream's own list beside what is configured.

use serde_json::{Value, json};

use crate::support::upstream::Seen;
use crate::support::{Config, Script, Step, TestApp, Upstream};

async fn start(kind: &str, models: &[&str], upstream: &Upstream) -> TestApp {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
        upstream.base_url()
    );
    let config = models
        .iter()
        .fold(Config::new().tables(&provider), |config, model| config.model("up", model, ""));
    TestApp::start(&config).await
}

async fn reported(app: &TestApp) -> Value {
    let answer = app.get("/providers/up/models").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// `name state`, in order.
fn states(answer: &Value) -> Vec<String> {
    let items = answer["reported"].as_array().unwrap().iter();
    items.map(|item| format!("{} {}", item["name"], item["state"]).replace('"', "")).collect()
}

#[tokio::test]
async fn each_dialects_list_is_compared_with_what_is_configured() {
    for (kind, path, key, body) in [
        (
            "openai",
            "/v1/models",
            "authorization",
            r#"{"object":"list","data":[{"id":"known"},{"id":"fresh"},{"id":"fresh"}]}"#,
        ),
        (
            "claude",
            "/v1/models?limit=1000",
            "x-api-key",
            r#"{"data":[{"id":"known","type":"model"},{"id":"fresh"}],"has_more":false}"#,
        ),
        (
            "gemini",
            "/v1beta/models?pageSize=1000",
            "x-goog-api-key",
            r#"{"models":[{"name":"models/known"},{"name":"models/fresh"}]}"#,
        ),
        (
            "ollama",
            "/api/tags",
            "authorization",
            r#"{"models":[{"name":"known:latest"},{"name":"fresh"}]}"#,
        ),
    ] {
        let upstream = Upstream::start(Script::status(200).json(body)).await;
        let app = start(kind, &["known", "lost"], &upstream).await;
        let before = (app.get("/models?include_inactive=true").await.json(), app.generation());
        let answer = reported(&app).await;
        let known = if kind == "ollama" { "known:latest" } else { "known" };
        let expected = [format!("{known} configured"), "fresh new".into(), "lost gone".into()];
        assert_eq!(states(&answer), expected, "{kind}");
        assert_eq!(answer["warning"], Value::Null, "{kind}");
        assert!(answer["fetched_at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
        let models = answer["reported"].as_array().unwrap();
        let named: Vec<_> = models.iter().map(|model| model["model"].clone()).collect();
        assert_eq!(named, [json!("up/known"), Value::Null, json!("up/lost")]);
        let seen: Seen = upstream.requests().remove(0);
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", path), "{kind}");
        assert!(seen.header(key).unwrap().ends_with("sk-upstream"), "{kind}");
        let after = (app.get("/models?include_inactive=true").await.json(), app.generation());
        assert_eq!(before, after, "nothing is changed");
        assert_eq!(app.records().await, [] as [Value; 0], "it is no call of a client");
    }
}

#[tokio::test]
async fn pages_are_read_to_the_end() {
    let claude = Upstream::with(|seen| {
        let has_more = !seen.path.contains("after_id");
        let id = if has_more { "first" } else { "second" };
        let body = json!({"data": [{"id": id}], "has_more": has_more, "last_id": "first"});
        Script::status(200).json(&body.to_string())
    })
    .await;
    let app = start("claude", &[], &claude).await;
    assert_eq!(states(&reported(&app).await), ["first new", "second new"]);
    assert_eq!(claude.requests()[1].path, "/v1/models?limit=1000&after_id=first");

    let gemini = Upstream::with(|seen| {
        let is_first = !seen.path.contains("pageToken");
        let body = match is_first {
            true => r#"{"models":[{"name":"models/a"}],"nextPageToken":"x/+="}"#,
            false => r#"{"models":[{"name":"models/b"}]}"#,
        };
        Script::status(200).json(body)
    })
    .await;
    let app = start("gemini", &[], &gemini).await;
    assert_eq!(states(&reported(&app).await), ["a new", "b new"]);
    assert_eq!(gemini.requests()[1].path, "/v1beta/models?pageSize=1000&pageToken=x%2F%2B%3D");

    let round = r#"{"models":[{"name":"models/a"}],"nextPageToken":"again"}"#;
    let endless = Upstream::start(Script::status(200).json(round)).await;
    let app = start("gemini", &[], &endless).await;
    let answer = app.get("/providers/up/models").await;
    assert_eq!((answer.status, &answer.json()["code"]), (502, &json!("upstream_bad_answer")));
    assert_eq!(endless.request_count(), 2);
}

#[tokio::test]
async fn a_suggestion_makes_a_model_as_it_stands() {
    let body = r#"{"data":[{"id":"claude-opus-4-8","display_name":"Claude Opus 4.8",
        "max_input_tokens":1000000}]}"#;
    let upstream = Upstream::start(Script::status(200).json(body)).await;
    let app = start("claude", &[], &upstream).await;
    let found = reported(&app).await["reported"][0].clone();
    let suggestion = &found["suggestion"];
    assert_eq!(suggestion["display_name"], "Claude Opus 4.8");
    assert_eq!(suggestion["tags"], json!(["function-call", "image", "long-context", "reasoning"]));
    assert_eq!(suggestion["config"]["context_window"], 1_000_000);
    let body = json!({
        "name": found["name"], "provider": "up", "display_name": suggestion["display_name"],
        "tags": suggestion["tags"], "config": suggestion["config"],
    });
    let made = app.post("/models", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(states(&reported(&app).await), ["claude-opus-4-8 configured"]);
}

#[tokio::test]
async fn an_empty_list_is_suspicious_and_says_nothing_of_what_is_configured() {
    for body in [r#"{"data":[]}"#, r#"{"models":null}"#, "[]", r#"{"data":[{"id":" "}]}"#] {
        let upstream = Upstream::start(Script::status(200).json(body)).await;
        let app = start("openai", &["known"], &upstream).await;
        let answer = reported(&app).await;
        assert_eq!(answer["reported"], json!([]), "{body}");
        let warning = answer["warning"].as_str().unwrap();
        assert!(warning.contains("reports no model at all"), "{warning}");
    }
    let others = Upstream::start(Script::status(200).json(r#"{"data":[{"id":"x"}]}"#)).await;
    let app = start("openai", &["known"], &others).await;
    let answer = reported(&app).await;
    assert_eq!(states(&answer), ["x new", "known gone"]);
    assert!(answer["warning"].as_str().unwrap().contains("none of the models"), "{answer}");
}

#[tokio::test]
async fn a_mock_reports_the_list_of_its_settings_or_its_own_models() {
    let provider = "[[providers]]\nname = \"up\"\ntype = \"mock\"";
    let config = Config::new().tables(provider).model("up", "demo", "");
    let app = TestApp::start(&config).await;
    assert_eq!(states(&reported(&app).await), ["demo configured"]);
    let listed = format!("{provider}\nsettings.mock.models = [\"a\", \"demo\"]");
    let config = Config::new().tables(&listed).model("up", "demo", "").model("up", "old", "");
    let app = TestApp::start(&config).await;
    assert_eq!(states(&reported(&app).await), ["a new", "demo configured", "old gone"]);
}

#[tokio::test]
async fn a_failure_is_told_in_the_upstreams_words_and_without_the_key() {
    for (status, expected, code, words) in [
        (401, 502, "upstream_refused_key", "bad key [redacted]"),
        (403, 502, "upstream_refused_key", "bad key [redacted]"),
        (404, 502, "upstream_not_found", "bad key [redacted]"),
        (429, 502, "upstream_rate_limited", "bad key [redacted]"),
        (500, 502, "upstream_error", "bad key [redacted]"),
        (504, 504, "upstream_timeout", "bad key [redacted]"),
    ] {
        let body = r#"{"error":{"message":"bad key sk-upstream"}}"#;
        let upstream = Upstream::start(Script::status(status).json(body)).await;
        let app = start("openai", &["known"], &upstream).await;
        let answer = app.get("/providers/up/models").await;
        let problem = answer.json();
        assert_eq!((answer.status, problem["code"].as_str()), (expected, Some(code)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
        assert!(!answer.text().contains("sk-upstream"), "{problem}");
        let shown = app.get("/providers/up").await.json();
        assert_eq!(shown["last_error"]["code"], code, "{shown}");
    }
    let silent = "[[providers]]\nname = \"keyless\"\ntype = \"openai\"\napi_key_env = \"NO_SUCH\"\n\
        [[providers]]\nname = \"plain\"\ntype = \"remote_http\"\nbase_url = \"http://127.0.0.1:1\"";
    let app = TestApp::start(&Config::new().tables(silent)).await;
    for (name, status, code) in [
        ("keyless", 409, "provider_unavailable"),
        ("plain", 409, "no_model_list"),
        ("nobody", 404, "provider_not_found"),
    ] {
        let answer = app.get(&format!("/providers/{name}/models")).await;
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{name}");
    }
}

#[tokio::test]
async fn hostile_lists_are_refused_or_cut() {
    let many: Vec<String> = (0..10_000).map(|number| format!("m{number}")).collect();
    let many = json!({"data": many}).to_string();
    let upstream = Upstream::start(Script::status(200).json(&many)).await;
    let app = start("openai", &["known"], &upstream).await;
    let answer = reported(&app).await;
    assert_eq!(answer["is_cut"], true);
    assert_eq!(answer["reported"].as_array().unwrap().len(), 5_000, "`known` may come later");

    let odd = json!({"data": [{"id": "a\u{0}b"}, {"id": "\u{202e}x"}, {"id": {}}, {"id": "ok"}]});
    let upstream = Upstream::start(Script::status(200).json(&odd.to_string())).await;
    let app = start("openai", &[], &upstream).await;
    let answer = reported(&app).await;
    assert_eq!((states(&answer), &answer["unusable"]), (vec!["ok new".to_owned()], &json!(3)));

    let deep = format!("{{\"data\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!("{{\"data\":[\"{}\"]}}", "x".repeat(5 * 1024 * 1024));
    for body in ["<html>sk-upstream</html>", "{\"data\":", "5", &deep, &huge] {
        let upstream = Upstream::start(Script::status(200).json(body)).await;
        let app = start("openai", &["known"], &upstream).await;
        let answer = app.get("/providers/up/models").await;
        let problem = answer.json();
        assert_eq!(answer.status, 502, "{problem}");
        assert_eq!(problem["code"], "upstream_bad_answer", "{problem}");
        assert!(!answer.text().contains("sk-upstream"), "{problem}");
        assert!(answer.body.len() < 1_000, "{problem}");
    }
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let spaces = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let steps = vec![Step::Send(head.into()), Step::SendForever(spaces.into_bytes())];
    let upstream = Upstream::start(Script::exactly(steps)).await;
    let app = start("openai", &["known"], &upstream).await;
    let answer = app.get("/providers/up/models").await;
    assert_eq!((answer.status, &answer.json()["code"]), (502, &json!("upstream_bad_answer")));
    assert_eq!(app.get("/models/up/known").await.json()["is_active"], true);
}
