//! Calls that were deleted stay in sums, and answers say what they cannot tell any more.

use super::*;
use crate::domain::retention::Retention;
use crate::domain::times::rfc3339;
use crate::store::retention::next_slice;

#[test]
fn sums_tell_of_deleted_calls_and_answers_from_calls_say_since_when() {
    // An hour apart, each at 37 minutes and some seconds.
    let calls: Vec<Invocation> =
        (1..=240i64).rev().map(|hours| call(hours * 60 * MINUTE_US, 7)).collect();
    let mut written = written(calls, 240);
    let Written { connection, log, .. } = &mut written;
    flush(connection, log).unwrap();
    let rules = Retention { calls_us: Some(3 * DAY_US), ..Retention::default() };
    while next_slice(connection, &rules, now_us()).unwrap().is_more {}
    let kept_from = rfc3339(now_us() - 3 * DAY_US + 1 - 60 * MINUTE_US);

    let end_us = now_us() - now_us().rem_euclid(60 * MINUTE_US);
    let mut ask = |start_us: i64, filter: Filter| {
        let period = Period { start_us, end_us, until_us: end_us, now_us: now_us() };
        let question = Question { filter, period, time_limit: None };
        let found = statistics(connection, log, &question, (10, false)).unwrap();
        (found.overall.figures.total_calls, found.covered_from)
    };
    let whole = end_us - 9 * DAY_US;
    assert_eq!(ask(whole, Filter::default()), (216, rfc3339(whole)), "from sums");
    // The edge of which calls would have to tell.
    let edge = whole - 7 * MINUTE_US;
    assert_eq!(ask(edge, Filter::default()), (216, rfc3339(whole)));
    let of_calls = Filter { is_stream: Some(false), ..Filter::default() };
    let (total, covered_from) = ask(whole, of_calls.clone());
    assert!(
        covered_from > rfc3339(end_us - 4 * DAY_US)
            && covered_from <= kept_from.max(rfc3339(end_us - 3 * DAY_US)),
        "{covered_from}"
    );
    assert_eq!(total, 72);
    assert_eq!(ask(end_us - 2 * DAY_US, of_calls), (48, rfc3339(end_us - 2 * DAY_US)));
}
