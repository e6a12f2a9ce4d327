//! How fast a page of calls is read: the first page of each filter, orders by size, text searches,
//! facets, one call.

use std::time::{Duration, Instant};

use llm_router::domain::clock::Clock;
use llm_router::domain::invocation::Status;
use llm_router::store::call_log::CallLog;
use llm_router::store::invocations::{
    Budget, CallRow, Filter, OrderBy, Page, facets, find, neighbours, newest, page,
};
use llm_router::store::{Connection, Database};

const DAY_US: i64 = 86_400_000_000;
const ROUNDS: usize = 7;

/// As the router searches.
const SEARCH: Duration = Duration::from_millis(150);

/// Prints the figures of the calls in a file.
pub fn measure(database: &Database, log: &CallLog) {
    let mut lists = Lists { connection: database.connect().unwrap(), log: log.clone() };
    let now_us = lists.newest().started_at_us;
    let days = |days: i64| Filter { start_us: Some(now_us - days * DAY_US), ..Filter::default() };
    let title = "ms to read a page of 100 calls";
    println!(
        "\n{title:<44}{:>9}{:>9}{:>9}{:>7}{:>10}",
        "first", "median", "worst", "rows", "total"
    );
    for (name, filter) in structured() {
        lists.measure(&name, &filter, OrderBy::StartedAt);
    }
    for (name, filter) in pairs() {
        lists.measure(&name, &filter, OrderBy::StartedAt);
    }
    let orders = [
        ("duration", OrderBy::DurationMs),
        ("tokens", OrderBy::TotalTokens),
        ("cost", OrderBy::Cost),
    ];
    for (order, order_by) in orders {
        lists.measure(&format!("90 days by {order}"), &days(90), order_by);
        for (name, filter) in narrowing() {
            let filter = Filter { start_us: days(90).start_us, ..filter };
            lists.measure(&format!("90 days by {order}, {name}"), &filter, order_by);
        }
    }
    for text in ["overloaded", "ferry", "nowhere to be found"] {
        let filter = Filter { text: Some(String::from(text)), ..Filter::default() };
        lists.measure(&format!("text `{text}`"), &filter, OrderBy::StartedAt);
    }
    for (name, filter) in [
        (String::from("one day"), days(1)),
        (String::from("90 days"), days(90)),
        (String::from("90 days of a model"), Filter { model_id: Some(3), ..days(90) }),
        (String::from("90 days of a key"), Filter { api_key_id: Some(3), ..days(90) }),
    ] {
        lists.facets(&format!("facets of {name}"), &filter);
    }
    lists.one_call();
}

fn text(value: &str) -> Option<String> {
    Some(String::from(value))
}

/// One filter at a time.
fn structured() -> Vec<(String, Filter)> {
    let all = Filter::default;
    let mut filters = vec![
        (String::from("no filter"), all()),
        (String::from("http_status 200"), Filter { http_status: Some(200), ..all() }),
        (String::from("http_status 502"), Filter { http_status: Some(502), ..all() }),
        (String::from("http_status 504, none"), Filter { http_status: Some(504), ..all() }),
        (String::from("error_code"), Filter { error_code: text("upstream_error"), ..all() }),
        (String::from("error_code, none"), Filter { error_code: text("none"), ..all() }),
        (String::from("endpoint"), Filter { endpoint: text("chat"), ..all() }),
        (String::from("endpoint, none"), Filter { endpoint: text("none"), ..all() }),
        (String::from("is_stream"), Filter { is_stream: Some(true), ..all() }),
        (String::from("request_id, none"), Filter { request_id: text("none"), ..all() }),
        (String::from("min_duration 4 s"), Filter { min_duration_us: Some(4_000_000), ..all() }),
        (String::from("min_duration 34 s"), Filter { min_duration_us: Some(34_000_000), ..all() }),
        (String::from("min_duration, none"), Filter { min_duration_us: Some(i64::MAX), ..all() }),
        (String::from("min_cost"), Filter { min_cost_nano_usd: Some(20_000_000), ..all() }),
        (String::from("min_cost, few"), Filter { min_cost_nano_usd: Some(22_390_000), ..all() }),
        (String::from("min_attempts 2"), Filter { min_attempts: Some(2), ..all() }),
        (String::from("unpriced"), Filter { unpriced: Some(true), ..all() }),
    ];
    for status in [Status::Success, Status::Error, Status::Cancelled] {
        let filter = Filter { status: Some(status), ..all() };
        filters.push((format!("status {}", status.as_str()), filter));
    }
    filters.extend(narrowing());
    filters
}

