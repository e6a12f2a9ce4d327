//! Which spans a call gives, field by field.

use serde_json::{Value, json};

use super::{attributes, collector, config, nanos, spans, telemetry};
use crate::support::client::{RawClient, request};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, streamed_chat};

fn is_hex(value: &Value, digits: usize) -> bool {
    let text = value.as_str().unwrap();
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The attributes that are the same in each run, a line each.
fn shown(span: &Value) -> String {
    let changing = ["llm_router.request_id", "server.port"];
    let lines = attributes(span).into_iter().filter(|(name, _)| !changing.contains(&name.as_str()));
    let line = |(name, value): (String, Value)| match name.ends_with("_ms") {
        true => format!("{name}: {}\n", value.is_number()),
        false => format!("{name}: {value}\n"),
    };
    lines.map(line).collect()
}

#[tokio::test]
async fn a_call_is_a_server_span_and_its_attempt_a_client_span() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let further = "[[api_keys]]\nkey = \"sk-the-secret-of-a-caller\"\nname = \"team\"\n";
    let app = TestApp::start(&config(&upstream, &collector).tables(further)).await;
    let headers = [
        ("content-type", "application/json"),
        ("authorization", "Bearer sk-the-secret-of-a-caller"),
        ("x-request-id", "the-request"),
    ];
    let body = chat("gpt-x").to_string();
    let path = "/v1/chat/completions";
    assert_eq!(request(app.addr, "POST", path, &headers, body.as_bytes()).await.status, 200);
    let spans = spans(&collector, 2).await;
    let [server, client] = [&spans[0], &spans[1]];

    assert_eq!(
        (&server["name"], &server["kind"]),
        (&json!("POST /v1/chat/completions"), &json!(2))
    );
    assert_eq!((&client["name"], &client["kind"]), (&json!("chat gpt-x"), &json!(3)));
    for span in [server, client] {
        assert!(is_hex(&span["traceId"], 32) && is_hex(&span["spanId"], 16), "{span}");
        assert_eq!(span["traceId"], server["traceId"]);
        assert_eq!((&span["flags"], &span["status"]), (&json!(0x101), &json!({})));
        assert!(span.get("traceState").is_none());
        assert!(nanos(span, "startTimeUnixNano") <= nanos(span, "endTimeUnixNano"));
        assert_eq!(nanos(span, "startTimeUnixNano") % 1000, 0, "microseconds are known");
    }
    assert!(server.get("parentSpanId").is_none());
    assert_eq!(client["parentSpanId"], server["spanId"]);
    assert!(nanos(server, "startTimeUnixNano") <= nanos(client, "startTimeUnixNano"));
    assert!(nanos(client, "endTimeUnixNano") <= nanos(server, "endTimeUnixNano"));
    assert_eq!(attributes(server)["llm_router.request_id"], "the-request");
    assert_eq!(attributes(client)["server.port"], upstream.addr().port().to_string());
    insta::assert_snapshot!(shown(server), @r#"
    http.request.method: "POST"
    http.response.status_code: "200"
    http.route: "/v1/chat/completions"
    llm_router.attempts: "1"
    llm_router.key.id: "1"
    llm_router.key.name: "team"
    llm_router.requested: "gpt-x"
    llm_router.router_ms: true
    llm_router.status: "success"
    llm_router.wait_ms: true
    "#);
    insta::assert_snapshot!(shown(client), @r#"
    gen_ai.operation.name: "chat"
    gen_ai.provider.name: "openai_compatible"
    gen_ai.request.model: "gpt-x"
    gen_ai.response.finish_reasons: {"values":[{"stringValue":"stop"}]}
    gen_ai.response.model: "gpt-x"
    gen_ai.usage.input_tokens: "9"
    gen_ai.usage.output_tokens: "3"
    http.response.status_code: "200"
    llm_router.connect_ms: true
    llm_router.first_byte_ms: true
    llm_router.model: "gpt-x"
    llm_router.provider: "up"
    llm_router.provider_key: "1"
    llm_router.queue_ms: true
    server.address: "127.0.0.1"
    "#);

    let record = app.only_record().await;
    let took = nanos(server, "endTimeUnixNano") - nanos(server, "startTimeUnixNano");
    let recorded = record["duration_ms"].as_f64().unwrap();
    assert!((took as f64 / 1e6 - recorded).abs() < 0.01, "{took} {recorded}");
    let sent = &collector.requests()[0];
    let resource = &sent.json()["resourceSpans"][0]["resource"];
    assert_eq!(attributes(resource)["service.name"], "llm-router");
    assert_eq!(attributes(resource)["service.version"], env!("CARGO_PKG_VERSION"));
    let text = String::from_utf8_lossy(&sent.body).into_owned();
    for secret in ["sk-the-secret", "sk-upstream", "\"hi\""] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn a_fallback_gives_a_client_span_for_each_of_two_providers() {
    let first =
        Upstream::start(Script::status(500).json("{\"error\":{\"message\":\"SECRET\"}}")).await;
    let second = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let config = Config::new()
        .provider("first", &first.base_url())
        .provider("second", &second.base_url())
        .model("first", "gpt-x", "tags = [\"t\"]\n[models.config]\npriority = 9")
        .model("second", "gpt-x", "tags = [\"t\"]\n[models.config]\npriority = 0")
        .tables("[routing.aliases]\nbest = { target = \"tag:t\", strategy = \"priority\" }")
        .tables(&telemetry(&collector));
    let app = TestApp::start(&config).await;
    let answer = app.chat(&chat("best")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let spans = spans(&collector, 3).await;
    let of = |span: &Value, name: &str| attributes(span).get(name).cloned();
    let [server, failed, served] = [&spans[0], &spans[1], &spans[2]];
    assert_eq!(of(server, "llm_router.attempts"), Some(json!("2")));
    assert_eq!((of(server, "error.type"), &server["status"]), (None, &json!({})));
    let names = ["llm_router.provider", "http.response.status_code", "error.type"];
    let told = |span: &Value| names.map(|name| of(span, name).unwrap_or_default());
    let expected = [json!("first"), json!("500"), json!("upstream_error")];
    assert_eq!((told(failed), &failed["status"]), (expected, &json!({"code": 2})));
    let expected = [json!("second"), json!("200"), Value::Null];
    assert_eq!((told(served), &served["status"]), (expected, &json!({})));
    assert_eq!(of(failed, "gen_ai.usage.input_tokens"), None);
    assert_eq!(of(served, "gen_ai.usage.input_tokens"), Some(json!("9")));
    // Each upstream was told of the span that called it.
    for (upstream, span) in [(&first, failed), (&second, served)] {
        let sent = upstream.requests()[0].header("traceparent").unwrap().to_owned();
        let [trace, id] = ["traceId", "spanId"].map(|name| span[name].as_str().unwrap());
        assert_eq!(sent, format!("00-{trace}-{id}-01"));
    }
    let text = String::from_utf8_lossy(&collector.requests()[0].body).into_owned();
    assert!(!text.contains("SECRET"), "{text}");
}

#[tokio::test]
async fn a_stream_lasts_until_its_end_and_has_its_first_token() {
    let upstream =
        Upstream::start(Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal)).await;
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector)).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_head().await;
    client.read_frame().await;
    upstream.proceed();
    client.read_to_end().await;
    let spans = spans(&collector, 2).await;
    let [server, client] = [&spans[0], &spans[1]];
    assert_eq!(client["endTimeUnixNano"], server["endTimeUnixNano"]);
    let event = &client["events"][0];
    assert_eq!(event["name"], "llm_router.first_token");
    let first = nanos(event, "timeUnixNano");
    assert!(
        nanos(client, "startTimeUnixNano") <= first && first < nanos(client, "endTimeUnixNano")
    );
    let told = attributes(client);
    assert_eq!(told["gen_ai.request.stream"], true);
    assert!(told["gen_ai.response.time_to_first_chunk"].is_number(), "in seconds");
    assert_eq!(told["gen_ai.response.model"], "gpt-x");
    assert_eq!(
        told["gen_ai.response.finish_reasons"],
        json!({"values": [{"stringValue": "stop"}]})
    );
    assert_eq!(told["gen_ai.usage.output_tokens"], "2");
}

#[tokio::test]
async fn a_stream_that_is_cut_off_is_an_error_with_what_came() {
    let upstream = Upstream::start(Script::stream(&["a", "b"]).reset_after_frames(2)).await;
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector)).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_head().await;
    client.read_to_end().await;
    let record = app.only_record().await;
    let spans = spans(&collector, 2).await;
    for span in &spans {
        assert_eq!(span["status"], json!({"code": 2}), "{span}");
        assert_eq!(attributes(span)["error.type"], record["error_code"]);
    }
    assert_eq!(attributes(&spans[1])["llm_router.usage.partial"], true);
}

