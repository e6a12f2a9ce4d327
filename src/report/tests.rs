//! Answers equal what the same calls come to when they are counted one by one.

mod deleted;
mod grouped;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use proptest::prelude::*;

use super::figures::Tally;
use super::scope::code_of;
use super::source::{More, Part};
use super::*;
use crate::domain::ids::{KeyId, ModelId, ProviderId};
use crate::domain::invocation::{Invocation, Phases, Status, Target};
use crate::domain::money::NanoUsd;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::sketch::Sketch;
use crate::domain::sums::Addend;
use crate::domain::times::rfc3339;
use crate::domain::usage::Usage;
use crate::store::batches::{self, BatchId};
use crate::store::call_log::CallLog;
use crate::store::sums::flush;
use crate::store::{Connection, Database};

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 24 * 60 * MINUTE_US;

/// Shortly after the clock was set back in Berlin, and forward in no zone of these tests.
const NOW: &str = "2026-10-25T13:37:11.5Z";

const ZONES: [&str; 5] =
    ["UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"];

fn now_us() -> i64 {
    NOW.parse::<Timestamp>().unwrap().as_microsecond()
}

/// A call by a random number.
fn call(ago_us: i64, seed: u64) -> Invocation {
    let digit = |place: u32, below: u64| seed / 10u64.pow(place) % 10 % below;
    let small = |place: u32, below: u64| i32::try_from(digit(place, below)).unwrap();
    let (model, key) = (small(0, 5), small(1, 4));
    let status = match digit(2, 10) {
        0 | 1 => Status::Error,
        2 => Status::Cancelled,
        _ => Status::Success,
    };
    let is_error = status == Status::Error;
    let has_usage = digit(3, 5) > 0 && !is_error;
    let is_stream = digit(4, 2) == 1;
    Invocation {
        request_id: format!("request-{ago_us}-{seed}"),
        started_at_us: now_us() - ago_us,
        endpoint: if digit(5, 3) == 0 { "invoke" } else { "chat" },
        session_id: (digit(4, 5) < 3).then(|| format!("session-{}", digit(5, 2))),
        requested: String::from("fast"),
        target: (model < 4).then(|| Target {
            provider_id: ProviderId(model % 2 + 1),
            provider: format!("provider-{}", model % 2),
            kind: ProviderKind::Openai,
            model_id: ModelId(model + 1),
            model: format!("model-{model}"),
            tags: vec![format!("tag-{}", model % 2), String::from("fast")],
            provider_key: Some(1),
        }),
        api_key: (key > 0).then(|| format!("key-{key}")),
        api_key_id: (key > 0).then_some(KeyId(key)),
        is_stream,
        status,
        http_status: if is_error { 502 } else { 200 },
        error_code: match (status, digit(6, 2)) {
            (Status::Error, 0) => Some("upstream_error"),
            (Status::Error, _) => Some("upstream_timeout"),
            (Status::Cancelled, _) => Some("client_gone"),
            (Status::Success, _) => None,
        },
        usage: has_usage.then(|| Usage {
            prompt: seed % 977,
            completion: seed % 91,
            cached: seed % 17,
            total: seed % 977 + seed % 91,
            ..Usage::default()
        }),
        usage_estimated: digit(7, 10) == 3,
        usage_partial: status == Status::Cancelled,
        cost: (has_usage && digit(8, 4) > 0).then(|| NanoUsd(i64::from(small(0, 9)) * 1_001)),
        phases: Phases { router_us: (digit(3, 2) == 0).then_some(120), wait_us: None },
        ttft_us: (is_stream && !is_error).then_some(5_000 + i64::from(small(5, 10)) * 70_000),
        duration_us: 400_000 + i64::try_from(seed % 9_000_000).unwrap(),
        attempts: u32::try_from(digit(6, 3)).unwrap(),
        ..Invocation::blank()
    }
}

struct Written {
    _folder: tempfile::TempDir,
    connection: Connection,
    log: CallLog,
    calls: Vec<Invocation>,
}

