//! What a user may, and what only an admin may; and whose address counts.

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat};

const USER: &str = "sk-the-key-of-a-user";
const OTHER: &str = "sk-the-key-of-another";
const ADMIN: &str = "sk-the-key-of-an-admin";

fn keys() -> String {
    format!(
        "[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n[[api_keys]]\nkey = \"{OTHER}\"\nname = \"other\"\n\
         [[api_keys]]\nkey = \"{ADMIN}\"\nrole = \"admin\"\n"
    )
}

async fn send(app: &TestApp, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
    let headers =
        [("host", "router.example"), ("x-api-key", key), ("content-type", "application/json")];
    let answer = request(app.addr, method, path, &headers, body.to_string().as_bytes()).await;
    (answer.status, if answer.body.starts_with(b"{") { answer.json() } else { Value::Null })
}

#[tokio::test]
async fn what_is_for_admins_is_refused_to_users_with_a_clear_word() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream).tables(&keys())).await;
    for (method, path) in [
        ("GET", "/providers"),
        ("POST", "/providers"),
        ("GET", "/providers/up"),
        ("PATCH", "/providers/up"),
        ("DELETE", "/providers/up"),
        ("POST", "/providers/up/test"),
        ("GET", "/providers/up/models"),
        ("POST", "/providers/up/reset"),
        ("POST", "/models"),
        ("PATCH", "/models/up/gpt-x"),
        ("DELETE", "/models/up/gpt-x"),
        ("GET", "/events"),
        ("GET", "/metrics"),
        ("GET", "/config"),
        ("GET", "/config/status"),
        ("POST", "/config/sync"),
        ("POST", "/config/preview"),
        ("PATCH", "/providers/up?dry_run=true"),
        ("DELETE", "/api-keys/2?dry_run=true"),
        ("GET", "/api-keys"),
        ("POST", "/api-keys"),
        ("GET", "/api-keys/1"),
        ("PATCH", "/api-keys/1"),
        ("DELETE", "/api-keys/2"),
        ("POST", "/api-keys/1/rotate"),
    ] {
        let (status, body) = send(&app, method, path, USER, &json!({})).await;
        assert_eq!((status, &body["code"]), (403, &json!("admin_required")), "{method} {path}");
    }
    for (method, path, expected) in
        [("GET", "/providers", 200), ("GET", "/metrics", 200), ("GET", "/api-keys/1", 200)]
    {
        assert_eq!(send(&app, method, path, ADMIN, &json!({})).await.0, expected, "{path}");
    }
    for path in ["/models", "/v1/models", "/monitor/invocations", "/me", "/health/detail"] {
        assert_eq!(send(&app, "GET", path, USER, &json!({})).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn a_user_sees_the_health_only_of_what_it_may_call() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let keyless = "[[providers]]\nname = \"far\"\ntype = \"openai\"\napi_key_env = \"SECRET_PLAN\"\n\
        [[models]]\nname = \"of-far\"\nprovider = \"far\"\n";
    let narrow = "name = \"other\"\nallowed_models = [\"gpt-x\"]\n";
    let keys = format!("{keyless}{}", keys().replace("name = \"other\"\n", narrow));
    let app = TestApp::start(&Config::with(&upstream).tables(&keys)).await;
    let names = |detail: &Value| -> Vec<String> {
        let providers = detail["providers"].as_array().unwrap();
        providers.iter().map(|provider| provider["name"].as_str().unwrap().to_owned()).collect()
    };
    let (_, all) = send(&app, "GET", "/health/detail", ADMIN, &json!({})).await;
    assert_eq!(names(&all), ["up", "far"]);
    assert!(all.to_string().contains("SECRET_PLAN"), "{all}");
    let (_, own) = send(&app, "GET", "/health/detail", OTHER, &json!({})).await;
    assert_eq!(names(&own), ["up"]);
    let (_, open) = send(&app, "GET", "/health/detail", USER, &json!({})).await;
    assert!(!open.to_string().contains("SECRET_PLAN"), "{open}");
}

#[tokio::test]
async fn a_user_sees_only_its_own_calls() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream).tables(&keys())).await;
    for key in [USER, OTHER, ADMIN] {
        assert_eq!(send(&app, "POST", "/v1/chat/completions", key, &chat("gpt-x")).await.0, 200);
    }
    let records = app.records().await;
    let of = |name: &str| records.iter().find(|record| record["api_key"] == name).unwrap();
    let (own, others) = (of("user"), of("other"));
    for query in ["", "?api_key_id=2", "?q=r", "?api_key_id=other"] {
        let path = format!("/monitor/invocations{query}");
        let (_, list) = send(&app, "GET", &path, USER, &json!({})).await;
        let items = list["items"].as_array().unwrap();
        assert!(items.iter().all(|item| item["api_key"] == "user"), "{query}: {list}");
        assert_eq!(list["total"], items.len());
    }
    let detail = |record: &Value| format!("/monitor/invocations/{}", record["id"]);
    assert_eq!(send(&app, "GET", &detail(own), USER, &json!({})).await.0, 200);
    assert_eq!(send(&app, "GET", &detail(others), USER, &json!({})).await.0, 404);
    assert_eq!(send(&app, "GET", &detail(others), ADMIN, &json!({})).await.0, 200);
    let (_, filtered) =
        send(&app, "GET", "/monitor/invocations?api_key_id=2", ADMIN, &json!({})).await;
    assert_eq!(
        (&filtered["total"], &filtered["items"][0]["api_key"]),
        (&json!(1), &json!("other"))
    );
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_address_is_what_the_proxy_says() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let keys = format!("{}allowed_ips = [\"9.9.9.0/24\"]\n", keys());
    let config = Config::with(&upstream).server("trusted_proxies = [\"127.0.0.1\"]").tables(&keys);
    let app = Setup::default().start(&config).await;
    for (headers, expected) in [
        (vec![("x-forwarded-for", "9.9.9.9")], 200),
        (vec![("x-forwarded-for", "9.9.9.9, 8.8.8.8")], 403),
        (vec![("forwarded", "for=9.9.9.9")], 200),
        (vec![("forwarded", "for=9.9.9.9"), ("x-forwarded-for", "8.8.8.8")], 403),
        (vec![("x-real-ip", "9.9.9.9")], 200),
        (vec![], 403),
    ] {
        let headers = [headers.as_slice(), &[("x-api-key", ADMIN)]].concat();
        let answer = request(app.addr, "GET", "/models", &headers, b"").await;
        assert_eq!(answer.status, expected, "{headers:?}: {}", answer.text());
    }
    let no_key =
        request(app.addr, "GET", "/models", &[("x-forwarded-for", "127.0.0.1")], b"").await;
    assert_eq!(no_key.status, 401, "who comes through a proxy is not local");
}
