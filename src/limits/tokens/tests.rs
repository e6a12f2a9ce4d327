use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::super::bucket::MAX_DEBT_NS;
use super::*;
use proptest::prelude::*;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn reserve(bucket: &TokenBucket, now_s: u64, tokens: u64) -> Result<Reservation, Duration> {
    bucket.reserve(secs(now_s), tokens, 600)
}

#[test]
fn a_full_bucket_holds_a_minute_and_refills_evenly() {
    let bucket = TokenBucket::default();
    assert!(reserve(&bucket, 100, 600).is_ok());
    assert_eq!(reserve(&bucket, 100, 10), Err(secs(1)));
    assert_eq!(bucket.wait(secs(100), 10, 600), Some(secs(1)));
    assert!(reserve(&bucket, 101, 10).is_ok());
    assert_eq!((bucket.left(secs(131), 600), bucket.until_full(secs(131))), (300, secs(30)));
}

#[test]
fn what_was_not_used_goes_back_and_what_was_used_beyond_is_waited_for() {
    let bucket = TokenBucket::default();
    let reservation = reserve(&bucket, 100, 600).unwrap();
    bucket.settle(secs(100), reservation, 200);
    assert_eq!(bucket.left(secs(100), 600), 400);
    let reservation = reserve(&bucket, 100, 400).unwrap();
    bucket.settle(secs(100), reservation, 1000);
    assert_eq!(bucket.left(secs(100), 600), 0);
    assert_eq!(reserve(&bucket, 100, 0), Err(secs(60)));
    assert_eq!(reserve(&bucket, 100, 10), Err(secs(61)));
}

#[test]
fn what_is_taken_late_is_charged_from_then_on() {
    let bucket = TokenBucket::default();
    let reservation = reserve(&bucket, 0, 0).unwrap();
    bucket.settle(secs(1000), reservation, 600);
    assert_eq!(bucket.left(secs(1000), 600), 0);
}

#[test]
fn a_call_larger_than_the_bucket_waits_until_it_is_full_and_leaves_a_debt() {
    let bucket = TokenBucket::default();
    assert!(reserve(&bucket, 100, 10).is_ok());
    assert_eq!(reserve(&bucket, 100, 1200), Err(secs(1)));
    let reservation = reserve(&bucket, 101, 1200).unwrap();
    assert_eq!(reserve(&bucket, 101, 10), Err(secs(61)));
    bucket.release(secs(101), reservation);
    assert_eq!(bucket.left(secs(101), 600), 600);
}

#[test]
fn a_mistaken_count_costs_minutes_not_days_and_gives_back_no_more_than_it_took() {
    let bucket = TokenBucket::default();
    let reservation = reserve(&bucket, 100, u64::MAX).unwrap();
    assert_eq!(bucket.until_full(secs(100)), secs(360));
    bucket.settle(secs(100), reservation, 600);
    assert_eq!(bucket.until_full(secs(100)), secs(60));
    let other = bucket.reserve(secs(420), 0, 600).unwrap();
    bucket.settle(secs(420), other, u64::MAX);
    assert_eq!(bucket.until_full(secs(420)), secs(360));
    assert!(bucket.reserve(secs(780), 1, 0).is_ok());
}

#[test]
fn a_new_limit_holds_from_the_next_call_on() {
    let bucket = TokenBucket::default();
    let reservation = reserve(&bucket, 100, 300).unwrap();
    assert_eq!(bucket.left(secs(100), 6000), 3000);
    bucket.release(secs(100), reservation);
    assert_eq!(bucket.left(secs(100), 6000), 6000);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pass(u64),
    Reserve(u64),
    Settle(usize, u64),
}

fn steps(largest: u64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0u64..20_000).prop_map(Step::Pass),
        (0..=largest).prop_map(Step::Reserve),
        (0usize..8, 0..=largest).prop_map(|(which, tokens)| Step::Settle(which, tokens)),
    ];
    prop::collection::vec(step, 1..120)
}

/// A charge (or a refund) at a time, in nanoseconds of refilling.
struct Charge {
    at_ms: u64,
    amount_ns: i128,
    /// Amounts outside the bound: debts, and refunds of earlier charges.
    is_late: bool,
}

