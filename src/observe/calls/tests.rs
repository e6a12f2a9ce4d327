use super::*;
use crate::domain::ids::{ModelId, ProviderId};
use crate::domain::invocation::{Target, Tries};
use crate::domain::provider_kind::ProviderKind;

fn call(provider: &str, model: &str) -> Invocation {
    Invocation {
        request_id: String::from("r"),
        started_at_us: 0,
        endpoint: "chat",
        requested: String::from("whatever the client wrote"),
        target: Some(Target {
            provider_id: ProviderId(1),
            provider: provider.to_owned(),
            kind: ProviderKind::Claude,
            model_id: ModelId(1),
            model: model.to_owned(),
            tags: Vec::new(),
            provider_key: None,
        }),
        is_stream: true,
        status: Status::Success,
        http_status: 200,
        usage: Some(Usage { prompt: 5, completion: 11, total: 16, ..Usage::default() }),
        cost: Some(NanoUsd(1)),
        ttft_us: Some(500_000),
        duration_us: 1_500_000,
        attempts: 1,
        tries: Tries { failed: Vec::new(), has_answer: true },
        ..Invocation::blank()
    }
}

fn failed(call: Invocation, code: &'static str) -> Invocation {
    let (status, usage, cost) = (Status::Error, None, None);
    let tries = Tries { has_answer: false, ..call.tries };
    Invocation { status, error_code: Some(code), usage, cost, ttft_us: None, tries, ..call }
}

/// The samples of a family.
fn samples(calls: &[Invocation], family: &Family) -> String {
    let mut totals = CallTotals::default();
    calls.iter().for_each(|call| totals.count(call));
    let mut page = Page::default();
    totals.write(&mut page);
    let text = String::from_utf8(page.text().unwrap()).unwrap();
    assert!(!text.contains("whatever"), "a client's text became a label");
    let of_family = text.lines().filter(|line| {
        let rest = line.strip_prefix(family.name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ', '_']))
    });
    of_family.collect::<Vec<_>>().join("\n")
}

#[test]
fn models_are_told_apart_by_whole_names() {
    let calls = [call("a", "bc"), call("ab", "c"), call("ab", "c")];
    insta::assert_snapshot!(samples(&calls, &f::UNPRICED), @r#"
    llm_router_unpriced_requests_total{model="bc",provider="a"} 0
    llm_router_unpriced_requests_total{model="c",provider="ab"} 0
    llm_router_unpriced_requests_total{model="none",provider="none"} 0
    "#);
    let requests = samples(&calls, &f::REQUESTS);
    assert!(requests.contains(r#"{model="c",provider="ab",status="success"} 2"#), "{requests}");
}

#[test]
fn a_cost_adds_up_exactly_and_an_unknown_one_is_none() {
    let dear = Invocation { cost: Some(NanoUsd(300_000_000_000)), ..call("up", "priced") };
    let unpriced = Invocation { cost: None, ..call("up", "unpriced") };
    let cut = Invocation { status: Status::Error, ..unpriced.clone() };
    let without_usage = failed(unpriced.clone(), "upstream_error");
    let unpriced = vec![unpriced, cut, without_usage];
    let calls = [vec![dear], unpriced, vec![call("up", "priced"); 7]].concat();
    assert_eq!(
        samples(&calls, &f::COST),
        r#"llm_router_cost_dollars_total{model="priced",provider="up"} 300.000000007"#
    );
    insta::assert_snapshot!(samples(&calls, &f::UNPRICED), @r#"
    llm_router_unpriced_requests_total{model="none",provider="none"} 0
    llm_router_unpriced_requests_total{model="priced",provider="up"} 0
    llm_router_unpriced_requests_total{model="unpriced",provider="up"} 2
    "#);
}

#[test]
fn tries_count_where_they_were_made() {
    let tried = |model: &str, code| FailedTry {
        provider: String::from("up"),
        model: model.to_owned(),
        code,
    };
    let tries = vec![tried("first", "upstream_timeout"), tried("second", "rate_limit_exceeded")];
    let after_two =
        Invocation { tries: Tries { failed: tries, has_answer: true }, ..call("up", "third") };
    let of_key =
        Invocation { target: None, ..failed(call("up", "third"), "tokens_per_minute_exceeded") };
    let calls = [after_two, of_key];
    insta::assert_snapshot!(samples(&calls, &f::ATTEMPTS), @r#"
    llm_router_attempts_total{model="first",outcome="upstream_timeout",provider="up"} 1
    llm_router_attempts_total{model="third",outcome="answered",provider="up"} 1
    "#);
    insta::assert_snapshot!(samples(&calls, &f::LIMIT_REFUSALS), @r#"
    llm_router_limit_refusals_total{limit="tokens",model="none",provider="none"} 1
    llm_router_limit_refusals_total{limit="requests",model="second",provider="up"} 1
    "#);
    insta::assert_snapshot!(samples(&calls, &f::ERRORS), @r#"
    llm_router_errors_total{code="no_healthy_model",model="none",provider="none"} 0
    llm_router_errors_total{code="no_usable_model",model="none",provider="none"} 0
    llm_router_errors_total{code="tokens_per_minute_exceeded",model="none",provider="none"} 1
    "#);
}

#[test]
fn operations_have_the_conventions_names() {
    let calls = [call("up", "m"), failed(call("up", "m"), "upstream_timeout")];
    let durations = samples(&calls, &f::OPERATION_DURATION);
    for ended in [
        r#"_count{error_type="",gen_ai_operation_name="chat",gen_ai_provider_name="anthropic",gen_ai_request_model="m",provider="up"} 1"#,
        r#"_count{error_type="upstream_timeout",gen_ai_operation_name="chat",gen_ai_provider_name="anthropic",gen_ai_request_model="m",provider="up"} 1"#,
        r#"le="1.28"} 0"#,
        r#"le="2.56"} 1"#,
    ] {
        assert!(durations.contains(ended), "{ended}\n{durations}");
    }
    // Ten tokens after the first one in a second.
    let intervals = samples(&calls, &f::TIME_PER_TOKEN);
    assert!(intervals.contains(r#"provider="up",le="0.1"} 1"#), "{intervals}");
    assert!(intervals.contains(r#"provider="up",le="0.075"} 0"#), "{intervals}");
    let output = samples(&calls, &f::TOKEN_USAGE);
    assert!(output.contains(r#"gen_ai_token_type="output",provider="up"} 11"#), "{output}");
}