fn written(calls: Vec<Invocation>, flushed: usize) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::at(&folder.path().join("router.db").display().to_string());
    database.prepare().unwrap();
    let (mut connection, log) = (database.connect().unwrap(), CallLog::default());
    let (first, second) = calls.split_at(flushed.min(calls.len()));
    for (sequence, batch) in (1..).zip([first, second]) {
        let id = BatchId { writer: "a", sequence, now_us: 1 };
        batches::write(&mut connection, &log, id, batch).unwrap();
        if sequence == 1 {
            flush(&mut connection, &log).unwrap();
        }
    }
    Written { _folder: folder, connection, log, calls }
}

/// Filters that sums answer, and some that only calls do.
fn filter(number: usize) -> Filter {
    let text = |text: &str| Some(text.to_owned());
    let none = Filter::default();
    match number {
        1 => Filter { model_id: Some(2), ..none },
        2 => Filter { provider_name: text("provider-1"), ..none },
        3 => Filter { tag: text("Tag-0"), status: Some(Status::Success), ..none },
        4 => Filter { only_key: Some(2), ..none },
        5 => Filter { api_key: text("key-1"), model_name: text("model-1"), ..none },
        6 => Filter { error_code: text("upstream_timeout"), http_status: Some(502), ..none },
        7 => Filter { endpoint: text("invoke"), ..none },
        8 => Filter { is_stream: Some(true), ..none },
        9 => Filter { endpoint: text("chat"), only_key: Some(1), ..none },
        10 => Filter { status: Some(Status::Cancelled), ..none },
        11 => Filter { tag: text("ta_-0"), ..none },
        12 => Filter { api_key_id: Some(0), ..none },
        13 => Filter { session_id: text("session-1"), ..none },
        14 => {
            Filter { session_id: text("session-0"), only_key: Some(1), model_id: Some(2), ..none }
        }
        _ => none,
    }
}

fn takes(filter: &Filter, call: &Invocation) -> bool {
    let target = call.target.as_ref();
    let is_target = |is: &dyn Fn(&Target) -> bool| target.is_some_and(is);
    let key = call.api_key_id.map(|id| id.0);
    filter.model_id.is_none_or(|id| is_target(&|target| target.model_id.0 == id))
        && filter.model_name.as_ref().is_none_or(|name| is_target(&|target| target.model == *name))
        && filter
            .provider_name
            .as_ref()
            .is_none_or(|name| is_target(&|target| target.provider == *name))
        && filter.tag.as_ref().is_none_or(|tag| {
            is_target(&|target| target.tags.iter().any(|known| known.eq_ignore_ascii_case(tag)))
        })
        && filter.status.is_none_or(|status| call.status == status)
        && filter.only_key.is_none_or(|id| key == Some(id))
        && filter.api_key_id.is_none_or(|id| key.unwrap_or(0) == id)
        && (filter.api_key.is_none() || filter.api_key == call.api_key)
        && filter.error_code.as_deref().is_none_or(|code| call.error_code == Some(code))
        && filter.endpoint.as_ref().is_none_or(|name| call.endpoint == name)
        && filter.is_stream.is_none_or(|is_stream| call.is_stream == is_stream)
        && (filter.session_id.is_none() || filter.session_id == call.session_id)
}

fn count<'a>(calls: impl IntoIterator<Item = &'a Invocation>) -> Tally {
    let mut tally = Tally::default();
    for call in calls {
        let at = call.started_at_us;
        let addend = Addend::of(call);
        tally.add(&Part {
            from_us: at,
            to_us: at + 1,
            id: None,
            view: None,
            target: 0,
            caller: 0,
            error: 0,
            status: code_of(call.status),
            more: More::Call(&addend),
        });
    }
    tally
}

/// Calls by what they have, by number and then by name.
fn by<K: Ord>(calls: &[&Invocation], what: impl Fn(&Invocation) -> Vec<K>) -> BTreeMap<K, Figures> {
    let mut grouped: BTreeMap<K, Vec<&Invocation>> = BTreeMap::new();
    for call in calls {
        for key in what(call) {
            grouped.entry(key).or_default().push(call);
        }
    }
    grouped.into_iter().map(|(key, calls)| (key, (&count(calls)).into())).collect()
}

