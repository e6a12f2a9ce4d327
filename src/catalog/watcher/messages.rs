//! What the watcher is told and asked.

use actix::Message;

use super::reload::{LoadError, Outcome};

/// Something happened to the watched file.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FileTouched;

/// Take the file now, changed or not.
#[derive(Message)]
#[rtype(result = "Result<Outcome, LoadError>")]
pub struct Reload {
    /// Who asked for it.
    pub actor: String,
}
