//! `docs/ERRORS.md`: what each kind of provider says when it refuses a call, and what the client
//! gets of it. Each cell is played over real sockets; `UPDATE_DOCS=1` writes the document.

mod cells;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use crate::support::app::outcome;
use crate::support::{Config, Script, TestApp, Upstream, chat};
use cells::{CELLS, Cell};

/// A provider `up` of that kind, and with the same model a `spare` one that is asked after it.
fn config(kind: &str, upstream: &Upstream, spare: Option<&Upstream>) -> Config {
    let up = format!(
        "[[providers]]\nname = \"up\"\ntype = \"{kind}\"\nbase_url = \"{}\"\napi_key = \"sk-upstream\"",
        upstream.base_url()
    );
    let config = Config::new().tables(&up).model("up", "m", "[models.config]\npriority = 9");
    match spare {
        Some(spare) => config.provider("spare", &spare.base_url()).model("spare", "m", ""),
        None => config,
    }
}

fn script(cell: &Cell) -> Script {
    let content_type = if cell.body.starts_with('<') { "text/html" } else { "application/json" };
    let script = Script::status(cell.status).body(content_type, cell.body);
    match cell.header {
        Some((name, value)) => script.header(name, value),
        None => script,
    }
}

fn by_kind() -> BTreeMap<&'static str, Vec<&'static Cell>> {
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for cell in CELLS {
        kinds.entry(cell.kind).or_default().push(cell);
    }
    kinds
}

#[tokio::test]
async fn each_refusal_of_a_lone_candidate_reaches_the_client_as_the_table_says() {
    for (kind, cells) in by_kind() {
        for cell in cells {
            // A refused key would rest, and with it the next cell.
            let upstream = Upstream::start(script(cell)).await;
            let app = TestApp::start(&config(kind, &upstream, None)).await;
            let answer = app.chat(&chat("m")).await;
            let place = format!("{kind}, {}: {}", cell.said, answer.text());
            let error = &answer.json()["error"];
            assert_eq!(
                (answer.status, &error["code"]),
                (cell.client.0, &json!(cell.client.1)),
                "{place}"
            );
            assert_eq!(answer.header("retry-after"), cell.retry_after, "{place}");
            let should_retry = is_lasting(cell.client.1).then_some("false");
            assert_eq!(answer.header("x-should-retry"), should_retry, "{place}");
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains("provider `up`") && !message.contains("sk-upstream"),
                "{place}"
            );
        }
    }
}

#[tokio::test]
async fn another_candidate_is_tried_where_the_table_says_so_and_nowhere_else() {
    for (kind, cells) in by_kind() {
        for cell in cells {
            let upstream = Upstream::start(script(cell)).await;
            let spare = Upstream::start(Script::chat("spare")).await;
            let app = TestApp::start(&config(kind, &upstream, Some(&spare))).await;
            let answer = app.chat(&chat("m")).await;
            let place = format!("{kind}, {}: {}", cell.said, answer.text());
            assert_eq!(spare.request_count() > 0, cell.may_another, "{place}");
            assert_eq!(
                answer.status,
                if cell.may_another { 200 } else { cell.client.0 },
                "{place}"
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_is_recorded_with_the_clients_status() {
    let cell = &CELLS[0];
    let upstream = Upstream::start(script(cell)).await;
    let app = TestApp::start(&config(cell.kind, &upstream, None)).await;
    app.chat(&chat("m")).await;
    let (status, code) = cell.client;
    assert_eq!(outcome(&app.only_record().await), format!("error {status} {code}"));
}

/// What stays until somebody mends it; the client's SDK is told not to try again.
fn is_lasting(code: &str) -> bool {
    match code {
        "upstream_rejected_request"
        | "context_length_exceeded"
        | "content_policy_violation"
        | "request_too_large"
        | "upstream_refused_key"
        | "upstream_billing"
        | "upstream_quota_exhausted"
        | "upstream_not_found"
        | "upstream_refused_translation" => true,
        "upstream_rate_limited" | "upstream_timeout" | "upstream_overloaded" | "upstream_error" => {
            false
        }
        unknown => panic!("is `{unknown}` mended by waiting?"),
    }
}

fn document() -> String {
    let mut text = String::from(
        "# Errors of providers\n\n\
         What a client gets where its one candidate refused, and whether another candidate is tried before that.\n\
         A code or a text of the provider counts more than its status: the same 429 is a rate limit here and an\n\
         empty account there. `Retry-After` goes on where the provider says it, in a header or in the body; of a\n\
         rate limit also where only its window says when it opens again.\n\
         A key that was refused, limited or has no money rests, and the provider's next key is tried first.\n\n\
         `final`: the answer has `x-should-retry: false`, because it stays until somebody mends the request, the\n\
         configuration, the key or the account; the OpenAI SDKs then do not try again by themselves. While a lone\n\
         candidate is left alone after that (`[routing.circuit]`), its error is told again, with `Retry-After`.\n\n\
         `upstream_refused_translation`: a provider that speaks another dialect refused the shape of tools, schemas or\n\
         blocks, which the router wrote and no client can mend. The log has what was sent, as keys and types. What a\n\
         client may have caused (a value, media, a schema that is none) stays its 400.\n\n\
         Statuses without a row: 400, 415, 422 are the client's (400), 401 and 403 the router's key (502), 402 its\n\
         account (502), 404 and 410 404, 408 and 504 504, 413 413, 429 429, 503 and 529 503, all others 502.\n\n\
         This table is written by the test `error_table`, which plays each row. The rows follow the providers'\n\
         documents; no live call was made.\n\n\
         | provider | status | says | client gets | final | another candidate |\n|---|---|---|---|---|---|\n",
    );
    for Cell { kind, said, status, client: (ours, code), retry_after, may_another, .. } in CELLS {
        let wait = if retry_after.is_some() { ", `Retry-After`" } else { "" };
        let another = if *may_another { "yes" } else { "no" };
        let is_final = if is_lasting(code) { "final" } else { "" };
        writeln!(
            text,
            "| {kind} | {status} | {said} | {ours} `{code}`{wait} | {is_final} | {another} |"
        )
        .unwrap();
    }
    text
}

#[test]
fn the_document_says_what_is_played() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ERRORS.md");
    let made = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == made, "docs/ERRORS.md is stale: run this test with UPDATE_DOCS=1");
}
