//! The messages of the watcher.

use std::time::Instant;

use actix::Message;

use super::super::edit::{Edit, EditError, Edited};
use super::preview::Preview;
use super::reload::{LoadError, Outcome};

/// An event of the watched file.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FileTouched;

/// Another process has changed the catalogue in the database.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Refresh;

/// Load the file now, changed or not.
#[derive(Message)]
#[rtype(result = "Result<Outcome, LoadError>")]
pub struct Reload {
    /// On whose behalf, for the journal.
    pub actor: String,
    /// The message is dropped if it is handled later than this.
    pub deadline: Instant,
}

/// Apply a change over REST.
#[derive(Message)]
#[rtype(result = "Result<Edited, EditError>")]
pub struct Change {
    pub edit: Edit,
    /// On whose behalf, for the journal.
    pub actor: String,
    /// The message is dropped if it is handled later than this.
    pub deadline: Instant,
}

/// Find out what a change over REST would do.
#[derive(Message)]
#[rtype(result = "Result<Edited, EditError>")]
pub struct Rehearse {
    pub edit: Edit,
    /// The message is dropped if it is handled later than this.
    pub deadline: Instant,
}

/// Find out what loading the file now would do.
#[derive(Message)]
#[rtype(result = "Result<Preview, LoadError>")]
pub struct LookAhead {
    /// The message is dropped if it is handled later than this.
    pub deadline: Instant,
}
