//! What can be wrong with the database, and with what is to be written to it.

use diesel::result::{DatabaseErrorKind, Error};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database `{path}` cannot be opened: {reason}")]
    Open { path: String, reason: String },

    #[error(
        "database `{path}` was written by a newer llm-router (it has migration `{migration}`, \
         which this version does not know); install that version or set LLM_ROUTER_DATABASE_URL \
         to another file"
    )]
    Newer { path: String, migration: String },

    #[error("database `{path}` cannot be migrated: {reason}")]
    Migrate { path: String, reason: String },

    #[error("database: {0}")]
    Query(#[from] diesel::result::Error),

    #[error("database: all read connections are in use; try again")]
    ReadersBusy,

    #[error("database: the row of {0} is invalid: {1}")]
    Row(String, String),

    #[error(
        "database `{0}` is not the file that the router was started with: it was removed or \
         replaced; put it back, or restart the router to work on what is there now"
    )]
    Replaced(String),

    #[error("database: locked by another program, so nothing was written; try again")]
    Busy,

    #[error("database: one of many rows was refused")]
    Refused,

    #[error("the database writer has stopped")]
    WriterStopped,
}

/// SQLite's messages for failures of the file, the disk or a lock, as opposed to a row.
const OF_THE_FILE: [&str; 16] = [
    "is locked",
    "disk i/o error",
    "is full",
    "readonly database",
    "malformed",
    "not a database",
    "unable to open",
    "out of memory",
    "locking protocol",
    "schema has changed",
    "no such table",
    "no such column",
    "has no column",
    "no transaction is active",
    "interrupted",
    "access permission denied",
];

impl StoreError {
    /// Another connection holds the lock.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy) || self.to_string().contains("is locked")
    }

    /// The row itself was rejected, and would be rejected again.
    pub fn is_of_the_row(&self) -> bool {
        match self {
            Self::Query(Error::DatabaseError(DatabaseErrorKind::Unknown, information)) => {
                // diesel 2.3 keeps only the message for SQLite's code.
                let message = information.message().to_lowercase();
                OF_THE_FILE.iter().all(|reason| !message.contains(reason))
            }
            Self::Query(Error::DatabaseError(kind, _)) => matches!(
                kind,
                DatabaseErrorKind::UniqueViolation
                    | DatabaseErrorKind::ForeignKeyViolation
                    | DatabaseErrorKind::NotNullViolation
                    | DatabaseErrorKind::CheckViolation
            ),
            Self::Query(Error::SerializationError(_)) | Self::Refused => true,
            _ => false,
        }
    }
}
