//! Counts of what was changed in the database, whoever changed it: triggers count keys, sessions
//! and the catalogue with its policy, [`super::key_spend`] counts itself. Every process on the
//! database looks at them ([`super::watcher`]), and so sees what the others did.

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

/// How often the subject was changed.
///
/// # Errors
/// What SQLite says.
pub fn generation(connection: &mut Connection, subject: Subject) -> Result<i64, StoreError> {
    let found = changes::table.find(subject.as_str()).select(changes::generation);
    Ok(found.first(connection)?)
}

/// Counts a change, and answers how many that makes. To be called in a transaction.
///
/// # Errors
/// What SQLite says.
pub fn count(connection: &mut Connection, subject: Subject) -> Result<i64, StoreError> {
    let counted = diesel::update(changes::table.find(subject.as_str()))
        .set(changes::generation.eq(changes::generation + 1))
        .returning(changes::generation);
    Ok(counted.get_result(connection)?)
}
