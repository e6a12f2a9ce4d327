//! How many may watch, and the end of all streams.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::sockets::{Entry, Line, Sockets};
use crate::http::problem::Problem;
use crate::recorder::Feed;

/// Streams at once.
const PLACES: usize = 64;

/// Of these, what users may take, so that they cannot keep admins out.
const PLACES_OF_USERS: usize = 48;

/// What streams share. One for the process.
pub struct Live {
    pub feed: Feed,
    places: Arc<Semaphore>,
    places_of_users: Arc<Semaphore>,
    sockets: Sockets,
    pub is_closed: watch::Sender<bool>,
}

/// Given back when the stream is dropped.
pub struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_users: Option<OwnedSemaphorePermit>,
    _socket: Entry,
}

impl Live {
    pub fn new(feed: Feed) -> Self {
        Self {
            feed,
            places: Arc::new(Semaphore::new(PLACES)),
            places_of_users: Arc::new(Semaphore::new(PLACES_OF_USERS)),
            sockets: Sockets::default(),
            is_closed: watch::Sender::new(false),
        }
    }

    /// Ends all streams, for a stop waits for connections that are in use.
    pub fn close(&self) {
        self.sockets.close();
        self.is_closed.send_replace(true);
    }

    /// Closes the connections of those that have not ended: their clients read nothing.
    pub fn cut(&self) {
        self.sockets.cut();
    }

    /// How many streams there are.
    pub fn streams(&self) -> usize {
        PLACES.saturating_sub(self.places.available_permits())
    }

    /// # Errors
    /// When all are taken.
    pub fn place(&self, is_user: bool, line: Option<Line>) -> Result<Place, Problem> {
        let take = |places: &Arc<Semaphore>| {
            places.clone().try_acquire_owned().map_err(|_| {
                let message = "too many live streams are open; close one, or try again later";
                Problem::new(503, "too_many_streams", message)
            })
        };
        let of_users = if is_user { Some(take(&self.places_of_users)?) } else { None };
        let of_all = take(&self.places)?;
        Ok(Place { _of_all: of_all, _of_users: of_users, _socket: self.sockets.enter(line) })
    }
}
