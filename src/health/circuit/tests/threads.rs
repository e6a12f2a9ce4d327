//! Several real threads on one circuit.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use super::super::{Admission, Cause, Circuit, CircuitPolicy, Cooldowns, Outcome, State};
use super::{Bench, policy, secs};

/// Eight threads call, fail, cancel and probe. The clock stands still while one probes, so that a
/// thread which loses its core during a probe does not outlive it; and each makes a number of
/// calls, not of attempts, or the others would use theirs up meanwhile. Faults are collected and
/// end the run: a thread that panicked during the probe would hang the others.
#[test]
fn eight_threads_never_probe_two_at_a_time_and_report_each_transition_once() {
    let cooldown = Duration::from_millis(1);
    let cooldowns = Cooldowns { broken: cooldown, ..Cooldowns::default() };
    let policy = CircuitPolicy { cooldowns, max_cooldown: 2 * cooldown, ..policy() };
    let circuit = Circuit::default();
    let (clock_us, probing) = (AtomicU64::new(0), AtomicUsize::new(0));
    let (reported, faults) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let is_broken = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..8u64 {
            let (circuit, policy, clock_us) = (&circuit, &policy, &clock_us);
            let (probing, reported, is_broken) = (&probing, &reported, &is_broken);
            let faults = &faults;
            let fault = move |what: &'static str| {
                is_broken.store(true, SeqCst);
                faults.lock().unwrap().push(what);
            };
            scope.spawn(move || {
                let (mut random, mut mine) = (thread + 1, Vec::new());
                let mut calls = 0;
                while calls < 10_000 && !is_broken.load(SeqCst) {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let dice = (random >> 33) % 16;
                    let now = Duration::from_micros(clock_us.load(SeqCst));
                    if circuit.peek(now) || matches!(circuit.state(now), State::Open { .. }) {
                        clock_us.fetch_add(100, SeqCst);
                    }
                    let outcome = match dice {
                        0..9 => Outcome::Failure(Cause::Broken),
                        9 => Outcome::Neutral,
                        10 => Outcome::RateLimited(Some(Duration::from_millis(2))),
                        11 => Outcome::Refused(Cause::Key, Some(Duration::from_millis(3))),
                        _ => Outcome::Success,
                    };
                    let admission = circuit.admit(now);
                    calls += u32::from(!matches!(admission, Admission::Refused { .. }));
                    match admission {
                        Admission::Closed(permit) => {
                            std::thread::yield_now();
                            mine.extend(circuit.record(now, permit, outcome, policy));
                        }
                        Admission::Probe(permit, change) => {
                            if probing.fetch_add(1, SeqCst) != 0 {
                                fault("two probes at once");
                            }
                            mine.push(change);
                            std::thread::yield_now();
                            probing.fetch_sub(1, SeqCst);
                            let ended = circuit.record(now, permit, outcome, policy);
                            let closes = ended.is_some_and(|change| change.to == State::Closed);
                            if ended.is_none() || closes != (outcome == Outcome::Success) {
                                fault("a probe's outcome was lost");
                            }
                            mine.extend(ended);
                        }
                        Admission::Refused { .. } => std::thread::yield_now(),
                    }
                }
                reported.lock().unwrap().extend(mine);
            });
        }
    });
    assert_eq!(faults.into_inner().unwrap(), [""; 0]);
    let reported = reported.into_inner().unwrap();
    // Each transition takes one generation, so all of them were reported, and none twice.
    assert_eq!(circuit.load().generation, reported.len() as u16);
    assert!(reported.len() > 1000, "too few to prove anything: {}", reported.len());
    let kind = |state: State| match state {
        State::Closed => 0,
        State::Open { .. } => 1,
        State::HalfOpen => 2,
    };
    // Each state that was entered was left again, except the current one.
    let mut balance = [1i64, 0, 0];
    for change in &reported {
        balance[kind(change.from)] -= 1;
        balance[kind(change.to)] += 1;
    }
    let mut current = [0; 3];
    current[kind(circuit.load().state())] = 1;
    assert_eq!(balance, current);
}

#[test]
fn of_eight_threads_after_the_cooldown_one_probes() {
    for _ in 0..200 {
        let bench = Bench { now: secs(10), ..Bench::opened() };
        let probes = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let Admission::Probe(probe, _) = bench.circuit.admit(bench.now) else { return };
                    assert!(probe.is_probe());
                    probes.fetch_add(1, SeqCst);
                });
            }
        });
        assert_eq!(probes.into_inner(), 1);
    }
}

#[test]
fn of_eight_threads_that_fail_at_once_one_reports_that_it_opened() {
    for _ in 0..200 {
        let bench = Bench::default();
        let permits: Vec<_> = (0..8).map(|_| bench.permit()).collect();
        let reported = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for permit in permits {
                let (bench, reported) = (&bench, &reported);
                scope.spawn(move || {
                    let change = bench.record(permit, Outcome::Failure(Cause::Broken));
                    reported.fetch_add(usize::from(change.is_some()), SeqCst);
                });
            }
        });
        assert_eq!(reported.into_inner(), 1);
    }
}
