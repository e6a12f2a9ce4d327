//! A change that is made and taken back, to know its outcome: all of its rules and all constraints
//! of the database apply, and nothing is written.

use diesel::result::Error;

use super::database::{Connection, StoreError};

/// Runs a change and rolls it back, whatever its outcome. The write lock is held meanwhile, so that
/// the outcome is that of one moment.
///
/// # Errors
/// The change's own error.
pub fn rehearse<T, E: From<StoreError>>(
    connection: &mut Connection,
    change: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let mut outcome = None;
    let ended = connection.immediate_transaction(|connection| {
        outcome = Some(change(connection));
        Err::<(), Error>(Error::RollbackTransaction)
    });
    match (ended, outcome) {
        (_, Some(Err(reason))) => Err(reason),
        (Err(Error::RollbackTransaction), Some(Ok(found))) => Ok(found),
        (Err(error), _) => Err(StoreError::from(error).into()),
        (Ok(()), _) => Err(StoreError::WriterStopped.into()),
    }
}
