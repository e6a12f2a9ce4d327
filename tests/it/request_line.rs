//! HEAD wherever GET is, and paths with an extra slash: served, and never without the access check.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::client::{RawClient, Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat};

async fn start() -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let lines = format!(
        "[routing.aliases]\n\"team//fast\" = \"up/gpt-x\"\n\
         [[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n"
    );
    let config = Config::with(&upstream).model("up", "org/deep", "").model("up", "a//b", "");
    let app = TestApp::start(&config.tables(&lines)).await;
    (upstream, app)
}

const USER: &str = "sk-the-key-of-a-user";

fn names(answer: &Response) -> BTreeSet<&str> {
    answer.headers.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn head_is_get_without_a_body_on_every_path() {
    let (_upstream, app) = start().await;
    let document = app.get("/openapi.json").await.json();
    let bearer = format!("Bearer {USER}");
    let stranger = vec![("host", "router.example")];
    let user = vec![("host", "router.example"), ("authorization", bearer.as_str())];
    // A live stream has no end; its own tests send HEAD.
    let ends = |path: &str| path != "/monitor/live";
    let paths = document["paths"].as_object().unwrap().iter().filter(|(path, _)| ends(path));
    for (path, methods) in paths {
        let path = path.replace("{id}", "gpt-x").replace("{file}", "swagger-ui.css");
        let path = path.replace("{provider}", "up").replace("{model}", "gpt-x");
        let path = path.replace("{name}", "up");
        // Ollama's API is below /api itself.
        let bases: &[&str] = if path.starts_with("/api/") { &[""] } else { &["", "/api"] };
        for base in bases {
            for headers in [&vec![], &stranger, &user] {
                let target = format!("{base}{path}");
                let get = request(app.addr, "GET", &target, headers, b"").await;
                let head = request(app.addr, "HEAD", &target, headers, b"").await;
                assert_eq!(head.status, get.status, "{target} {headers:?}");
                assert_eq!(names(&head), names(&get), "{target} {headers:?}");
                assert_eq!(head.header("content-type"), get.header("content-type"), "{target}");
                // Of a file that is streamed the length is not known.
                let is_streamed =
                    path.starts_with("/monitor/export/") || path == "/monitor/database";
                let has_length = get.header("content-length").is_some();
                assert!(has_length || (is_streamed && get.status == 200), "{target}");
                assert_eq!(head.text(), "", "{target}");
                // GET of a method of Gemini's asks for a model of that name.
                let is_served = methods.get("get").is_some() || path.contains("/models/gpt-x:");
                assert_eq!(
                    headers.is_empty() && head.status == 405,
                    headers.is_empty() && !is_served,
                    "{target}"
                );
            }
        }
    }
    for path in ["/health", "/v1/models", "/docs", "/docs/start.js", "/openapi.json", "/nothing"] {
        let lengths = ["GET", "HEAD"].map(|method| async move {
            let answer = request(app.addr, method, path, &[], b"").await;
            answer.header("content-length").map(str::to_owned)
        });
        let [get, head] = lengths;
        assert_eq!(head.await, get.await, "{path}");
    }
}

#[tokio::test]
async fn a_connection_goes_on_after_a_head() {
    let (_upstream, app) = start().await;
    let mut client = RawClient::connect(app.addr).await;
    for (method, is_empty) in [("HEAD", true), ("GET", false), ("HEAD", true), ("GET", false)] {
        client.send_request(method, "/v1/models", &[], b"").await;
        assert_eq!(client.read_head().await.status, 200);
        assert_eq!(client.read_body().await.is_empty(), is_empty, "{method}");
    }
}

#[tokio::test]
async fn what_takes_no_get_takes_no_head_and_says_what_it_takes() {
    let (_upstream, app) = start().await;
    let answer = request(app.addr, "HEAD", "/v1/chat/completions", &[], b"").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    let answer = request(app.addr, "PUT", "/v1/models", &[], b"").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn one_slash_too_many_is_served() {
    let (_upstream, app) = start().await;
    for base in ["", "/api", "//api", "/api/"] {
        for path in [
            "/v1/models/",
            "//v1/models",
            "/v1//models",
            "/health/",
            "//health//",
            "/models/",
            "/models//up",
            "/models/up/",
            "/models//up//gpt-x",
            "/models/up/gpt-x/",
            "/models/up//org/deep",
            "/models/up/org//deep",
            "/v1/models//up/gpt-x",
            "/v1/models/up//gpt-x/",
            "/providers/",
            "/openapi.json/",
            "/docs//start.js",
            "/monitor//invocations/?limit=1",
        ] {
            let answer = request(app.addr, "GET", &format!("{base}{path}"), &[], b"").await;
            assert_eq!(answer.status, 200, "{base}{path}: {}", answer.text());
        }
        for path in [
            "//v1/chat/completions",
            "/v1/chat/completions/",
            "/v1/chat//completions",
            "/models/up//gpt-x/v1/chat/completions",
            "/models/up/gpt-x//v1//chat/completions/",
        ] {
            let answer = app.post(&format!("{base}{path}"), &chat("gpt-x")).await;
            assert_eq!(answer.status, 200, "{base}{path}: {}", answer.text());
        }
        for path in ["/models/up/gpt-x//invoke", "/models//up/org/deep/invoke/"] {
            let answer = app.post(&format!("{base}{path}"), &json!({"prompt": "hi"})).await;
            assert_eq!(answer.status, 200, "{base}{path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_name_keeps_the_slashes_that_are_its_own() {
    let (_upstream, app) = start().await;
    for path in ["/models/up/a//b", "//models/up/a//b", "/models/up/a%2F%2Fb/", "/models/up/a%2F/b"]
    {
        let answer = app.get(path).await;
        assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("a//b")), "{path}");
    }
    for id in ["up/a//b", "team//fast"] {
        let answer = app.get(&format!("//v1/models/{id}")).await;
        assert_eq!((answer.status, &answer.json()["id"]), (200, &json!(id)));
    }
    let answer = app.post("/models/up/a//b/invoke/", &json!({"prompt": "hi"})).await;
    assert_eq!((answer.status, &answer.json()["model"]), (200, &json!("a//b")));
}

#[tokio::test]
async fn no_slash_opens_a_door() {
    let (_upstream, app) = start().await;
    let bearer = format!("Bearer {USER}");
    let stranger: &[(&str, &str)] = &[("host", "router.example")];
    let user: &[(&str, &str)] = &[("host", "router.example"), ("authorization", &bearer)];
    for (path, of_stranger, of_user) in [
        ("//v1/models", 401, 200),
        ("/v1/models/", 401, 200),
        ("//api-keys", 401, 403),
        ("/api-keys/", 401, 403),
        ("/api//api-keys", 401, 403),
        ("//metrics//", 401, 403),
        ("/docs//../api-keys", 404, 404),
        ("/docs/..//api-keys", 404, 404),
        ("/health//../metrics", 401, 404),
        ("/api//api/metrics", 401, 404),
        ("//health", 200, 200),
    ] {
        for method in ["GET", "HEAD"] {
            for (headers, expected) in [(stranger, of_stranger), (user, of_user)] {
                let answer = request(app.addr, method, path, headers, b"").await;
                assert_eq!(answer.status, expected, "{method} {path} {headers:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_page_of_the_documents_is_looked_for_where_its_links_lead() {
    let (_upstream, app) = start().await;
    for (path, to) in [("/docs/", "../docs"), ("/api/docs//", "../../docs"), ("//docs", "")] {
        let answer = request(app.addr, "GET", path, &[], b"").await;
        match to {
            "" => assert_eq!(answer.status, 200, "{path}"),
            to => assert_eq!((answer.status, answer.header("location")), (308, Some(to)), "{path}"),
        }
    }
}
