//! All figures agree: random traffic with retries, fallbacks, cut streams and clients that leave,
//! and every view of it tells the same calls, tokens and cost as the upstreams' own count.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::ops::AddAssign;
use std::sync::{Arc, Mutex};

use calamine::{Reader, Xlsx};
use serde_json::{Value, json};

use crate::support::client::{RawClient, request};
use crate::support::exposition::Exposition;
use crate::support::{Config, Script, TestApp, Upstream};

const CALLS: usize = 90;
const AT_ONCE: usize = 6;

const ROUTING: &str = "[routing]\nmax_backoff = 0.001\nbackoff = 0.001\nmax_attempts = 4\nretries = 1\n\
    [routing.circuit]\nfailures = 1000000\nmin_calls = 30000\n";

const KEYS: &str = "[[api_keys]]\nkey = \"sk-key-one\"\nname = \"one\"\nrole = \"user\"\n\
    [[api_keys]]\nkey = \"sk-key-two\"\nname = \"two\"\nrole = \"user\"\n";

const PRICED: &str = "[models.config]\ncost_per_1k_tokens = 0.0013\n\
    cost_per_1k_completion_tokens = 0.0071\ncost_per_1k_cached_tokens = 0.0003";

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
}

/// What calls come to, in whole tokens and nano-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    calls: i64,
    success: i64,
    error: i64,
    cancelled: i64,
    prompt: i64,
    completion: i64,
    cached: i64,
    cost: i64,
    unpriced: i64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.success += other.success;
        self.error += other.error;
        self.cancelled += other.cancelled;
        self.prompt += other.prompt;
        self.completion += other.completion;
        self.cached += other.cached;
        self.cost += other.cost;
        self.unpriced += other.unpriced;
    }
}

fn sum(all: impl IntoIterator<Item = Totals>) -> Totals {
    let mut sum = Totals::default();
    all.into_iter().for_each(|each| sum += each);
    sum
}

fn nano(dollars: Option<f64>) -> i64 {
    (dollars.unwrap_or_default() * 1e9).round() as i64
}

fn of_row(row: &Value) -> Totals {
    let count = |name: &str| row[name].as_i64().unwrap_or_default();
    let is = |status: &str| i64::from(row["status"] == status);
    let took_tokens = row["status"] == "success" || !row["prompt_tokens"].is_null();
    Totals {
        calls: 1,
        success: is("success"),
        error: is("error"),
        cancelled: is("cancelled"),
        prompt: count("prompt_tokens"),
        completion: count("completion_tokens"),
        cached: count("cached_tokens"),
        cost: nano(row["cost"].as_f64()),
        unpriced: i64::from(row["cost"].is_null() && took_tokens),
    }
}

/// Of statistics, a group or a point of a series.
fn of_figures(figures: &Value) -> Totals {
    let count = |name: &str| figures[name].as_i64().unwrap_or_else(|| panic!("{name}: {figures}"));
    Totals {
        calls: count("total_calls"),
        success: count("success_calls"),
        error: count("error_calls"),
        cancelled: count("cancelled_calls"),
        prompt: count("prompt_tokens"),
        completion: count("completion_tokens"),
        cached: count("cached_tokens"),
        cost: nano(figures["total_cost"].as_f64()),
        unpriced: count("unpriced_calls"),
    }
}

fn of_metrics(told: &Exposition, labels: &[(&str, &str)]) -> Totals {
    let count = |name: &str, more: &[(&str, &str)]| {
        told.sum(name, &[labels, more].concat()).unwrap_or_default() as i64
    };
    let requests = |status| count("llm_router_requests_total", &[("status", status)]);
    let tokens = |kind| count("llm_router_tokens_total", &[("type", kind)]);
    Totals {
        calls: count("llm_router_requests_total", &[]),
        success: requests("success"),
        error: requests("error"),
        cancelled: requests("cancelled"),
        prompt: tokens("prompt"),
        completion: tokens("completion"),
        cached: tokens("cached"),
        cost: nano(told.sum("llm_router_cost_dollars_total", labels)),
        unpriced: count("llm_router_unpriced_requests_total", &[]),
    }
}

/// The usage that the upstreams told last for a call, by the call's number, which is its text.
type Told = Arc<Mutex<BTreeMap<String, (i64, i64, i64)>>>;