/// As much of a bucket's label as tells which one it is.
fn label(granularity: Granularity, at: &Zoned) -> String {
    let hour = at.strftime("%Y-%m-%dT%H").to_string();
    let offset = at.strftime("%:z").to_string();
    let date = at.date();
    match granularity {
        Granularity::Minute => format!("{hour}:{:02}:00{offset}", at.minute()),
        Granularity::Quarter => format!("{hour}:{:02}:00{offset}", at.minute() / 15 * 15),
        Granularity::Hour => format!("{hour}:00:00{offset}"),
        Granularity::Day => date.to_string(),
        Granularity::Week => {
            (date - i64::from(date.weekday().to_monday_zero_offset()).days()).to_string()
        }
        Granularity::Month => date.first_of_month().to_string(),
    }
}

fn is_labelled(timestamp: &str, label: &str) -> bool {
    timestamp.starts_with(label)
}

const GRANULARITIES: [Granularity; 6] = [
    Granularity::Minute,
    Granularity::Quarter,
    Granularity::Hour,
    Granularity::Day,
    Granularity::Week,
    Granularity::Month,
];

#[derive(Debug)]
struct Asked {
    question: Question,
    zone: &'static str,
}

impl Asked {
    fn calls<'a>(&self, calls: &'a [Invocation]) -> Vec<&'a Invocation> {
        let Period { start_us, end_us, .. } = self.question.period;
        let filter = &self.question.filter;
        let within = |call: &&Invocation| (start_us..end_us).contains(&call.started_at_us);
        calls.iter().filter(within).filter(|call| takes(filter, call)).collect()
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    // Ranges of minutes, hours and days, up to beyond where minutes are kept.
    let length = prop_oneof![
        1i64..90 * MINUTE_US,
        1i64..30 * 60 * MINUTE_US,
        DAY_US..12 * DAY_US,
        Just(2 * DAY_US)
    ];
    let ago = prop_oneof![Just(0i64), 0..DAY_US, 2 * DAY_US..5 * DAY_US];
    (0usize..15, 0usize..5, length, ago).prop_map(|(number, zone, length, ago)| {
        let end_us = now_us() - ago;
        let start_us = end_us - length;
        let period = Period { start_us, end_us, until_us: end_us, now_us: now_us() };
        let question = Question { filter: filter(number), period, time_limit: None };
        Asked { question, zone: ZONES[zone] }
    })
}

fn calls() -> impl Strategy<Value = Vec<Invocation>> {
    let ago = prop_oneof![1i64..60 * MINUTE_US, 1i64..DAY_US, 1i64..3 * DAY_US, 1i64..14 * DAY_US];
    prop::collection::vec((ago, any::<u32>()), 1..120)
        .prop_map(|calls| calls.into_iter().map(|(ago, seed)| call(ago, u64::from(seed))).collect())
}

