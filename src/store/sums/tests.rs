//! Sums equal the rows, whoever wrote them and however that process ended.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::ids::{KeyId, ModelId, ProviderId};
use crate::domain::invocation::{Invocation, Phases, Status, Target};
use crate::domain::money::NanoUsd;
use crate::domain::provider_kind::ProviderKind;
use crate::domain::sums::Sums;
use crate::domain::usage::Usage;
use crate::store::batches::{self, BatchId};
use crate::store::call_log::CallLog;
use crate::store::{Connection, Database};

/// 2026-11-27T00:00:00Z.
const DAY_US: i64 = 1_795_737_600_000_000;

pub fn call(number: u64) -> Invocation {
    let count = i64::try_from(number).unwrap();
    let model = i32::try_from(number % 5).unwrap();
    let is_error = number % 7 == 3;
    Invocation {
        request_id: format!("request-{number}"),
        started_at_us: DAY_US + count * 37_000_001,
        endpoint: if number.is_multiple_of(2) { "chat" } else { "invoke" },
        requested: String::from("fast"),
        target: (!number.is_multiple_of(11)).then(|| Target {
            provider_id: ProviderId(model % 2 + 1),
            provider: format!("provider-{}", model % 2),
            kind: ProviderKind::Openai,
            model_id: ModelId(model + 1),
            model: format!("model-{model}"),
            tags: vec![String::from("fast")],
            provider_key: Some(1),
        }),
        api_key: (!number.is_multiple_of(3)).then(|| format!("key-{}", number % 3)),
        api_key_id: (!number.is_multiple_of(3)).then(|| KeyId(i32::try_from(number % 3).unwrap())),
        is_stream: number % 2 == 1,
        status: if is_error { Status::Error } else { Status::Success },
        http_status: if is_error { 502 } else { 200 },
        error_code: is_error.then_some("upstream_error"),
        error_message: is_error.then(|| String::from("it broke")),
        usage: (!is_error).then(|| Usage {
            prompt: number,
            completion: 2,
            total: number + 2,
            ..Usage::default()
        }),
        cost: (!number.is_multiple_of(4) && !is_error).then_some(NanoUsd(count * 10)),
        phases: Phases { router_us: Some(120), wait_us: None },
        ttft_us: (number % 2 == 1).then_some(5_000),
        duration_us: 10_000 + count,
        attempts: u32::try_from(number % 3).unwrap(),
        ..Invocation::blank()
    }
}

struct Process {
    connection: Connection,
    log: CallLog,
    name: &'static str,
    sequence: i64,
}

impl Process {
    fn start(database: &Database, name: &'static str) -> Self {
        let connection = database.connect().unwrap();
        Self { connection, log: CallLog::default(), name, sequence: 0 }
    }

    fn write(&mut self, numbers: std::ops::Range<u64>) {
        self.sequence += 1;
        let batch: Vec<Invocation> = numbers.map(call).collect();
        let id = BatchId { writer: self.name, sequence: self.sequence, now_us: 1 };
        batches::write(&mut self.connection, &self.log, id, &batch).unwrap();
    }

    fn all(&mut self, view: View) -> Vec<Summed> {
        let days = Range { grain: Grain::Day, from: 0, to: 100_000 };
        read(&mut self.connection, &self.log, view, &[days], |_| true).unwrap()
    }

    /// How many calls each pair has on each day, from sums as they are or from the counts that are
    /// kept in memory.
    fn pairs(&mut self, depth: Depth) -> BTreeMap<(i64, Of), u64> {
        let days = Range { grain: Grain::Day, from: 0, to: 100_000 };
        let selection = Selection { depth, ..Selection::all(View::CallerTarget) };
        let mut found = BTreeMap::new();
        let add = |part: Part<'_>| {
            *found.entry((part.bucket, part.of)).or_default() += part.sums.calls;
        };
        each(&mut self.connection, &self.log, &[selection], &[days], |_| true, add).unwrap();
        found
    }

    fn total(&mut self, view: View) -> Sums {
        let mut total = Sums::default();
        self.all(view).iter().for_each(|summed| total.merge(&summed.sums));
        total
    }
}

fn expected(numbers: std::ops::Range<u64>) -> Sums {
    let mut sums = Sums::default();
    numbers.for_each(|number| sums.add(&Addend::of(&call(number))));
    sums
}

fn prepared() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::at(&folder.path().join("router.db").display().to_string());
    database.prepare().unwrap();
    (folder, database)
}