async fn upstream(seed: u64, told: &Told) -> Upstream {
    let (mut random, told) = (Random(seed), told.clone());
    Upstream::with(move |seen| {
        let body = seen.json();
        let call = body["messages"][0]["content"].as_str().unwrap().to_owned();
        let is_stream = body["stream"] == true;
        told.lock().unwrap().remove(&call);
        if call.starts_with("leave") {
            return Script::stream(&["a", "b", "c"]).stall_after_frames(3);
        }
        match random.below(10) {
            0 => Script::status(500).json("{}"),
            1 => Script::status(503).json("{}"),
            2 if is_stream => Script::stream(&["a", "b", "c"]).close_after_frames(2),
            3 if is_stream => Script::stream(&["a", "b"]).cut_frame_in_half(3),
            _ if is_stream => {
                let texts = vec!["a"; usize::try_from(1 + random.below(5)).unwrap()];
                told.lock().unwrap().insert(call, (9, i64::try_from(texts.len()).unwrap(), 0));
                Script::stream(&texts)
            }
            _ => {
                let [prompt, completion] = [5000, 300].map(|most| i64::try_from(1 + random.below(most)).unwrap());
                let cached = prompt / 3;
                told.lock().unwrap().insert(call, (prompt, completion, cached));
                let usage = json!({
                    "prompt_tokens": prompt, "completion_tokens": completion,
                    "total_tokens": prompt + completion,
                    "prompt_tokens_details": {"cached_tokens": cached},
                });
                Script::chat_body(&json!({
                    "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": usage,
                    "choices": [{"index": 0, "finish_reason": "stop",
                        "message": {"role": "assistant", "content": "hi"}}],
                }).to_string())
            }
        }
    })
    .await
}

