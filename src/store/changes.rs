//! Change counters in the database, by any process: triggers count keys, sessions and the catalogue
//! with its policy, [`super::key_spend`] counts itself. Every process polls them
//! ([`super::watcher`]), and so notices the changes of the others.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::changes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Keys,
    Sessions,
    Catalogue,
    Spend,
}

impl Subject {
    fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Sessions => "sessions",
            Self::Catalogue => "catalogue",
            Self::Spend => "spend",
        }
    }
}

/// The number of changes of the subject.
///
/// # Errors
/// SQLite's error.
pub fn generation(connection: &mut Connection, subject: Subject) -> Result<i64, StoreError> {
    let found = changes::table.find(subject.as_str()).select(changes::generation);
    Ok(found.first(connection)?)
}

/// Counts a change and returns the new number. Must be called in a transaction.
///
/// # Errors
/// SQLite's error.
pub fn count(connection: &mut Connection, subject: Subject) -> Result<i64, StoreError> {
    let counted = diesel::update(changes::table.find(subject.as_str()))
        .set(changes::generation.eq(changes::generation + 1))
        .returning(changes::generation);
    Ok(counted.get_result(connection)?)
}
