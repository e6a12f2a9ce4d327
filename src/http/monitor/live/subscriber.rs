//! One stream: what it has sent, and what comes next.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::web::Data;
use bytes::Bytes;
use jiff::Timestamp;
use log::debug;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::frames::{Behind, COMMENT, Hello, Tick, push, push_with_id};
use super::places::Place;
use super::running::admits;
use crate::auth::Caller;
use crate::domain::times::rfc3339;
use crate::http::app_state::AppState;
use crate::http::monitor::events::EventView;
use crate::http::monitor::in_flight::InFlightView;
use crate::http::monitor::invocation_view::InvocationView;
use crate::recorder::FEED_PAGE;
use crate::relay::CallInFlight;
use crate::store::invocations::Filter;

/// How often one who watches alone is told of calls. With more streams it is less often, so that
/// all together look about as often.
const BEAT: Duration = Duration::from_millis(100);
const STREAMS_OF_A_BEAT: usize = 8;

const TICK: Duration = Duration::from_secs(1);
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// One that comes back after more ids than these gets none of them.
const MOST_REPEATED: i64 = 10_000;

/// Events of the journal in a second; a burst takes longer.
const EVENTS_A_TICK: i64 = 100;

pub struct Subscriber {
    state: Data<AppState>,
    caller: Caller,
    filter: Filter,
    _place: Place,
    /// Calls up to it were sent, or the filter does not want them.
    sent_id: i64,
    /// The highest id at the beginning. What came before it is in no tick.
    first_id: i64,
    event_id: i64,
    /// The calls under way that it was told of.
    told: HashSet<u64>,
    tick: Tick,
    writes: watch::Receiver<u64>,
    is_closed: watch::Receiver<bool>,
    /// The rest of what was there at the last look.
    has_more: bool,
    next_beat: Instant,
    next_tick: Instant,
    next_comment: Instant,
    /// What is sent before anything else.
    greeting: Option<String>,
}

impl Subscriber {
    /// `after`: the last id that the client got. An id that no call has yet, as of another
    /// database, counts as the highest.
    pub fn new(
        state: Data<AppState>,
        caller: Caller,
        (filter, place): (Filter, Place),
        (after, (highest, event_id)): (Option<i64>, (i64, i64)),
    ) -> Self {
        let after = after.unwrap_or(highest).min(highest);
        let skipped = Some(highest - after).filter(|missed| *missed > MOST_REPEATED);
        let now = Instant::now();
        let mut subscriber = Self {
            caller,
            filter,
            _place: place,
            sent_id: if skipped.is_some() { highest } else { after },
            first_id: highest,
            event_id,
            told: HashSet::new(),
            tick: Tick::default(),
            writes: state.live.feed.writes(),
            is_closed: state.live.is_closed.subscribe(),
            has_more: true,
            next_beat: now,
            next_tick: now + TICK,
            next_comment: now + COMMENT_EVERY,
            greeting: None,
            state,
        };
        subscriber.greeting = Some(subscriber.greet(highest, skipped));
        subscriber
    }

    fn greet(&self, highest: i64, skipped: Option<i64>) -> String {
        let mut out = String::new();
        let server_time = rfc3339(Timestamp::now().as_microsecond());
        let hello = Hello { last_id: highest, in_flight: self.in_flight(), server_time };
        push(&mut out, "hello", &hello);
        if let Some(skipped) = skipped {
            push(&mut out, "behind", &Behind { from_id: highest, skipped });
        }
        out
    }