/// One call, to its end or until its client leaves.
async fn call(addr: std::net::SocketAddr, number: usize, seed: u64) {
    let mut random = Random(seed);
    random.below(2);
    let model = random.one_of(&["m", "a/m", "b/m", "a/unpriced", "m", "tag:both", "missing"]);
    let key = random.one_of(&[None, Some("Bearer sk-key-one"), Some("Bearer sk-key-two")]);
    let leaves = random.below(6) == 0 && model != "missing";
    let is_stream = leaves || random.below(2) == 0;
    let text = format!("{}-{number}", if leaves { "leave" } else { "stay" });
    let body = json!({
        "model": model, "stream": is_stream, "messages": [{"role": "user", "content": text}],
    })
    .to_string();
    let mut headers = vec![("x-request-id", text.as_str())];
    headers.extend(key.map(|key| ("authorization", key)));
    if leaves {
        let mut client = RawClient::connect(addr).await;
        client.post_json("/v1/chat/completions", &body, &headers).await;
        assert_eq!(client.read_head().await.status, 200);
        client.read_frame().await;
        client.close();
        return;
    }
    headers.push(("content-type", "application/json"));
    request(addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
}

async fn get(app: &TestApp, path: &str) -> Value {
    let answer = app.get(&format!("/monitor/{path}")).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no {name}: {value}"))
}

async fn all_agree(seed: u64) {
    let told = Told::default();
    let (a, b) = (upstream(seed, &told).await, upstream(seed + 1, &told).await);
    let config = Config::new()
        .routing(ROUTING)
        .provider("a", &a.base_url())
        .provider("b", &b.base_url())
        .model("a", "m", &format!("tags = [\"both\"]\n{PRICED}"))
        .model("b", "m", &format!("tags = [\"both\"]\n{PRICED}"))
        .model("a", "unpriced", "")
        .tables(KEYS);
    let app = TestApp::start(&config).await;
    let numbers: Vec<usize> = (0..CALLS).collect();
    for group in numbers.chunks(AT_ONCE) {
        let calls = group.iter().map(|number| {
            let seed = seed * 1000 + u64::try_from(*number).unwrap();
            tokio::spawn(call(app.addr, *number, seed))
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
    }
    let rows = app.records().await;
    let total = sum(rows.iter().map(of_row));
    assert_eq!(total.calls, i64::try_from(CALLS).unwrap());
    assert!(total.success > 20 && total.error > 5 && total.cancelled > 3, "{total:?}");
    assert!(total.cost > 0 && total.unpriced > 0 && total.cached > 0, "{total:?}");

    against_the_upstreams(&rows, &told.lock().unwrap(), a.request_count() + b.request_count());
    pages_and_exports(&app, &rows, total).await;
    reports(&app, &rows, total).await;
    users(&app, &rows).await;
    metrics(&app, &rows, total).await;
}

fn against_the_upstreams(
    rows: &[Value],
    told: &BTreeMap<String, (i64, i64, i64)>,
    requests: usize,
) {
    let attempts: i64 = rows.iter().filter_map(|row| row["attempts"].as_i64()).sum();
    assert_eq!(attempts, i64::try_from(requests).unwrap(), "attempts and requests upstream");
    for row in rows.iter().filter(|row| row["status"] == "success") {
        let id = row["request_id"].as_str().unwrap();
        let count = |name: &str| row[name].as_i64().unwrap();
        let usage =
            (count("prompt_tokens"), count("completion_tokens"), row["cached_tokens"].as_i64());
        let (prompt, completion, cached) = told[id];
        assert_eq!((usage.0, usage.1), (prompt, completion), "{row}");
        assert_eq!(usage.2.unwrap_or_default(), cached, "{row}");
    }
    let left = |row: &&Value| row["request_id"].as_str().unwrap().starts_with("leave");
    for row in rows.iter().filter(left) {
        assert_eq!(row["status"], "cancelled", "{row}");
    }
}

async fn pages_and_exports(app: &TestApp, rows: &[Value], total: Totals) {
    let (mut paged, mut seen) = (Vec::new(), BTreeSet::new());
    for offset in (0..CALLS).step_by(7) {
        let page = get(app, &format!("invocations?limit=7&offset={offset}")).await;
        assert_eq!(page["total"], total.calls);
        for row in list(&page, "items") {
            assert!(seen.insert(row["id"].as_i64().unwrap()), "twice: {row}");
            paged.push(of_row(row));
        }
    }
    assert_eq!(sum(paged), total, "pages");
    let mut walked = Vec::new();
    let mut path = String::from("invocations?limit=11&time_range=1h");
    loop {
        let page = get(app, &path).await;
        walked.extend(list(&page, "items").iter().map(of_row));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("invocations?limit=11&time_range=1h&cursor={cursor}");
    }
    assert_eq!(sum(walked), total, "pages by cursor");
    for (status, count) in
        [("success", total.success), ("error", total.error), ("cancelled", total.cancelled)]
    {
        let page = get(app, &format!("invocations?limit=1&status={status}")).await;
        assert_eq!(page["total"], count, "{status}");
    }
    let exported = get(app, "export/json").await;
    assert_eq!(sum(list(&exported, "invocations").iter().map(of_row)), total, "export as JSON");
    assert_eq!(of_figures(&exported["statistics"]), total, "statistics of the export");
    let csv = app.get("/monitor/export/csv").await;
    let text = csv.body.strip_prefix("\u{feff}".as_bytes()).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    let lines = reader.records().map(|line| line.unwrap().iter().map(str::to_owned).collect());
    assert_eq!(of_table(lines.collect()), total, "CSV");
    let excel = app.get("/monitor/export/excel").await;
    let mut book = Xlsx::new(Cursor::new(excel.body.clone())).unwrap();
    let sheet = book.worksheet_range("Calls").unwrap();
    let lines = sheet.rows().map(|row| row.iter().map(ToString::to_string).collect());
    assert_eq!(of_table(lines.collect()), total, "spreadsheet");
    let database = app.get("/monitor/database").await;
    assert_eq!(database.header("x-total-count"), Some(&*rows.len().to_string()));
}

/// Of a table whose first line names the columns.
fn of_table(mut lines: Vec<Vec<String>>) -> Totals {
    let heads = lines.remove(0);
    let of_line = |line: &Vec<String>| {
        let cell = |name: &str| &line[heads.iter().position(|head| head == name).unwrap()];
        let count = |name: &str| cell(name).parse::<i64>().ok();
        of_row(&json!({
            "status": cell("Status"), "cost": cell("Cost (USD)").parse::<f64>().ok(),
            "prompt_tokens": count("Prompt Tokens"), "completion_tokens": count("Completion Tokens"),
            "cached_tokens": count("Cached Tokens"),
        }))
    };
    sum(lines.iter().map(of_line))
}

/// A user sees its own calls, all of them and no others.
async fn users(app: &TestApp, rows: &[Value]) {
    for name in ["one", "two"] {
        let expected = sum(rows.iter().filter(|row| row["api_key"] == name).map(of_row));
        assert!(expected.calls > 0);
        let credential = format!("Bearer sk-key-{name}");
        let get = async |path: &str| {
            let headers = [("authorization", &*credential)];
            let answer = request(app.addr, "GET", &format!("/monitor/{path}"), &headers, b"").await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            answer.json()
        };
        let listed = get("invocations?limit=1000").await;
        assert_eq!(sum(list(&listed, "items").iter().map(of_row)), expected, "calls of {name}");
        let found = get("statistics").await;
        assert_eq!(of_figures(&found["overall"]), expected, "statistics of {name}");
        let series = get("time-series?granularity=minute&time_range=1h").await;
        assert_eq!(sum(list(&series, "data").iter().map(of_figures)), expected, "series of {name}");
    }
}

async fn reports(app: &TestApp, rows: &[Value], total: Totals) {
    let found = get(app, "statistics").await;
    assert_eq!(of_figures(&found["overall"]), total, "statistics");
    assert_eq!(sum(list(&found, "by_key").iter().map(of_figures)), total, "by key");
    let served = sum(rows.iter().filter(|row| !row["model_name"].is_null()).map(of_row));
    for division in ["by_model", "by_provider"] {
        assert_eq!(sum(list(&found, division).iter().map(of_figures)), served, "{division}");
    }
    let errors = list(&found, "errors").iter().filter_map(|error| error["calls"].as_i64());
    let failed = errors.sum::<i64>();
    assert!([total.error, total.error + total.cancelled].contains(&failed), "errors: {failed}");
    for granularity in ["minute", "hour", "day"] {
        let path = format!("time-series?granularity={granularity}&time_range=6h");
        let series = get(app, &path).await;
        assert_eq!(sum(list(&series, "data").iter().map(of_figures)), total, "{path}");
    }
    for division in ["model", "provider", "key"] {
        for limit in [1, 8] {
            let path = format!("time-series/grouped?group_by={division}&limit={limit}");
            let grouped = get(app, &path).await;
            assert_eq!(sum(list(&grouped, "data").iter().map(of_figures)), total, "{path}");
            let groups = list(&grouped, "groups").iter();
            let calls = groups.filter_map(|group| group["total_calls"].as_i64()).sum::<i64>();
            assert_eq!(calls, total.calls, "{path}");
        }
    }
    let histogram = get(app, "histogram?metric=duration").await;
    let counts = list(&histogram, "data").iter().flat_map(|point| list(point, "counts"));
    assert_eq!(counts.filter_map(Value::as_i64).sum::<i64>(), total.calls, "histogram");
}

async fn metrics(app: &TestApp, rows: &[Value], total: Totals) {
    let told = Exposition::parse(app.get("/metrics").await.text());
    assert_eq!(of_metrics(&told, &[]), total, "metrics");
    for (provider, model) in [("a", "m"), ("b", "m"), ("a", "unpriced")] {
        let is_of_it =
            |row: &&Value| row["provider_name"] == provider && row["model_name"] == model;
        let expected = sum(rows.iter().filter(is_of_it).map(of_row));
        let labels = [("model", model), ("provider", provider)];
        assert_eq!(of_metrics(&told, &labels), expected, "metrics of {provider}/{model}");
    }
    let calls = Some(total.calls as f64);
    for (name, labels) in [
        ("llm_router_request_duration_seconds_count", vec![]),
        ("llm_router_request_duration_seconds_bucket", vec![("le", "+Inf")]),
        ("llm_router_records_accepted_total", vec![]),
        ("llm_router_records_written_total", vec![]),
    ] {
        assert_eq!(told.sum(name, &labels), calls, "{name}");
    }
    let input = told.sum("gen_ai_client_token_usage_sum", &[("gen_ai_token_type", "input")]);
    assert_eq!(input, Some(total.prompt as f64));
    let attempts: f64 = rows.iter().filter_map(|row| row["attempts"].as_f64()).sum();
    assert_eq!(told.sum("llm_router_attempts_total", &[]), Some(attempts), "one try, one request");
    let failed = told.sum("llm_router_errors_total", &[]);
    assert_eq!(failed, Some(total.error as f64));
}

#[tokio::test]
async fn all_views_of_random_traffic_tell_the_same() {
    for seed in [7, 1_234, 987_654] {
        all_agree(seed).await;
    }
}
