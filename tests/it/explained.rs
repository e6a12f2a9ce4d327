//! `explain` agrees with `invoke`: for any small catalogue and any request, the seed of the
//! recorded call yields the same candidates, and the first of them was tried first.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config as Cases, TestRunner};
use serde_json::{Value, json};

use crate::support::client::{Response, request};
use crate::support::{Config, TestApp};

/// Mocks, some of which fail.
#[derive(Clone, Debug)]
struct Made {
    tags: Vec<&'static str>,
    weight: Option<f64>,
    priority: i64,
    dollars: Option<f64>,
    window: Option<u64>,
    takes_tools: bool,
    error: Option<u16>,
    fallbacks: Vec<&'static str>,
}

fn made() -> impl Strategy<Value = Made> {
    let what = (
        subsequence(vec!["a", "b", "c"], 0..=3),
        of(select(vec![0.0, 1.0, 4.5])),
        0i64..2,
        of(select(vec![0.1, 2.0])),
    );
    let can = (
        of(select(vec![200, 2_000_u64])),
        any::<bool>(),
        of(select(vec![429, 500, 400, 404])),
        subsequence(vec!["m0", "q/m1", "tag:b,demo", "nobody"], 0..=2),
    );
    (what, can).prop_map(|(what, can)| Made {
        tags: what.0,
        weight: what.1,
        priority: what.2,
        dollars: what.3,
        window: can.0,
        takes_tools: can.1,
        error: can.2,
        fallbacks: can.3,
    })
}

/// `least_latency` and `least_busy` look at what has changed by the time of the explanation.
const ORDERS: [&str; 5] = ["priority", "weighted", "round_robin", "least_cost", "sticky"];

const NAMES: &str = "[[routing.pairs]]\nname = \"pair\"\nstrong = \"tag:a,demo\"\nweak = \"m1\"\n\
                     [routing.aliases]\nquick = { target = \"tag:b,demo\", strategy = \"sticky\" }\n\
                     smart = { target = \"pair:pair\", fallbacks = [\"m2\"] }\n";

const PROVIDERS: [&str; 3] = ["p", "q", "r"];

/// Two models of each name, at different providers, where both are there.
fn config(catalogue: &[Option<Made>], order: &str) -> Config {
    let routing = format!(
        "[routing]\nstrategy = \"{order}\"\nbackoff = 0.001\nmax_backoff = 0.001\nretries = 1\n\
         max_attempts = 4\n{NAMES}[routing.circuit]\nfailures = 1000000\nmin_calls = 30000\n\
         billing_rest = 0.001\nmax_rest = 0.001\n"
    );
    let mut config = Config::new().routing(&routing);
    for provider in PROVIDERS {
        config = config.tables(&format!("[[providers]]\nname = \"{provider}\"\ntype = \"mock\""));
    }
    for (number, made) in catalogue.iter().enumerate() {
        let Some(made) = made else { continue };
        let name = format!("m{}", number / 2);
        config = config.model(PROVIDERS[number % 3], &name, &made.lines());
    }
    config
}

impl Made {
    fn lines(&self) -> String {
        let mut lines = format!(
            "tags = {:?}\n[models.config]\npriority = {}\nfallbacks = {:?}\nsupports_tools = {}\n",
            [self.tags.as_slice(), &["demo"]].concat(),
            self.priority,
            self.fallbacks,
            self.takes_tools,
        );
        let mut add = |key: &str, value: Option<String>| {
            lines += &value.map(|value| format!("{key} = {value}\n")).unwrap_or_default();
        };
        add("weight", self.weight.map(|weight| weight.to_string()));
        let dollars = self.dollars.map(|dollars| dollars.to_string());
        add("cost_per_1k_tokens", dollars.clone());
        add("cost_per_1k_completion_tokens", dollars);
        add("context_window", self.window.map(|window| window.to_string()));
        let status = self.error.map(|status| status.to_string());
        add("[models.config.mock]\nerror_rate = 1\nerror_status", status);
        lines
    }
}

/// A path and a body, and the tags of the header.
#[derive(Clone, Debug)]
struct Asked {
    path: &'static str,
    body: Value,
    tags: Option<&'static str>,
}

