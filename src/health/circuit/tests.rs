use proptest::prelude::*;

use super::*;

mod reference;
mod threads;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn policy() -> CircuitPolicy {
    CircuitPolicy { failures: 3, min_calls: 8, ..CircuitPolicy::default() }
}

/// A circuit with its clock.
#[derive(Default)]
struct Bench {
    circuit: Circuit,
    now: Duration,
}

impl Bench {
    fn permit(&self) -> CircuitPermit {
        match self.circuit.admit(self.now) {
            Admission::Closed(permit) | Admission::Probe(permit, _) => permit,
            Admission::Refused { retry_after } => panic!("refused for {retry_after:?}"),
        }
    }

    fn record(&self, permit: CircuitPermit, outcome: Outcome) -> Option<Change> {
        self.circuit.record(self.now, permit, outcome, &policy())
    }

    fn call(&self, outcome: Outcome) -> Option<Change> {
        self.record(self.permit(), outcome)
    }

    fn state(&self) -> State {
        self.circuit.state(self.now)
    }

    fn opened() -> Self {
        let bench = Self::default();
        for _ in 0..3 {
            bench.call(Outcome::Failure(Cause::Broken));
        }
        bench
    }
}

#[test]
fn failures_in_a_row_open_it_and_a_probe_closes_it() {
    let mut bench = Bench::default();
    assert_eq!(bench.call(Outcome::Failure(Cause::Broken)), None);
    assert_eq!(bench.call(Outcome::Failure(Cause::Broken)), None);
    assert_eq!(bench.circuit.failures(), 2);
    let open = State::Open { until: secs(10) };
    let change = Change { from: State::Closed, to: open, reason: Reason::FailuresInARow(3) };
    assert_eq!(bench.call(Outcome::Failure(Cause::Broken)), Some(change));
    bench.now = secs(4);
    assert_eq!(bench.circuit.admit(bench.now), Admission::Refused { retry_after: secs(6) });
    assert!(!bench.circuit.peek(bench.now));
    bench.now = secs(10);
    assert!(bench.circuit.peek(bench.now));
    let Admission::Probe(probe, change) = bench.circuit.admit(bench.now) else { panic!() };
    assert_eq!(change, Change { from: open, to: State::HalfOpen, reason: Reason::CooldownOver });
    assert_eq!(bench.circuit.admit(bench.now), Admission::Refused { retry_after: secs(1) });
    let change =
        Change { from: State::HalfOpen, to: State::Closed, reason: Reason::ProbeSucceeded };
    assert_eq!(bench.record(probe, Outcome::Success), Some(change));
    assert_eq!((bench.state(), bench.circuit.failures()), (State::Closed, 0));
}

#[test]
fn a_success_ends_a_row_but_the_share_still_counts() {
    let bench = Bench::default();
    let mut changes = Vec::new();
    for _ in 0..4 {
        changes.extend(bench.call(Outcome::Success));
        changes.extend(bench.call(Outcome::Failure(Cause::Broken)));
    }
    let reason = Reason::FailureShare { failures: 4, calls: 8 };
    assert_eq!(changes.iter().map(|change| change.reason).collect::<Vec<_>>(), [reason]);
}

#[test]
fn the_cooldown_doubles_with_each_failed_probe_up_to_its_limit_and_starts_over() {
    let mut bench = Bench::opened();
    let mut cooldowns = Vec::new();
    for _ in 0..7 {
        let State::Open { until } = bench.state() else { panic!() };
        cooldowns.push((until - bench.now).as_secs());
        bench.now = until;
        bench.call(Outcome::Failure(Cause::Broken));
    }
    assert_eq!(cooldowns, [10, 20, 40, 80, 160, 300, 300]);
    bench.now += secs(300);
    bench.call(Outcome::Success);
    for _ in 0..3 {
        bench.call(Outcome::Failure(Cause::Broken));
    }
    assert_eq!(bench.state(), State::Open { until: bench.now + secs(10) });
}

#[test]
fn a_refused_key_opens_it_at_once_and_a_huge_wait_is_capped() {
    for (retry_after, cooldown_s) in
        [(None, 600), (Some(secs(30)), 30), (Some(secs(1_555_200)), 600)]
    {
        let bench = Bench::default();
        let change = bench.call(Outcome::Refused(Cause::Billing, retry_after)).unwrap();
        assert_eq!(change.reason, Reason::Refused(Cause::Billing));
        assert_eq!(bench.state(), State::Open { until: secs(cooldown_s) });
    }
}