#[tokio::test]
async fn a_client_that_leaves_is_no_error_of_the_upstream() {
    for (script, body) in [
        (Script::chat("hi").before_head(Step::Stall), chat("gpt-x")),
        (Script::stream(&["a", "b"]).stall_after_frames(2), streamed_chat("gpt-x")),
    ] {
        let upstream = Upstream::start(script).await;
        let collector = collector().await;
        let app = TestApp::start(&config(&upstream, &collector)).await;
        let mut client: RawClient = app.begin_chat(&body).await;
        upstream.wait_for_requests(1).await;
        if body["stream"] == true {
            client.read_head().await;
            client.read_frame().await;
        }
        client.close();
        let spans = spans(&collector, 2).await;
        for span in &spans {
            assert_eq!(span["status"], json!({}), "{span}");
            assert_eq!(attributes(span)["error.type"], "client_closed_request");
        }
        assert_eq!(attributes(&spans[0])["llm_router.status"], "cancelled");
        assert_eq!(spans[1]["endTimeUnixNano"], spans[0]["endTimeUnixNano"]);
    }
}

#[tokio::test]
async fn a_refused_call_and_a_candidate_that_is_not_called_have_no_client_span() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let limited = "[models.rate_limit]\nmax_requests = 1\nper_seconds = 3600";
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "gpt-x", limited)
        .tables(&telemetry(&collector));
    let app = TestApp::start(&config).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 429);
    assert_eq!(app.chat(&chat("gpt-y")).await.status, 404);
    let spans = spans(&collector, 4).await;
    let by_status = |status: &str| {
        let is_it = |span: &&Value| {
            attributes(span).get("http.response.status_code") == Some(&json!(status))
        };
        spans.iter().filter(is_it).collect::<Vec<_>>()
    };
    assert_eq!(by_status("200").len(), 2);
    for status in ["429", "404"] {
        let [span] = by_status(status)[..] else { panic!("{spans:#?}") };
        assert_eq!((&span["kind"], &span["status"]), (&json!(2), &json!({})), "the caller's own");
        assert!(attributes(span).contains_key("error.type"));
    }
    let event = &by_status("429")[0]["events"][0];
    assert_eq!(event["name"], "llm_router.candidate_not_called", "{spans:#?}");
    assert_eq!(attributes(event)["error.type"], "rate_limit_exceeded");
    assert_eq!(attributes(event)["llm_router.model"], "gpt-x");
}