fn asked() -> impl Strategy<Value = Asked> {
    let names = vec![
        "m0",
        "m1",
        "q/m1",
        "tag:a+demo",
        "tag:demo,a|b,!c",
        "tag:demo",
        "quick",
        "smart",
        "pair:pair",
        "auto",
        "nobody",
    ];
    let query = (
        subsequence(vec!["a", "b"], 0..=2),
        of(select(ORDERS.to_vec())),
        prop::option::weighted(0.2, select(vec!["p", "nowhere"])),
    );
    let query = query.prop_map(|(tags, strategy, provider)| {
        let providers: Vec<_> = provider.into_iter().collect();
        json!({"tags": ["demo"], "any_tags": tags, "strategy": strategy, "providers": providers})
    });
    let what = prop_oneof![select(names).prop_map(Value::from), query];
    let text =
        select(vec![String::from("hi"), String::from("Prove and debug why"), "word ".repeat(400)]);
    let provider = select(vec![
        json!({"order": ["q"]}),
        json!({"sort": "price", "ignore": ["r"]}),
        json!({"allow_fallbacks": false}),
        json!({"max_price": {"prompt": 1}}),
    ]);
    let further = subsequence(vec!["m2", "tag:c,demo"], 1..=2);
    let members =
        (text, prop::option::weighted(0.3, provider), of(further), prop::bool::weighted(0.2));
    (what, members, prop::option::weighted(0.2, select(vec!["a", "!c"]))).prop_map(
        |(what, members, tags)| {
            let (text, provider, further, has_tools) = members;
            let mut body = json!({"messages": [{"role": "user", "content": text}]});
            body["provider"] = provider.unwrap_or_default();
            if let Some(further) = further {
                body["models"] = json!(further);
            }
            if has_tools {
                body["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
            }
            if what.is_string() {
                body["model"] = what;
                return Asked { path: "/v1/chat/completions", body, tags };
            }
            Asked { path: "/route/invoke", body: json!({"query": what, "request": body}), tags }
        },
    )
}

async fn send(app: &TestApp, path: &str, asked: &Asked) -> Response {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(asked.tags.map(|tags| ("x-llm-router-tags", tags)));
    request(app.addr, "POST", path, &headers, asked.body.to_string().as_bytes()).await
}

/// The answer's code; empty where it is good.
fn code(answer: &Response) -> String {
    let body = answer.json();
    let of_v1 = body["error"]["code"].as_str();
    of_v1.or(body["code"].as_str()).unwrap_or_default().to_owned()
}

/// A model left out of the recorded call is left out of the explained one, for the same reason.
fn assert_same_exclusions(route: &Value, explained: &Value) {
    let told = explained["left_out"].as_array().unwrap();
    for left in route["left_out"].as_array().into_iter().flatten() {
        assert!(told.contains(left), "{left} is not in {told:#?}");
    }
}

/// Answers how many candidates there were.
async fn explained_as_done(app: &TestApp, asked: &Asked) -> usize {
    let before = send(app, "/route/explain", asked).await.json();
    let answer = send(app, asked.path, asked).await;
    let record = app.records().await.pop().unwrap();
    let id = &record["id"];
    let route = app.get(&format!("/monitor/invocations/{id}")).await.json()["route"].clone();
    if route["candidates"].as_array().is_none_or(Vec::is_empty) {
        assert_eq!(before["error"]["code"], code(&answer), "{before:#}\n{}", answer.text());
        assert_eq!(before["error"]["status"], answer.status);
        assert_same_exclusions(&route, &before);
        return 0;
    }

    let conversation = route["conversation"].as_str();
    let conversation = conversation.map(|id| format!("&conversation={id}")).unwrap_or_default();
    let path = format!("/route/explain?seed={}{conversation}", route["seed"]);
    let again = send(app, &path, asked).await.json();
    let tried = route["attempts"][0]["model"].clone();
    assert_eq!(route["candidates"][0]["model"], tried, "{route:#}");
    for member in ["strategy", "conversation", "pair"] {
        assert_eq!(again[member], route[member], "{member} of {again:#}\n{route:#}");
    }
    assert_eq!(again["candidates"], route["candidates"], "{again:#}\n{route:#}");
    assert_same_exclusions(&route, &again);
    if answer.status == 200 {
        let route = answer.header("x-llm-router-route").unwrap();
        let served = format!(
            "{}/{}",
            record["provider_name"].as_str().unwrap(),
            record["model_name"].as_str().unwrap()
        );
        assert_eq!(route, format!("{served};attempts={}", record["attempts"]));
    }
    route["candidates"].as_array().map_or(0, Vec::len)
}

#[test]
fn the_seed_of_a_call_gives_its_candidates_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let catalogue = vec(prop::option::weighted(0.9, made()), 8);
    let cases = (catalogue, select(ORDERS.to_vec()), vec(asked(), 12));
    // Each case is an application of its own.
    let mut runner =
        TestRunner::new(Cases { cases: 20, failure_persistence: None, ..Cases::default() });
    let (calls, choices) = (Cell::new(0), Cell::new(0));
    let run = runner.run(&cases, |(catalogue, order, asked)| {
        runtime.block_on(async {
            let app = TestApp::start(&config(&catalogue, order)).await;
            for asked in &asked {
                let candidates = explained_as_done(&app, asked).await;
                calls.set(calls.get() + 1);
                choices.set(choices.get() + u32::from(candidates > 1));
            }
        });
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
    // Or there was nothing to agree about.
    assert!(choices.get() > calls.get() / 4, "{} of {}", choices.get(), calls.get());
}
