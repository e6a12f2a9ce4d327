//! Pages of calls against a plain filter and sort of all of them, whatever is asked for.

mod filters;

use std::cell::RefCell;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use filters::{filters, orders, wants};

use super::budget::{Budget, RowLimits};
use super::plan::Plan;
use super::walk::{Stretch, beginning};
use super::{Facet, Filter, OrderBy, Page, facets, page};
use crate::domain::clock::Clock;
use crate::domain::ids::{KeyId, ModelId, ProviderId};
use crate::domain::invocation::{Invocation, Status, Target};
use crate::domain::money::NanoUsd;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::usage::Usage;
use crate::store::batches::{self, BatchId};
use crate::store::call_log::CallLog;
use crate::store::{Connection, Database, sums};

/// 2026-11-20T00:00:00Z.
const START_US: i64 = 1_795_132_800_000_000;
const CALLS: u64 = 2_500;
const STEP_US: i64 = 200_000_000;

/// So small that few calls are enough to reach them.
const ROWS: RowLimits = RowLimits {
    first_slice: 60,
    largest_slice: 300,
    counted: 400,
    merged: 100,
    sorted: 300,
    few: 3,
};

/// The same for the same number.
fn call(number: u64) -> Invocation {
    let random = |salt: u64| crate::domain::hash::mixed(number * 64 + salt);
    let among = |salt: u64, count: u64| i32::try_from(random(salt) % count).unwrap();
    let model = among(1, 9).min(among(2, 9));
    let key = among(3, 7).min(among(4, 7));
    let status = match random(5) % 20 {
        0 => Status::Error,
        1 => Status::Cancelled,
        _ => Status::Success,
    };
    let (is_error, is_success) = (status == Status::Error, status == Status::Success);
    // Its tags have changed once.
    let tag = if number < CALLS / 3 { "old" } else { "new" };
    let requested = if random(6) % 60 == 0 { "Needle_50%" } else { "alias" };
    Invocation {
        request_id: format!("request-{number}"),
        // Not in the order of ids, and with some at the same time.
        started_at_us: START_US + i64::try_from(number / 2 + random(7) % 40).unwrap() * STEP_US,
        endpoint: if number > CALLS / 2 && random(8) % 70 == 0 { "invoke" } else { "chat" },
        session_id: (random(19) % 4 == 0).then(|| format!("session-{}", random(20) % 3)),
        requested: String::from(requested),
        target: (random(9) % 30 != 0).then(|| Target {
            provider_id: ProviderId(model % 3 + 1),
            provider: format!("provider-{}", model % 3),
            kind: ProviderKind::Openai,
            model_id: ModelId(model + 1),
            model: format!("model-{model}"),
            tags: match model % 2 {
                0 => vec![String::from("even"), String::from(tag)],
                _ => vec![String::from("odd")],
            },
            provider_key: Some(1),
        }),
        api_key: (key > 0).then(|| format!("key-{}", key.min(4))),
        api_key_id: (key > 0).then_some(KeyId(key)),
        is_stream: random(10) % 3 == 0,
        status,
        http_status: if is_error {
            502
        } else if is_success {
            200
        } else {
            499
        },
        error_code: is_error.then_some(if random(11) % 8 == 0 { "rare" } else { "upstream_error" }),
        error_message: is_error.then(|| format!("it broke {} times", random(12) % 50)),
        usage: is_success.then(|| Usage { total: random(13) % 5_000, ..Usage::default() }),
        cost: (is_success && random(14) % 40 != 0)
            .then(|| NanoUsd(i64::try_from(random(15) % 1_000_000).unwrap())),
        duration_us: i64::try_from(random(16) % 3_000 + random(17) % 50 / 49 * 90_000).unwrap(),
        attempts: if random(18) % 90 == 0 { 2 } else { 1 },
        ..Invocation::blank()
    }
}

struct Store {
    _folder: tempfile::TempDir,
    connection: Connection,
    log: CallLog,
    /// The call `calls[i]` has the id `i + 1`.
    calls: Vec<Invocation>,
}