fn statistics_agree(written: &mut Written, asked: &Asked) -> Result<(), TestCaseError> {
    let Written { connection, log, calls, .. } = written;
    let found = statistics(connection, log, &asked.question, (100, true)).unwrap();
    let taken = asked.calls(calls);
    prop_assert_eq!(&found.overall.figures, &Figures::from(&count(taken.iter().copied())));
    let mut before = Asked { question: asked.question.clone(), ..*asked };
    let period = asked.question.period;
    before.question.period.start_us = period.start_us - (period.end_us - period.start_us);
    before.question.period.end_us = period.start_us;
    prop_assert_eq!(
        found.previous.map(|previous| previous.figures),
        Some(Figures::from(&count(before.calls(calls))))
    );

    let of_target = |call: &Invocation, what: &dyn Fn(&Target) -> String| {
        call.target.iter().map(what).collect::<Vec<String>>()
    };
    let models = by(&taken, |call| of_target(call, &|target| target.model.clone()));
    let by_model = found.by_model.into_iter().map(|total| (total.model_name, total.figures));
    prop_assert_eq!(by_model.collect::<BTreeMap<_, _>>(), models);
    let providers = by(&taken, |call| of_target(call, &|target| target.provider.clone()));
    let found_providers =
        found.by_provider.into_iter().map(|total| (total.provider_name, total.figures));
    prop_assert_eq!(found_providers.collect::<BTreeMap<_, _>>(), providers);
    let keys = by(&taken, |call| vec![(call.api_key_id.map(|id| id.0), call.api_key.clone())]);
    let first_key = found.by_key.iter().take(1);
    let first_key: Vec<_> =
        first_key.map(|total| (total.api_key_id, total.figures.clone())).collect();
    let by_key =
        found.by_key.into_iter().map(|total| ((total.api_key_id, total.api_key), total.figures));
    prop_assert_eq!(by_key.collect::<BTreeMap<_, _>>(), keys);
    // Of more keys than are shown, only those are read.
    let few = statistics(connection, log, &asked.question, (1, false)).unwrap();
    let few = few.by_key.into_iter().map(|total| (total.api_key_id, total.figures));
    prop_assert_eq!(few.collect::<Vec<_>>(), first_key);
    let tags = by(&taken, |call| {
        call.target.iter().flat_map(|target| target.tags.clone()).collect::<Vec<_>>()
    });
    let by_tag = found.by_tag.into_iter().map(|total| (total.tag, total.figures));
    prop_assert_eq!(by_tag.collect::<BTreeMap<_, _>>(), tags);

    let mut errors: BTreeMap<&str, (u64, i64, i64)> = BTreeMap::new();
    for call in taken.iter().filter(|call| call.status == Status::Error) {
        let (code, at) = (call.error_code.unwrap(), call.started_at_us);
        let error = errors.entry(code).or_insert((0, at, at));
        *error = (error.0 + 1, error.1.min(at), error.2.max(at));
    }
    prop_assert_eq!(found.errors.len(), errors.len());
    for total in found.errors {
        let (calls, first, last) = errors[total.error_code.as_str()];
        prop_assert_eq!(
            (total.calls, total.first_at, total.last_at, total.last_id.is_some()),
            (calls, rfc3339(first), rfc3339(last), true)
        );
    }
    prop_assert_eq!(found.covered_from, rfc3339(period.start_us));
    Ok(())
}

