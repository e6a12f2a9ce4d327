//! What the watcher is told and asked.

use std::time::Instant;

use actix::Message;

use super::super::edit::{Edit, EditError, Edited};
use super::reload::{LoadError, Outcome};

/// Something happened to the watched file.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FileTouched;

/// Another process has changed what the database says of the catalogue.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Refresh;

/// Take the file now, changed or not.
#[derive(Message)]
#[rtype(result = "Result<Outcome, LoadError>")]
pub struct Reload {
    /// Who asked for it.
    pub actor: String,
    /// Not begun after it.
    pub deadline: Instant,
}

/// Make a change over REST.
#[derive(Message)]
#[rtype(result = "Result<Edited, EditError>")]
pub struct Change {
    pub edit: Edit,
    /// Who asked for it.
    pub actor: String,
    /// Not begun after it.
    pub deadline: Instant,
}