/// By model, provider, key and tag: much and little used ones.
fn narrowing() -> Vec<(String, Filter)> {
    let all = Filter::default;
    vec![
        (String::from("model, most used"), Filter { model_id: Some(1), ..all() }),
        (String::from("model, least used"), Filter { model_id: Some(59), ..all() }),
        (String::from("provider"), Filter { provider_id: Some(3), ..all() }),
        (String::from("key, most used"), Filter { api_key_id: Some(1), ..all() }),
        (String::from("key, least used"), Filter { api_key_id: Some(198), ..all() }),
        (String::from("tag of 10 models"), Filter { tag: text("tag-2"), ..all() }),
        (String::from("tag of all models"), Filter { tag: text("fast"), ..all() }),
    ]
}

/// Any two of model, provider, key and tag, and each with a failure.
fn pairs() -> Vec<(String, Filter)> {
    let all = Filter::default;
    let mut pairs = vec![
        (
            String::from("model, provider"),
            Filter { model_id: Some(3), provider_id: Some(3), ..all() },
        ),
        (String::from("model, key"), Filter { model_id: Some(3), api_key_id: Some(150), ..all() }),
        (String::from("model, tag"), Filter { model_id: Some(3), tag: text("tag-2"), ..all() }),
        (
            String::from("provider, key"),
            Filter { provider_id: Some(3), api_key_id: Some(150), ..all() },
        ),
        (
            String::from("provider, tag"),
            Filter { provider_id: Some(3), tag: text("tag-2"), ..all() },
        ),
        (String::from("key, tag"), Filter { api_key_id: Some(150), tag: text("fast"), ..all() }),
    ];
    for (name, filter) in narrowing() {
        pairs.push((format!("error, {name}"), Filter { status: Some(Status::Error), ..filter }));
    }
    pairs
}

struct Lists {
    connection: Connection,
    log: CallLog,
}

impl Lists {
    fn measure(&mut self, name: &str, filter: &Filter, order_by: OrderBy) {
        let asked = Page { limit: 100, offset: 0, order_by, is_descending: true, after: None };
        let (mut rows, mut total) = (0, String::new());
        let times = self.timed(|connection, log| {
            let budget = Budget::from_now(Clock::start(), SEARCH);
            let found = page(connection, log, filter, asked, &budget).unwrap();
            rows = found.rows.len();
            total = match found.total.is_exact {
                true => found.total.calls.to_string(),
                false => format!("{}+", found.total.calls),
            };
        });
        println!("{name:<44}{times}{rows:>7}{total:>10}");
    }

    fn facets(&mut self, name: &str, filter: &Filter) {
        let times = self.timed(|connection, log| drop(facets(connection, log, filter).unwrap()));
        println!("{name:<44}{times}");
    }

    fn newest(&mut self) -> CallRow {
        newest(&mut self.connection, &Filter::default(), 1).unwrap().pop().unwrap().call
    }

    /// In the middle of all.
    fn one_call(&mut self) {
        let id = self.newest().id / 2;
        let times = self.timed(|connection, _| {
            let found = find(connection, id).unwrap().unwrap();
            neighbours(connection, (found.row.call.started_at_us, id), Some(3)).unwrap();
        });
        println!("{:<44}{times}", "one call with its neighbours of a key");
    }

    fn timed(&mut self, mut read: impl FnMut(&mut Connection, &CallLog)) -> String {
        let mut times: Vec<f64> = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            read(&mut self.connection, &self.log);
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let first = times[0];
        times.sort_unstable_by(f64::total_cmp);
        format!("{first:>9.1}{:>9.1}{:>9.1}", times[ROUNDS / 2], times[ROUNDS - 1])
    }
}