fn series_agree(written: &mut Written, asked: &Asked) -> Result<(), TestCaseError> {
    let Written { connection, log, calls, .. } = written;
    let (question, taken) = (&asked.question, asked.calls(calls));
    let zone = TimeZone::get(asked.zone).unwrap();
    for granularity in GRANULARITIES {
        let Ok(buckets) = buckets(Some(granularity), question.period, &zone) else { continue };
        let division = Division { buckets, zone: zone.clone(), zone_name: asked.zone.to_owned() };
        let of_call = |call: &Invocation| {
            let at = Timestamp::from_microsecond(call.started_at_us).unwrap();
            vec![label(granularity, &at.to_zoned(zone.clone()))]
        };
        let in_bucket = |timestamp: &str| {
            let is_in = |call: &&Invocation| is_labelled(timestamp, &of_call(call)[0]);
            taken.iter().copied().filter(is_in).collect::<Vec<_>>()
        };
        let found = series(connection, log, question, &division).unwrap();
        let mut total = 0;
        for point in &found.data {
            let figures = PointFigures::from(&count(in_bucket(&point.timestamp)));
            prop_assert_eq!(&point.figures, &figures, "{:?} {}", granularity, point.timestamp);
            total += point.figures.total_calls;
        }
        prop_assert_eq!(total, taken.len() as u64);

        let durations = histogram(connection, log, question, &division, Metric::Duration).unwrap();
        for point in &durations.data {
            let mut sketch = Sketch::default();
            for call in in_bucket(&point.timestamp) {
                sketch.add(u64::try_from(call.duration_us).unwrap());
            }
            prop_assert_eq!(point.counts.iter().sum::<u64>(), sketch.count());
        }

        for (by, limit) in grouped::GROUPS {
            let store = (&mut *connection, &*log);
            grouped::agree(store, &taken, question, &division, (by, limit))?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn answers_are_what_the_calls_come_to(
        calls in calls(), flushed in 0usize..120, questions in prop::collection::vec(asked(), 3),
    ) {
        let mut written = written(calls, flushed);
        for asked in questions {
            statistics_agree(&mut written, &asked)?;
            series_agree(&mut written, &asked)?;
        }
    }
}

#[test]
fn groups_by_everything_have_their_names_and_ids() {
    let mut calls: Vec<Invocation> = Vec::new();
    for seed in 0..400u64 {
        calls.push(call(i64::try_from(seed).unwrap() * MINUTE_US + 1, seed * 7_919));
    }
    let mut written = written(calls, 200);
    let end_us = now_us();
    let period = Period { start_us: end_us - DAY_US, end_us, until_us: end_us, now_us: end_us };
    let question = Question { filter: Filter::default(), period, time_limit: None };
    let buckets = buckets(Some(Granularity::Hour), period, &TimeZone::UTC).unwrap();
    let division = Division { buckets, zone: TimeZone::UTC, zone_name: String::from("UTC") };
    let mut names = |by| {
        let Written { connection, log, .. } = &mut written;
        let found = grouped(connection, log, &question, &division, (by, 100)).unwrap();
        let calls: u64 = found.groups.iter().map(|group| group.total_calls).sum();
        let mut names: Vec<String> =
            found.groups.into_iter().map(|group| group.name.group_name).collect();
        names.sort();
        (names.join(" "), calls)
    };
    let models = "none provider-0/model-0 provider-0/model-2 provider-1/model-1 provider-1/model-3";
    assert_eq!(names(GroupBy::Model), (models.to_owned(), 400));
    assert_eq!(names(GroupBy::Provider), (String::from("none provider-0 provider-1"), 400));
    assert_eq!(names(GroupBy::Key), (String::from("key-1 key-2 key-3 local"), 400));
    assert_eq!(names(GroupBy::Tag).0, "fast tag-0 tag-1");
    // Calls whose client left are no errors.
    assert_eq!(names(GroupBy::Error).0, "upstream_error upstream_timeout");
}

#[test]
fn an_answer_from_too_many_calls_says_how_far_back_it_came() {
    let calls: Vec<Invocation> =
        (0..25_000u64).map(|seed| call(i64::try_from(seed).unwrap() * 1_000_000 + 1, 7)).collect();
    let mut written = written(calls, 25_000);
    let end_us = now_us();
    let period = Period { start_us: end_us - DAY_US, end_us, until_us: end_us, now_us: end_us };
    let mut ask = |filter: &Filter, period, limit| {
        let question = Question { filter: filter.clone(), period, time_limit: Some(limit) };
        let Written { connection, log, .. } = &mut written;
        let found = statistics(connection, log, &question, (10, true)).unwrap();
        let previous = found.previous.map(|previous| previous.figures.total_calls);
        (found.overall.figures.total_calls, previous, found.covered_from)
    };
    let (nothing, ample) = (std::time::Duration::ZERO, std::time::Duration::from_secs(3_600));
    let (all, of_calls) =
        (Filter::default(), Filter { is_stream: Some(false), ..Filter::default() });
    let (total, _, covered_from) = ask(&of_calls, period, nothing);
    assert_eq!(total, 0);
    assert!(covered_from > rfc3339(end_us - DAY_US), "{covered_from}");
    let (total, _, covered_from) = ask(&of_calls, period, ample);
    assert_eq!((total, covered_from), (25_000, rfc3339(end_us - DAY_US)));
    // Sums need no time.
    assert_eq!(ask(&all, period, nothing).0, 25_000);

    let hour = Period { start_us: end_us - 60 * MINUTE_US, ..period };
    assert_eq!(ask(&of_calls, hour, nothing).1, None);
    assert_eq!(ask(&of_calls, hour, ample).1, Some(3_600));
    assert_eq!(ask(&all, hour, nothing).1, Some(3_600));
}
