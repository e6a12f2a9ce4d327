//! The connections to one destination that wait for the next call, on one worker.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::connection::Connection;

/// An older connection is replaced, so that a changed DNS entry takes effect.
const LIFETIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub struct IdleConnections {
    keep_alive: Duration,
    /// Those that wait longest first.
    waiting: RefCell<VecDeque<(Connection, Instant)>>,
}

impl IdleConnections {
    pub fn new(keep_alive: Duration) -> Self {
        Self { keep_alive, waiting: RefCell::default() }
    }

    pub fn put(&self, connection: Connection) {
        let now = Instant::now();
        if now.duration_since(connection.opened) < LIFETIME {
            self.waiting.borrow_mut().push_back((connection, now));
        }
    }

    /// The one that was used last; those that are too old or were closed are dropped on the way.
    pub fn take(&self) -> Option<Connection> {
        let now = Instant::now();
        let mut waiting = self.waiting.borrow_mut();
        while let Some((mut connection, since)) = waiting.pop_back() {
            if self.is_fresh(&connection, since, now) && connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Closes those that are too old, and those that the upstream closed.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.waiting.borrow_mut().retain_mut(|(connection, since)| {
            self.is_fresh(connection, *since, now) && connection.is_quiet()
        });
    }

    fn is_fresh(&self, connection: &Connection, since: Instant, now: Instant) -> bool {
        now.duration_since(since) < self.keep_alive
            && now.duration_since(connection.opened) < LIFETIME
    }
}