    /// The next events; `None` when the router stops or the caller's key is no longer good.
    ///
    /// # Cancel safety
    /// Events may be lost; actix drops it only with the whole stream.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting.into());
        }
        loop {
            self.wait().await;
            if *self.is_closed.borrow() {
                return None;
            }
            let mut out = String::new();
            let is_tick = Instant::now() >= self.next_tick;
            // Calls that began come before those that ended: what is told of as under way was not
            // on disk then.
            self.tell_started(&mut out);
            if self.has_more || is_tick || self.writes.has_changed().unwrap_or(false) {
                self.tell_ended(&mut out).await;
            }
            if is_tick {
                if !self.may_stay() {
                    return None;
                }
                self.tell_tick(&mut out).await;
            }
            let now = Instant::now();
            self.next_beat = now + self.beat();
            if now >= self.next_comment {
                self.next_comment = now + COMMENT_EVERY;
                out.push_str(COMMENT);
            }
            if !out.is_empty() {
                return Some(out.into());
            }
        }
    }

    /// Until the next look, or the end of all streams.
    async fn wait(&mut self) {
        if self.has_more {
            return;
        }
        let until = self.next_beat.min(self.next_tick);
        tokio::select! {
            () = sleep_until(until) => {}
            _ = self.is_closed.changed() => {}
        }
    }

    fn beat(&self) -> Duration {
        let crowd = 1 + self.state.live.streams() / STREAMS_OF_A_BEAT;
        BEAT.saturating_mul(u32::try_from(crowd).unwrap_or(u32::MAX))
    }

    fn tell_started(&mut self, out: &mut String) {
        if self.filter.asks_for_an_end() {
            return;
        }
        let calls = self.state.in_flight.calls();
        let wanted = calls.iter().filter(|call| self.admits(call));
        let mut told = HashSet::new();
        for call in wanted {
            told.insert(call.number);
            if !self.told.contains(&call.number) {
                push(out, "started", &InFlightView::of(call));
            }
        }
        self.told = told;
    }

    async fn tell_ended(&mut self, out: &mut String) {
        self.writes.mark_unchanged();
        let rows = match self.state.live.feed.calls_after(self.sent_id).await {
            Ok(rows) => rows,
            Err(error) => {
                debug!("a live stream waits for the database: {error}");
                self.has_more = false;
                return;
            }
        };
        self.has_more = rows.len() == FEED_PAGE;
        for row in rows {
            self.sent_id = row.call.id;
            if !self.filter.matches(&row) {
                continue;
            }
            if row.call.id > self.first_id {
                self.tick.calls += 1;
                self.tick.errors += u64::from(row.status() == "error");
                self.tick.tokens += row.call.total_tokens.unwrap_or(0);
            }
            push_with_id(out, row.call.id, "ended", &InvocationView::from((*row).clone()));
        }
    }

    async fn tell_tick(&mut self, out: &mut String) {
        self.next_tick = Instant::now() + TICK;
        let tick = std::mem::take(&mut self.tick);
        push(out, "tick", &Tick { in_flight: self.in_flight(), ..tick });
        // The journal is for admins, as `GET /events` is.
        if !self.caller.is_admin() {
            return;
        }
        let events = self.state.live.feed.events_after(self.event_id, EVENTS_A_TICK).await;
        for event in events.unwrap_or_default() {
            self.event_id = event.id;
            push(out, "event", &EventView::from(event));
        }
    }

    fn in_flight(&self) -> usize {
        self.state.in_flight.calls().iter().filter(|call| self.admits(call)).count()
    }

    fn admits(&self, call: &CallInFlight) -> bool {
        admits(&self.caller, &self.filter, call)
    }

    /// A key that was revoked, or has another role now, does not see on.
    fn may_stay(&self) -> bool {
        let Caller::Key { key, session } = &self.caller else { return true };
        let keys = &self.state.keys;
        let is_good = keys.keyring.by_id(key.id).is_some_and(|now| {
            now.usable(Timestamp::now()).is_ok() && now.is_admin() == key.is_admin()
        });
        let goes_on = |digest| {
            let session = keys.sessions.find(digest);
            session.is_some_and(|session| !session.has_ended(std::time::Instant::now()))
        };
        is_good && session.as_ref().is_none_or(|session| goes_on(&session.digest))
    }
}
