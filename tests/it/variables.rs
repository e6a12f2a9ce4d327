//! What router.toml takes from the environment: values for `${NAME}`, and names that are no keys.

use serde_json::json;

use crate::support::app::Setup;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const SECRET: &str = "sk-SECRET-0123456789abcdef";

/// Everything that an admin may look at.
async fn shown(app: &TestApp) -> String {
    let mut all = String::new();
    for path in
        ["/providers", "/models", "/api-keys", "/config/status", "/events", "/health/detail"]
    {
        all.push_str(app.get(path).await.text());
    }
    all
}

#[tokio::test]
async fn a_substituted_key_is_used_and_shown_nowhere() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    for written in ["${UP_KEY}", "$UP_KEY", "env.UP_KEY", "os.environ/UP_KEY"] {
        let config = Config::new()
            .provider_with(
                "up",
                "${UP_URL}",
                &format!(
                    "api_key = \"{written}\"\n[providers.settings]\n\
                     headers = {{ x-tenant = \"t-${{UP_KEY}}\" }}\nproxy = \"none\""
                ),
            )
            .model("up", "gpt-x", "description = \"$${UP_KEY}\"")
            .tables("[[api_keys]]\nname = \"team\"\nkey = \"${TEAM_KEY}\"\n");
        let app = Setup::default()
            .env("UP_KEY", SECRET)
            .env("UP_URL", &upstream.base_url())
            .env("TEAM_KEY", "sk-team-SECRET-0123456789")
            .start(&config)
            .await;
        assert_eq!(app.chat(&chat("up/gpt-x")).await.status, 200, "{written}");
        let sent = upstream.requests().pop().unwrap();
        assert_eq!(sent.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
        assert_eq!(sent.header("x-tenant"), Some(format!("t-{SECRET}").as_str()));

        let login =
            async |key: &str| app.post("/auth/login", &json!({"api_key": key})).await.status;
        assert_eq!(login("${TEAM_KEY}").await, 403);
        assert_eq!(login("sk-team-SECRET-0123456789").await, 200);

        let all = shown(&app).await;
        assert!(all.contains("${UP_KEY}") && !all.contains("SECRET"), "{all}");
        let (folder, _) = app.stop();
        let database = std::fs::read(folder.path().join("router.db")).unwrap();
        assert!(!database.windows(6).any(|part| part == b"SECRET"), "nor stored");
    }
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_an_error_with_its_place() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let bad = config.clone().model("up", "new", "display_name = \"${NOT_SET}\"");
    let error = Setup::default().try_start(&bad).await.err().unwrap();
    assert!(error.contains("error: `display_name` refers to NOT_SET, which is not set"), "{error}");
    let app = TestApp::start(&config).await;
    app.reconfigure(&bad.text()).await;
    let status = app.get("/config/status").await.json();
    let problem = &status["problems"][0];
    let line = bad.text().lines().position(|line| line.contains("NOT_SET")).unwrap() + 1;
    assert_eq!((&problem["line"], &problem["column"]), (&json!(line), &json!(16)));
    assert_eq!(app.chat(&chat("up/gpt-x")).await.status, 200);
}

#[tokio::test]
async fn a_key_in_the_place_of_a_name_is_refused_without_it() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    for line in [
        format!("[[providers]]\nname = \"x\"\ntype = \"openai\"\napi_key_env = \"{SECRET}\"\n"),
        format!("[[api_keys]]\nkey_env = \"{SECRET}\"\n"),
        format!("[[api_keys]]\nkey_env = \"${{{SECRET}}}\"\n"),
    ] {
        let bad = config.clone().tables(&line);
        let error = Setup::default().try_start(&bad).await.err().unwrap();
        assert!(error.contains("must be the name of a variable"), "{error}");
        assert!(!error.contains("SECRET"), "{error}");
        app.reconfigure(&bad.text()).await;
        let sync = app.post("/config/sync", &json!({})).await;
        assert_eq!(sync.status, 400);
        let all = format!("{}{}", sync.text(), shown(&app).await);
        assert!(all.contains("must be the name of a variable") && !all.contains("SECRET"), "{all}");
    }
    let body = json!({"name": "x", "type": "openai", "api_key_env": SECRET});
    let answer = app.post("/providers", &body).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.text().contains("SECRET"), "{}", answer.text());
}

#[tokio::test]
async fn samples_are_warned_of_in_the_file_and_refused_over_rest() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    for sample in ["YOUR_API_KEY", "sk-...", "changeme", "<your key>", "OPENAI_API_KEY"] {
        let text = config.text().replace("sk-upstream", sample);
        app.reconfigure(&text).await;
        let status = app.get("/config/status").await.json();
        assert_eq!(status["is_current"], true, "{sample}");
        let problems = status["problems"].to_string();
        assert!(problems.contains("[providers] `api_key` looks like "), "{problems}");

        let body = json!({"name": "x", "type": "openai", "api_key": sample});
        let answer = app.post("/providers", &body).await;
        assert_eq!(answer.status, 400, "{sample}");
        assert!(answer.text().contains("`api_key` looks like "), "{}", answer.text());
    }
    let key = json!({"name": "x", "key": "YOUR_ADMIN_API_KEY_HERE"});
    assert_eq!(app.post("/api-keys", &key).await.status, 400);
}

#[tokio::test]
async fn over_rest_nothing_is_read_from_the_environment() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = Setup::default()
        .env("UP_KEY", SECRET)
        .env("LLM_ROUTER_SECRET_KEY", "0123456789abcdef0123456789abcdef")
        .start(&Config::with(&upstream))
        .await;
    for body in [
        json!({"name": "x", "type": "openai", "api_key": "${UP_KEY}"}),
        json!({"name": "x", "type": "openai", "base_url": "http://127.0.0.1:1/${UP_KEY}"}),
        json!({"name": "x", "type": "openai", "settings": {"headers": {"a": "${UP_KEY}"}}}),
        json!({"name": "x", "type": "openai", "api_key": "os.environ/UP_KEY"}),
        json!({"name": "x", "type": "openai", "api_key": "$UP_KEY"}),
    ] {
        let answer = app.post("/providers", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(!answer.text().contains("SECRET"), "{}", answer.text());
    }
    let patch = json!({"settings": {"headers": {"a": "${UP_KEY}"}}});
    assert_eq!(app.patch("/providers/up", &patch).await.status, 400);
    let model = json!({"name": "m", "provider": "up", "description": "${UP_KEY}"});
    assert_eq!(app.post("/models", &model).await.status, 201);
    assert_eq!(app.get("/models/up/m").await.json()["description"], "${UP_KEY}");
}
