//! Where the time of a call goes: the router's own work, waiting, and the upstream. The clock is
//! read only where one of them ends and another begins.

use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::call::Before;
use crate::domain::invocation::Phases;
use crate::domain::times::micros;
use crate::providers::{ReplyTimes, poll_once};
use crate::routing::trace::{AttemptTrace, Timings, in_ms};

pub struct Timeline {
    arrived: Instant,
    auth: Option<Duration>,
    /// Until the client's body was there: neither the router's work nor a wait for it.
    body: Duration,
    /// For a slot, a permit, a connection, a backoff or an analyzer's verdict.
    wait: Duration,
    /// Since when the call waits.
    waiting: Option<Instant>,
    upstream: Duration,
    /// Since when an upstream works on the call.
    asking: Option<Instant>,
    /// From the body to the first candidate.
    route: Option<Duration>,
    attempt: Attempt,
}

/// The times of the attempt at one candidate.
#[derive(Default)]
struct Attempt {
    begun: Option<Instant>,
    /// The call's waits before it.
    waited_before: Duration,
    connect: Option<Duration>,
    /// From the request to the head of its answer.
    first_byte: Option<Duration>,
    head: Option<Instant>,
    /// The last byte of a whole answer.
    received: Option<Instant>,
    first_token: Option<Instant>,
    translate: Option<Duration>,
    http_status: Option<u16>,
}

impl Timeline {
    pub fn new(arrived: Instant, before: Before, slot_wait: Duration) -> Self {
        Self {
            arrived,
            auth: before.auth,
            body: before.body,
            wait: slot_wait,
            waiting: None,
            upstream: Duration::ZERO,
            asking: None,
            route: None,
            attempt: Attempt::default(),
        }
    }