#[test]
fn every_view_has_every_call_before_and_after_it_is_in_the_table() {
    let (_folder, database) = prepared();
    let mut process = Process::start(&database, "a");
    process.write(0..100);
    let views = [View::All, View::Target, View::Caller, View::Endpoint, View::CallerTarget];
    for view in views {
        assert_eq!(process.total(view), expected(0..100), "in memory {view:?}");
    }
    flush(&mut process.connection, &process.log).unwrap();
    process.write(100..250);
    for view in views {
        assert_eq!(process.total(view), expected(0..250), "{view:?}");
    }
    let before = process.all(View::Target);
    flush(&mut process.connection, &process.log).unwrap();
    assert_eq!(process.all(View::Target), before);
    assert_eq!(process.total(View::Error).calls, (0..250).filter(|n| n % 7 == 3).count() as u64);
}

#[test]
fn grains_of_a_range_hold_each_call_once() {
    let (_folder, database) = prepared();
    let mut process = Process::start(&database, "a");
    process.write(0..300);
    let hour = Grain::Hour.bucket(DAY_US);
    let ranges = [
        Range { grain: Grain::Minute, from: hour * 60, to: hour * 60 + 30 },
        Range { grain: Grain::Quarter, from: hour * 4 + 2, to: hour * 4 + 4 },
        Range { grain: Grain::Hour, from: hour + 1, to: hour + 24 },
    ];
    for _ in 0..2 {
        let found = read(&mut process.connection, &process.log, View::All, &ranges, |_| true);
        let mut total = Sums::default();
        found.unwrap().iter().for_each(|summed| total.merge(&summed.sums));
        assert_eq!(total, expected(0..300));
        flush(&mut process.connection, &process.log).unwrap();
    }
}

#[test]
fn calls_of_a_process_that_was_killed_are_added_by_another_one() {
    let (_folder, database) = prepared();
    let mut killed = Process::start(&database, "a");
    killed.write(0..50);
    flush(&mut killed.connection, &killed.log).unwrap();
    killed.write(50..90);
    drop(killed);
    let mut other = Process::start(&database, "b");
    assert_eq!(other.total(View::All), expected(0..90), "before it has written anything");
    other.write(90..120);
    assert_eq!(other.total(View::Target), expected(0..120));
    while catch_up(&mut other.connection, &other.log).unwrap() {}
    assert_eq!(other.total(View::Target), expected(0..120));
    flush(&mut other.connection, &other.log).unwrap();
    assert_eq!(other.total(View::Caller), expected(0..120));
}

#[test]
fn a_process_that_still_runs_notices_that_another_one_has_added_up_its_calls() {
    let (_folder, database) = prepared();
    let mut first = Process::start(&database, "a");
    let mut second = Process::start(&database, "b");
    first.write(0..40);
    second.write(40..60);
    first.write(60..70);
    while catch_up(&mut second.connection, &second.log).unwrap() {}
    assert_eq!(second.total(View::All), expected(0..70));
    first.write(70..80);
    flush(&mut first.connection, &first.log).unwrap();
    flush(&mut second.connection, &second.log).unwrap();
    for process in [&mut first, &mut second] {
        assert_eq!(process.total(View::All), expected(0..80));
    }
}

#[test]
fn a_batch_that_is_rolled_back_adds_nothing() {
    use diesel::connection::SimpleConnection;
    let (_folder, database) = prepared();
    let mut process = Process::start(&database, "a");
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON invocations \
        WHEN NEW.prompt_tokens = 13 BEGIN SELECT RAISE(ABORT, 'no'); END";
    process.connection.batch_execute(refuse).unwrap();
    let batch: Vec<Invocation> = (0..30).map(call).collect();
    let id = BatchId { writer: "a", sequence: 1, now_us: 1 };
    batches::write(&mut process.connection, &process.log, id, &batch).unwrap_err();
    assert_eq!(process.total(View::All), Sums::default());
    let aside = batches::write_singly(&mut process.connection, &process.log, id, &batch).unwrap();
    assert_eq!(aside.len(), 1);
    let mut expected = expected(0..13);
    (14..30).for_each(|number| expected.add(&Addend::of(&call(number))));
    assert_eq!(process.total(View::All), expected);
    flush(&mut process.connection, &process.log).unwrap();
    assert_eq!(process.total(View::All), expected);
}

/// The largest cost of a sum is only a bound then.
fn costs(summed: &[Summed]) -> Vec<(i64, Of, u64, u64, u64)> {
    let of = |summed: &Summed| {
        let Sums { cost_nano_usd, priced, unpriced, .. } = summed.sums;
        (summed.bucket, summed.of, cost_nano_usd, priced, unpriced)
    };
    summed.iter().map(of).collect()
}