#[test]
fn each_reason_has_its_own_cooldown_and_a_missing_model_seconds() {
    for (cause, cooldown_s) in [
        (Cause::NotFound, 2),
        (Cause::Forbidden, 60),
        (Cause::Key, 600),
        (Cause::Billing, 600),
        (Cause::Quota, 600),
    ] {
        let mut bench = Bench::default();
        assert!(bench.call(Outcome::Refused(cause, None)).is_some());
        assert_eq!(bench.state(), State::Open { until: secs(cooldown_s) }, "{cause:?}");
        // A probe that finds the same does not double it.
        bench.now = secs(cooldown_s);
        bench.call(Outcome::Refused(cause, None));
        assert_eq!(bench.state(), State::Open { until: secs(2 * cooldown_s) }, "{cause:?}");
    }
}

#[test]
fn the_failure_that_opens_it_sets_the_cooldown() {
    let cooldowns = Cooldowns { overload: secs(3), timeout: secs(40), ..Cooldowns::default() };
    let policy = CircuitPolicy { failures: 2, cooldowns, ..policy() };
    for (last, cooldown_s) in [(Cause::Overload, 3), (Cause::Timeout, 40), (Cause::Connect, 10)] {
        let bench = Bench::default();
        for cause in [Cause::Broken, last] {
            bench.circuit.record(bench.now, bench.permit(), Outcome::Failure(cause), &policy);
        }
        assert_eq!(bench.state(), State::Open { until: secs(cooldown_s) }, "{last:?}");
    }
}

#[test]
fn a_rate_limit_with_a_time_opens_it_until_then_and_is_no_failure() {
    let mut bench = Bench::default();
    let change = bench.call(Outcome::RateLimited(Some(secs(7)))).unwrap();
    assert_eq!(change.reason, Reason::RateLimited);
    assert_eq!((bench.state(), bench.circuit.failures()), (State::Open { until: secs(7) }, 0));
    bench.now = secs(7);
    bench.call(Outcome::RateLimited(Some(secs(86_400))));
    assert_eq!(bench.state(), State::Open { until: secs(307) });
    bench.now = secs(307);
    bench.call(Outcome::RateLimited(None));
    assert_eq!(bench.state(), State::Open { until: secs(317) });
}

#[test]
fn a_rate_limit_without_a_time_counts_like_a_failure() {
    let bench = Bench::default();
    let waits = [None, Some(Duration::ZERO), None];
    let reasons = waits.map(|wait| bench.call(Outcome::RateLimited(wait)).map(|to| to.reason));
    assert_eq!(reasons, [None, None, Some(Reason::FailuresInARow(3))]);
}

#[test]
fn the_longest_wait_of_concurrent_calls_is_kept_and_reported_once() {
    let bench = Bench::default();
    let [one, other, late] = [bench.permit(), bench.permit(), bench.permit()];
    assert!(bench.record(one, Outcome::RateLimited(Some(secs(5)))).is_some());
    assert_eq!(bench.record(other, Outcome::Refused(Cause::Key, None)), None);
    assert_eq!(bench.record(late, Outcome::RateLimited(Some(secs(9)))), None);
    assert_eq!(bench.state(), State::Open { until: secs(600) });
}

#[test]
fn the_callers_own_mistakes_never_count_but_free_the_probe() {
    let mut bench = Bench::default();
    for _ in 0..100 {
        assert_eq!(bench.call(Outcome::Neutral), None);
    }
    bench = Bench { now: secs(10), ..Bench::opened() };
    let change = bench.call(Outcome::Neutral).unwrap();
    assert_eq!((change.reason, bench.state()), (Reason::ProbeReleased, State::HalfOpen));
    let probe = bench.permit();
    assert!(probe.is_probe() && !bench.circuit.peek(bench.now));
    assert!(bench.circuit.release(bench.now, probe).is_some());
    assert!(bench.circuit.peek(bench.now));
}

#[test]
fn calls_that_fail_together_long_after_do_not_open_it_again() {
    let mut bench = Bench::default();
    let concurrent: Vec<_> = (0..50).map(|_| bench.permit()).collect();
    for _ in 0..3 {
        bench.call(Outcome::Failure(Cause::Broken));
    }
    bench.now = secs(10);
    bench.call(Outcome::Success);
    for (index, permit) in concurrent.into_iter().enumerate() {
        let outcome = if index % 2 == 0 {
            Outcome::Failure(Cause::Broken)
        } else {
            Outcome::Refused(Cause::Key, None)
        };
        assert_eq!(bench.record(permit, outcome), None);
    }
    assert_eq!((bench.state(), bench.circuit.failures()), (State::Closed, 0));
}