#[tokio::test]
async fn the_call_of_an_analyzer_belongs_to_the_trace_of_the_call_that_needs_it() {
    let upstream = Upstream::with(|seen| match seen.json()["model"] == "judge" {
        true => Script::chat("weak"),
        false => Script::chat("hi"),
    })
    .await;
    let collector = collector().await;
    let config = Config::with(&upstream).model("up", "judge", "").tables(
        "[[routing.pairs]]\nname = \"p\"\nstrong = \"up/gpt-x\"\nweak = \"up/gpt-x\"\n\
         analyzer_model = \"up/judge\"\nanalyzer_timeout = 10.0\n",
    );
    let app = TestApp::start(&config.tables(&telemetry(&collector))).await;
    let answer = app.chat(&chat("pair:p")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let spans = spans(&collector, 4).await;
    let named = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap();
    let [server, analyzer, judge, answer] =
        ["POST /v1/chat/completions", "analyzer", "chat judge", "chat gpt-x"].map(named);
    assert_eq!((&analyzer["kind"], &analyzer["parentSpanId"]), (&json!(1), &server["spanId"]));
    assert_eq!(judge["parentSpanId"], analyzer["spanId"]);
    assert_eq!(answer["parentSpanId"], server["spanId"]);
    assert!(spans.iter().all(|span| span["traceId"] == server["traceId"]));
    assert_eq!(analyzer["flags"], 0x101, "its parent is in the same process");
}

#[tokio::test]
async fn a_call_of_each_api_is_a_server_span_of_its_route() {
    let upstream = Upstream::start(Script::chat("hi")).await.takes_anything();
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector).model("up", "vectors", "")).await;
    let messages = json!([{"role": "user", "content": "hi"}]);
    let contents = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    let content = json!({"content": {"parts": [{"text": "hi"}]}});
    let calls = [
        (
            "/v1/messages",
            json!({"model": "gpt-x", "max_tokens": 9, "messages": messages}),
            "/v1/messages",
            "chat",
        ),
        ("/v1/responses", json!({"model": "gpt-x", "input": "hi"}), "/v1/responses", "chat"),
        (
            "/v1/models/gpt-x:generateContent",
            contents,
            "/v1beta/models/{model}:generateContent",
            "chat",
        ),
        (
            "/v1beta/models/vectors:embedContent",
            content,
            "/v1beta/models/{model}:embedContent",
            "embeddings",
        ),
        (
            "/api/chat",
            json!({"model": "gpt-x", "messages": messages, "stream": false}),
            "/api/chat",
            "chat",
        ),
        (
            "/api/generate",
            json!({"model": "gpt-x", "prompt": "hi", "stream": false}),
            "/api/generate",
            "chat",
        ),
        ("/api/embed", json!({"model": "vectors", "input": "hi"}), "/api/embed", "embeddings"),
        (
            "/v1/embeddings",
            json!({"model": "vectors", "input": "hi"}),
            "/v1/embeddings",
            "embeddings",
        ),
    ];
    let mut count = 0;
    for (path, body, route, operation) in calls {
        app.post(path, &body).await;
        count += 2;
        let spans = spans(&collector, count).await;
        let [server, client] = &spans[count - 2..] else { panic!("{spans:#?}") };
        assert_eq!((&server["kind"], &client["kind"]), (&json!(2), &json!(3)), "{path}");
        assert_eq!(server["name"], format!("POST {route}"));
        assert_eq!(attributes(server)["http.route"], route);
        assert_eq!(attributes(client)["gen_ai.operation.name"], operation, "{path}");
    }
}