#[test]
fn calls_that_are_counted_anew_have_the_sums_of_their_rows() {
    use crate::domain::invocation::PriceUsed;
    use crate::domain::price::{Prices, TokenPrice};
    use crate::store::invocations::Filter;
    use crate::store::repricing::{self, Repriced, Repricing};
    use diesel::prelude::*;

    let (_folder, database) = prepared();
    let (mut first, mut second) = (Process::start(&database, "a"), Process::start(&database, "b"));
    first.write(0..1_500);
    second.write(1_500..2_200);
    flush(&mut first.connection, &first.log).unwrap();
    first.write(2_200..2_600);
    let price = TokenPrice::per_1k_dollars(0.003);
    let prices = Prices { prompt: price, completion: price, ..Prices::default() };
    let used = PriceUsed { prices, source: "url".into(), as_of: "2026-11-01".into() };
    let used = std::sync::Arc::new(used);
    let repricing = Repricing {
        filter: Filter { status: Some(Status::Success), ..Filter::default() },
        prices: (1..=3).map(|model| (model, used.clone())).collect(),
    };
    let mut looked = Repriced::default();
    for slice in repricing::extent(&mut first.connection).unwrap().parts() {
        looked.add(&repricing::look(&mut first.connection, &repricing, slice).unwrap());
    }
    let all = repricing::prepare(&mut first.connection, &first.log).unwrap();
    // Calls that come meanwhile are left for the next time.
    second.write(2_600..2_650);
    let mut applied = Repriced::default();
    for slice in all.parts() {
        applied.add(&repricing::apply(&mut first.connection, &repricing, slice).unwrap());
    }
    assert_eq!(applied, looked);
    assert!(applied.calls > 1_000, "{applied:?}");

    let shown: Vec<_> = View::ALL.into_iter().map(|view| costs(&first.all(view))).collect();
    let of_second: Vec<_> = View::ALL.into_iter().map(|view| costs(&second.all(view))).collect();
    assert_eq!(shown, of_second);
    // Added up anew from the rows.
    let mut anew = Process::start(&database, "c");
    diesel::delete(crate::store::schema::sums::table).execute(&mut anew.connection).unwrap();
    diesel::update(crate::store::schema::call_writers::table)
        .set(crate::store::schema::call_writers::summed_to_id.eq(0))
        .execute(&mut anew.connection)
        .unwrap();
    let rows: Vec<_> = View::ALL.into_iter().map(|view| costs(&anew.all(view))).collect();
    assert_eq!(shown, rows);
}

#[test]
fn many_processes_that_have_ended_are_caught_up_with_at_once() {
    let (_folder, database) = prepared();
    for process in 0..40 {
        let mut process_of = Process::start(&database, "ended");
        process_of.sequence = i64::try_from(process).unwrap();
        process_of.write(process * 5..process * 5 + 5);
    }
    let mut next = Process::start(&database, "next");
    next.write(200..203);
    assert_eq!(next.total(View::All), expected(0..203), "before it is done");
    assert!(!catch_up(&mut next.connection, &next.log).unwrap());
    let marks = super::flush::by_mark(&mut next.connection, |_| true).unwrap();
    assert_eq!(marks.values().map(Vec::len).collect::<Vec<_>>(), [1, 40]);
    assert_eq!(next.total(View::All), expected(0..203));
    flush(&mut next.connection, &next.log).unwrap();
    assert_eq!(next.total(View::Target), expected(0..203));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn sums_equal_rows_whatever_two_processes_do(
        steps in prop::collection::vec((0..4u8, any::<bool>(), 1..20u64), 1..25),
    ) {
        let (_folder, database) = prepared();
        let mut processes = [Process::start(&database, "a"), Process::start(&database, "b")];
        let mut written = 0;
        for (step, second, count) in steps {
            let process = &mut processes[usize::from(second)];
            match step {
                0 | 1 => {
                    process.write(written..written + count);
                    written += count;
                }
                2 => flush(&mut process.connection, &process.log).unwrap(),
                _ => { catch_up(&mut process.connection, &process.log).unwrap(); }
            }
            for process in &mut processes {
                prop_assert_eq!(process.total(View::Target), expected(0..written));
                prop_assert_eq!(process.pairs(Depth::Counts), process.pairs(Depth::Whole));
            }
        }
    }
}