impl Store {
    /// Three quarters of its sums are in the table, the others in memory.
    fn filled() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let mut connection = database.connect().unwrap();
        connection.batch_execute("PRAGMA synchronous = OFF").unwrap();
        let (log, calls) = (CallLog::default(), (0..CALLS).map(call).collect::<Vec<_>>());
        for (sequence, batch) in (1..).zip(calls.chunks(400)) {
            let id = BatchId { writer: "a", sequence, now_us: 1 };
            batches::write(&mut connection, &log, id, batch).unwrap();
            if sequence == 5 {
                sums::flush(&mut connection, &log).unwrap();
            }
        }
        Self { _folder: folder, connection, log, calls }
    }

    /// What the list should be: ids in their order.
    fn expected(&self, filter: &Filter, order_by: OrderBy, is_descending: bool) -> Vec<i64> {
        let with_ids = (1i64..).zip(&self.calls).filter(|(_, call)| wants(filter, call));
        let unknown = if is_descending { -1 } else { i64::MAX };
        let value = |call: &Invocation| match order_by {
            OrderBy::StartedAt => call.started_at_us,
            OrderBy::DurationMs => call.duration_us,
            OrderBy::TotalTokens => {
                call.usage.map_or(unknown, |usage| i64::try_from(usage.total).unwrap())
            }
            OrderBy::Cost => call.cost.map_or(unknown, |cost| cost.0),
        };
        let mut places: Vec<(i64, i64, i64)> =
            with_ids.map(|(id, call)| (value(call), call.started_at_us, id)).collect();
        places.sort_unstable();
        if is_descending {
            places.reverse();
        }
        places.into_iter().map(|place| place.2).collect()
    }

    fn page(&mut self, filter: &Filter, asked: Page, budget: &Budget) -> super::PageOfCalls {
        page(&mut self.connection, &self.log, filter, asked, budget).unwrap()
    }
}

fn budget(clock: Clock, seconds: u64) -> Budget {
    let mut budget = Budget::from_now(clock, Duration::from_secs(seconds));
    budget.rows = ROWS;
    budget
}

fn ids(page: &super::PageOfCalls) -> Vec<i64> {
    page.rows.iter().map(|row| row.call.id).collect()
}

#[test]
fn pages_are_what_a_filter_and_a_sort_of_all_calls_give() {
    let store = RefCell::new(Store::filled());
    let clock = Clock::start();
    let (endless, none) = (budget(clock, 100_000), budget(clock, 0));
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() };
    let cases = (filters(), orders(), 0..1_500i64, any::<bool>());
    TestRunner::new(config)
        .run(&cases, |(filter, (order_by, is_descending), offset, is_hasty)| {
            let expected = store.borrow().expected(&filter, order_by, is_descending);
            let count = i64::try_from(expected.len()).unwrap();
            let asked = Page { limit: 50, offset, order_by, is_descending, after: None };

            let found = store.borrow_mut().page(&filter, asked, &endless);
            prop_assert_eq!(ids(&found), part(&expected, offset, 50));
            match found.total.is_exact {
                true => prop_assert_eq!(found.total.calls, count),
                false => prop_assert!((ROWS.counted..=count).contains(&found.total.calls)),
            }

            // A list by size that is broken off is that of the calls it came to.
            let is_by_time = order_by == OrderBy::StartedAt;
            if is_hasty && !is_by_time {
                let found = store.borrow_mut().page(&filter, asked, &none);
                let searched = Filter {
                    start_us: found.searched_to_us.max(filter.start_us),
                    ..filter.clone()
                };
                let expected = store.borrow().expected(&searched, order_by, is_descending);
                prop_assert_eq!(ids(&found), part(&expected, offset, 50));
            }

            // All pages together are the list, each call once.
            let budget = if is_hasty && is_by_time { &none } else { &endless };
            let mut asked = Page { limit: (count / 4).max(7), offset: 0, ..asked };
            let (mut all, mut pages) = (Vec::new(), 0);
            loop {
                let found = store.borrow_mut().page(&filter, asked, budget);
                all.extend(ids(&found));
                pages += 1;
                asked.after = found.next;
                if asked.after.is_none() {
                    break;
                }
                prop_assert!(pages < 300, "no end");
            }
            prop_assert_eq!(all, expected);
            Ok(())
        })
        .unwrap();
}

fn part(ids: &[i64], offset: i64, limit: usize) -> Vec<i64> {
    ids.iter().skip(usize::try_from(offset).unwrap()).take(limit).copied().collect()
}