proptest! {
    /// Over any span, no more is admitted than a bucket, the refill, and the overshoot that the
    /// module's text names; and no call is refused while there is room for it.
    #[test]
    fn no_more_than_a_bucket_and_the_refill_gets_through(steps in steps(900), per_minute in 300u64..600) {
        let bucket = TokenBucket::default();
        let (mut now_ms, mut open, mut charges) = (0u64, Vec::new(), Vec::<Charge>::new());
        let mut level_ns = 0i128; // the plain bucket: what is missing from full
        let capacity = i128::from(CAPACITY_NS);
        let furthest = i128::from(CAPACITY_NS + MAX_DEBT_NS);
        for step in steps {
            let now = Duration::from_millis(now_ms);
            match step {
                Step::Pass(ms) => {
                    now_ms += ms;
                    level_ns = (level_ns - i128::from(ms) * 1_000_000).max(0);
                }
                Step::Reserve(tokens) => {
                    let cost_ns = i128::from(cost(tokens, per_minute));
                    let fits = level_ns + cost_ns <= capacity || (level_ns == 0 && cost_ns > capacity);
                    prop_assert_eq!(bucket.wait(now, tokens, per_minute).is_none(), fits);
                    match bucket.reserve(now, tokens, per_minute) {
                        Ok(reservation) => {
                            prop_assert!(fits);
                            level_ns += cost_ns;
                            let inside = cost_ns.min(capacity);
                            charges.push(Charge { at_ms: now_ms, amount_ns: inside, is_late: false });
                            open.push((now_ms, reservation));
                        }
                        Err(wait) => {
                            prop_assert!(!fits);
                            let later = now + wait;
                            prop_assert!(bucket.wait(later, tokens, per_minute).is_none());
                            let before = later - Duration::from_nanos(1);
                            prop_assert!(bucket.wait(before, tokens, per_minute).is_some());
                        }
                    }
                }
                Step::Settle(which, tokens) => {
                    if open.is_empty() { continue }
                    let (since_ms, reservation) = open.swap_remove(which % open.len());
                    let more = i128::from(cost(tokens, per_minute)) - i128::from(reservation.charged_ns);
                    // A refund counts at the time of its charge.
                    let at_ms = if more < 0 { since_ms } else { now_ms };
                    charges.push(Charge { at_ms, amount_ns: more, is_late: true });
                    level_ns = (level_ns + more).clamp(0, furthest);
                    bucket.settle(now, reservation, tokens);
                }
            }
            let until_full = bucket.until_full(Duration::from_millis(now_ms)).as_nanos();
            prop_assert_eq!(until_full, level_ns as u128);
        }
        // The admitted amounts, over every span between two admissions.
        let admitted: Vec<_> = charges.iter().filter(|charge| !charge.is_late).collect();
        let returned: i128 = charges.iter().map(|charge| (-charge.amount_ns).max(0)).sum();
        for (from, first) in admitted.iter().enumerate() {
            let mut sum = 0i128;
            for charge in &admitted[from..] {
                sum += charge.amount_ns;
                let span_ns = i128::from(charge.at_ms - first.at_ms) * 1_000_000;
                prop_assert!(sum <= capacity + span_ns + returned);
            }
        }
    }

    /// After any reservations and releases, the bucket is as full as without them.
    #[test]
    fn what_is_released_leaves_no_trace(tokens in prop::collection::vec(0u64..200, 1..20)) {
        let bucket = TokenBucket::default();
        let taken: Vec<_> =
            tokens.iter().filter_map(|tokens| reserve(&bucket, 50, *tokens).ok()).collect();
        taken.into_iter().for_each(|reservation| bucket.release(secs(50), reservation));
        prop_assert_eq!(bucket.until_full(secs(50)), secs(0));
        prop_assert_eq!(bucket.left(secs(50), 600), 600);
    }
}

/// Several rounds, because on two cores that also run other tests threads seldom collide.
#[test]
fn eight_threads_take_no_more_than_there_is_and_lose_nothing() {
    for _ in 0..10 {
        crowd_takes_no_more_than_there_is_and_loses_nothing();
    }
}

fn crowd_takes_no_more_than_there_is_and_loses_nothing() {
    const PER_MINUTE: u64 = 1_000_000; // a token is 60 µs, without rounding
    let (bucket, taken) = (TokenBucket::default(), AtomicU64::new(0));
    let start = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (bucket, taken, start) = (&bucket, &taken, &start);
            scope.spawn(move || {
                start.wait();
                for call in 0..50_000u64 {
                    let Ok(reservation) = bucket.reserve(secs(1), 7, PER_MINUTE) else { continue };
                    let tokens = [0, 3, 8][((call + thread) % 3) as usize];
                    bucket.settle(secs(1), reservation, tokens);
                    taken.fetch_add(tokens, Relaxed);
                }
            });
        }
    });
    let taken = taken.into_inner();
    assert_eq!(bucket.until_full(secs(1)), Duration::from_micros(60) * taken as u32);
    // Each thread may give its last reservation back when the others have gone, or take one more.
    assert!((PER_MINUTE - 9 * 7..=PER_MINUTE + 8).contains(&taken), "{taken}");
}
