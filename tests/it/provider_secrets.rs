//! Secrets of providers that are set over REST: sealed, never shown, and sent only to the address
//! that they were configured for.

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const KEY: (&str, &str) = ("LLM_ROUTER_SECRET_KEY", "q1u2w3e4r5t6y7u8i9o0p1a2s3d4f5g6h7j8k9l0z1=");

fn with_key() -> Setup {
    Setup::default().env(KEY.0, KEY.1)
}

async fn upstream() -> Upstream {
    Upstream::start(Script::chat("hi")).await
}

fn mine(upstream: &Upstream, more: &Value) -> Value {
    let mut body =
        json!({"name": "mine", "type": "openai_compatible", "base_url": upstream.base_url()});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn create(app: &TestApp, body: &Value) {
    let created = app.post("/providers", body).await;
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(app.post("/models", &json!({"name": "m", "provider": "mine"})).await.status, 201);
}

/// The credential and the header `x-tenant` of the last call.
async fn sent(app: &TestApp, upstream: &Upstream, model: &str) -> (Option<String>, Option<String>) {
    let answer = app.chat(&chat(model)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let last = upstream.requests().pop().unwrap();
    let header = |name: &str| last.header(name).map(str::to_owned);
    (header("authorization"), header("x-tenant"))
}

fn some(key: &str, tenant: &str) -> (Option<String>, Option<String>) {
    (Some(format!("Bearer {key}")), Some(tenant.to_owned()))
}

async fn restarted(app: TestApp, setup: Setup) -> TestApp {
    let (folder, _) = tokio::task::spawn_blocking(move || app.stop()).await.unwrap();
    setup.start_in(folder).await.unwrap()
}

#[tokio::test]
async fn secrets_are_sent_and_never_shown_and_survive_a_restart() {
    let upstream = upstream().await;
    let app = with_key().start(&Config::with(&upstream)).await;
    let secret = json!({"api_key": "sk-one", "settings": {"headers": {"x-tenant": "acme-secret"}}});
    create(&app, &mine(&upstream, &secret)).await;
    assert_eq!(sent(&app, &upstream, "m").await, some("sk-one", "acme-secret"));
    let shown = app.get("/providers/mine").await;
    assert_eq!(shown.json()["settings"]["headers"], json!({"x-tenant": "[hidden]"}));
    assert_eq!(shown.json()["has_key"], true);
    assert!(!shown.text().contains("sk-one"));

    let app = restarted(app, with_key()).await;
    assert_eq!(sent(&app, &upstream, "m").await, some("sk-one", "acme-secret"));

    let patch = json!({"settings": {"timeout": 9, "headers": {"x-tenant": "[hidden]"}}});
    assert_eq!(app.patch("/providers/mine", &patch).await.status, 200);
    assert_eq!(
        sent(&app, &upstream, "m").await,
        some("sk-one", "acme-secret"),
        "what is hidden stays"
    );
    app.patch("/providers/mine", &json!({"api_key": "sk-two"})).await;
    assert_eq!(sent(&app, &upstream, "m").await, some("sk-two", "acme-secret"));
    app.patch("/providers/mine", &json!({"api_key": null, "settings": {"headers": null}})).await;
    assert_eq!(sent(&app, &upstream, "m").await, (None, None));
    let changed = app.events("provider.changed").await;
    assert!(!json!(changed).to_string().contains("sk-"), "{changed:?}");
    assert_eq!(changed.len(), 3);
}

#[tokio::test]
async fn without_a_secret_key_a_secret_is_refused_with_what_to_do() {
    let upstream = upstream().await;
    for setup in [Setup::default(), Setup::default().env(KEY.0, "short")] {
        let app = setup.start(&Config::with(&upstream)).await;
        for (more, param) in [
            (json!({"api_key": "sk-one"}), "api_key"),
            (json!({"settings": {"headers": {"x-tenant": "acme"}}}), "settings.headers.x-tenant"),
            (json!({"settings": {"proxy": "http://u:p@proxy:3128"}}), "settings.proxy"),
        ] {
            let refused = app.post("/providers", &mine(&upstream, &more)).await;
            let answer = refused.json();
            assert_eq!(
                (refused.status, &answer["param"]),
                (400, &json!(param)),
                "{}",
                refused.text()
            );
            let detail = answer["detail"].as_str().unwrap();
            assert!(
                detail.contains("LLM_ROUTER_SECRET_KEY")
                    && detail.contains("openssl rand -base64 32"),
                "{detail}"
            );
        }
        assert_eq!(app.get("/providers/mine").await.status, 404, "nothing was written");
        let plain = json!({"settings": {"headers": {"user-agent": "me"}, "proxy": "none"}});
        assert_eq!(app.post("/providers", &mine(&upstream, &plain)).await.status, 201);
    }
}

#[tokio::test]
async fn with_another_secret_key_the_router_starts_and_says_what_is_locked() {
    let upstream = upstream().await;
    let app = with_key().start(&Config::with(&upstream)).await;
    create(&app, &mine(&upstream, &json!({"api_key": "sk-one"}))).await;
    let other = Setup::default().env(KEY.0, &KEY.1.replace('q', "x"));
    let app = restarted(app, other).await;
    let view = app.get("/providers/mine").await.json();
    assert_eq!((&view["health"], &view["has_key"]), (&json!("no key"), &json!(false)));
    assert!(view["detail"].as_str().unwrap().contains("another LLM_ROUTER_SECRET_KEY"), "{view}");
    assert_eq!(app.chat(&chat("m")).await.status, 503);
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200, "the others serve");

    // Changes of something else leave what is locked as it is.
    assert_eq!(
        app.patch("/providers/mine", &json!({"settings": {"timeout": 3}})).await.status,
        200
    );
    let app = restarted(app, with_key()).await;
    assert_eq!(sent(&app, &upstream, "m").await.0.as_deref(), Some("Bearer sk-one"));

    let app = restarted(app, Setup::default()).await;
    let view = app.get("/providers/mine").await.json();
    assert!(
        view["detail"].as_str().unwrap().contains("LLM_ROUTER_SECRET_KEY is not set"),
        "{view}"
    );
}

#[tokio::test]
async fn a_secret_does_not_follow_its_provider_to_another_address() {
    let (one, other) = (upstream().await, upstream().await);
    let app = with_key().start(&Config::with(&one)).await;
    let secret = json!({"api_key": "sk-one", "settings": {"headers": {"x-tenant": "acme-secret"}}});
    create(&app, &mine(&one, &secret)).await;
    let moved = app.patch("/providers/mine", &json!({"base_url": other.base_url()})).await.json();
    assert_eq!(moved["has_key"], false);
    let notice = moved["notices"][0].as_str().unwrap();
    assert!(notice.contains("api_key, settings.headers.x-tenant"), "{notice}");
    assert_eq!(sent(&app, &other, "m").await, (None, None));

    let back = json!({"base_url": one.base_url(), "api_key": "sk-two"});
    let back = app.patch("/providers/mine", &back).await.json();
    assert_eq!((&back["has_key"], &back["notices"]), (&json!(true), &json!(null)));
    assert_eq!(sent(&app, &one, "m").await.0.as_deref(), Some("Bearer sk-two"));

    for redirect in [
        json!({"settings": {"endpoint": "/elsewhere"}}),
        json!({"settings": {"auth_header": "x-key"}}),
        json!({"settings": {"proxy": "http://proxy.invalid:3128"}}),
        json!({"settings": {"headers": {"host": "elsewhere"}}}),
        json!({"type": "openai"}),
    ] {
        app.patch("/providers/mine", &json!({"api_key": "sk-three"})).await;
        assert_eq!(app.get("/providers/mine").await.json()["has_key"], true);
        let moved = app.patch("/providers/mine", &redirect).await.json();
        assert_eq!(moved["has_key"], false, "{redirect}");
        assert!(moved["notices"][0].as_str().unwrap().contains("api_key"), "{redirect}");
    }
    let replaced = app.post("/providers", &mine(&one, &json!({"api_key": "sk-four"}))).await.json();
    assert_eq!(replaced["has_key"], true);
    let replaced = app.post("/providers", &mine(&one, &json!({}))).await.json();
    assert_eq!(replaced["has_key"], true, "the same address keeps it");
    let replaced = app.post("/providers", &mine(&other, &json!({}))).await.json();
    assert_eq!(replaced["has_key"], false);
}

#[tokio::test]
async fn what_the_file_and_the_environment_give_is_not_sent_where_rest_points() {
    let (one, other) = (upstream().await, upstream().await);
    let config = Config::with(&one)
        .provider_with("env", &one.base_url(), "api_key_env = \"ENV_KEY\"")
        .model("env", "from-env", "")
        .provider_with("head", &one.base_url(), "settings.headers = { x-tenant = \"acme-secret\" }")
        .model("head", "with-header", "");
    let app = Setup::default().env("ENV_KEY", "sk-env").start(&config).await;
    assert_eq!(sent(&app, &one, "from-env").await.0.as_deref(), Some("Bearer sk-env"));
    assert_eq!(sent(&app, &one, "with-header").await.1.as_deref(), Some("acme-secret"));
    for name in ["up", "env", "head"] {
        let path = format!("/providers/{name}");
        app.patch(&path, &json!({"base_url": other.base_url()})).await;
        assert_eq!(app.get(&path).await.json()["has_key"], false);
    }
    assert_eq!(sent(&app, &other, "gpt-x").await, (None, None));
    assert_eq!(sent(&app, &other, "with-header").await, (None, None));
    assert_eq!(app.chat(&chat("from-env")).await.status, 503);
    let view = app.get("/providers/env").await.json();
    assert_eq!(view["health"], "no key");
    assert!(
        view["detail"].as_str().unwrap().contains("its address was changed over REST"),
        "{view}"
    );

    app.patch("/providers/env", &json!({"base_url": one.base_url()})).await;
    assert_eq!(sent(&app, &one, "from-env").await.0.as_deref(), Some("Bearer sk-env"));
}

#[tokio::test]
async fn a_key_over_rest_wins_over_the_files_until_the_file_says_another() {
    let upstream = upstream().await;
    let config = Config::with(&upstream);
    let app = with_key().start(&config).await;
    app.patch("/providers/up", &json!({"api_key": "sk-rest"})).await;
    assert_eq!(sent(&app, &upstream, "gpt-x").await.0.as_deref(), Some("Bearer sk-rest"));
    let app = restarted(app, with_key()).await;
    assert_eq!(sent(&app, &upstream, "gpt-x").await.0.as_deref(), Some("Bearer sk-rest"));

    app.reconfigure(&config.text().replace("sk-upstream", "sk-newer")).await;
    assert_eq!(sent(&app, &upstream, "gpt-x").await.0.as_deref(), Some("Bearer sk-newer"));
    app.patch("/providers/up", &json!({"settings": {"headers": {"x-tenant": "acme-secret"}}}))
        .await;
    let now = sent(&app, &upstream, "gpt-x").await;
    assert_eq!(now, some("sk-newer", "acme-secret"), "the former key does not come back");
    app.patch("/providers/up", &json!({"api_key": "sk-again"})).await;
    app.patch("/providers/up", &json!({"api_key": null})).await;
    assert_eq!(sent(&app, &upstream, "gpt-x").await, some("sk-newer", "acme-secret"));
}

#[tokio::test]
async fn a_hidden_value_that_stands_for_nothing_is_refused() {
    let upstream = upstream().await;
    let app = with_key().start(&Config::with(&upstream)).await;
    for (settings, param) in [
        (json!({"headers": {"x-tenant": "[hidden]"}}), "settings.headers.x-tenant"),
        (json!({"proxy": "http://[hidden]@proxy:3128"}), "settings.proxy"),
    ] {
        let refused = app.patch("/providers/up", &json!({"settings": settings})).await;
        assert_eq!(
            (refused.status, &refused.json()["param"]),
            (400, &json!(param)),
            "{}",
            refused.text()
        );
    }
}