#[test]
fn a_lost_probe_is_replaced_after_its_life_and_counts_if_it_succeeds_after_all() {
    let mut bench = Bench { now: secs(10), ..Bench::opened() };
    let lost = bench.permit();
    bench.now = secs(10) + PROBE_LIFE - Duration::from_millis(1);
    let retry_after = Duration::from_millis(1);
    assert_eq!(bench.circuit.admit(bench.now), Admission::Refused { retry_after });
    bench.now = secs(10) + PROBE_LIFE;
    let Admission::Probe(second, change) = bench.circuit.admit(bench.now) else { panic!() };
    assert_eq!((change.reason, change.from), (Reason::ProbeLost, State::HalfOpen));
    let also_lost = Bench { now: secs(10), ..Bench::opened() }.permit();
    assert_eq!(bench.record(also_lost, Outcome::Failure(Cause::Broken)), None);
    assert!(bench.record(lost, Outcome::Success).is_some());
    assert_eq!(bench.record(second, Outcome::Failure(Cause::Broken)), None);
    assert_eq!(bench.state(), State::Closed);
}

#[test]
fn it_can_be_closed_by_hand() {
    let bench = Bench::opened();
    assert_eq!(bench.circuit.clear().map(|change| change.to), Some(State::Closed));
    assert_eq!((bench.circuit.clear(), bench.circuit.failures()), (None, 0));
}

fn causes() -> impl Strategy<Value = Cause> {
    prop::sample::select(vec![Cause::NotFound, Cause::Forbidden, Cause::Billing, Cause::Broken])
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let wait = || prop::option::of((0u64..40).prop_map(secs));
    prop_oneof![
        3 => Just(Outcome::Success),
        6 => causes().prop_map(Outcome::Failure),
        1 => (causes(), wait()).prop_map(|(cause, wait)| Outcome::Refused(cause, wait)),
        1 => wait().prop_map(Outcome::RateLimited),
        1 => Just(Outcome::Neutral),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Admit,
    Record(usize, Outcome),
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0u64..4_000).prop_map(Step::Wait),
        1 => (0u64..400_000).prop_map(Step::Wait),
        20 => Just(Step::Admit),
        20 => (0usize..6, outcomes()).prop_map(|(which, outcome)| Step::Record(which, outcome)),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any sequence gives the same results as the reference model, which has plain fields and lists.
    #[test]
    fn it_behaves_like_the_reference_model(
        steps in steps(), failures in 1u32..6, min_calls in 1u32..12, share in 0.1f64..1.0,
    ) {
        let policy = CircuitPolicy { failures, min_calls, share, ..CircuitPolicy::default() };
        let (circuit, mut model) = (Circuit::default(), reference::Model::new(policy));
        let (mut now_ms, mut permits) = (0u64, Vec::new());
        for step in steps {
            let now = Duration::from_millis(now_ms);
            match step {
                Step::Wait(ms) => now_ms += ms,
                Step::Admit => {
                    prop_assert_eq!(circuit.peek(now), model.wait(now_ms).is_none());
                    let (actual, expected) = (circuit.admit(now), model.admit(now_ms));
                    match (actual, expected) {
                        (Admission::Closed(permit), reference::Admission::Closed(same)) => permits.push((permit, same)),
                        (Admission::Probe(permit, change), reference::Admission::Probe(same, expected)) => {
                            prop_assert_eq!(change, expected);
                            permits.push((permit, same));
                        }
                        (Admission::Refused { retry_after }, reference::Admission::Refused(wait)) =>
                            prop_assert_eq!(retry_after, wait),
                        (actual, expected) => prop_assert!(false, "{actual:?} is not {expected:?}"),
                    }
                }
                Step::Record(which, outcome) => {
                    if permits.is_empty() { continue }
                    let (permit, same) = permits.swap_remove(which % permits.len());
                    let actual = circuit.record(now, permit, outcome, &policy);
                    prop_assert_eq!(actual, model.record(now_ms, same, outcome));
                }
                Step::Clear => prop_assert_eq!(circuit.clear(), model.clear()),
            }
            let now = Duration::from_millis(now_ms);
            prop_assert_eq!(circuit.state(now), model.state(now_ms));
            prop_assert_eq!(circuit.failures(), model.failures());
        }
    }
}