    /// Counts the time until the future is ready as a wait, also where the call is dropped in it.
    ///
    /// # Cancel safety
    /// As that of the future.
    pub async fn wait<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        if let Poll::Ready(output) = poll_once(future.as_mut()).await {
            return output;
        }
        self.waiting = Some(Instant::now());
        let output = future.await;
        self.stop_waiting(Instant::now());
        output
    }

    /// The next candidate is tried from `now` on.
    pub fn candidate(&mut self, now: Instant) {
        let before = self.auth.unwrap_or_default() + self.body + self.wait;
        let since_arrival = now.saturating_duration_since(self.arrived);
        self.route.get_or_insert(since_arrival.saturating_sub(before));
        self.attempt = Attempt { begun: Some(now), waited_before: self.wait, ..Attempt::default() };
    }

    /// The upstream is called.
    pub fn asked(&mut self, now: Instant) {
        self.asking = Some(now);
    }

    /// The upstream was not called after all: the time was spent on waiting for a connection.
    pub fn not_sent(&mut self) {
        if let Some(asked) = self.asking.take() {
            self.wait += asked.elapsed();
        }
    }

    /// The upstream has answered, a stream with its head only.
    pub fn replied(&mut self, status: u16, times: &ReplyTimes) {
        let attempt = &mut self.attempt;
        attempt.http_status = Some(status);
        attempt.connect = times.connect;
        self.wait += times.queue;
        let Some(asked) = &mut self.asking else { return };
        *asked += times.queue;
        if let Some(head) = times.head {
            let since_asked = head.saturating_duration_since(*asked);
            attempt.first_byte =
                Some(since_asked.saturating_sub(times.connect.unwrap_or_default()));
            attempt.head = Some(head);
        }
        if let Some(received) = times.received {
            attempt.received = Some(received);
            self.upstream_is_done(received);
        }
    }

    /// The attempt has ended; one that streams has its first content.
    pub fn tried(&mut self, now: Instant, has_answered: bool) {
        self.stop_waiting(now);
        match self.attempt.received {
            Some(received) if has_answered => {
                self.attempt.translate = Some(now.saturating_duration_since(received));
            }
            _ if has_answered => self.attempt.first_token = Some(now),
            _ => self.upstream_is_done(now),
        }
    }

    /// What is known of the last attempt, for the trace.
    pub fn describe(&self, ended: Instant, trace: AttemptTrace) -> AttemptTrace {
        let attempt = &self.attempt;
        let Some(begun) = attempt.begun else { return trace };
        AttemptTrace {
            at_ms: in_ms(begun.saturating_duration_since(self.arrived)),
            ms: in_ms(ended.saturating_duration_since(begun)),
            queue_ms: in_ms(self.wait.saturating_sub(attempt.waited_before)),
            connect_ms: attempt.connect.map(in_ms),
            first_byte_ms: attempt.first_byte.map(in_ms),
            http_status: attempt.http_status,
            ..trace
        }
    }

    /// The phases of a call that ends `now`, and the finer parts that were measured.
    pub fn end(&mut self, now: Instant) -> (Phases, Timings) {
        self.stop_waiting(now);
        self.upstream_is_done(now);
        let total = now.saturating_duration_since(self.arrived);
        let router = total.saturating_sub(self.wait + self.upstream + self.body);
        let phases = Phases { router_us: Some(micros(router)), wait_us: Some(micros(self.wait)) };
        let attempt = &self.attempt;
        let between = |from: Option<Instant>, to: Option<Instant>| {
            Some(in_ms(to?.saturating_duration_since(from?)))
        };
        let timings = Timings {
            auth_ms: self.auth.map(in_ms),
            route_ms: self.route.map(in_ms),
            queue_ms: Some(in_ms(self.wait)),
            connect_ms: attempt.connect.map(in_ms),
            first_byte_ms: attempt.first_byte.map(in_ms),
            first_token_ms: between(attempt.head, attempt.first_token),
            stream_ms: match attempt.received {
                Some(received) => between(attempt.head, Some(received)),
                None => between(attempt.first_token, Some(now)),
            },
            translate_ms: attempt.translate.map(in_ms),
            total_ms: Some(in_ms(total)),
        };
        (phases, timings)
    }

    fn stop_waiting(&mut self, now: Instant) {
        if let Some(since) = self.waiting.take() {
            self.wait += now.saturating_duration_since(since);
        }
    }

    fn upstream_is_done(&mut self, now: Instant) {
        if let Some(asked) = self.asking.take() {
            self.upstream += now.saturating_duration_since(asked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn what_is_neither_a_wait_nor_the_upstreams_is_the_routers_own() {
        let arrived = Instant::now();
        let at = |count| arrived + ms(count);
        let before = Before { auth: Some(ms(1)), body: ms(10) };
        let mut timeline = Timeline::new(arrived, before, ms(5));
        timeline.candidate(at(20));
        timeline.asked(at(22));
        let times = ReplyTimes {
            queue: ms(3),
            connect: Some(ms(2)),
            head: Some(at(57)),
            received: Some(at(62)),
        };
        timeline.replied(200, &times);
        timeline.tried(at(64), true);
        let attempt = AttemptTrace::of(String::from("a/m"), "answered", None);
        let attempt = timeline.describe(at(64), attempt);
        let (phases, timings) = timeline.end(at(65));
        let expected = Phases { router_us: Some(10_000), wait_us: Some(8_000) };
        assert_eq!(phases, expected, "65 - 10 for the body - 8 waiting - 37 of the upstream");
        let expected = Timings {
            auth_ms: Some(1.0),
            route_ms: Some(4.0),
            queue_ms: Some(8.0),
            connect_ms: Some(2.0),
            first_byte_ms: Some(30.0),
            first_token_ms: None,
            stream_ms: Some(5.0),
            translate_ms: Some(2.0),
            total_ms: Some(65.0),
        };
        assert_eq!(timings, expected);
        assert_eq!((attempt.at_ms, attempt.ms, attempt.queue_ms), (20.0, 44.0, 3.0));
        assert_eq!((attempt.connect_ms, attempt.first_byte_ms), (Some(2.0), Some(30.0)));
    }

    #[test]
    fn a_stream_is_the_upstreams_from_the_request_to_the_end() {
        let arrived = Instant::now();
        let at = |count| arrived + ms(count);
        let mut timeline = Timeline::new(arrived, Before::default(), Duration::ZERO);
        timeline.candidate(at(1));
        timeline.asked(at(2));
        let times =
            ReplyTimes { connect: Some(ms(0)), head: Some(at(12)), ..ReplyTimes::default() };
        timeline.replied(200, &times);
        timeline.tried(at(20), true);
        let (phases, timings) = timeline.end(at(50));
        assert_eq!(phases, Phases { router_us: Some(2_000), wait_us: Some(0) });
        assert_eq!((timings.first_token_ms, timings.stream_ms), (Some(8.0), Some(30.0)));
        assert_eq!((timings.auth_ms, timings.translate_ms), (None, None));
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_while_it_waits_has_waited() {
        let mut timeline = Timeline::new(Instant::now(), Before::default(), Duration::ZERO);
        let waiting = timeline.wait(std::future::pending::<()>());
        assert!(tokio::time::timeout(ms(5), waiting).await.is_err());
        let (phases, timings) = timeline.end(Instant::now());
        assert!(phases.wait_us.unwrap() > 0);
        assert!(timings.queue_ms <= timings.total_ms && timings.connect_ms.is_none());
    }
}