/// The search begins at an edge of what sums exclude.
#[test]
fn a_search_that_has_no_time_goes_on_from_page_to_page() {
    let mut store = Store::filled();
    let none = budget(Clock::start(), 0);
    let filter = Filter { min_duration_us: Some(90_000), ..Filter::default() };
    for is_descending in [true, false] {
        let expected = store.expected(&filter, OrderBy::StartedAt, is_descending);
        assert!(expected.len() > 10, "{expected:?}");
        let mut asked =
            Page { limit: 7, offset: 0, order_by: OrderBy::StartedAt, is_descending, after: None };
        let mut found = Vec::new();
        for _ in 0..300 {
            let page = store.page(&filter, asked, &none);
            assert!(page.next.is_none() || page.next != asked.after, "it stands still");
            found.extend(ids(&page));
            asked.after = page.next;
            if asked.after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn facets_count_the_calls_of_their_filter() {
    let mut store = Store::filled();
    let even = Some(String::from("even"));
    for filter in [
        Filter::default(),
        Filter { model_id: Some(2), ..Filter::default() },
        Filter { tag: even, status: Some(Status::Success), ..Filter::default() },
        Filter { only_key: Some(1), provider_id: Some(2), ..Filter::default() },
    ] {
        let found = facets(&mut store.connection, &store.log, &filter).unwrap();
        let check = |facets: &[Facet], is: &dyn Fn(&Facet, &Invocation) -> bool| {
            for facet in facets {
                let calls = store.calls.iter().filter(|call| wants(&filter, call));
                let count = i64::try_from(calls.filter(|call| is(facet, call)).count()).unwrap();
                assert_eq!(facet.calls, Some(count), "{facet:?} {filter:?}");
            }
            assert!(facets.iter().any(|facet| facet.calls > Some(0)), "{filter:?}");
        };
        check(&found.keys, &|facet, call| call.api_key_id.map(|id| id.0) == facet.id);
        check(&found.statuses, &|facet, call| call.status.as_str() == facet.name);
        let target = |call: &Invocation| call.target.clone();
        check(&found.models, &|facet, call| target(call).map(|is| is.model_id.0) == facet.id);
        check(&found.tags, &|facet, call| {
            target(call).is_some_and(|is| is.tags.contains(&facet.name))
        });
    }
}

#[derive(QueryableByName)]
struct Explained {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

#[test]
fn each_filter_is_read_along_its_index() {
    let mut store = Store::filled();
    let filter = |change: fn(&mut Filter)| {
        let mut filter = Filter { start_us: Some(START_US), ..Filter::default() };
        change(&mut filter);
        filter
    };
    let by_time = "invocations_by_time (started_at_us>? AND started_at_us<?)";
    let by_model = "invocations_by_model (model_id=? AND started_at_us>? AND started_at_us<?)";
    let by_key = "invocations_by_key (api_key_id=? AND started_at_us>? AND started_at_us<?)";
    let by_failure = "invocations_by_failure (status=? AND started_at_us>? AND started_at_us<?)";
    let by_session =
        "invocations_by_session (session_id=? AND started_at_us>? AND started_at_us<?)";
    for (filter, index) in [
        (filter(|_| ()), by_time),
        (filter(|filter| filter.status = Some(Status::Success)), by_time),
        (filter(|filter| filter.text = Some(String::from("x"))), by_time),
        (filter(|filter| filter.model_id = Some(1)), by_model),
        (filter(|filter| filter.provider_id = Some(1)), by_model),
        (filter(|filter| filter.tag = Some(String::from("old"))), by_model),
        (filter(|filter| filter.api_key_id = Some(2)), by_key),
        (
            filter(|filter| {
                (filter.only_key, filter.tag) = (Some(2), Some(String::from("even")));
            }),
            by_key,
        ),
        (filter(|filter| filter.status = Some(Status::Error)), by_failure),
        (
            filter(|filter| {
                (filter.status, filter.model_id) = (Some(Status::Error), Some(1));
                filter.api_key_id = Some(1);
            }),
            by_failure,
        ),
        (filter(|filter| filter.error_code = Some(String::from("rare"))), by_failure),
        (filter(|filter| filter.session_id = Some(String::from("session-1"))), by_session),
        (
            filter(|filter| {
                (filter.session_id, filter.only_key) = (Some(String::from("session-1")), Some(2));
                (filter.status, filter.model_id) = (Some(Status::Error), Some(1));
            }),
            by_session,
        ),
    ] {
        let plan = Plan::of(&mut store.connection, &filter).unwrap();
        assert!(!plan.ranges.is_empty());
        for range in &plan.ranges {
            let after = Some((START_US + 1, 5));
            let stretch = Stretch { is_descending: true, after, skip: 0, limit: 100 };
            let query = beginning(&plan, range, (START_US, START_US + 9), stretch).limit(100);
            let text = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&query).to_string();
            let text = text.split(" -- binds").next().unwrap().to_owned();
            let steps: Vec<Explained> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}"))
                .load(&mut store.connection)
                .unwrap();
            let steps: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
            let first = steps.first().unwrap();
            assert!(first.contains(index), "{filter:?}\n{steps:#?}\n{text}");
            assert!(
                !steps.iter().any(|step| step.ends_with("TEMP B-TREE FOR ORDER BY")),
                "{steps:#?}"
            );
        }
    }
}
